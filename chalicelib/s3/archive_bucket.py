"""The archive bucket: what Longhaul writes, copies and deletes there.

A method raises what those of `Bucket` do. One that copies a source file also raises a SourceFault.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.aws import could_not, error_code, translated
from chalicelib.batches import batched
from chalicelib.errors import (
    AccessDenied,
    PartReplaced,
    Reason,
    SourceChanged,
    SourceFault,
    UploadGone,
)
from chalicelib.s3 import refusals
from chalicelib.s3.bucket import Bucket
from chalicelib.s3.objects import Body, ObjectFacts, OpenUpload, UploadedPart
from chalicelib.s3.refusals import asking

PARTS_LISTED: Final = 1_000
"""The most parts that S3 lists on one page.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html"""


@dataclass(frozen=True, slots=True)
class ArchiveBucket(Bucket):
    """The bucket that is ours. What S3 refuses there is no fault of a source file."""

    @property
    def source_access(self) -> None:
        return None

    def write(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        """Writes the object. Replaces it if it exists."""
        with asking(f"write {key}"):
            self.client.put_object(Bucket=self.name, Key=key, Body=body, ContentType=content_type)

    def write_new(self, key: str, body: bytes) -> bool:
        """Writes the object, unless there is one. Returns False if there is one: it may be this
        one, if an answer was lost."""
        return self.write_over(key, body, "application/octet-stream", etag=None)

    def write_over(self, key: str, body: bytes, content_type: str, *, etag: str | None) -> bool:
        """Writes the object if the one that is there has this ETag; None: if there is none. Returns
        whether it has. It may have, and say no, if an answer was lost.
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html"""
        about: Any = {"Bucket": self.name, "Key": key, "ContentType": content_type, **_over(etag)}
        with asking(f"write {key}"):
            try:
                self.client.put_object(**about, Body=body)
            except self.client.exceptions.ClientError as error:
                if error_code(error) not in _NOT_OVER:
                    raise
                return False
        return True

    def delete(self, key: str) -> None:
        """Deletes the object. It is no error if there is none."""
        with asking(f"delete {key}"):
            self.client.delete_object(Bucket=self.name, Key=key)

    def delete_all(self, keys: Iterable[str]) -> None:
        """Deletes the objects, a thousand with each request. It is no error if one does not
        exist."""
        for batch in batched(keys, 1000):
            with asking(f"delete {len(batch)} objects"):
                self.client.delete_objects(
                    Bucket=self.name,
                    Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True},
                )

    def copy_aside(
        self, key: str, etag: str, to_key: str, *, source: Bucket, version: str | None = None
    ) -> ObjectFacts:
        """Copies an object of at most 5 GB from `source` into this bucket, as `to_key`, without
        its metadata and tags. Returns the facts of the copy, with its CRC-32.

        Raises SourceChanged if the object is gone or has another ETag, and SourceUnreadable if S3
        refuses it.
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
        """
        with self._copying(f"copy {key}", source, key, version):
            self.client.copy_object(
                Bucket=self.name,
                Key=to_key,
                CopySource=_origin(source, key, version),
                CopySourceIfMatch=etag,
                MetadataDirective="REPLACE",
                TaggingDirective="REPLACE",
                ChecksumAlgorithm="CRC32",
                **source.access.of_copy(),
            )
        facts = self.head(to_key)
        if facts is None:
            raise could_not(f"copy {key}", "the copy is gone")
        return facts

    @contextmanager
    def _copying(
        self, action: str, source: Bucket, key: str, version: str | None
    ) -> Iterator[None]:
        """Tells a refusal of the source from one of this bucket: S3 has one answer for both. If it
        does not say which, the first byte of the source is read."""
        try:
            with translated(action):
                yield
        except (AccessDenied, self.client.exceptions.ClientError) as error:
            cause = refusals.client_error(error)
            if error_code(cause) == "NoSuchUpload":
                raise UploadGone from cause
            meant = refusals.meaning(cause, action, key, source.source_access, version)
            if isinstance(meant, SourceChanged) or _is_archived(meant):
                raise meant from cause
            if fault := source.why(key, version):
                raise fault from cause
            if isinstance(error, AccessDenied):
                raise
            raise refusals.refused(action, cause) from cause

    # -- multipart uploads ----------------------------------------------------------------------

    def create_upload(self, key: str, content_type: str) -> str:
        """Opens a multipart upload. Returns its id."""
        with asking(f"open an upload for {key}"):
            return self.client.create_multipart_upload(
                Bucket=self.name, Key=key, ContentType=content_type
            )["UploadId"]

    def upload_part(self, key: str, upload: str, number: int, body: Body) -> str:
        """Uploads one part. Returns its ETag. Raises UploadGone if the upload was completed or
        aborted."""
        if self.fast and (etag := self.fast.upload_part(self.name, key, upload, number, body)):
            return etag
        with asking(f"upload part {number} of {key}"), self._upload_may_be_gone():
            return self.client.upload_part(
                Bucket=self.name,
                Key=key,
                UploadId=upload,
                PartNumber=number,
                Body=bytes(body),
            )["ETag"]

    def copy_part(  # noqa: PLR0913 - what one UploadPartCopy takes
        self,
        key: str,
        upload: str,
        number: int,
        *,
        source: Bucket,
        source_key: str,
        etag: str,
        size: int,
        start: int,
        length: int,
        version: str | None = None,
    ) -> str:
        """Has S3 copy into a part: `length` bytes from `start` of an object that has `size` bytes.
        `source` is that object's bucket. Returns the part's ETag.

        Raises SourceChanged if that object is gone or has another ETag, SourceUnreadable if S3
        refuses it, and UploadGone as `upload_part` does.
        """
        # S3 copies a range only if the object is larger than 5 MiB. A whole object needs no range.
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
        source_range = f"bytes={start}-{start + length - 1}" if length < size else None
        if self.fast and (
            copied := self.fast.copy_part(
                self.name,
                key,
                upload,
                number,
                source=f"{source.name}/{source_key}",
                etag=etag,
                source_range=source_range,
                version=version,
                access=source.access.copy_headers(),
            )
        ):
            return copied
        ranged: Any = {"CopySourceRange": source_range} if source_range else {}
        with self._copying(f"copy {source_key}", source, source_key, version):
            return self.client.upload_part_copy(
                Bucket=self.name,
                Key=key,
                UploadId=upload,
                PartNumber=number,
                CopySource=_origin(source, source_key, version),
                CopySourceIfMatch=etag,
                **ranged,
                **source.access.of_copy(),
            )["CopyPartResult"]["ETag"]

    def list_parts(self, key: str, upload: str, first: int = 1) -> Iterator[UploadedPart]:
        """Yields the parts that the upload has, in order, from number `first` on. Raises
        UploadGone."""
        more: Any = {"PartNumberMarker": first - 1} if first > 1 else {}
        while True:
            with asking(f"list the parts of {key}"), self._upload_may_be_gone():
                page = self.client.list_parts(Bucket=self.name, Key=key, UploadId=upload, **more)
            for part in page.get("Parts", []):
                yield UploadedPart(part["PartNumber"], part["ETag"], part["Size"])
            if not page.get("IsTruncated"):
                return
            more = {"PartNumberMarker": page["NextPartNumberMarker"]}

    def complete_upload(self, key: str, upload: str, parts: Iterable[tuple[int, str]]) -> None:
        """Completes the upload: S3 makes one object of these parts, each of which is (number,
        ETag). Raises UploadGone, and
        PartReplaced if one of the parts has another ETag by now, or is not there."""
        with asking(f"complete {key}"), self._upload_may_be_gone():
            try:
                self.client.complete_multipart_upload(
                    Bucket=self.name,
                    Key=key,
                    UploadId=upload,
                    MultipartUpload={
                        "Parts": [{"PartNumber": number, "ETag": etag} for number, etag in parts]
                    },
                )
            except self.client.exceptions.ClientError as error:
                if error_code(error) != "InvalidPart":
                    raise
                raise PartReplaced(f"could not complete {key}: a part was replaced") from error

    def complete_over(
        self, key: str, upload: str, parts: list[UploadedPart], *, etag: str | None
    ) -> bool:
        """Completes the upload as `write_over` writes. The upload stays if it does not. Raises
        UploadGone."""
        about: Any = {"Bucket": self.name, "Key": key, "UploadId": upload, **_over(etag)}
        numbered: Any = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
        with asking(f"complete {key}"), self._upload_may_be_gone():
            try:
                self.client.complete_multipart_upload(**about, MultipartUpload={"Parts": numbered})
            except self.client.exceptions.ClientError as error:
                if error_code(error) not in _NOT_OVER:
                    raise
                return False
        return True

    def abort_upload(self, key: str, upload: str) -> None:
        """Throws the upload and its parts away. It is no error if the upload does not exist any
        more."""
        with (
            suppress(UploadGone),
            asking(f"abort an upload of {key}"),
            self._upload_may_be_gone(),
        ):
            self.client.abort_multipart_upload(Bucket=self.name, Key=key, UploadId=upload)

    @contextmanager
    def _upload_may_be_gone(self) -> Iterator[None]:
        try:
            yield
        except self.client.exceptions.ClientError as error:
            if error_code(error) != "NoSuchUpload":
                raise
            raise UploadGone from error

    def list_uploads(self, prefix: str = "") -> Iterator[OpenUpload]:
        """Yields the uploads under way whose keys begin with `prefix`."""
        more: Any = {}
        while True:
            with asking(f"list the uploads to {prefix!r}"):
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


_NOT_OVER: Final = ("PreconditionFailed", "NoSuchKey")
"""What S3 answers if another object is there than the one to be replaced."""


def _over(etag: str | None) -> Any:
    return {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}


def _origin(source: Bucket, key: str, version: str | None) -> Any:
    versioned = {"VersionId": version} if version else {}
    return {"Bucket": source.name, "Key": key, **versioned}


def _is_archived(error: Exception) -> bool:
    return isinstance(error, SourceFault) and error.reason is Reason.ARCHIVED
