"""Buckets and objects of S3 in memory. s3.py adds the multipart uploads."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final, cast

from chalicelib.s3.archive_bucket import ArchiveBucket
from tests.faults.refusals import Exceptions, refused
from tests.faults.shelves import Shelf, check_bytes, check_facts
from tests.faults.stored import Body, DeleteMarker, Limits, Lock, Stored, b64_crc32, etag_of, moment

Answer = dict[str, Any]

_NOT_FOUND: Final = 404
_RESTORED_UNTIL: Final = datetime(2030, 1, 1, tzinfo=UTC)


class Objects:
    """`now` returns Unix time in ms. `**access` are the parameters that every request to somebody
    else's bucket takes: ExpectedBucketOwner and RequestPayer."""

    exceptions = Exceptions

    def __init__(
        self, buckets: Iterable[str], now: Callable[[], int], limits: Limits | None = None
    ) -> None:
        self.shelves = {bucket: Shelf() for bucket in buckets}
        self.objects = {bucket: shelf.newest for bucket, shelf in self.shelves.items()}
        """What a request without a version id finds, by bucket and key."""
        self.limits = limits or Limits()
        self.read: set[str] = set()
        """The keys of all objects that were read."""
        self._now = now

    def bucket(self, name: str) -> ArchiveBucket:
        """Returns the bucket as chalicelib reaches it, without a network between."""
        return ArchiveBucket(cast("Any", self), name)

    def head_bucket(self, *, Bucket: str, **access: str) -> Answer:
        self._shelf("HeadBucket", Bucket, access)
        return {}

    def get_bucket_versioning(self, *, Bucket: str, **access: str) -> Answer:
        """A bucket that never had versioning has no Status.
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html"""
        shelf = self._shelf("GetBucketVersioning", Bucket, access)
        return {"Status": shelf.versioning} if shelf.versioning else {}

    def put_bucket_versioning(
        self, *, Bucket: str, VersioningConfiguration: Mapping[str, Any]
    ) -> Answer:
        name = "PutBucketVersioning"
        self._shelf(name, Bucket, {}).enable(VersioningConfiguration["Status"])
        return {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **asked: Any) -> Answer:
        body = bytes(Body)
        crc32 = b64_crc32(body) if asked.get("ChecksumAlgorithm") == "CRC32" else None
        stored = Stored(
            body,
            etag_of(body),
            self._now(),
            crc32,
            metadata=asked.get("Metadata", {}),
            encoding=asked.get("ContentEncoding"),
            disposition=asked.get("ContentDisposition"),
        )
        shelf = self._shelf("PutObject", Bucket)
        check_over("PutObject", shelf.newest.get(Key), asked)
        stored = shelf.put(Key, stored)
        return {"ETag": stored.etag, **_version(stored)}

    def head_object(
        self, *, Bucket: str, Key: str, ChecksumMode: str = "", VersionId: str = "", **access: str
    ) -> Answer:
        name, checksum = "HeadObject", ChecksumMode == "ENABLED"
        stored = self._shelf(name, Bucket, access).find(name, Key, VersionId or None)
        check_facts(name, stored, checksum=checksum)
        answer = self._facts(stored)
        if stored.crc32 and checksum:
            answer["ChecksumCRC32"] = stored.crc32
            answer["ChecksumType"] = _checksum_type(stored)
        return answer

    def get_object(
        self,
        *,
        Bucket: str,
        Key: str,
        Range: str = "",
        IfMatch: str = "",
        VersionId: str = "",
        **access: str,
    ) -> Answer:
        name = "GetObject"
        stored = self._shelf(name, Bucket, access).find(name, Key, VersionId or None)
        _check_match(name, stored, IfMatch)
        check_bytes(name, stored)
        self.read.add(Key)
        if not Range:
            return {**self._facts(stored), "Body": Body(stored.body)}
        start, end = map(int, Range.removeprefix("bytes=").split("-"))
        if start >= len(stored.body):
            raise refused(name, "InvalidRange", 416)
        content = stored.body[start : end + 1]
        return {**self._facts(stored), "ContentLength": len(content), "Body": Body(content)}

    def get_object_attributes(
        self,
        *,
        Bucket: str,
        Key: str,
        ObjectAttributes: list[str],
        PartNumberMarker: int = 0,
        VersionId: str = "",
        **access: str,
    ) -> Answer:
        name = "GetObjectAttributes"
        stored = self._shelf(name, Bucket, access).find(name, Key, VersionId or None)
        check_facts(name, stored, checksum=True)
        answer: Answer = {"ETag": stored.etag.strip('"'), "ObjectSize": len(stored.body)}
        if stored.part_sizes and "ObjectParts" in ObjectAttributes:
            rows = []
            at = 0
            for number, size in enumerate(stored.part_sizes, 1):
                part = stored.body[at : at + size]
                at += size
                row: Answer = {"PartNumber": number, "Size": size}
                if stored.crc32:
                    row["ChecksumCRC32"] = b64_crc32(part)
                if number > PartNumberMarker:
                    rows.append(row)
            page, is_cut = self.limits.page_of(rows)
            answer["ObjectParts"] = {"Parts": page, "IsTruncated": is_cut}
            if is_cut:
                answer["ObjectParts"]["NextPartNumberMarker"] = page[-1]["PartNumber"]
        return answer

    def copy_object(
        self,
        *,
        Bucket: str,
        Key: str,
        CopySource: Mapping[str, str],
        CopySourceIfMatch: str = "",
        ChecksumAlgorithm: str = "",
        MetadataDirective: str = "COPY",
        TaggingDirective: str = "COPY",
        ExpectedSourceBucketOwner: str | None = None,
        RequestPayer: str | None = None,
        **access: str,
    ) -> Answer:
        """The copy has the metadata of its source, unless they are replaced, and the ETag of an
        object that was uploaded in one piece.
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html"""
        name = "CopyObject"
        shelf = self._shelf(name, Bucket, access)
        source = self._source(
            name, CopySource, CopySourceIfMatch, ExpectedSourceBucketOwner, RequestPayer
        )
        if len(source.body) > self.limits.max_copy:
            raise refused(name, "InvalidRequest", 400, "larger than the maximum for a copy source")
        if not {MetadataDirective, TaggingDirective} <= {"COPY", "REPLACE"}:
            raise refused(name, "InvalidArgument", 400, "Unknown directive")
        kept = source if MetadataDirective == "COPY" else Stored(b"", "", 0)
        copy = shelf.put(
            Key,
            Stored(
                source.body,
                etag_of(source.body),
                self._now(),
                b64_crc32(source.body) if ChecksumAlgorithm == "CRC32" or source.crc32 else None,
                metadata=kept.metadata,
                encoding=kept.encoding,
                disposition=kept.disposition,
            ),
        )
        result: Answer = {"ETag": copy.etag, "LastModified": moment(copy.modified)}
        if copy.crc32:
            result |= {"ChecksumCRC32": copy.crc32, "ChecksumType": "FULL_OBJECT"}
        read = {"CopySourceVersionId": source.version} if source.version else {}
        return {"CopyObjectResult": result, **read, **_version(copy)}

    def list_objects_v2(
        self,
        *,
        Bucket: str,
        Prefix: str = "",
        StartAfter: str = "",
        ContinuationToken: str = "",
        MaxKeys: int = 1000,
        OptionalObjectAttributes: Sequence[str] = (),
        **access: str,
    ) -> Answer:
        objects = self._shelf("ListObjectsV2", Bucket, access).newest
        after = ContinuationToken or StartAfter
        keys = sorted(key for key in objects if key.startswith(Prefix) and key > after)
        page, is_cut = self.limits.page_of(keys, MaxKeys)
        answer: Answer = {"KeyCount": len(page), "IsTruncated": is_cut}
        if page:
            answer["Contents"] = [
                _listed(key, objects[key], OptionalObjectAttributes) for key in page
            ]
        if is_cut:
            answer["NextContinuationToken"] = page[-1]
        return answer

    def list_object_versions(
        self,
        *,
        Bucket: str,
        Prefix: str = "",
        KeyMarker: str = "",
        VersionIdMarker: str = "",
        MaxKeys: int = 1000,
        OptionalObjectAttributes: Sequence[str] = (),
        **access: str,
    ) -> Answer:
        """In key order, the newest version of a key first. A page may end between two versions of a
        key. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html"""
        name = "ListObjectVersions"
        shelf = self._shelf(name, Bucket, access)
        if VersionIdMarker and not KeyMarker:
            raise refused(name, "InvalidArgument", 400, "A version-id marker needs a key marker")
        every = {key: [stored] for key, stored in shelf.newest.items()} | shelf.versions
        rows = [
            (key, version, version is every[key][-1])
            for key in sorted(every)
            if key.startswith(Prefix) and key >= KeyMarker
            for version in reversed(every[key])
        ]
        at = 0
        for number, (key, version, _) in enumerate(rows, 1):
            if key == KeyMarker and VersionIdMarker in ("", version.version):
                at = number
        page, is_cut = self.limits.page_of(rows[at:], MaxKeys)
        answer: Answer = {"IsTruncated": is_cut}
        for key, version, is_latest in page:
            about = {"VersionId": version.version or "null", "IsLatest": is_latest}
            if isinstance(version, DeleteMarker):
                row = {"Key": key, "LastModified": moment(version.modified), **about}
                answer.setdefault("DeleteMarkers", []).append(row)
            else:
                row = {**_listed(key, version, OptionalObjectAttributes), **about}
                answer.setdefault("Versions", []).append(row)
        if is_cut:
            answer["NextKeyMarker"] = page[-1][0]
            answer["NextVersionIdMarker"] = page[-1][1].version or "null"
        return answer

    def delete_object(self, *, Bucket: str, Key: str, VersionId: str = "", **access: str) -> Answer:
        """With a version id, deletes that version for good."""
        shelf = self._shelf("DeleteObject", Bucket, access)
        if VersionId:
            shelf.forget(Key, VersionId)
        else:
            shelf.delete(Key, self._now())
        return {}

    def delete_objects(self, *, Bucket: str, Delete: Mapping[str, Any], **access: str) -> Answer:
        shelf = self._shelf("DeleteObjects", Bucket, access)
        for row in Delete["Objects"]:
            shelf.delete(row["Key"], self._now())
        return {}

    # -- within ---------------------------------------------------------------------------------

    def _shelf(self, operation: str, bucket: str, access: dict[str, str] | None = None) -> Shelf:
        if bucket not in self.shelves:
            raise refused(operation, "NoSuchBucket", _NOT_FOUND)
        if access is not None:
            self.shelves[bucket].check(operation, access)
        return self.shelves[bucket]

    def _source(
        self,
        operation: str,
        source: Mapping[str, str],
        if_match: str,
        owner: str | None,
        payer: str | None,
    ) -> Stored:
        """Returns the source of a copy. Raises what S3 answers if it cannot be copied."""
        given = {"ExpectedBucketOwner": owner, "RequestPayer": payer}
        access = {name: value for name, value in given.items() if value is not None}
        shelf = self._shelf(operation, source["Bucket"], access)
        stored = shelf.find(operation, source["Key"], source.get("VersionId"))
        _check_match(operation, stored, if_match)
        check_bytes(operation, stored)
        return stored

    def _facts(self, stored: Stored) -> Answer:
        facts = {
            "ContentLength": len(stored.body),
            "ETag": stored.etag,
            "LastModified": moment(stored.modified),
            "Metadata": dict(stored.metadata),
            **_version(stored),
        }
        if stored.storage_class != "STANDARD":  # "except for S3 Standard"
            facts["StorageClass"] = stored.storage_class
        if stored.lock is Lock.TIERED:
            facts["ArchiveStatus"] = "ARCHIVE_ACCESS"
        if stored.restored:
            until = format_datetime(_RESTORED_UNTIL, usegmt=True)
            facts["Restore"] = f'ongoing-request="false", expiry-date="{until}"'
        if stored.encoding:
            facts["ContentEncoding"] = stored.encoding
        if stored.disposition:
            facts["ContentDisposition"] = stored.disposition
        if stored.lock in (Lock.KEY_DISABLED, Lock.KEY_THROTTLED):
            facts |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "arn:aws:kms:key"}
        return facts


