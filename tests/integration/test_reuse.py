"""A second request for the same files gets the finished archive. Nothing is built again."""

from collections.abc import Callable
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from chalicelib import aws
from chalicelib.queue.messages import Message, Step
from tests.archives import check_archive, noise
from tests.integration.cloud import TABLE
from tests.integration.effects import (
    ALL_TOLD,
    ANNOUNCE_SENT,
    ARCHIVE_HELD,
    ARCHIVE_LOOKED_AT,
    ARCHIVE_LOOKED_FOR,
    FILE_LOOKED_UP,
    JOB_COMPLETED_WITH_ARCHIVE,
    JOB_READ,
    JOB_STARTED,
    MESSAGE_HIDDEN,
    OTHER_JOB_READ,
    REQUEST_READ,
    UPLOAD_COMPLETED,
    Effect,
    before,
    before_and_after,
    crashing,
    unnamed,
)
from tests.integration.gateway import cancel, download_link, export, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Requests

IDS: dict[str, object] = {"file_ids": [10001, 10002]}
FILES = {"10001": b"one", "10002": b"two"}
BUILDING = {"CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload"}


@pytest.fixture
def first(stack: Stack) -> str:
    """A job that has completed with both files."""
    for name, content in FILES.items():
        stack.put_file(f"downloads/{name}", content)
    return stack.completed(**IDS)


def _reused_from(job_id: str) -> object:
    return status(job_id)["result"].get("reusedFrom")


def test_the_same_files_are_not_built_again(stack: Stack, first: str, requests: Requests) -> None:
    second = stack.completed(**IDS)

    assert _reused_from(second) == first
    assert not requests.count().keys() & BUILDING
    check_archive(stack.archive(second), FILES)


