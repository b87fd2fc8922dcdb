"""Large files whose CRC-32 S3 does not know: several workers read them, once, before the plan."""

from random import Random

import pytest

from chalicelib.pipeline import steps
from chalicelib.queue.messages import Message, Step
from tests.archives import check_archive, noise
from tests.integration.gateway import call, export, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Crash, Requests, crashing

FILES = {
    "a": noise(1, 50 * UNIT),
    "b": noise(2, 17 * UNIT),
    "c": noise(3, 3 * UNIT),
    "d": noise(4, 20 * UNIT),
    "e": noise(5, 41 * UNIT + 1),
}
KNOWN = ("d",)
TO_READ = 50 + 17 + 41  # UNITs; "c" is small, and is read while it is streamed


@pytest.fixture
def job_id(stack: Stack, small_layout: None) -> str:
    """A job that has to read several batches, with its step `plan` in the queue."""
    stack.limit(batch_bytes=20 * UNIT, read_bytes=3 * UNIT)
    for name, content in FILES.items():
        stack.put_file(f"in/{name}", content, checksum=name in KNOWN)
    return export(prefix="in/")


def test_planning_sends_a_message_for_each_segment_to_read(stack: Stack, job_id: str) -> None:
    messages = stack.planned()

    assert [(message.step, message.number) for message in messages] == [
        (Step.READ, number) for number in range(-(-(TO_READ * UNIT + 1) // (20 * UNIT)))
    ]
    assert len({message.reading for message in messages}) == 1
    assert status(job_id)["progress"]["stage"] == "reading"


def test_the_archive_is_whole_when_the_queue_is_empty(stack: Stack, job_id: str) -> None:
    failed = stack.run_queue()

    assert failed == []
    check_archive(stack.archive(job_id), FILES)


def test_each_byte_is_read_once(stack: Stack, job_id: str, requests: Requests) -> None:
    messages = stack.planned()
    requests.clear()

    for message in messages:
        _do(stack, message)

    sizes = [last - first + 1 for first, last in _ranges_read(requests)]
    assert sum(sizes) == TO_READ * UNIT + 1


@pytest.mark.parametrize("seed", range(3))
def test_segments_may_be_read_in_any_order_and_twice(stack: Stack, job_id: str, seed: int) -> None:
    messages = stack.planned() * 2
    Random(seed).shuffle(messages)

    succeeded = [stack.run(message) for message in messages]

    assert all(succeeded)
    assert stack.run_queue() == []
    check_archive(stack.archive(job_id), FILES)


def test_planning_again_sends_only_what_was_not_read(stack: Stack, job_id: str) -> None:
    first, second, *others = stack.planned()
    for message in others:
        _do(stack, message)

    _do(stack, Message(Step.PLAN, job_id))

    assert stack.take_messages() == [first, second]


def test_a_worker_that_dies_costs_its_own_segment_alone(
    stack: Stack, job_id: str, requests: Requests
) -> None:
    first, second, *_ = stack.planned()
    _do(stack, first)
    with crashing("GetObject", nth=4), pytest.raises(Crash):
        _do(stack, second)
    requests.clear()

    _do(stack, Message(Step.PLAN, job_id))
    again = stack.take_messages()
    _do(stack, again[0])

    sizes = [last - first + 1 for first, last in _ranges_read(requests)]
    assert first not in again
    assert again[0] == second
    assert sum(sizes) == 20 * UNIT
    for message in again[1:]:
        _do(stack, message)
    assert stack.run_queue() == []
    check_archive(stack.archive(job_id), FILES)


def test_a_file_that_changes_while_it_is_read_fails_the_job(stack: Stack, job_id: str) -> None:
    first, *_ = stack.planned()
    stack.put_file("in/a", noise(9, 50 * UNIT), checksum=False)

    stack.run(first)

    assert status(job_id)["error"]["type"].endswith("source-changed")


def test_a_file_that_changes_before_the_plan_is_read_anew(stack: Stack, job_id: str) -> None:
    for message in stack.planned()[2:]:
        _do(stack, message)
    changed = stack.put_file("in/b", noise(9, 17 * UNIT), checksum=False)

    stack.run(Message(Step.PLAN, job_id))
    failed = stack.run_queue()

    assert failed == []
    check_archive(stack.archive(job_id), {**FILES, "b": changed})


def test_a_job_that_was_cancelled_is_read_for_no_more(
    stack: Stack, job_id: str, requests: Requests
) -> None:
    first, *_ = stack.planned()
    call("DELETE", f"/v1/export/{job_id}")
    requests.clear()

    succeeded = stack.run(first)

    assert succeeded
    assert _ranges_read(requests) == []


@pytest.mark.parametrize(
    "message",
    [("0123456789abcdef", 0), ("its own", 99)],
    ids=["an unknown reading", "an unknown segment"],
)
def test_what_there_is_not_to_read_is_no_work(
    stack: Stack, job_id: str, message: tuple[str, int]
) -> None:
    (first, *_) = stack.planned()
    named, segment = message
    unknown = first.reading if named == "its own" else named

    assert stack.run(Message(Step.READ, job_id, segment, unknown))
    assert stack.take_messages() == []


def test_a_reading_that_comes_after_the_plan_is_no_work(
    stack: Stack, job_id: str, requests: Requests
) -> None:
    first, *others = stack.planned()
    for message in (first, *others):
        _do(stack, message)
    stack.run_queue()
    requests.clear()

    assert stack.run(first)
    assert _ranges_read(requests) == []


def _do(stack: Stack, message: Message) -> None:
    """Does this step alone, and none that it sends."""
    steps.run(message, stack.services, None)


def _ranges_read(requests: Requests) -> list[tuple[int, int]]:
    """The first and last byte of each read of a source file."""
    ranges = [get["range"] for get in requests.of("GetObject") if get["Bucket"] == "source-bucket"]
    pairs = [one.removeprefix("bytes=").split("-") for one in ranges]
    return [(int(first), int(last)) for first, last in pairs]
