"""Same request, same files: a finished archive is given out again instead of built again."""

from collections.abc import Callable
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from chalicelib import aws
from chalicelib.pipeline import steps
from chalicelib.queue.messages import Message, Step
from chalicelib.s3 import clients
from tests.archives import check_archive, noise
from tests.integration.gateway import call, export, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Crash, Requests, crashing, listening

IDS = {"file_ids": [10001, 10002]}
FILES = {"10001": b"one", "10002": b"two"}
BUILDING = {"CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload"}


@pytest.fixture
def first(stack: Stack) -> str:
    """A job that has completed with both files."""
    for name, content in FILES.items():
        stack.put_file(f"downloads/{name}", content)
    return _completed(stack)


def _completed(stack: Stack, **request: object) -> str:
    job_id = export(**(request or IDS))
    assert stack.run_queue() == []
    assert status(job_id)["status"] == "completed"
    return job_id


def _reused_from(job_id: str) -> object:
    return status(job_id)["result"].get("reusedFrom")


def _archive(stack: Stack, job_id: str) -> bytes | None:
    """The archive that the job links to."""
    return stack.services.archive.read(stack.job(job_id).archive_key)


def test_the_same_files_are_not_built_again(stack: Stack, first: str, requests: Requests) -> None:
    second = _completed(stack)

    assert _reused_from(second) == first
    assert not requests.count().keys() & BUILDING
    check_archive(_archive(stack, second), FILES)


