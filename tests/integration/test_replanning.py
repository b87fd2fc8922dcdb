"""A deployment changes the format of plans in the middle of a job: the job is planned again."""

from dataclasses import replace

import pytest

from chalicelib.jobs import places
from chalicelib.pipeline import steps
from chalicelib.queue.messages import Message, Step
from tests.archives import check_archive, noise
from tests.integration.gateway import call, export, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Crash, Requests, crashing

FILES = {name: noise(ord(name), 9 * UNIT) for name in "abcd"}


@pytest.fixture
def begun(stack: Stack, small_segments: None) -> str:
    """The id of a job that is half done: one segment is built, and the messages of the others
    wait."""
    for name, content in FILES.items():
        stack.put_file(f"in/{name}", content, checksum=name != "b")
    job_id = export(prefix="in/")
    first, *others = stack.planned()
    assert stack.run(first)
    stack.services.queue.send(others, "anonymous")
    return job_id


def _deploy(stack: Stack, **scale: object) -> None:
    """Another version of plans from here on, and perhaps of the layout."""
    stack.services = replace(stack.services, plan_version=stack.services.plan_version + 1)
    if scale:
        stack.lay_out_with(**scale)


def _opened(requests: Requests) -> int:
    return requests.count()["CreateMultipartUpload"]


def test_where_the_bytes_agree_the_upload_goes_on(
    stack: Stack, begun: str, requests: Requests
) -> None:
    job = stack.job(begun)
    parts = list(
        stack.services.archive.list_parts(job.archive_key, job.plan.upload if job.plan else "")
    )
    _deploy(stack)

    failed = stack.run_queue()

    assert failed == []
    check_archive(stack.archive(begun), FILES)
    uploaded = {int(asked["partNumber"]) for asked in requests.of("UploadPartCopy")}
    copied_before = {part.number for part in parts} & uploaded
    assert (_opened(requests), copied_before) == (0, set())


def test_where_the_bytes_differ_another_upload_takes_its_place(
    stack: Stack, begun: str, requests: Requests
) -> None:
    _deploy(stack, copy_min=12 * UNIT)

    failed = stack.run_queue()

    assert failed == []
    assert _opened(requests) == 1
    assert stack.uploads() == []
    check_archive(stack.archive(begun), FILES)


def test_one_of_many_workers_plans_the_job_again(
    stack: Stack, begun: str, requests: Requests
) -> None:
    _deploy(stack)

    stack.run_queue()

    assert requests.count()["ListObjectsV2"] == 1


def test_progress_begins_anew_and_ends_whole(stack: Stack, begun: str) -> None:
    assert status(begun)["progress"]["bytesDone"] > 0
    _deploy(stack)
    waiting = stack.take_messages()
    for message in waiting:
        stack.run(message)

    progress = status(begun)["progress"]

    assert progress["percent"] == 100
    assert stack.job(begun).bytes_done == stack.job(begun).bytes_total


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("operation", "nth"),
    [
        ("UpdateItem", 1),  # an attempt, or the plan is taken away
        ("UpdateItem", 2),
        ("SendMessageBatch", 1),  # `plan`
    ],
)
def test_a_crash_while_the_plan_is_taken_away_loses_nothing(
    stack: Stack,
    begun: str,
    operation: str,
    nth: int,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    _deploy(stack)
    with crashing(operation, nth=nth, after=after), pytest.raises(Crash):
        stack.run_queue()
    stack.wake()

    failed = stack.run_queue()

    assert failed == []
    check_archive(stack.archive(begun), FILES)


def test_a_worker_of_the_version_before_stops_and_does_no_harm(stack: Stack, begun: str) -> None:
    before = stack.services
    old = stack.take_messages()
    _deploy(stack, copy_min=12 * UNIT)
    stack.services.queue.send(old[:1], "anonymous")
    after = stack.services
    assert stack.run_queue() == []
    stack.services = before
    for message in old:
        stack.run(message)
    stack.services = after

    stack.run_queue()

    check_archive(stack.archive(begun), FILES)


def test_the_first_versions_messages_are_understood(stack: Stack, begun: str) -> None:
    stack.take_messages()
    _deploy(stack)
    for message in (Message(Step.ASSEMBLE, begun, 1), Message(Step.FINALIZE, begun)):
        stack.run(message)

    assert stack.run_queue() == []

    check_archive(stack.archive(begun), FILES)


def test_a_job_can_be_cancelled_while_it_is_planned_again(stack: Stack, begun: str) -> None:
    _deploy(stack)
    message, *_ = stack.take_messages()
    with crashing("SendMessageBatch", after=True), pytest.raises(Crash):
        steps.run(message, stack.services, None)
    upload = stack.job(begun).previous_plan

    assert call("DELETE", f"/v1/export/{begun}").status == 202
    stack.wake()
    stack.run_queue()
    stack.discard_what_is_due()

    assert upload
    assert stack.uploads() == []
    assert stack.services.archive.read(places.archive(begun)) is None
