"""S3 in memory: the requests that Longhaul makes, with the semantics that AWS documents.

It is strongly consistent and has no faults. Each method takes and returns what the method of the
same name of a botocore client does.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from tests.faults.objects import Objects, check_over
from tests.faults.refusals import refused
from tests.faults.stored import Limits, Stored, Upload, etag_of, moment

Answer = dict[str, Any]

_NOT_FOUND: Final = 404


class S3(Objects):
    """`now` returns Unix time in ms. `answers_again` says, at each repeated completion of an
    upload, whether S3 answers as it did the first time (S3 does so for a while) or with
    NoSuchUpload."""

    def __init__(
        self,
        buckets: Iterable[str],
        now: Callable[[], int],
        *,
        limits: Limits | None = None,
        answers_again: Callable[[], bool] = lambda: False,
        is_keyed: bool = False,
    ) -> None:
        super().__init__(buckets, now, limits)
        self.uploads: dict[str, Upload] = {}
        self._answers_again = answers_again
        self._is_keyed = is_keyed
        self._completed: dict[str, str] = {}
        self._opened = 0

    def create_multipart_upload(self, *, Bucket: str, Key: str, **_: Any) -> Answer:
        self._shelf("CreateMultipartUpload", Bucket)
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
        ExpectedSourceBucketOwner: str | None = None,
        RequestPayer: str | None = None,
    ) -> Answer:
        name = "UploadPartCopy"
        upload = self._upload(name, Bucket, Key, UploadId)
        source = self._source(
            name, CopySource, CopySourceIfMatch, ExpectedSourceBucketOwner, RequestPayer
        )
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
        page, is_cut = self.limits.page_of(numbers, MaxParts)
        answer: Answer = {"IsTruncated": is_cut}
        if page:
            answer["Parts"] = [
                {"PartNumber": n, "ETag": self._etag(upload, n), "Size": len(upload.parts[n])}
                for n in page
            ]
        if is_cut:
            answer["NextPartNumberMarker"] = page[-1]
        return answer

    def complete_multipart_upload(
        self,
        *,
        Bucket: str,
        Key: str,
        UploadId: str,
        MultipartUpload: Mapping[str, Any],
        **asked: str,
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
            number = row["PartNumber"]
            body = upload.parts.get(number)
            if body is None or row["ETag"].strip('"') != self._etag(upload, number).strip('"'):
                raise refused(name, "InvalidPart", 400)
            bodies.append(body)
        if any(len(body) < self.limits.min_part for body in bodies[:-1]):
            raise refused(name, "EntityTooSmall", 400)
        check_over(name, self.shelves[Bucket].newest.get(Key), asked)
        digests = b"".join(hashlib.md5(body).digest() for body in bodies)  # noqa: S324 - the ETag of AWS
        etag = f'"{hashlib.md5(digests).hexdigest()}-{len(bodies)}"'  # noqa: S324 - the ETag of AWS
        sizes = tuple(len(body) for body in bodies)
        self.shelves[Bucket].put(Key, Stored(b"".join(bodies), etag, self._now(), None, sizes))
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
        self._shelf("ListMultipartUploads", Bucket)
        found = sorted(
            (upload.key, upload.opened, upload_id)
            for upload_id, upload in self.uploads.items()
            if upload.bucket == Bucket and upload.key.startswith(Prefix)
        )
        # By key, and for one key by time.
        marker = self.uploads.get(UploadIdMarker)
        after = (KeyMarker, marker.opened if marker else 0, UploadIdMarker)
        rows = [row for row in found if row > after]
        page, is_cut = self.limits.page_of(rows, MaxUploads)
        answer: Answer = {"IsTruncated": is_cut}
        if page:
            answer["Uploads"] = [
                {"Key": key, "UploadId": upload_id, "Initiated": moment(opened)}
                for key, opened, upload_id in page
            ]
        if is_cut:
            answer["NextKeyMarker"], _, answer["NextUploadIdMarker"] = page[-1]
        return answer

    # -- within ---------------------------------------------------------------------------------

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
        upload.puts[number] += 1
        return self._etag(upload, number)

    def _etag(self, upload: Upload, number: int) -> str:
        """Returns the ETag of a part: with a key of KMS, it is a new one each time that the same
        bytes are uploaded."""
        body = upload.parts[number]
        return etag_of(body + b"%d" % upload.puts[number] if self._is_keyed else body)