def test_the_second_job_tells_what_the_first_one_tells(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    first = status(_completed(stack))
    stack.clock.advance(days=1)

    second = status(_completed(stack))

    assert second["progress"] == first["progress"]
    assert second["expiresAt"] == first["expiresAt"]
    assert second["result"]["s3Key"] == first["result"]["s3Key"]
    assert second["result"]["missing"] == [10002]
    assert second["result"]["processedFiles"] == 1


def test_a_list_of_missing_files_that_is_too_long_for_the_record_is_told_too(stack: Stack) -> None:
    wanted = list(range(10001, 10301))
    _completed(stack, file_ids=wanted)

    second = _completed(stack, file_ids=wanted)

    assert status(second)["result"]["missing"] == wanted


def test_each_job_keeps_its_own_filename(stack: Stack, first: str) -> None:
    second = _completed(stack, **IDS, filename="April.zip")

    link = call("GET", f"/v1/export/{second}/download").body["downloadUrl"]

    query = parse_qs(urlsplit(link).query)
    assert _reused_from(second) == first
    assert "April.zip" in unquote(query["response-content-disposition"][0])


def test_the_manifest_names_the_job_that_built_the_archive(stack: Stack, first: str) -> None:
    second = _completed(stack)

    assert check_archive(_archive(stack, second), FILES)["jobId"] == first


def test_a_third_job_reuses_what_the_first_one_built(stack: Stack, first: str) -> None:
    _completed(stack)

    third = _completed(stack)

    assert _reused_from(third) == first


def test_what_does_not_change_the_archive_may_be_asked_for_in_another_way(
    stack: Stack, first: str
) -> None:
    again = _completed(stack, file_ids=[10001, 10002, 10001], on_missing="fail")

    assert _reused_from(again) == first


def _overwrite(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"eno")


def _lengthen(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one and more")


def _rename(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one", filename="report.txt")


def _delete(stack: Stack) -> None:
    clients.s3().delete_object(Bucket="source-bucket", Key="downloads/10001")


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

    second = _completed(stack)

    missing = (10001,) if change is _delete else ()
    assert _reused_from(second) is None
    check_archive(_archive(stack, second), now, missing)
    check_archive(_archive(stack, first), FILES)


def test_a_file_that_was_missing_and_is_there_now_is_exported(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    _completed(stack)
    stack.put_file("downloads/10002", b"two")

    second = _completed(stack)

    assert _reused_from(second) is None
    check_archive(_archive(stack, second), FILES)


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
def test_another_request_is_built(stack: Stack, first: str, other: dict[str, object]) -> None:
    assert _reused_from(_completed(stack, **other)) is None


def test_what_was_built_afresh_is_reused_from_then_on(stack: Stack, first: str) -> None:
    fresh = _completed(stack, **IDS, fresh=True)

    assert _reused_from(_completed(stack)) == fresh


def test_an_archive_is_reused_while_half_of_its_life_is_left(stack: Stack, first: str) -> None:
    stack.clock.advance(days=3.5)

    assert _reused_from(_completed(stack)) == first


@pytest.mark.parametrize("days", [3.51, 7, 30])
def test_an_archive_that_is_to_go_soon_is_built_again(
    stack: Stack, first: str, days: float
) -> None:
    stack.clock.advance(days=days)

    assert _reused_from(_completed(stack)) is None


def test_an_archive_that_is_gone_is_built_again(stack: Stack, first: str) -> None:
    stack.services.archive.delete(f"archives/{first}.zip")

    second = _completed(stack)

    assert _reused_from(second) is None
    check_archive(_archive(stack, second), FILES)


def test_an_archive_that_somebody_has_cut_short_is_built_again(stack: Stack, first: str) -> None:
    stack.services.archive.write(f"archives/{first}.zip", b"PK")

    assert _reused_from(_completed(stack)) is None


def test_a_maker_whose_record_is_gone_is_not_followed(stack: Stack, first: str) -> None:
    aws.dynamodb().delete_item(TableName="JobsTable", Key={"jobId": {"S": first}})

    assert _reused_from(_completed(stack)) is None


def test_jobs_under_way_at_the_same_time_each_build_their_own(
    stack: Stack, small_segments: None
) -> None:
    files = {name: stack.put_file(f"in/{name}", noise(ord(name), 9 * UNIT)) for name in "ab"}
    one, other = export(prefix="in/"), export(prefix="in/")
    for plan in stack.take_messages():
        steps.run(plan, stack.services, None)

    assert stack.run_queue() == []

    assert (_reused_from(one), _reused_from(other)) == (None, None)
    check_archive(stack.archive(one), files)
    check_archive(stack.archive(other), files)


def test_an_archive_whose_job_was_cancelled_at_its_last_moment_is_not_reused(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    cancelled = export(**IDS)

    def cancel(operation: str, _: dict[str, object]) -> None:
        if operation == "CompleteMultipartUpload":
            call("DELETE", f"/v1/export/{cancelled}")

    with listening(cancel):
        stack.run_queue()

    assert status(cancelled)["status"] == "cancelled"
    assert _reused_from(_completed(stack)) is None


def test_neither_job_can_be_cancelled_and_their_archive_stays(stack: Stack, first: str) -> None:
    second = _completed(stack)

    answers = [call("DELETE", f"/v1/export/{job_id}") for job_id in (first, second)]

    assert [answer.status for answer in answers] == [409, 409]
    check_archive(_archive(stack, second), FILES)


@pytest.mark.parametrize("step", [Step.DISCARD, Step.FINALIZE, Step.PLAN])
def test_a_late_message_throws_nothing_away(stack: Stack, first: str, step: Step) -> None:
    second = _completed(stack)

    assert stack.run(Message(step, second))

    check_archive(_archive(stack, first), FILES)


# Every request of the step that finds the archive.
STEP = [
    *(("GetItem", nth) for nth in (1, 2, 3)),
    *(("UpdateItem", nth) for nth in (1, 2, 3)),
    ("HeadObject", 1),
    ("HeadObject", 3),
    ("GetObject", 1),
    ("ChangeMessageVisibility", 1),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("operation", "nth"), STEP)
def test_a_worker_that_dies_while_it_reuses_an_archive_leaves_it_to_another(
    stack: Stack,
    first: str,
    operation: str,
    nth: int,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    second = export(**IDS)
    with crashing(operation, nth=nth, after=after), pytest.raises(Crash):
        stack.run_queue()
    stack.wake()

    assert stack.run_queue() == []

    assert _reused_from(second) == first
    check_archive(_archive(stack, second), FILES)


@pytest.mark.parametrize(("operation", "nth"), STEP)
def test_a_job_that_is_cancelled_while_it_reuses_an_archive_leaves_that_alone(
    stack: Stack, first: str, operation: str, nth: int
) -> None:
    second = export(**IDS)
    left = [nth]

    def cancel(name: str, _: dict[str, object]) -> None:
        left[0] -= name == operation
        if name == operation and left[0] == 0:
            call("DELETE", f"/v1/export/{second}")

    with listening(cancel):
        stack.run_queue()

    assert status(second)["status"] == "cancelled"
    check_archive(_archive(stack, first), FILES)


def test_a_nested_archive_is_reused(stack: Stack, small_layout: None, requests: Requests) -> None:
    stack.lay_out_with(max_parts=4)
    files = {name: stack.put_file(f"in/{name}", noise(ord(name), 9 * UNIT)) for name in "abcdefghi"}
    first = _completed(stack, prefix="in/")
    assert requests.count()["DeleteObjects"]  # of the segments
    requests.clear()

    second = _completed(stack, prefix="in/")

    assert _reused_from(second) == first
    assert not requests.count().keys() & BUILDING
    check_archive(_archive(stack, second), files)


def test_a_large_file_without_a_checksum_is_not_read_again(
    stack: Stack, small_layout: None, requests: Requests
) -> None:
    content = stack.put_file("in/large", noise(1, 40 * UNIT), checksum=False)
    first = _completed(stack, prefix="in/")
    requests.clear()

    second = _completed(stack, prefix="in/")

    assert _reused_from(second) == first
    assert {asked["Bucket"] for asked in requests.of("GetObject")} == {"archive-bucket"}
    check_archive(_archive(stack, second), {"large": content})
