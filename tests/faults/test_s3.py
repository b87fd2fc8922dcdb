"""What only S3 in memory does. tests/targets/contracts has the rest."""

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clock import Clock
from tests.faults.s3 import S3
from tests.faults.shelves import OWNER
from tests.faults.stored import Limits, Lock, Stored, etag_of


def opened(s3: Any, key: str) -> dict[str, Any]:
    answer = s3.create_multipart_upload(Bucket="bucket", Key=key)
    return {"Bucket": "bucket", "Key": key, "UploadId": answer["UploadId"]}


def test_a_listing_of_uploads_goes_on_though_the_upload_of_its_marker_is_gone() -> None:
    s3 = S3(["bucket"], Clock(), limits=Limits(page=2))
    uploads = [opened(s3, key) for key in ("a", "a", "a", "b")]

    page = s3.list_multipart_uploads(Bucket="bucket")
    s3.abort_multipart_upload(**uploads[1])
    markers = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    rest = s3.list_multipart_uploads(Bucket="bucket", **markers)

    assert [row["UploadId"] for row in page["Uploads"]] == [up["UploadId"] for up in uploads[:2]]
    assert {row["UploadId"] for row in rest["Uploads"]} >= {up["UploadId"] for up in uploads[2:]}


def test_pages_are_as_long_as_the_limit_says() -> None:
    s3 = S3(["bucket"], Clock(), limits=Limits(page=2))
    for key in "abc":
        s3.put_object(Bucket="bucket", Key=key, Body=b"x")
    upload = opened(s3, "d")
    for number in (1, 2, 3):
        s3.upload_part(**upload, PartNumber=number, Body=b"x")

    objects = s3.list_objects_v2(Bucket="bucket")
    parts = s3.list_parts(**upload)

    assert (len(objects["Contents"]), objects["NextContinuationToken"]) == (2, "b")
    assert (len(parts["Parts"]), parts["NextPartNumberMarker"]) == (2, 2)


def refused(answer: Any) -> str | None:
    """Returns the code of the error of a request; None if it succeeds."""
    try:
        answer()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


@pytest.mark.parametrize(
    ("lock", "of_head", "of_checksum", "of_get"),
    [
        (Lock.ARCHIVED, None, None, "InvalidObjectState"),
        (Lock.TIERED, None, None, "InvalidObjectState"),
        (Lock.DENIED, "403", "403", "AccessDenied"),
        (Lock.ENCRYPTED, "400", "400", "InvalidRequest"),
        (Lock.KEY_DISABLED, None, "400", "KMS.DisabledException"),
        (Lock.KEY_THROTTLED, None, "400", "KMS.ThrottlingException"),
    ],
)
def test_a_locked_object_is_refused(
    lock: Lock, of_head: str | None, of_checksum: str | None, of_get: str
) -> None:
    s3 = S3(["bucket"], Clock())
    s3.shelves["bucket"].put("a", Stored(b"x", etag_of(b"x"), 0, lock=lock))
    place = {"Bucket": "bucket", "Key": "a"}

    assert refused(lambda: s3.head_object(**place)) == of_head
    assert refused(lambda: s3.head_object(**place, ChecksumMode="ENABLED")) == of_checksum
    assert refused(lambda: s3.get_object(**place)) == of_get
    assert refused(lambda: s3.copy_object(Bucket="bucket", Key="b", CopySource=place)) == of_get
    assert s3.list_objects_v2(Bucket="bucket")["KeyCount"] == 1


def test_a_restored_object_can_be_read() -> None:
    s3 = S3(["bucket"], Clock())
    stored = Stored(b"x", etag_of(b"x"), 0, storage_class="GLACIER", lock=Lock.ARCHIVED)
    s3.shelves["bucket"].put("a", stored)
    s3.shelves["bucket"].change("a", replace(stored, restored=True))

    [row] = s3.list_objects_v2(Bucket="bucket", OptionalObjectAttributes=["RestoreStatus"])[
        "Contents"
    ]

    assert s3.get_object(Bucket="bucket", Key="a")["Body"].read() == b"x"
    assert s3.head_object(Bucket="bucket", Key="a")["Restore"].startswith('ongoing-request="false"')
    assert (row["StorageClass"], row["RestoreStatus"]["IsRestoreInProgress"]) == ("GLACIER", False)


@pytest.mark.parametrize("access", [{}, {"ExpectedBucketOwner": "1", "RequestPayer": "requester"}])
def test_a_bucket_is_refused_to_who_does_not_pay_or_names_another_owner(
    access: dict[str, str],
) -> None:
    s3: Any = S3(["bucket"], Clock())
    s3.shelves["bucket"].pays = True

    assert refused(lambda: s3.list_objects_v2(Bucket="bucket", **access)) == "AccessDenied"
    s3.list_objects_v2(Bucket="bucket", RequestPayer="requester", ExpectedBucketOwner=OWNER)


def test_an_unknown_parameter_is_an_error() -> None:
    s3: Any = S3(["bucket"], Clock())

    with pytest.raises(TypeError):
        s3.head_object(Bucket="bucket", Key="a", VersionID="1")


def test_pages_of_versions_end_between_two_versions() -> None:
    s3 = S3(["bucket"], Clock(), limits=Limits(page=2))
    s3.shelves["bucket"].enable("Enabled")
    for key in "aaab":
        s3.put_object(Bucket="bucket", Key=key, Body=b"x")

    page = s3.list_object_versions(Bucket="bucket")
    markers = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
    rest = s3.list_object_versions(Bucket="bucket", **markers)

    assert [row["VersionId"] for row in page["Versions"]] == ["v3", "v2"]
    assert [row["VersionId"] for row in rest["Versions"]] == ["v1", "v4"]
    assert not rest["IsTruncated"]


def test_a_suspended_bucket_overwrites_the_version_null() -> None:
    s3 = S3(["bucket"], Clock())
    s3.put_object(Bucket="bucket", Key="a", Body=b"before")
    s3.shelves["bucket"].enable("Enabled")
    s3.put_object(Bucket="bucket", Key="a", Body=b"kept")
    s3.shelves["bucket"].enable("Suspended")
    s3.put_object(Bucket="bucket", Key="a", Body=b"after")

    rows = s3.list_object_versions(Bucket="bucket")["Versions"]

    assert [row["VersionId"] for row in rows] == ["null", "v1"]
    assert s3.get_object(Bucket="bucket", Key="a", VersionId="null")["Body"].read() == b"after"
