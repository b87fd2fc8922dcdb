"""Versions of S3's objects, as Longhaul relies on them."""

import pytest

from tests.targets.contracts.bound import Bound
from tests.targets.rows import differs, row


@pytest.fixture
def versioned(s3: Bound) -> Bound:
    """A bucket that has the object `old` from before its versioning was enabled."""
    s3.put_object(Key="old", Body=b"before")
    s3.put_bucket_versioning(VersioningConfiguration={"Status": "Enabled"})
    return s3


def put(s3: Bound, key: str, body: bytes) -> str:
    return str(s3.put_object(Key=key, Body=body)["VersionId"])


def read(s3: Bound, key: str, version: str) -> bytes:
    return bytes(s3.get_object(Key=key, VersionId=version)["Body"].read())


@row("S3", "a range of a version is read", ministack="reads all of it")
def test_a_range_of_a_version_is_read(versioned: Bound) -> None:
    version = put(versioned, "a", b"content")

    got = versioned.get_object(Key="a", VersionId=version, Range="bytes=1-3")

    assert got["Body"].read() == b"ont"


def test_a_bucket_says_whether_it_has_versions(s3: Bound) -> None:
    before = s3.get_bucket_versioning()
    s3.put_bucket_versioning(VersioningConfiguration={"Status": "Enabled"})

    assert "Status" not in before
    assert s3.get_bucket_versioning()["Status"] == "Enabled"


def test_a_version_stays_when_its_object_is_overwritten(versioned: Bound) -> None:
    first = put(versioned, "a", b"first")
    second = put(versioned, "a", b"second")

    assert read(versioned, "a", first) == b"first"
    assert versioned.head_object(Key="a")["VersionId"] == second
    assert versioned.head_object(Key="a", VersionId=first)["ContentLength"] == 5


def test_a_version_stays_when_its_object_is_deleted(versioned: Bound) -> None:
    version = put(versioned, "a", b"first")
    versioned.delete_object(Key="a")

    assert versioned.refuses("head_object", Key="a") == ("404", 404)
    assert read(versioned, "a", version) == b"first"


def test_what_was_there_before_has_the_version_null(versioned: Bound) -> None:
    put(versioned, "old", b"after")

    assert read(versioned, "old", "null") == b"before"


def test_a_version_that_is_not_there_is_not_found(versioned: Bound) -> None:
    version = put(versioned, "a", b"a")
    versioned.delete_object(Key="a", VersionId=version)

    assert versioned.refuses("get_object", Key="a", VersionId=version) == ("NoSuchVersion", 404)


def test_a_listing_of_versions_has_them_by_key_the_newest_first(versioned: Bound) -> None:
    first = put(versioned, "a", b"first")
    second = put(versioned, "a", b"second")
    put(versioned, "b", b"b")
    versioned.delete_object(Key="b")

    page = versioned.list_object_versions()

    versions = [(one["Key"], one["VersionId"], one["IsLatest"]) for one in page["Versions"]]
    assert versions[:2] == [("a", second, True), ("a", first, False)]
    assert versions[2][::2] == ("b", False)
    assert [(one["Key"], one["IsLatest"]) for one in page["DeleteMarkers"]] == [("b", True)]


@differs(moto="begins with the marker's key")
@pytest.mark.parametrize("after", ["a", "a0"])
def test_a_listing_of_versions_goes_on_after_a_key(versioned: Bound, after: str) -> None:
    put(versioned, "a", b"first")
    put(versioned, "a", b"second")
    put(versioned, "b", b"b")

    page = versioned.list_object_versions(KeyMarker=after)

    assert [one["Key"] for one in page["Versions"]] == ["b", "old"]


def test_a_version_is_copied(versioned: Bound) -> None:
    first = put(versioned, "a", b"first")
    put(versioned, "a", b"second")
    etag = versioned.head_object(Key="a", VersionId=first)["ETag"]
    source = {"Bucket": versioned.name, "Key": "a", "VersionId": first}

    versioned.copy_object(Key="copy", CopySource=source, CopySourceIfMatch=etag)

    copy = versioned.head_object(Key="copy")
    assert (copy["ContentLength"], copy["ETag"]) == (5, etag)


@row("S3", "a copy gets the CRC-32 that it is asked to have", ministack="gets none")
def test_a_copy_gets_a_checksum(versioned: Bound) -> None:
    source = {"Bucket": versioned.name, "Key": "old"}

    versioned.copy_object(Key="copy", CopySource=source, ChecksumAlgorithm="CRC32")

    assert "ChecksumCRC32" in versioned.head_object(Key="copy", ChecksumMode="ENABLED")