def test_the_second_job_has_the_facts_of_the_first(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    first = status(stack.completed(**IDS))
    stack.clock.advance(days=1)

    second = status(stack.completed(**IDS))

    assert second["progress"] == first["progress"]
    assert second["expiresAt"] == first["expiresAt"]
    assert second["result"]["s3Key"] == first["result"]["s3Key"]
    assert second["result"]["missing"] == [10002]
    assert second["result"]["processedFiles"] == 1


def test_the_second_job_has_a_list_of_missing_files_of_any_length(stack: Stack) -> None:
    stack.put_file("downloads/10000", b"there")
    wanted = list(range(10001, 10301))
    stack.completed(file_ids=[10000, *wanted])

    second = stack.completed(file_ids=[10000, *wanted])

    assert status(second)["result"]["missing"] == wanted


def test_each_job_keeps_its_own_filename(stack: Stack, first: str) -> None:
    second = stack.completed(**IDS, filename="April.zip")

    link = download_link(second)

    query = parse_qs(urlsplit(link).query)
    assert _reused_from(second) == first
    assert "April.zip" in unquote(query["response-content-disposition"][0])


def test_the_manifest_names_the_job_that_built_the_archive(stack: Stack, first: str) -> None:
    second = stack.completed(**IDS)

    assert check_archive(stack.archive(second), FILES)["jobId"] == first


def test_a_third_job_reuses_what_the_first_one_built(stack: Stack, first: str) -> None:
    stack.completed(**IDS)

    third = stack.completed(**IDS)

    assert _reused_from(third) == first


def test_a_request_may_differ_in_what_does_not_change_the_archive(stack: Stack, first: str) -> None:
    again = stack.completed(file_ids=[10001, 10002, 10001], on_missing="fail")

    assert _reused_from(again) == first


def _overwrite(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"eno")


def _lengthen(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one and more")


def _rename(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one", filename="report.txt")


def _delete(stack: Stack) -> None:
    stack.delete_file("downloads/10001")


@pytest.mark.parametrize(
    ("change", "now"),
    [
        (_overwrite, {**FILES, "10001": b"eno"}),
        (_lengthen, {**FILES, "10001": b"one and more"}),
        (_rename, {"report.txt": b"one", "10002": b"two"}),
        (_delete, {"10002": b"two"}),
    ],
)
def test_files_that_have_changed_are_exported_as_they_are_now(
    stack: Stack, first: str, change: Callable[[Stack], None], now: dict[str, bytes]
) -> None:
    change(stack)

    second = stack.completed(**IDS)

    missing = (10001,) if change is _delete else ()
    assert _reused_from(second) is None
    check_archive(stack.archive(second), now, missing)
    check_archive(stack.archive(first), FILES)


def test_a_file_that_was_missing_is_exported_when_it_is_there(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    stack.completed(**IDS)
    stack.put_file("downloads/10002", b"two")

    second = stack.completed(**IDS)

    assert _reused_from(second) is None
    check_archive(stack.archive(second), FILES)


@pytest.mark.parametrize(
    "other",
    [
        {"file_ids": [10002, 10001]},
        {"file_ids": [10001]},
        {"file_ids": [10001, 10002, 10003]},
        {"keys": ["downloads/10001", "downloads/10002"]},
        {**IDS, "fresh": True},
        {**IDS, "user_id": "somebody else"},
    ],
)
def test_for_another_request_an_archive_of_its_own_is_built(
    stack: Stack, first: str, other: dict[str, object]
) -> None:
    assert _reused_from(stack.completed(**other)) is None


def test_from_then_on_a_fresh_archive_is_reused(stack: Stack, first: str) -> None:
    fresh = stack.completed(**IDS, fresh=True)

    assert _reused_from(stack.completed(**IDS)) == fresh


def test_an_archive_is_reused_while_half_of_its_life_is_left(stack: Stack, first: str) -> None:
    stack.clock.advance(days=3.5)

    assert _reused_from(stack.completed(**IDS)) == first


@pytest.mark.parametrize("days", [3.51, 7, 30])
def test_an_archive_that_expires_soon_is_built_again(stack: Stack, first: str, days: float) -> None:
    stack.clock.advance(days=days)

    assert _reused_from(stack.completed(**IDS)) is None


def test_an_archive_that_is_gone_is_built_again(stack: Stack, first: str) -> None:
    stack.services.archive.delete(f"archives/{first}.zip")

    second = stack.completed(**IDS)

    assert _reused_from(second) is None
    check_archive(stack.archive(second), FILES)


def test_an_archive_that_was_overwritten_is_built_again(stack: Stack, first: str) -> None:
    stack.services.archive.write(f"archives/{first}.zip", b"PK")

    assert _reused_from(stack.completed(**IDS)) is None


def test_an_archive_whose_builders_record_is_gone_is_built_again(stack: Stack, first: str) -> None:
    aws.dynamodb().delete_item(TableName=TABLE, Key={"jobId": {"S": first}})

    assert _reused_from(stack.completed(**IDS)) is None


def test_jobs_at_work_at_the_same_time_each_build_their_own_archive(
    stack: Stack, small_segments: None
) -> None:
    files = {name: noise(ord(name), 9 * UNIT) for name in "ab"}
    stack.put_files(files)
    one, other = export(prefix="in/"), export(prefix="in/")
    for plan in stack.take_messages():
        stack.do(plan)

    assert stack.run_queue() == []

    assert (_reused_from(one), _reused_from(other)) == (None, None)
    check_archive(stack.archive(one), files)
    check_archive(stack.archive(other), files)


def test_the_archive_of_a_job_that_was_cancelled_is_not_reused(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    cancelled = export(**IDS)

    with before(UPLOAD_COMPLETED, lambda: cancel(cancelled)):
        stack.run_queue()

    assert status(cancelled)["status"] == "cancelled"
    assert _reused_from(stack.completed(**IDS)) is None


@pytest.mark.parametrize("step", [Step.DISCARD, Step.FINALIZE, Step.PLAN])
def test_a_late_message_discards_nothing(stack: Stack, first: str, step: Step) -> None:
    second = stack.completed(**IDS)

    assert stack.run(Message(step, second))

    check_archive(stack.archive(first), FILES)


OF_THE_STEP = (
    MESSAGE_HIDDEN,
    JOB_READ,
    JOB_STARTED,
    REQUEST_READ,
    FILE_LOOKED_UP,
    ARCHIVE_LOOKED_FOR,
    OTHER_JOB_READ,
    ARCHIVE_LOOKED_AT,
    ARCHIVE_HELD,
    JOB_COMPLETED_WITH_ARCHIVE,
)
"""Everything that happens in the step that finds the archive."""

AFTER_IT = ANNOUNCE_SENT, ALL_TOLD


@before_and_after
@pytest.mark.parametrize("effect", [*OF_THE_STEP, *AFTER_IT], ids=str)
def test_a_worker_that_dies_while_it_reuses_an_archive_leaves_it_to_another(
    stack: Stack,
    first: str,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    stack.limit(short_request=0)
    second = export(**IDS)
    with crashing(effect, after=after):
        stack.run_queue()
    stack.wake()

    assert stack.run_queue() == []

    assert _reused_from(second) == first
    check_archive(stack.archive(second), FILES)


def test_every_request_of_the_step_has_one_of_these_effects(
    stack: Stack, first: str, requests: Requests
) -> None:
    export(**IDS)
    requests.clear()

    stack.run_queue()

    assert unnamed(requests, (*OF_THE_STEP, *AFTER_IT)) == []


@pytest.mark.parametrize("effect", OF_THE_STEP, ids=str)
def test_cancelling_a_job_while_it_reuses_an_archive_leaves_the_archive(
    stack: Stack, first: str, effect: Effect
) -> None:
    stack.limit(short_request=0)
    second = export(**IDS)

    with before(effect, lambda: cancel(second)):
        stack.run_queue()

    assert status(second)["status"] == "cancelled"
    check_archive(stack.archive(first), FILES)


def test_a_nested_archive_is_reused(stack: Stack, small_layout: None, requests: Requests) -> None:
    stack.lay_out_with(max_parts=4)
    files = {name: noise(ord(name), 9 * UNIT) for name in "abcdefghi"}
    stack.put_files(files)
    first = stack.completed(prefix="in/")
    assert requests.count()["DeleteObjects"]  # of the segments
    requests.clear()

    second = stack.completed(prefix="in/")

    assert _reused_from(second) == first
    assert not requests.count().keys() & BUILDING
    check_archive(stack.archive(second), files)


def test_a_large_file_without_a_checksum_is_not_read_again(
    stack: Stack, small_layout: None, requests: Requests
) -> None:
    content = stack.put_file("in/large", noise(1, 40 * UNIT), checksum=False)
    first = stack.completed(prefix="in/")
    requests.clear()

    second = stack.completed(prefix="in/")

    assert _reused_from(second) == first
    assert requests.of("GetObject") == []
    check_archive(stack.archive(second), {"large": content})
