"""S3 in memory: the requests that Longhaul makes, with the semantics that AWS documents.

It is strongly consistent and has no faults. Each method takes and returns what the method of the
same name of a botocore client does.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast

from chalicelib.s3.bucket import Bucket
from tests.faults.refusals import Exceptions, refused
from tests.faults.stored import Body, Limits, Stored, Upload, b64_crc32, etag_of

Answer = dict[str, Any]

_NOT_FOUND: Final = 404


class S3:
    """`now` returns Unix time in ms. `answers_again` says, at each repeated completion of an
    upload, whether S3 answers as it did the first time (S3 does so for a while) or with
    NoSuchUpload."""

    exceptions = Exceptions

    def __init__(
        self,
        buckets: Iterable[str],
        now: Callable[[], int],
        *,
        limits: Limits | None = None,
        answers_again: Callable[[], bool] = lambda: False,
    ) -> None:
        self.objects: dict[str, dict[str, Stored]] = {bucket: {} for bucket in buckets}
        self.uploads: dict[str, Upload] = {}
        self.limits = limits or Limits()
        self.read: set[str] = set()
        """The keys of all objects that were read."""
        self._now = now
        self._answers_again = answers_again
        self._completed: dict[str, str] = {}
        self._opened = 0

    def bucket(self, name: str) -> Bucket:
        """Returns the bucket as chalicelib reaches it, without a network between."""
        return Bucket(cast("Any", self), name)

    # -- objects --------------------------------------------------------------------------------

    def head_bucket(self, *, Bucket: str) -> Answer:
        self._bucket("HeadBucket", Bucket)
        return {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **asked: Any) -> Answer:
        body = bytes(Body)
        crc32 = b64_crc32(body) if asked.get("ChecksumAlgorithm") == "CRC32" else None
        stored = Stored(body, etag_of(body), self._now(), crc32, (), asked.get("Metadata", {}))
        self._bucket("PutObject", Bucket)[Key] = stored
        return {"ETag": stored.etag}

    def head_object(self, *, Bucket: str, Key: str, ChecksumMode: str = "") -> Answer:
        stored = self._bucket("HeadObject", Bucket).get(Key)
        if stored is None:
            raise refused("HeadObject", "404", _NOT_FOUND, "Not Found")
        answer = self._facts(stored)
        if stored.crc32 and ChecksumMode == "ENABLED":
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
    ) -> Answer:
        stored = self._object("GetObject", Bucket, Key, IfMatch)
        self.read.add(Key)
        if not Range:
            return {**self._facts(stored), "Body": Body(stored.body)}
        start, end = map(int, Range.removeprefix("bytes=").split("-"))
        if start >= len(stored.body):
            raise refused("GetObject", "InvalidRange", 416)
        content = stored.body[start : end + 1]
        return {**self._facts(stored), "ContentLength": len(content), "Body": Body(content)}

    def get_object_attributes(
        self,
        *,
        Bucket: str,
        Key: str,
        ObjectAttributes: list[str],
        PartNumberMarker: int = 0,
    ) -> Answer:
        stored = self._object("GetObjectAttributes", Bucket, Key, "")
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
            page = rows[: self.limits.page]
            answer["ObjectParts"] = {"Parts": page, "IsTruncated": len(rows) > len(page)}
            if len(rows) > len(page):
                answer["ObjectParts"]["NextPartNumberMarker"] = page[-1]["PartNumber"]
        return answer

    def list_objects_v2(
        self,
        *,
        Bucket: str,
        Prefix: str = "",
        StartAfter: str = "",
        ContinuationToken: str = "",
        MaxKeys: int = 1000,
    ) -> Answer:
        objects = self._bucket("ListObjectsV2", Bucket)
        after = ContinuationToken or StartAfter
        keys = sorted(key for key in objects if key.startswith(Prefix) and key > after)
        page = keys[: min(MaxKeys, self.limits.page)]
        rows = [{"Key": key, **self._listed(objects[key])} for key in page]
        answer: Answer = {"KeyCount": len(rows), "IsTruncated": len(keys) > len(page)}
        if rows:
            answer["Contents"] = rows
        if answer["IsTruncated"]:
            answer["NextContinuationToken"] = page[-1]
        return answer

    def delete_object(self, *, Bucket: str, Key: str) -> Answer:
        self._bucket("DeleteObject", Bucket).pop(Key, None)
        return {}

    def delete_objects(self, *, Bucket: str, Delete: Mapping[str, Any]) -> Answer:
        objects = self._bucket("DeleteObjects", Bucket)
        for row in Delete["Objects"]:
            objects.pop(row["Key"], None)
        return {}

    # -- multipart uploads ----------------------------------------------------------------------

    def create_multipart_upload(self, *, Bucket: str, Key: str, **_: Any) -> Answer:
        self._bucket("CreateMultipartUpload", Bucket)
        self._opened += 1
        upload_id = f"upload-{self._opened}"
        self.uploads[upload_id] = Upload(Bucket, Key, self._now())
        return {"UploadId": upload_id}

    def upload_part(
        self,
        *,
        Bucket: str,
        Key: str,
        UploadId: str,
        PartNumber: int,
        Body: bytes,
    ) -> Answer:
        upload = self._upload("UploadPart", Bucket, Key, UploadId)
        return {"ETag": self._put_part("UploadPart", upload, PartNumber, bytes(Body))}

    def upload_part_copy(
        self,
        *,
        Bucket: str,
        Key: str,
        UploadId: str,
        PartNumber: int,
        CopySource: Mapping[str, str],
        CopySourceRange: str = "",
        CopySourceIfMatch: str = "",
    ) -> Answer:
        name = "UploadPartCopy"
        upload = self._upload(name, Bucket, Key, UploadId)
        source = self._object(name, CopySource["Bucket"], CopySource["Key"], CopySourceIfMatch)
        start, end = 0, len(source.body) - 1
        if CopySourceRange:
            start, end = map(int, CopySourceRange.removeprefix("bytes=").split("-"))
        # "You can copy a range only if the source object is greater than 5 MB."
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
        if CopySourceRange and len(source.body) <= self.limits.min_part:
            raise refused(name, "InvalidRequest", 400, "not supported as a byte-range copy source")
        if end >= len(source.body):
            raise refused(
                name, "InvalidArgument", 400, "Range specified is not valid for the source"
            )
        etag = self._put_part(name, upload, PartNumber, source.body[start : end + 1])
        return {"CopyPartResult": {"ETag": etag}}

    def list_parts(
        self,
        *,
        Bucket: str,
        Key: str,
        UploadId: str,
        PartNumberMarker: int = 0,
        MaxParts: int = 1000,
    ) -> Answer:
        upload = self._upload("ListParts", Bucket, Key, UploadId)
        numbers = sorted(number for number in upload.parts if number > PartNumberMarker)
        page = numbers[: min(MaxParts, self.limits.page)]
        rows = [
            {"PartNumber": n, "ETag": etag_of(upload.parts[n]), "Size": len(upload.parts[n])}
            for n in page
        ]
        answer: Answer = {"IsTruncated": len(numbers) > len(page)}
        if rows:
            answer["Parts"] = rows
        if answer["IsTruncated"]:
            answer["NextPartNumberMarker"] = page[-1]
        return answer

    def complete_multipart_upload(
        self,
        *,
        Bucket: str,
        Key: str,
        UploadId: str,
        MultipartUpload: Mapping[str, Any],
    ) -> Answer:
        name = "CompleteMultipartUpload"
        if UploadId in self._completed and self._answers_again():
            return {"ETag": self._completed[UploadId]}
        upload = self._upload(name, Bucket, Key, UploadId)
        given = MultipartUpload["Parts"]
        numbers = [row["PartNumber"] for row in given]
        if not numbers or numbers != sorted(set(numbers)):
            raise refused(name, "InvalidPartOrder" if numbers else "MalformedXML", 400)
        bodies = []
        for row in given:
            body = upload.parts.get(row["PartNumber"])
            if body is None or row["ETag"].strip('"') != etag_of(body).strip('"'):
                raise refused(name, "InvalidPart", 400)
            bodies.append(body)
        if any(len(body) < self.limits.min_part for body in bodies[:-1]):
            raise refused(name, "EntityTooSmall", 400)
        digests = b"".join(hashlib.md5(body).digest() for body in bodies)  # noqa: S324
        etag = f'"{hashlib.md5(digests).hexdigest()}-{len(bodies)}"'  # noqa: S324
        sizes = tuple(len(body) for body in bodies)
        self.objects[Bucket][Key] = Stored(b"".join(bodies), etag, self._now(), None, sizes)
        del self.uploads[UploadId]
        self._completed[UploadId] = etag
        return {"ETag": etag}

    def abort_multipart_upload(self, *, Bucket: str, Key: str, UploadId: str) -> Answer:
        self._upload("AbortMultipartUpload", Bucket, Key, UploadId)
        del self.uploads[UploadId]
        return {}

    def list_multipart_uploads(
        self,
        *,
        Bucket: str,
        Prefix: str = "",
        KeyMarker: str = "",
        UploadIdMarker: str = "",
        MaxUploads: int = 1000,
    ) -> Answer:
        self._bucket("ListMultipartUploads", Bucket)
        found = sorted(
            (upload.key, upload.opened, upload_id)
            for upload_id, upload in self.uploads.items()
            if upload.bucket == Bucket and upload.key.startswith(Prefix)
        )
        # By key, and for one key by time.
        marker = self.uploads.get(UploadIdMarker)
        after = (KeyMarker, marker.opened if marker else 0, UploadIdMarker)
        rows = [row for row in found if row > after]
        page = rows[: min(MaxUploads, self.limits.page)]
        answer: Answer = {"IsTruncated": len(rows) > len(page)}
        if page:
            answer["Uploads"] = [
                {"Key": key, "UploadId": upload_id, "Initiated": _moment(opened)}
                for key, opened, upload_id in page
            ]
        if answer["IsTruncated"]:
            answer["NextKeyMarker"], _, answer["NextUploadIdMarker"] = page[-1]
        return answer

    # -- within ---------------------------------------------------------------------------------

    def _bucket(self, operation: str, bucket: str) -> dict[str, Stored]:
        if bucket not in self.objects:
            raise refused(operation, "NoSuchBucket", _NOT_FOUND)
        return self.objects[bucket]

    def _object(self, operation: str, bucket: str, key: str, if_match: str) -> Stored:
        stored = self._bucket(operation, bucket).get(key)
        if stored is None:
            raise refused(operation, "NoSuchKey", _NOT_FOUND)
        if if_match and if_match.strip('"') != stored.etag.strip('"'):
            raise refused(operation, "PreconditionFailed", 412)
        return stored

    def _upload(self, operation: str, bucket: str, key: str, upload_id: str) -> Upload:
        upload = self.uploads.get(upload_id)
        if upload is None or (upload.bucket, upload.key) != (bucket, key):
            raise refused(operation, "NoSuchUpload", _NOT_FOUND)
        return upload

    def _put_part(self, operation: str, upload: Upload, number: int, body: bytes) -> str:
        if not 1 <= number <= self.limits.max_parts:
            raise refused(operation, "InvalidArgument", 400, "Part number must be 1 to 10000")
        if len(body) > self.limits.max_part:
            raise refused(operation, "EntityTooLarge", 400)
        upload.parts[number] = body
        return etag_of(body)

    def _listed(self, stored: Stored) -> Answer:
        modified = _moment(stored.modified)
        facts = {"Size": len(stored.body), "ETag": stored.etag, "LastModified": modified}
        if stored.crc32:
            facts["ChecksumAlgorithm"] = ["CRC32"]
            facts["ChecksumType"] = _checksum_type(stored)
        return facts

    def _facts(self, stored: Stored) -> Answer:
        return {
            "ContentLength": len(stored.body),
            "ETag": stored.etag,
            "LastModified": _moment(stored.modified),
            "Metadata": dict(stored.metadata),
        }


def _checksum_type(stored: Stored) -> str:
    return "COMPOSITE" if stored.part_sizes else "FULL_OBJECT"


def _moment(ms: int) -> datetime:
    """Returns the time as S3 does: in whole seconds."""
    return datetime.fromtimestamp(ms // 1000, UTC)
