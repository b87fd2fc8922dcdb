"""Large files whose CRC-32 S3 does not know: before the plan, several workers read them once."""

from random import Random

import pytest

from chalicelib.queue.messages import Message, Step
from tests.archives import check_archive, noise
from tests.integration.cloud import SOURCES
from tests.integration.effects import (
    CHANGE_COUNTED,
    PLAN_SENT,
    PLAN_STORED,
    THIRD_PIECE_READ,
    Effect,
    before_and_after,
    crashing,
)
from tests.integration.gateway import cancel, export, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Requests

FILES = {
    "a": noise(1, 50 * UNIT),
    "b": noise(2, 17 * UNIT),
    "c": noise(3, 3 * UNIT),
    "d": noise(4, 20 * UNIT),
    "e": noise(5, 41 * UNIT + 1),
}
TO_READ = 50 + 17 + 41
"""UNITs. S3 knows the CRC-32 of "d". The small "c" is read while it is streamed."""


@pytest.fixture
def job_id(stack: Stack, small_layout: None) -> str:
    """A job that has to read several batches, with its step `plan` in the queue."""
    stack.limit(batch_bytes=20 * UNIT, read_bytes=3 * UNIT, small_plan=0)
    stack.put_files(FILES, unknown="abce")
    return export(prefix="in/")


def test_planning_sends_a_message_for_each_batch_to_read(stack: Stack, job_id: str) -> None:
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
        stack.do(message)

    assert sum(requests.source_reads()) == TO_READ * UNIT + 1


@pytest.mark.parametrize("seed", range(3))
def test_batches_may_be_read_in_any_order_and_twice(stack: Stack, job_id: str, seed: int) -> None:
    messages = stack.planned() * 2
    Random(seed).shuffle(messages)

    succeeded = [stack.run(message) for message in messages]

    assert all(succeeded)
    assert stack.run_queue() == []
    check_archive(stack.archive(job_id), FILES)


def test_planning_again_sends_only_the_batches_that_were_not_read(
    stack: Stack, job_id: str
) -> None:
    first, second, *others = stack.planned()
    for message in others:
        stack.do(message)

    stack.do(Message(Step.PLAN, job_id))

    assert stack.take_messages() == [first, second]


def test_after_a_workers_death_only_its_own_batch_is_read_again(
    stack: Stack, job_id: str, requests: Requests
) -> None:
    first, second, *_ = stack.planned()
    stack.do(first)
    with crashing(THIRD_PIECE_READ):
        stack.do(second)
    requests.clear()

    stack.do(Message(Step.PLAN, job_id))
    again = stack.take_messages()
    stack.do(again[0])

    sizes = requests.source_reads()
    assert first not in again
    assert again[0] == second
    assert sum(sizes) == 20 * UNIT
    for message in again[1:]:
        stack.do(message)
    assert stack.run_queue() == []
    check_archive(stack.archive(job_id), FILES)


def test_a_file_that_changes_while_it_is_read_fails_the_job(stack: Stack, job_id: str) -> None:
    stack.configure(changes_max=0)
    first, *_ = stack.planned()
    stack.put_file("in/a", noise(9, 50 * UNIT), checksum=False)

    stack.run(first)

    assert status(job_id)["error"]["type"].endswith("source-changed")


@pytest.mark.parametrize("name", ["a", "b", "e"])
def test_after_a_change_only_the_changed_file_is_read_again(
    stack: Stack, job_id: str, requests: Requests, name: str
) -> None:
    stack.age_files()
    (last, *others) = reversed(stack.planned())
    for message in others:
        stack.do(message)
    changed = stack.put_file(f"in/{name}", noise(9, 47 * UNIT), checksum=False)
    requests.clear()

    with crashing(PLAN_STORED):
        stack.run(last)

    read = [(one["Bucket"], one["Key"]) for one in requests.of("GetObject")]
    assert {key for bucket, key in read if bucket == SOURCES} == {"in/e", f"in/{name}"}
    stack.wake()
    assert stack.run_queue() == []
    assert stack.job(job_id).status == "completed"
    check_archive(stack.archive(job_id), {**FILES, name: changed})


def test_the_messages_of_an_ended_reading_come_to_nothing(
    stack: Stack, job_id: str, requests: Requests
) -> None:
    first, *others = stack.planned()
    stack.put_file("in/a", noise(9, 50 * UNIT), checksum=False)
    stack.run_one(first)
    assert stack.job(job_id).changes == 1
    stack.take_messages()
    requests.clear()

    for message in others:
        assert stack.run(message)

    assert requests.source_reads() == []
    assert stack.job(job_id).changes == 1
    assert stack.run(Message(Step.PLAN, job_id))


@before_and_after
@pytest.mark.parametrize("effect", [CHANGE_COUNTED, CHANGE_COUNTED.then(PLAN_SENT)], ids=str)
def test_a_reader_that_dies_when_it_counts_a_change_loses_nothing(
    stack: Stack,
    job_id: str,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    messages = stack.planned()
    changed = stack.put_file("in/a", noise(9, 50 * UNIT), checksum=False)
    stack.send(messages)
    with crashing(effect, after=after):
        stack.run_queue()
    stack.wake()

    assert stack.run_queue() == []

    job = stack.job(job_id)
    assert (job.status, job.changes) == ("completed", 1)
    check_archive(stack.archive(job_id), {**FILES, "a": changed})


def test_a_file_that_changes_before_the_plan_is_read_anew(stack: Stack, job_id: str) -> None:
    for message in stack.planned()[2:]:
        stack.do(message)
    changed = stack.put_file("in/b", noise(9, 17 * UNIT), checksum=False)

    stack.run(Message(Step.PLAN, job_id))
    failed = stack.run_queue()

    assert failed == []
    check_archive(stack.archive(job_id), {**FILES, "b": changed})


def test_no_more_is_read_for_a_job_that_was_cancelled(
    stack: Stack, job_id: str, requests: Requests
) -> None:
    first, *_ = stack.planned()
    cancel(job_id)
    requests.clear()

    succeeded = stack.run(first)

    assert succeeded
    assert requests.source_reads() == []


@pytest.mark.parametrize(
    "message",
    [("0123456789abcdef", 0), ("its own", 99)],
    ids=["an unknown reading", "an unknown batch"],
)
def test_a_message_about_an_unknown_batch_is_no_work(
    stack: Stack, job_id: str, message: tuple[str, int]
) -> None:
    (first, *_) = stack.planned()
    reading, batch = message
    digest = first.reading if reading == "its own" else reading

    assert stack.run(Message(Step.READ, job_id, batch, digest))
    assert stack.take_messages() == []


def test_a_batch_that_comes_after_the_plan_is_no_work(
    stack: Stack, job_id: str, requests: Requests
) -> None:
    first, *others = stack.planned()
    for message in (first, *others):
        stack.do(message)
    stack.run_queue()
    requests.clear()

    assert stack.run(first)
    assert requests.source_reads() == []
