"""The dozen requests that Longhaul makes to S3, and what their failures mean.

The code above this file knows objects and uploads, and never botocore. Each method makes one
request (a listing makes one for each page). It raises Unavailable if a retry may help, and
AccessDenied if S3 refuses the request.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from chalicelib.aws import error_code, http_status, translated
from chalicelib.batches import batched
from chalicelib.errors import (
    AccessDenied,
    Reason,
    SourceChanged,
    SourceUnreadable,
    Unavailable,
    UploadGone,
    unknown_cursor,
)
from chalicelib.s3.objects import (
    Body,
    ObjectFacts,
    ObjectPage,
    OpenUpload,
    UploadedPart,
    crc32_of_base64,
    filled,
    has_crc32,
)

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

    from chalicelib.s3.fastpath import FastPath

_READ_ATTEMPTS: Final = 4


@dataclass(frozen=True, slots=True)
class FolderPage:
    """One page of a folder: the prefixes of its folders, and its files, without CRC-32 and
    metadata. `next` leads to the next page; None on the last page."""

    folders: tuple[str, ...]
    files: tuple[ObjectFacts, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Access:
    """How a bucket of somebody else's is asked. `owner` is the account that must own it; empty:
    any. `requester_pays`: we pay for the requests."""

    owner: str = ""
    requester_pays: bool = False


OURS: Final = Access()


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket, reached through one client. With `fast`, the requests that are made by the
    thousand take the fast path first. If that does not understand the answer, they are sent again
    through the client."""

    client: "S3Client"
    name: str
    fast: "FastPath | None" = None
    access: Access = OURS

    def check(self, prefix: str = "") -> None:
        """Raises Unavailable if the bucket cannot be reached or does not exist.

        With a prefix, lists a key below it: HeadBucket wants the right to list the whole bucket.
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html"""
        try:
            with translated(f"reach the bucket {self.name}"):
                if prefix:
                    self.client.list_objects_v2(Bucket=self.name, Prefix=prefix, MaxKeys=1)
                else:
                    self.client.head_bucket(Bucket=self.name)
        except self.client.exceptions.ClientError as error:
            raise Unavailable(f"there is no bucket {self.name}") from error

    # -- objects --------------------------------------------------------------------------------

    def head(
        self, key: str, *, checksum: bool = True, version: str | None = None
    ) -> ObjectFacts | None:
        """Returns the object's facts, with its CRC-32 if S3 has it. None if there is no such
        object."""
        if self.fast and not version:
            understood, facts = self.fast.head(self.name, key)
            if understood:
                return facts
        more: Any = {"ChecksumMode": "ENABLED"} if checksum else {}
        more |= {"VersionId": version} if version else {}
        try:
            with translated(f"look at {key}"):
                answer = self.client.head_object(Bucket=self.name, Key=key, **more)
        except self.client.exceptions.ClientError as error:
            if http_status(error) == HTTPStatus.NOT_FOUND:
                return None
            raise
        given = answer.get("ChecksumCRC32")
        composite = answer.get("ChecksumType") == "COMPOSITE"
        return ObjectFacts(
            key=key,
            size=answer["ContentLength"],
            etag=answer["ETag"],
            modified=int(answer["LastModified"].timestamp()),
            crc32=None if composite else crc32_of_base64(given),
            composite=composite and given is not None,
            metadata=answer["Metadata"],
        )

    def part_crc32s(self, key: str, etag: str) -> list[tuple[int, int]] | None:
        """Returns (CRC-32, length in bytes) of each part that the object was uploaded in. None if
        S3 does not report them for all parts, or if the object has another ETag by now."""
        parts: list[tuple[int, int]] = []
        more: Any = {}
        while True:
            try:
                with translated(f"look at the parts of {key}"):
                    answer = self.client.get_object_attributes(
                        Bucket=self.name,
                        Key=key,
                        ObjectAttributes=["ETag", "ObjectParts", "ObjectSize"],
                        **more,
                    )
            except (AccessDenied, self.client.exceptions.ClientError):
                return None  # the object may be readable all the same; a read says what is wrong
            page = answer.get("ObjectParts", {})
            for part in page.get("Parts", []):
                crc32 = crc32_of_base64(part.get("ChecksumCRC32"))
                if crc32 is None:
                    return None
                parts.append((crc32, part["Size"]))
            if not page.get("IsTruncated"):
                same = answer.get("ETag", "").strip('"') == etag.strip('"')
                whole = sum(length for _, length in parts) == answer.get("ObjectSize")
                return parts if parts and same and whole else None
            more = {"PartNumberMarker": page["NextPartNumberMarker"]}

    def list_page(self, prefix: str, after: str = "") -> ObjectPage:
        """Returns the first objects, a thousand at most, whose keys begin with `prefix` and come
        after `after`."""
        if self.fast and (page := self.fast.list_page(self.name, prefix, after)):
            return page
        asked: Any = {"Prefix": prefix, **({"StartAfter": after} if after else {})}
        with translated(f"list {prefix!r}"):
            answer = self.client.list_objects_v2(Bucket=self.name, **asked)
        return ObjectPage(tuple(map(_listed, answer.get("Contents", []))), answer["IsTruncated"])

    def list_objects(self, prefix: str) -> Iterator[ObjectFacts]:
        """Yields every object whose key begins with `prefix`, in key order. Makes one request after
        another."""
        page = self.list_page(prefix)
        yield from page.facts
        while page.more:
            page = self.list_page(prefix, page.facts[-1].key)
            yield from page.facts

    def list_folder(self, prefix: str, limit: int, after: str | None = None) -> FolderPage:
        """Returns one page of what is below `prefix`, in key order, without the contents of the
        folders there.

        `after` is the `next` of the page before. Raises InvalidRequest if S3 does not accept it.
        """
        more: Any = {"ContinuationToken": after} if after else {}
        try:
            with translated(f"list {prefix!r}"):
                page = self.client.list_objects_v2(
                    Bucket=self.name, Prefix=prefix, Delimiter="/", MaxKeys=limit, **more
                )
        except self.client.exceptions.ClientError as error:
            if after and http_status(error) == HTTPStatus.BAD_REQUEST:
                raise unknown_cursor() from error
            raise
        return FolderPage(
            tuple(found["Prefix"] for found in page.get("CommonPrefixes", [])),
            tuple(map(_listed, page.get("Contents", []))),
            page.get("NextContinuationToken"),
        )

    def read(self, key: str) -> bytes | None:
        """Returns the whole object, which must be small. None if there is none."""
        try:
            with translated(f"read {key}"):
                return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
        except self.client.exceptions.ClientError as error:
            if http_status(error) == HTTPStatus.NOT_FOUND:
                return None
            raise

    def read_range(
        self,
        key: str,
        start: int,
        length: int,
        etag: str | None = None,
        version: str | None = None,
    ) -> bytes:
        """Returns `length` bytes (at least one) from `start`. Raises what `read_into` raises."""
        buffer = bytearray(length)
        self.read_into(memoryview(buffer), key, start, etag, version)
        return bytes(buffer)

    def read_into(
        self,
        buffer: memoryview,
        key: str,
        start: int = 0,
        etag: str | None = None,
        version: str | None = None,
    ) -> None:
        """Fills `buffer` (which is not empty) with the object's bytes from `start`, those of a
        version if one is named.

        Raises SourceChanged if the object is gone, is shorter, or has another ETag than the given
        one, and SourceUnreadable if it is in cold storage.
        """
        if self.fast and not version and self.fast.read_into(buffer, self.name, key, start, etag):
            return
        for attempt in range(1, _READ_ATTEMPTS + 1):
            try:
                self._read_once(buffer, key, start, etag, version)
            except Unavailable:
                if attempt == _READ_ATTEMPTS:
                    raise
            else:
                return

    def _read_once(
        self, buffer: memoryview, key: str, start: int, etag: str | None, version: str | None
    ) -> None:
        end = start + len(buffer)
        condition: Any = {"IfMatch": etag} if etag else {}
        condition |= {"VersionId": version} if version else {}
        try:
            with translated(f"read {key}"):
                body = self.client.get_object(
                    Bucket=self.name, Key=key, Range=f"bytes={start}-{end - 1}", **condition
                )["Body"]
                if not filled(buffer, body):
                    raise Unavailable(f"could not read {key}: the answer was cut short")
        except self.client.exceptions.ClientError as error:
            raise _changed(error, key) from error
        except OSError as error:  # the connection was lost in the middle of the body
            raise Unavailable(f"could not read {key}: {type(error).__name__}") from error

    def write(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        """Writes the object. Replaces it if it exists."""
        with translated(f"write {key}"):
            self.client.put_object(Bucket=self.name, Key=key, Body=body, ContentType=content_type)

    def delete(self, key: str) -> None:
        """Deletes the object. It is no error if there is none."""
        with translated(f"delete {key}"):
            self.client.delete_object(Bucket=self.name, Key=key)

    def delete_all(self, keys: Iterable[str]) -> None:
        """Deletes the objects, a thousand with each request. It is no error if one does not
        exist."""
        for batch in batched(keys, 1000):
            with translated(f"delete {len(batch)} objects"):
                self.client.delete_objects(
                    Bucket=self.name,
                    Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True},
                )

    # -- multipart uploads ----------------------------------------------------------------------

    def create_upload(self, key: str, content_type: str) -> str:
        """Opens a multipart upload. Returns its id."""
        with translated(f"open an upload for {key}"):
            return self.client.create_multipart_upload(
                Bucket=self.name, Key=key, ContentType=content_type
            )["UploadId"]

    def upload_part(self, key: str, upload: str, number: int, body: Body) -> None:
        """Uploads one part. Raises UploadGone if the upload was completed or aborted."""
        if self.fast and self.fast.upload_part(self.name, key, upload, number, body):
            return
        try:
            with translated(f"upload part {number} of {key}"):
                self.client.upload_part(
                    Bucket=self.name,
                    Key=key,
                    UploadId=upload,
                    PartNumber=number,
                    Body=bytes(body),
                )
        except self.client.exceptions.ClientError as error:
            raise _gone(error) from error

    def copy_part(  # noqa: PLR0913 - what one UploadPartCopy takes
        self,
        key: str,
        upload: str,
        number: int,
        *,
        source: "Bucket",
        source_key: str,
        etag: str,
        size: int,
        start: int,
        length: int,
        version: str | None = None,
    ) -> None:
        """Has S3 copy into a part: `length` bytes from `start` of an object that has `size` bytes.
        `source` is that object's bucket.

        Raises SourceChanged if that object is gone or has another ETag, SourceUnreadable if it is
        in cold storage, and UploadGone as `upload_part` does.
        """
        # S3 copies a range only if the object is larger than 5 MiB. A whole object needs no range.
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
        source_range = f"bytes={start}-{start + length - 1}" if length < size else None
        ranged: Any = {"CopySourceRange": source_range} if source_range else {}
        origin: Any = {"Bucket": source.name, "Key": source_key}
        origin |= {"VersionId": version} if version else {}
        if (
            self.fast
            and not version
            and self.fast.copy_part(
                self.name, key, upload, number, f"{source.name}/{source_key}", etag, source_range
            )
        ):
            return
        try:
            with translated(f"copy {source_key}"):
                self.client.upload_part_copy(
                    Bucket=self.name,
                    Key=key,
                    UploadId=upload,
                    PartNumber=number,
                    CopySource=origin,
                    CopySourceIfMatch=etag,
                    **ranged,
                )
        except self.client.exceptions.ClientError as error:
            if error_code(error) == "NoSuchUpload":
                raise UploadGone from error
            raise _changed(error, source_key) from error

    def list_parts(self, key: str, upload: str, first: int = 1) -> Iterator[UploadedPart]:
        """Yields the parts that the upload has, in order, from number `first` on. Raises
        UploadGone."""
        more: Any = {"PartNumberMarker": first - 1} if first > 1 else {}
        while True:
            try:
                with translated(f"list the parts of {key}"):
                    page = self.client.list_parts(
                        Bucket=self.name, Key=key, UploadId=upload, **more
                    )
            except self.client.exceptions.ClientError as error:
                raise _gone(error) from error
            for part in page.get("Parts", []):
                yield UploadedPart(part["PartNumber"], part["ETag"], part["Size"])
            if not page.get("IsTruncated"):
                return
            more = {"PartNumberMarker": page["NextPartNumberMarker"]}

    def complete_upload(self, key: str, upload: str, parts: list[UploadedPart]) -> None:
        """Completes the upload: S3 makes one object of these parts. Raises UploadGone. Raises
        Unavailable also if a part was uploaded again after it was listed."""
        try:
            with translated(f"complete {key}"):
                self.client.complete_multipart_upload(
                    Bucket=self.name,
                    Key=key,
                    UploadId=upload,
                    MultipartUpload={
                        "Parts": [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
                    },
                )
        except self.client.exceptions.ClientError as error:
            if error_code(error) == "InvalidPart":
                raise Unavailable(f"could not complete {key}: a part was replaced") from error
            raise _gone(error) from error

    def abort_upload(self, key: str, upload: str) -> None:
        """Throws the upload and its parts away. It is no error if the upload does not exist any
        more."""
        try:
            with translated(f"abort an upload of {key}"):
                self.client.abort_multipart_upload(Bucket=self.name, Key=key, UploadId=upload)
        except self.client.exceptions.ClientError as error:
            if error_code(error) != "NoSuchUpload":
                raise

    def list_uploads(self, prefix: str = "") -> Iterator[OpenUpload]:
        """Yields the uploads under way whose keys begin with `prefix`."""
        more: Any = {}
        while True:
            with translated(f"list the uploads to {prefix!r}"):
                page = self.client.list_multipart_uploads(Bucket=self.name, Prefix=prefix, **more)
            for item in page.get("Uploads", []):
                opened = int(item["Initiated"].timestamp() * 1000)
                yield OpenUpload(item["Key"], item["UploadId"], opened)
            if not page.get("IsTruncated"):
                return
            more = {
                "KeyMarker": page["NextKeyMarker"],
                "UploadIdMarker": page["NextUploadIdMarker"],
            }


def _listed(item: "ObjectTypeDef") -> ObjectFacts:
    return ObjectFacts(
        key=item["Key"],
        size=item["Size"],
        etag=item["ETag"],
        modified=int(item["LastModified"].timestamp()),
        in_s3=has_crc32(item.get("ChecksumAlgorithm", []), item.get("ChecksumType")),
    )


def _gone(error: Exception) -> Exception:
    return UploadGone() if error_code(error) == "NoSuchUpload" else error


def _changed(error: Exception, key: str) -> Exception:
    if error_code(error) == "InvalidObjectState":
        return SourceUnreadable(
            f"{key} is in cold storage; restore it, then export again",
            key=key,
            reason=Reason.ARCHIVED,
        )
    if http_status(error) == HTTPStatus.NOT_FOUND:
        return deleted(key)
    if http_status(error) == HTTPStatus.PRECONDITION_FAILED or error_code(error) == "InvalidRange":
        return overwritten(key)
    return error


def deleted(key: str) -> SourceChanged:
    """Returns the error for a source file that is in the plan and does not exist any more."""
    return SourceChanged(f"{key} was deleted after the export had begun; export again", key=key)


def overwritten(key: str) -> SourceChanged:
    """Returns the error for a source file that is not the planned one any more."""
    return SourceChanged(f"{key} was overwritten after the export had begun; export again", key=key)
