"""What only S3 in memory does. tests/targets/contracts has the rest."""

from typing import Any

from tests.clock import Clock
from tests.faults.s3 import S3
from tests.faults.stored import Limits


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