def _check_match(operation: str, stored: Stored, if_match: str) -> None:
    if if_match and if_match.strip('"') != stored.etag.strip('"'):
        raise refused(operation, "PreconditionFailed", 412)


def check_over(operation: str, there: Stored | None, asked: Mapping[str, Any]) -> None:
    """Refuses to write over what is there, if the request says so.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html"""
    if asked.get("IfNoneMatch") and there:
        raise refused(operation, "PreconditionFailed", 412)
    if wanted := asked.get("IfMatch"):
        if there is None:
            raise refused(operation, "NoSuchKey", 404)
        _check_match(operation, there, wanted)


def _version(stored: Stored) -> Answer:
    return {"VersionId": stored.version} if stored.version else {}


def _listed(key: str, stored: Stored, optional: Sequence[str]) -> Answer:
    modified = moment(stored.modified)
    facts = {"Key": key, "Size": len(stored.body), "ETag": stored.etag, "LastModified": modified}
    facts["StorageClass"] = stored.storage_class
    if stored.crc32:
        facts["ChecksumAlgorithm"] = ["CRC32"]
        facts["ChecksumType"] = _checksum_type(stored)
    if stored.restored and "RestoreStatus" in optional:
        facts["RestoreStatus"] = {
            "IsRestoreInProgress": False,
            "RestoreExpiryDate": _RESTORED_UNTIL,
        }
    return facts


def _checksum_type(stored: Stored) -> str:
    return "COMPOSITE" if stored.part_sizes else "FULL_OBJECT"
