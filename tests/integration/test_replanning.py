"""A deployment in the middle of a job changes the format of plans: the job is planned again."""

from dataclasses import replace

import pytest

from chalicelib.jobs import places
from chalicelib.queue.messages import Message, Step
from tests.archives import check_archive, noise
from tests.integration.effects import (
    JOB_STARTED,
    PLAN_SENT,
    PLAN_TAKEN_AWAY,
    Effect,
    before,
    before_and_after,
    crashing,
)
from tests.integration.gateway import cancel, export, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Requests

FILES = {name: noise(ord(name), 9 * UNIT) for name in "abcd"}


@pytest.fixture
def begun(stack: Stack, small_segments: None) -> str:
    """The id of a job that is half done: one segment is built. The messages of the others wait."""
    stack.put_files(FILES, unknown="b")
    job_id = export(prefix="in/")
    first, *others = stack.planned()
    assert stack.run(first)
    stack.send(others)
    return job_id


def _deploy(stack: Stack, **scale: object) -> None:
    """From here on plans have another version, and perhaps archives another layout."""
    stack.services = replace(stack.services, plan_version=stack.services.plan_version + 1)
    if scale:
        stack.lay_out_with(**scale)


def _opened(requests: Requests) -> int:
    return requests.count()["CreateMultipartUpload"]


def test_if_the_layout_stays_the_same_the_upload_goes_on(
    stack: Stack, begun: str, requests: Requests
) -> None:
    uploaded = stack.parts(begun)
    _deploy(stack)

    failed = stack.run_queue()

    assert failed == []
    check_archive(stack.archive(begun), FILES)
    copied = {int(asked["partNumber"]) for asked in requests.of("UploadPartCopy")}
    assert _opened(requests) == 0
    assert not uploaded & copied


def test_if_the_layout_changes_another_upload_takes_its_place(
    stack: Stack, begun: str, requests: Requests
) -> None:
    _deploy(stack, copy_min=12 * UNIT)

    failed = stack.run_queue()

    assert failed == []
    assert _opened(requests) == 1
    assert stack.uploads() == []
    check_archive(stack.archive(begun), FILES)


def test_only_one_of_many_workers_plans_the_job_again(
    stack: Stack, begun: str, requests: Requests
) -> None:
    _deploy(stack)

    stack.run_queue()

    assert requests.count()["ListObjectsV2"] == 1


def test_progress_begins_again_at_zero_and_ends_at_100_percent(stack: Stack, begun: str) -> None:
    assert status(begun)["progress"]["bytesDone"] > 0
    _deploy(stack)
    waiting = stack.take_messages()
    for message in waiting:
        stack.run(message)

    progress = status(begun)["progress"]

    assert progress["percent"] == 100
    assert stack.job(begun).bytes_done == stack.job(begun).bytes_total


@before_and_after
@pytest.mark.parametrize("effect", [PLAN_TAKEN_AWAY, PLAN_SENT, JOB_STARTED], ids=str)
def test_a_worker_that_dies_while_the_plan_is_taken_away_loses_nothing(
    stack: Stack,
    begun: str,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    _deploy(stack)
    with crashing(effect, after=after):
        stack.run_queue()
    stack.wake()

    failed = stack.run_queue()

    assert failed == []
    check_archive(stack.archive(begun), FILES)


def test_a_plan_that_a_dead_twin_has_taken_away_is_not_forgotten(stack: Stack, begun: str) -> None:
    _deploy(stack)
    message, *_ = stack.take_messages()

    def twin() -> None:
        """Has the same message, and dies before it can send `plan`."""
        stack.services.jobs.unplan(stack.job(begun), stack.plan(begun), stack.clock())

    with before(PLAN_TAKEN_AWAY, twin):
        assert not stack.run(message)
    stack.wake()

    assert stack.run_queue() == []
    check_archive(stack.archive(begun), FILES)


def test_a_worker_of_the_version_before_does_no_harm(stack: Stack, begun: str) -> None:
    services = stack.services
    old = stack.take_messages()
    _deploy(stack, copy_min=12 * UNIT)
    stack.send(old[:1])
    after = stack.services
    assert stack.run_queue() == []
    stack.services = services
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
    with crashing(PLAN_SENT, after=True):
        stack.do(message)
    upload = stack.job(begun).previous_plan

    assert cancel(begun).status == 202
    stack.wake()
    stack.run_queue()
    stack.discard_what_is_due()

    assert upload
    assert stack.uploads() == []
    assert places.archive(begun) not in stack.stored()
