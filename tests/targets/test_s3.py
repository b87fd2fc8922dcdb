"""S3: multipart uploads, copies and conditions."""

import hashlib
import time

import pytest

from tests.targets.cloud import PART_LEAST, Cloud, new_name, refusal
from tests.targets.rows import row

WRONG_ETAG = f'"{"0" * 32}"'
FULL_PART = b"x" * PART_LEAST
SKEW_SECONDS = 60


def md5(content: bytes) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()


@row("S3", "a part below 5 MiB that is not the last is refused", ministack="taken")
def test_a_part_that_is_too_small_is_refused(cloud: Cloud) -> None:
    upload = cloud.upload()
    parts = [upload.put(1, b"small"), upload.put(2, b"last")]

    assert refusal(upload.complete, parts=parts) == "EntityTooSmall"


@row("S3", "parts that are listed out of order are refused", ministack="put in order")
def test_parts_out_of_order_are_refused(cloud: Cloud) -> None:
    upload = cloud.upload()
    parts = [upload.put(1, FULL_PART), upload.put(2, b"last")]

    assert refusal(upload.complete, parts=parts[::-1]) == "InvalidPartOrder"


@row("S3", "a part with another ETag, or that is not there, is refused")
@pytest.mark.parametrize("number", [1, 2])
def test_a_part_that_was_not_uploaded_is_refused(cloud: Cloud, number: int) -> None:
    upload = cloud.upload()
    upload.put(1, b"part")

    parts = [{"PartNumber": number, "ETag": WRONG_ETAG}]
    assert refusal(upload.complete, parts=parts) == "InvalidPart"


@row("S3", "a multipart object's ETag is the MD5 of its parts' MD5s, and their number")
def test_an_etag_tells_the_parts(cloud: Cloud) -> None:
    upload = cloud.upload()
    parts = [upload.put(1, FULL_PART), upload.put(2, b"last")]

    etag = upload.complete(parts=parts)

    assert etag == f'"{md5(md5(FULL_PART) + md5(b"last")).hex()}-2"'


@row("S3", "a range of an object is copied as a part, whose ETag is its MD5")
def test_a_range_is_copied(cloud: Cloud) -> None:
    content = bytes(range(256)) * 20
    source, upload = cloud.put(content), cloud.upload()

    part = upload.copy(1, source, CopySourceRange="bytes=100-4099")
    upload.complete(parts=[part])

    copied = cloud.s3.get_object(Bucket=cloud.bucket, Key=upload.key)["Body"].read()
    assert copied == content[100:4100]
    assert part["ETag"] == f'"{md5(copied).hex()}"'


@row("S3", "a range that ends behind the object is not copied")
def test_a_range_beyond_the_end_is_refused(cloud: Cloud) -> None:
    source, upload = cloud.put(b"short"), cloud.upload()

    refused = refusal(upload.copy, number=1, source=source, CopySourceRange="bytes=0-5")

    assert refused in ("InvalidArgument", "InvalidRange")


@row("S3", "`CopySourceIfMatch`, `If-Match` on GET: an object that was changed is not read")
def test_an_object_that_was_changed_is_not_read(cloud: Cloud) -> None:
    source, upload = cloud.put(b"new"), cloud.upload()

    copying = refusal(upload.copy, number=1, source=source, CopySourceIfMatch=WRONG_ETAG)
    reading = refusal(cloud.s3.get_object, Bucket=cloud.bucket, Key=source, IfMatch=WRONG_ETAG)

    assert (copying, reading) == ("PreconditionFailed", "PreconditionFailed")


@row("S3", "`If-None-Match: *`, `If-Match` on PUT: an object is not overwritten")
@pytest.mark.parametrize("condition", [{"IfNoneMatch": "*"}, {"IfMatch": WRONG_ETAG}])
def test_an_object_is_not_overwritten(cloud: Cloud, condition: dict[str, str]) -> None:
    key = cloud.put(b"first")

    refused = refusal(cloud.s3.put_object, Bucket=cloud.bucket, Key=key, Body=b"", **condition)

    assert refused == "PreconditionFailed"


@row("S3", "`If-None-Match: *` on the end of an upload: an object is not overwritten")
def test_an_upload_does_not_overwrite(cloud: Cloud) -> None:
    upload = cloud.upload(cloud.put(b"first"))

    refused = refusal(upload.complete, parts=[upload.put(1, b"second")], IfNoneMatch="*")

    assert refused == "PreconditionFailed"


@row("S3", "an upload that was aborted takes no more parts")
def test_an_aborted_upload_is_gone(cloud: Cloud) -> None:
    upload = cloud.upload()
    cloud.s3.abort_multipart_upload(**upload.address)  # type: ignore[arg-type]

    assert refusal(upload.put, number=1, content=b"late") == "NoSuchUpload"


@row("S3", "`ListMultipartUploads` tells those below a prefix, and when each was opened")
def test_uploads_are_listed(cloud: Cloud) -> None:
    prefix = f"{new_name()}/"
    under_way, done, _ = cloud.upload(f"{prefix}a"), cloud.upload(f"{prefix}b"), cloud.upload()
    done.complete(parts=[done.put(1, b"done")])

    answer = cloud.s3.list_multipart_uploads(Bucket=cloud.bucket, Prefix=prefix)

    (listed,) = answer["Uploads"]
    assert (listed["Key"], listed["UploadId"]) == (under_way.key, under_way.address["UploadId"])
    assert abs(listed["Initiated"].timestamp() - time.time()) < SKEW_SECONDS
    assert not answer["IsTruncated"]


@row("S3", "`ListParts` pages")
def test_parts_are_listed_page_by_page(cloud: Cloud) -> None:
    upload = cloud.upload()
    for number in range(1, 6):
        upload.put(number, b"part")

    pages = cloud.s3.get_paginator("list_parts").paginate(
        **upload.address,  # type: ignore[arg-type]
        PaginationConfig={"PageSize": 2},
    )

    numbers = [[part["PartNumber"] for part in page["Parts"]] for page in pages]
    assert numbers == [[1, 2], [3, 4], [5]]


@row("S3", "HEAD with a part number tells of that part", ministack="of the whole object")
def test_one_part_can_be_asked_for(cloud: Cloud) -> None:
    upload = cloud.upload()
    upload.complete(parts=[upload.put(1, FULL_PART), upload.put(2, b"last")])

    told = cloud.s3.head_object(Bucket=cloud.bucket, Key=upload.key, PartNumber=2)

    assert (told["ContentLength"], told.get("PartsCount")) == (4, 2)
