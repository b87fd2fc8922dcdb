"""S3: what is not in `contracts/`, because Longhaul does not rely on it."""

import hashlib

import pytest

from tests.targets.cloud import PART_LEAST, Cloud, refusal
from tests.targets.rows import row

WRONG_ETAG = f'"{"0" * 32}"'
FULL_PART = b"x" * PART_LEAST


def md5(content: bytes) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()


@row("S3", "a multipart object's ETag is the MD5 of its parts' MD5s, and their number")
def test_an_etag_depends_on_the_parts(cloud: Cloud) -> None:
    upload = cloud.upload()
    parts = [upload.put(1, FULL_PART), upload.put(2, b"last")]

    etag = upload.complete(parts=parts)

    assert etag == f'"{md5(md5(FULL_PART) + md5(b"last")).hex()}-2"'


@row("S3", "a range of an object is copied as a part, whose ETag is its MD5")
def test_a_range_is_copied(cloud: Cloud) -> None:
    content = bytes(range(256)) * 20 + FULL_PART
    source, upload = cloud.put(content), cloud.upload()

    part = upload.copy(1, source, CopySourceRange="bytes=100-4099")
    upload.complete(parts=[part])

    copied = cloud.s3.get_object(Bucket=cloud.bucket, Key=upload.key)["Body"].read()
    assert copied == content[100:4100]
    assert part["ETag"] == f'"{md5(copied).hex()}"'


@row("S3", "`If-None-Match: *`, `If-Match` on PUT: an object is not overwritten")
@pytest.mark.parametrize("condition", [{"IfNoneMatch": "*"}, {"IfMatch": WRONG_ETAG}])
def test_an_object_is_not_overwritten(cloud: Cloud, condition: dict[str, str]) -> None:
    key = cloud.put(b"first")

    refused = refusal(cloud.s3.put_object, Bucket=cloud.bucket, Key=key, Body=b"", **condition)

    assert refused == "PreconditionFailed"


@row("S3", "`If-None-Match: *` on the end of an upload: an object is not overwritten")
def test_an_upload_does_not_overwrite_an_object(cloud: Cloud) -> None:
    upload = cloud.upload(cloud.put(b"first"))

    refused = refusal(upload.complete, parts=[upload.put(1, b"second")], IfNoneMatch="*")

    assert refused == "PreconditionFailed"


@row("S3", "HEAD with a part number describes that part", ministack="describes the whole object")
def test_the_facts_of_one_part_can_be_requested(cloud: Cloud) -> None:
    upload = cloud.upload()
    upload.complete(parts=[upload.put(1, FULL_PART), upload.put(2, b"last")])

    head = cloud.s3.head_object(Bucket=cloud.bucket, Key=upload.key, PartNumber=2)

    assert (head["ContentLength"], head.get("PartsCount")) == (4, 2)
