"""S3 in memory answers as moto does, where moto answers as AWS does."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.faults.s3 import S3
from tests.faults.stored import Limits, b64_crc32

MIN_PART = 5 * 1024**2
LARGE = b"a" * MIN_PART


def code(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def put(s3: Any, key: str, body: bytes, **more: Any) -> str:
    return str(s3.put_object(Bucket="bucket", Key=key, Body=body, **more)["ETag"])


def opened(s3: Any, key: str) -> dict[str, Any]:
    answer = s3.create_multipart_upload(Bucket="bucket", Key=key)
    return {"Bucket": "bucket", "Key": key, "UploadId": answer["UploadId"]}


def complete(s3: Any, upload: dict[str, Any]) -> Any:
    parts = s3.list_parts(**upload)["Parts"]
    rows = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in parts]
    return s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": rows})


def test_an_object_has_its_bytes_its_etag_and_its_metadata(s3: Any) -> None:
    etag = put(s3, "a", b"content", Metadata={"filename": "x.txt"})

    head = s3.head_object(Bucket="bucket", Key="a")
    got = s3.get_object(Bucket="bucket", Key="a")

    assert (head["ContentLength"], head["ETag"]) == (7, etag)
    assert head["Metadata"] == {"filename": "x.txt"}
    assert got["Body"].read() == b"content"
    assert etag == '"9a0364b9e99bb480dd25e1f0284c8555"'


def test_a_checksum_is_told_when_it_is_asked_for(s3: Any) -> None:
    put(s3, "a", b"content", ChecksumAlgorithm="CRC32")

    head = s3.head_object(Bucket="bucket", Key="a", ChecksumMode="ENABLED")

    assert head["ChecksumCRC32"] == b64_crc32(b"content")
    assert "ChecksumCRC32" not in s3.head_object(Bucket="bucket", Key="a")


def test_what_is_not_there_is_not_found(s3: Any) -> None:
    with pytest.raises(ClientError) as by_head:
        s3.head_object(Bucket="bucket", Key="a")
    with pytest.raises(ClientError) as by_get:
        s3.get_object(Bucket="bucket", Key="a")

    assert code(by_head) == ("404", 404)
    assert code(by_get) == ("NoSuchKey", 404)


def test_a_range_is_cut_at_the_end_and_refused_behind_it(s3: Any) -> None:
    put(s3, "a", b"content")

    got = s3.get_object(Bucket="bucket", Key="a", Range="bytes=4-99")
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket="bucket", Key="a", Range="bytes=7-8")

    assert got["Body"].read() == b"ent"
    assert code(error) == ("InvalidRange", 416)


def test_a_read_that_is_bound_to_an_etag_refuses_another_version(s3: Any) -> None:
    etag = put(s3, "a", b"one")
    assert s3.get_object(Bucket="bucket", Key="a", IfMatch=etag)["Body"].read() == b"one"
    put(s3, "a", b"two")

    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket="bucket", Key="a", IfMatch=etag)

    assert code(error) == ("PreconditionFailed", 412)


def test_deleting_what_is_not_there_is_no_error(s3: Any) -> None:
    put(s3, "a", b"")

    s3.delete_object(Bucket="bucket", Key="nothing")
    s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": "a"}, {"Key": "b"}]})

    assert "Contents" not in s3.list_objects_v2(Bucket="bucket")


def test_a_listing_is_in_key_order_below_its_prefix(s3: Any) -> None:
    for key in ("b/2", "a", "b/10", "c"):
        put(s3, key, b"x")

    page = s3.list_objects_v2(Bucket="bucket", Prefix="b/")

    assert [row["Key"] for row in page["Contents"]] == ["b/10", "b/2"]
    assert not page["IsTruncated"]


def test_an_upload_becomes_the_object_that_its_parts_make(s3: Any) -> None:
    source = put(s3, "source", LARGE + b"rest")
    upload = opened(s3, "a")
    s3.upload_part(**upload, PartNumber=2, Body=b"end")
    s3.upload_part_copy(
        **upload,
        PartNumber=1,
        CopySource={"Bucket": "bucket", "Key": "source"},
        CopySourceIfMatch=source,
        CopySourceRange=f"bytes=0-{MIN_PART - 1}",
    )

    complete(s3, upload)

    got = s3.get_object(Bucket="bucket", Key="a")
    assert got["Body"].read() == LARGE + b"end"
    assert got["ETag"].endswith('-2"')


def test_the_part_that_was_uploaded_last_takes_its_place(s3: Any) -> None:
    upload = opened(s3, "a")
    s3.upload_part(**upload, PartNumber=1, Body=b"first")
    s3.upload_part(**upload, PartNumber=1, Body=b"second")

    complete(s3, upload)

    assert s3.get_object(Bucket="bucket", Key="a")["Body"].read() == b"second"


def test_parts_that_are_too_small_are_refused_when_the_upload_is_completed(s3: Any) -> None:
    upload = opened(s3, "a")
    s3.upload_part(**upload, PartNumber=1, Body=b"small")
    s3.upload_part(**upload, PartNumber=2, Body=b"end")

    with pytest.raises(ClientError) as error:
        complete(s3, upload)

    assert code(error) == ("EntityTooSmall", 400)


def test_a_part_with_another_etag_is_refused(s3: Any) -> None:
    upload = opened(s3, "a")
    s3.upload_part(**upload, PartNumber=1, Body=b"x")
    rows = [{"PartNumber": 1, "ETag": '"00000000000000000000000000000000"'}]

    with pytest.raises(ClientError) as error:
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": rows})

    assert code(error) == ("InvalidPart", 400)


def test_an_aborted_upload_is_gone(s3: Any) -> None:
    upload = opened(s3, "a")
    s3.abort_multipart_upload(**upload)

    with pytest.raises(ClientError) as by_list:
        s3.list_parts(**upload)
    with pytest.raises(ClientError) as by_abort:
        s3.abort_multipart_upload(**upload)

    assert code(by_list) == code(by_abort) == ("NoSuchUpload", 404)


def test_the_uploads_under_way_are_listed_below_their_prefix(s3: Any) -> None:
    done = opened(s3, "a/done")
    s3.upload_part(**done, PartNumber=1, Body=b"x")
    complete(s3, done)
    under_way = [opened(s3, key) for key in ("a/2", "b/1", "a/1")]

    answer = s3.list_multipart_uploads(Bucket="bucket", Prefix="a/")

    rows = {(row["Key"], row["UploadId"]) for row in answer["Uploads"]}
    assert rows == {(under_way[n]["Key"], under_way[n]["UploadId"]) for n in (0, 2)}
    assert answer["Uploads"][0]["Initiated"].tzinfo
    assert not answer["IsTruncated"]


def test_a_listing_of_uploads_goes_on_after_its_markers_though_that_upload_is_gone() -> None:
    """Moto gives all of them on one page."""
    s3 = S3(["bucket"], lambda: 0, limits=Limits(page=2))
    uploads = [opened(s3, key) for key in ("a", "a", "a", "b")]

    page = s3.list_multipart_uploads(Bucket="bucket")
    s3.abort_multipart_upload(**uploads[1])
    markers = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    rest = s3.list_multipart_uploads(Bucket="bucket", **markers)

    assert [row["UploadId"] for row in page["Uploads"]] == [up["UploadId"] for up in uploads[:2]]
    assert {row["UploadId"] for row in rest["Uploads"]} >= {up["UploadId"] for up in uploads[2:]}


def test_an_aborted_upload_takes_no_part() -> None:
    """Moto breaks on this."""
    s3 = S3(["bucket"], lambda: 0)
    upload = opened(s3, "a")
    s3.abort_multipart_upload(**upload)

    with pytest.raises(ClientError) as error:
        s3.upload_part(**upload, PartNumber=1, Body=b"x")

    assert code(error) == ("NoSuchUpload", 404)


def test_a_listing_of_parts_goes_on_after_its_marker(s3: Any) -> None:
    upload = opened(s3, "a")
    for number in (1, 2, 3):
        s3.upload_part(**upload, PartNumber=number, Body=b"x" * number)

    page = s3.list_parts(**upload, PartNumberMarker=1)

    assert [(part["PartNumber"], part["Size"]) for part in page["Parts"]] == [(2, 2), (3, 3)]


def test_pages_are_as_long_as_the_limit_says() -> None:
    s3 = S3(["bucket"], lambda: 0, limits=Limits(page=2))
    for key in "abc":
        put(s3, key, b"x")
    upload = opened(s3, "d")
    for number in (1, 2, 3):
        s3.upload_part(**upload, PartNumber=number, Body=b"x")

    objects = s3.list_objects_v2(Bucket="bucket")
    parts = s3.list_parts(**upload)

    assert (len(objects["Contents"]), objects["NextContinuationToken"]) == (2, "b")
    assert (len(parts["Parts"]), parts["NextPartNumberMarker"]) == (2, 2)


def test_a_copy_that_is_bound_to_an_etag_refuses_another_version() -> None:
    """Moto does not look at CopySourceIfMatch of a part."""
    s3 = S3(["bucket"], lambda: 0, limits=Limits(min_part=1))
    put(s3, "source", b"content")
    upload = opened(s3, "a")

    with pytest.raises(ClientError) as error:
        s3.upload_part_copy(
            **upload,
            PartNumber=1,
            CopySource={"Bucket": "bucket", "Key": "source"},
            CopySourceIfMatch='"another"',
            CopySourceRange="bytes=0-6",
        )

    assert code(error) == ("PreconditionFailed", 412)
