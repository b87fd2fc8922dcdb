"""S3's checksums. An archive takes the CRC-32 of its files from them."""

import base64
import hashlib
import zlib

from tests.targets.cloud import PART_LEAST, Cloud, refusal
from tests.targets.rows import row

FULL_PART = b"x" * PART_LEAST


def raw_crc(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(4, "big")


def crc(content: bytes) -> str:
    return base64.b64encode(raw_crc(content)).decode()


@row("S3 checksums", "HEAD returns the CRC-32 that an object was put with")
def test_head_returns_the_crc_of_an_object(cloud: Cloud) -> None:
    key = cloud.put(b"hello", ChecksumAlgorithm="CRC32")

    head = cloud.s3.head_object(Bucket=cloud.bucket, Key=key, ChecksumMode="ENABLED")

    assert head.get("ChecksumCRC32") == crc(b"hello")
    assert head.get("ChecksumType") == "FULL_OBJECT"


@row("S3 checksums", "an object that was put without one gets a CRC-64", ministack="gets none")
def test_each_object_has_a_checksum(cloud: Cloud) -> None:
    key = cloud.put(b"hello")

    head = cloud.s3.head_object(Bucket=cloud.bucket, Key=key, ChecksumMode="ENABLED")

    assert head.get("ChecksumCRC64NVME") == "M3eFcAZSQlc="


@row("S3 checksums", "a copy keeps the CRC-32")
def test_a_copy_keeps_its_crc(cloud: Cloud) -> None:
    source = {"Bucket": cloud.bucket, "Key": cloud.put(b"hello", ChecksumAlgorithm="CRC32")}
    cloud.s3.copy_object(Bucket=cloud.bucket, Key="copy", CopySource=source)  # type: ignore[arg-type]  # a plain dict

    head = cloud.s3.head_object(Bucket=cloud.bucket, Key="copy", ChecksumMode="ENABLED")

    assert head.get("ChecksumCRC32") == crc(b"hello")


@row("S3 checksums", "content that does not match its CRC-32 or `Content-MD5` is refused")
def test_wrong_content_is_refused(cloud: Cloud) -> None:
    md5 = hashlib.md5(b"other", usedforsecurity=False).digest()
    place = {"Bucket": cloud.bucket, "Key": "checked", "Body": b"hello"}

    by_crc = refusal(cloud.s3.put_object, **place, ChecksumCRC32=crc(b"other"))
    by_md5 = refusal(cloud.s3.put_object, **place, ContentMD5=base64.b64encode(md5).decode())

    assert (by_crc, by_md5) == ("BadDigest", "BadDigest")


@row(
    "S3 checksums",
    "a multipart upload may have the CRC-32 of the whole (`FULL_OBJECT`)",
    ministack="treats it as `COMPOSITE`, and refuses it",
)
def test_a_multipart_object_can_have_a_crc_of_the_whole(cloud: Cloud) -> None:
    kind = {"ChecksumType": "FULL_OBJECT"}
    upload = cloud.upload(ChecksumAlgorithm="CRC32", **kind)
    parts = [
        upload.put(1, FULL_PART, ChecksumAlgorithm="CRC32"),
        upload.put(2, b"last", ChecksumAlgorithm="CRC32"),
    ]

    whole = crc(FULL_PART + b"last")
    refused = refusal(upload.complete, parts=parts, ChecksumCRC32=whole, **kind)

    assert refused is None
    head = cloud.s3.head_object(Bucket=cloud.bucket, Key=upload.key, ChecksumMode="ENABLED")
    assert (head.get("ChecksumCRC32"), head.get("ChecksumType")) == (whole, "FULL_OBJECT")


@row("S3 checksums", "a multipart upload may have the CRC-32 of its parts' CRC-32s (`COMPOSITE`)")
def test_a_multipart_object_can_have_a_crc_of_crcs(cloud: Cloud) -> None:
    key = composite(cloud)

    head = cloud.s3.head_object(Bucket=cloud.bucket, Key=key, ChecksumMode="ENABLED")

    assert head.get("ChecksumCRC32") == f"{crc(raw_crc(FULL_PART) + raw_crc(b'last'))}-2"
    assert head.get("ChecksumType") == "COMPOSITE"


@row(
    "S3 checksums",
    "`GetObjectAttributes` returns the CRC-32s of the parts of a `COMPOSITE` one",
    ministack="only their sizes",
)
def test_the_crcs_of_parts_are_returned(cloud: Cloud) -> None:
    key = composite(cloud)

    attributes = cloud.s3.get_object_attributes(
        Bucket=cloud.bucket, Key=key, ObjectAttributes=["ObjectParts"]
    )["ObjectParts"]

    found = [(part["Size"], part.get("ChecksumCRC32")) for part in attributes["Parts"]]
    assert found == [(PART_LEAST, crc(FULL_PART)), (4, crc(b"last"))]


def composite(cloud: Cloud) -> str:
    """Makes an object of two parts, each with a CRC-32. Returns its key."""
    upload = cloud.upload(ChecksumAlgorithm="CRC32", ChecksumType="COMPOSITE")
    parts = [
        upload.put(number, content, ChecksumAlgorithm="CRC32")
        for number, content in enumerate([FULL_PART, b"last"], start=1)
    ]
    upload.complete(parts=parts)
    return upload.key
