"""S3's multipart uploads, as Longhaul relies on them."""

import time
from typing import Any

import pytest

from tests.targets.contracts.bound import Bound
from tests.targets.rows import differs, row

MIN_PART = 5 * 1024**2
LARGE = b"a" * MIN_PART
ANOTHER_ETAG = f'"{"0" * 32}"'
GONE = ("NoSuchUpload", 404)
SKEW_SECONDS = 60


def opened(s3: Bound, key: str) -> dict[str, Any]:
    answer = s3.create_multipart_upload(Key=key, ContentType="application/zip")
    return {"Key": key, "UploadId": answer["UploadId"]}


def listed(s3: Bound, upload: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the parts, in the form that the completion of their upload needs."""
    parts = s3.list_parts(**upload)["Parts"]
    return [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in parts]


def complete(s3: Bound, upload: dict[str, Any]) -> Any:
    parts = listed(s3, upload)
    return s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})


def copy(s3: Bound, upload: dict[str, Any], source: str, last: int, **more: Any) -> dict[str, Any]:
    """Returns the arguments of a copy of the source's bytes from 0 to `last`, inclusive."""
    return {
        **upload,
        "PartNumber": 1,
        "CopySource": {"Bucket": s3.name, "Key": source},
        "CopySourceRange": f"bytes=0-{last}",
        **more,
    }


def test_a_completed_upload_is_the_object_of_its_parts(s3: Bound) -> None:
    source = s3.put_object(Key="source", Body=LARGE + b"rest")["ETag"]
    upload = opened(s3, "a")
    s3.upload_part(**upload, PartNumber=2, Body=b"end")
    s3.upload_part_copy(**copy(s3, upload, "source", MIN_PART - 1, CopySourceIfMatch=source))

    complete(s3, upload)

    got = s3.get_object(Key="a")
    assert got["Body"].read() == LARGE + b"end"
    assert got["ETag"].endswith('-2"')
    assert "Uploads" not in s3.list_multipart_uploads()


def test_an_object_exists_only_after_its_upload_is_completed(s3: Bound) -> None:
    upload = opened(s3, "a")
    s3.upload_part(**upload, PartNumber=1, Body=b"x")

    assert s3.refuses("head_object", Key="a") == ("404", 404)


def test_a_part_that_is_uploaded_again_replaces_the_first_one(s3: Bound) -> None:
    upload = opened(s3, "a")
    s3.upload_part(**upload, PartNumber=1, Body=b"first")
    s3.upload_part(**upload, PartNumber=1, Body=b"second")

    complete(s3, upload)

    assert s3.get_object(Key="a")["Body"].read() == b"second"


def test_an_upload_has_at_most_ten_thousand_parts(s3: Bound) -> None:
    upload = opened(s3, "a")

    refused = s3.refuses("upload_part", **upload, PartNumber=10_001, Body=b"x")

    assert refused == ("InvalidArgument", 400)


@row("S3", "a part below 5 MiB that is not the last is refused", ministack="taken")
def test_completion_refuses_a_part_that_is_too_small(s3: Bound) -> None:
    upload = opened(s3, "a")
    s3.upload_part(**upload, PartNumber=1, Body=b"small")
    s3.upload_part(**upload, PartNumber=2, Body=b"end")

    parts = {"Parts": listed(s3, upload)}
    refused = s3.refuses("complete_multipart_upload", **upload, MultipartUpload=parts)

    assert refused == ("EntityTooSmall", 400)


@row("S3", "parts that are listed out of order are refused", ministack="put in order")
@differs(moto="another error")
def test_completion_refuses_parts_out_of_order(s3: Bound) -> None:
    upload = opened(s3, "a")
    s3.upload_part(**upload, PartNumber=1, Body=LARGE)
    s3.upload_part(**upload, PartNumber=2, Body=b"end")

    parts = {"Parts": listed(s3, upload)[::-1]}
    refused = s3.refuses("complete_multipart_upload", **upload, MultipartUpload=parts)

    assert refused == ("InvalidPartOrder", 400)


@row("S3", "a part with another ETag, or that is not there, is refused")
@pytest.mark.parametrize("number", [1, 2])
def test_completion_refuses_a_part_that_was_not_uploaded(s3: Bound, number: int) -> None:
    upload = opened(s3, "a")
    s3.upload_part(**upload, PartNumber=1, Body=b"x")

    parts = {"Parts": [{"PartNumber": number, "ETag": ANOTHER_ETAG}]}
    refused = s3.refuses("complete_multipart_upload", **upload, MultipartUpload=parts)

    assert refused == ("InvalidPart", 400)


@differs(moto="does not look at the key")
def test_an_upload_id_does_not_work_for_another_key(s3: Bound) -> None:
    upload = opened(s3, "a")

    assert s3.refuses("list_parts", Key="b", UploadId=upload["UploadId"]) == GONE


@row("S3", "an upload that was aborted is gone")
@differs(moto="breaks on a part")
def test_an_aborted_upload_is_gone(s3: Bound) -> None:
    upload = opened(s3, "a")
    s3.abort_multipart_upload(**upload)

    asked = [
        s3.refuses("list_parts", **upload),
        s3.refuses("abort_multipart_upload", **upload),
        s3.refuses("upload_part", **upload, PartNumber=1, Body=b"x"),
    ]

    assert asked == [GONE, GONE, GONE]


@row("S3", "an upload that was completed takes no more parts, and lists none")
@differs(moto="breaks on a part")
def test_a_completed_upload_is_gone(s3: Bound) -> None:
    upload = opened(s3, "a")
    s3.upload_part(**upload, PartNumber=1, Body=b"x")
    complete(s3, upload)

    asked = [
        s3.refuses("list_parts", **upload),
        s3.refuses("upload_part", **upload, PartNumber=1, Body=b"y"),
    ]

    assert asked == [GONE, GONE]
    assert s3.get_object(Key="a")["Body"].read() == b"x"


def test_a_second_completion_does_not_change_the_object(s3: Bound) -> None:
    """For a while, S3 answers as the first time. Later, it says that there is no such upload."""
    upload = opened(s3, "a")
    s3.upload_part(**upload, PartNumber=1, Body=b"x")
    parts = {"Parts": listed(s3, upload)}
    s3.complete_multipart_upload(**upload, MultipartUpload=parts)
    before = s3.head_object(Key="a")

    refused = s3.refuses("complete_multipart_upload", **upload, MultipartUpload=parts)

    assert refused in (None, GONE)
    assert s3.head_object(Key="a")["ETag"] == before["ETag"]


@row("S3", "`ListParts` comes in pages, and begins after a marker")
def test_parts_are_listed_page_by_page(s3: Bound) -> None:
    upload = opened(s3, "a")
    for number in (3, 1, 2):
        s3.upload_part(**upload, PartNumber=number, Body=b"x" * number)

    first = s3.list_parts(**upload, MaxParts=2)
    second = s3.list_parts(**upload, PartNumberMarker=first["NextPartNumberMarker"])

    pages = [[(it["PartNumber"], it["Size"]) for it in page["Parts"]] for page in (first, second)]
    assert pages == [[(1, 1), (2, 2)], [(3, 3)]]
    assert (first["IsTruncated"], second["IsTruncated"]) == (True, False)


def test_an_upload_without_parts_has_an_empty_list(s3: Bound) -> None:
    assert not s3.list_parts(**opened(s3, "a")).get("Parts")


@row("S3", "`ListMultipartUploads` lists the uploads below a prefix")
def test_open_uploads_are_listed_by_prefix(s3: Bound) -> None:
    done = opened(s3, "a/done")
    s3.upload_part(**done, PartNumber=1, Body=b"x")
    complete(s3, done)
    under_way = [opened(s3, key) for key in ("a/2", "b/1", "a/1")]

    answer = s3.list_multipart_uploads(Prefix="a/")

    rows = {(it["Key"], it["UploadId"]) for it in answer["Uploads"]}
    assert rows == {(under_way[n]["Key"], under_way[n]["UploadId"]) for n in (0, 2)}
    assert not answer["IsTruncated"]


@row("S3", "`ListMultipartUploads` says when each upload was opened")
@differs(moto="says in 2010")
def test_open_uploads_are_listed_with_their_age(s3: Bound) -> None:
    opened(s3, "a")

    (upload,) = s3.list_multipart_uploads()["Uploads"]

    assert abs(upload["Initiated"].timestamp() - time.time()) < SKEW_SECONDS


@row("S3", "`ListMultipartUploads` comes in pages")
@differs(moto="gives all of them on one page")
def test_uploads_are_listed_page_by_page(s3: Bound) -> None:
    keys = ("a", "a", "b")
    under_way = {opened(s3, key)["UploadId"] for key in keys}

    first = s3.list_multipart_uploads(MaxUploads=2)
    second = s3.list_multipart_uploads(
        KeyMarker=first["NextKeyMarker"], UploadIdMarker=first["NextUploadIdMarker"]
    )

    pages = [[it["UploadId"] for it in page["Uploads"]] for page in (first, second)]
    assert [len(page) for page in pages] == [2, 1]
    assert {*pages[0], *pages[1]} == under_way


@row("S3", "a range that ends behind the object is not copied")
@differs(moto="copies what there is")
def test_a_range_beyond_the_end_is_not_copied(s3: Bound) -> None:
    s3.put_object(Key="source", Body=LARGE + b"x")
    upload = opened(s3, "a")

    refused = s3.refuses("upload_part_copy", **copy(s3, upload, "source", MIN_PART + 1))

    assert refused in (("InvalidArgument", 400), ("InvalidRange", 416))


@row(
    "S3",
    "a range is copied only from an object of more than 5 MiB",
    ministack="from any object",
    localstack="from any object",
)
@differs(moto="copies it")
def test_a_range_of_a_small_object_is_not_copied(s3: Bound) -> None:
    s3.put_object(Key="source", Body=b"small")
    upload = opened(s3, "a")

    refused = s3.refuses("upload_part_copy", **copy(s3, upload, "source", 3))

    assert refused == ("InvalidRequest", 400)


@differs(moto="another error")
def test_a_missing_object_is_not_copied(s3: Bound) -> None:
    upload = opened(s3, "a")

    assert s3.refuses("upload_part_copy", **copy(s3, upload, "none", 3)) == ("NoSuchKey", 404)


@row("S3", "`CopySourceIfMatch`: an object that was changed is not copied")
@differs(moto="does not look at it")
def test_a_copy_with_an_etag_refuses_another_version(s3: Bound) -> None:
    s3.put_object(Key="source", Body=LARGE + b"x")
    upload = opened(s3, "a")
    asked = copy(s3, upload, "source", MIN_PART, CopySourceIfMatch=ANOTHER_ETAG)

    assert s3.refuses("upload_part_copy", **asked) == ("PreconditionFailed", 412)
