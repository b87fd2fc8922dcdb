"""Requests for files that do not exist."""

import pytest

from chalicelib.jobs.model import MISSING_INLINE
from chalicelib.s3 import clients
from tests.archives import check_archive
from tests.integration.cloud import SOURCES
from tests.integration.gateway import export, status
from tests.integration.stack import ITEM_MAX, Stack
from tests.integration.wire import Requests


def test_with_skip_the_archive_has_the_other_files_and_names_the_missing(stack: Stack) -> None:
    content = stack.put_file("downloads/10002", b"there")
    job_id = export(file_ids=[10001, 10002, 10003], on_missing="skip")

    stack.run_queue()

    check_archive(stack.archive(job_id), {"10002": content}, missing=(10001, 10003))
    result = status(job_id)["result"]
    assert result["missing"] == [10001, 10003]
    assert (result["processedFiles"], result["totalFiles"]) == (1, 3)


def test_missing_files_are_skipped_by_default(stack: Stack) -> None:
    content = stack.put_file("there", b"there")
    job_id = export(keys=["nowhere", "there"])

    stack.run_queue()

    check_archive(stack.archive(job_id), {"there": content}, missing=("nowhere",))


def test_an_export_without_any_file_fails(stack: Stack) -> None:
    job_id = export(file_ids=[10001, 10002, 10003])

    stack.run_queue()

    error = status(job_id)["error"]
    assert error["type"] == "urn:problem-type:longhaul:nothing-to-export"
    assert error["detail"] == (
        "none of the files can be exported: 10001 (missing), 10002 (missing), 10003 (missing)"
    )
    assert stack.archive(job_id) is None


def test_a_long_prefix_without_files_is_cut_in_the_message(stack: Stack) -> None:
    job_id = export(prefix=f"none/{'ü' * 500}/end")

    stack.run_queue()

    detail = status(job_id)["error"]["detail"]
    assert detail.startswith("no file of the source bucket begins with 'none/ü")
    assert detail.endswith("ü/end'")
    assert len(detail.encode()) < 200


def test_a_list_that_is_too_long_for_the_record_is_still_in_the_status(stack: Stack) -> None:
    missing = [f"gone/{number}-ü" for number in range(300)]
    content = stack.put_file("there", b"there")
    job_id = export(keys=["there", *missing])

    stack.run_queue()

    check_archive(stack.archive(job_id), {"there": content}, missing=tuple(missing))
    assert status(job_id)["result"]["missing"] == missing
    assert stack.item_size(job_id) < ITEM_MAX


@pytest.mark.parametrize(
    ("count", "inline"), [(MISSING_INLINE // 7, True), (MISSING_INLINE // 7 + 1, False)]
)
def test_a_list_just_below_the_limit_stays_in_the_record(
    stack: Stack,
    count: int,
    inline: bool,  # noqa: FBT001 - a parameter
) -> None:
    stack.put_file("downloads/99999", b"there")
    missing = list(range(10_000, 10_000 + count))  # seven bytes each: "10000, "
    job_id = export(file_ids=[*missing, 99_999])

    stack.run_queue()

    assert ("missing" in stack.item(job_id)) is inline
    assert status(job_id)["result"]["missing"] == missing


def test_with_fail_one_missing_file_fails_the_job(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"there")
    job_id = export(file_ids=[10001, 10002], on_missing="fail")

    failed = stack.run_queue()

    assert failed == []
    error = status(job_id)["error"]
    assert error["type"] == "urn:problem-type:longhaul:source-missing"
    assert error["detail"].startswith("1 of 2 files do not exist: 10002.")
    assert stack.archive(job_id) is None
    assert stack.uploads() == []


def test_with_fail_the_first_ten_missing_files_are_named(stack: Stack) -> None:
    job_id = export(file_ids=list(range(10_000, 10_025)), on_missing="fail")

    stack.run_queue()

    detail = status(job_id)["error"]["detail"]
    assert "10009 and 15 more" in detail
    assert "10010" not in detail


def test_with_fail_an_export_without_missing_files_completes(stack: Stack) -> None:
    content = stack.put_file("downloads/10001", b"there")
    job_id = export(file_ids=[10001], on_missing="fail")

    stack.run_queue()

    check_archive(stack.archive(job_id), {"10001": content})


@pytest.mark.parametrize("on_missing", ["skip", "fail"])
def test_a_prefix_without_files_fails_the_job(stack: Stack, on_missing: str) -> None:
    stack.put_file("empty/", b"")
    job_id = export(prefix="empty/", on_missing=on_missing)

    stack.run_queue()

    body = status(job_id)
    assert body["status"] == "failed"
    assert body["error"]["type"] == "urn:problem-type:longhaul:nothing-to-export"


@pytest.mark.parametrize(
    "asked",
    [
        {"file_ids": [10001, 10002]},
        {"files": [{"key": "a", "name": "b"}, {"key": "a", "name": "c"}]},
    ],
)
def test_a_source_bucket_that_is_gone_is_not_reported_as_missing_files(
    stack: Stack, asked: dict[str, object]
) -> None:
    clients.s3().delete_bucket(Bucket=SOURCES)
    job_id = export(**asked, on_missing="skip")

    stack.run_queue()

    assert status(job_id)["status"] == "processing"  # it is tried again


def test_that_all_are_missing_is_found_out_with_what_the_grants_allow(
    stack: Stack, requests: Requests
) -> None:
    """The grants of a source with a prefix do not allow HeadBucket."""
    stack.configure_source(prefix="in/")
    job_id = export(keys=["in/gone"])

    stack.run_queue()

    assert [asked["Bucket"] for asked in requests.of("HeadBucket")] == []
    assert status(job_id)["error"]["type"] == "urn:problem-type:longhaul:nothing-to-export"
