"""Several workers build an archive: in any order, twice, and after a crash."""

from itertools import permutations
from random import Random

import pytest

from chalicelib.errors import NothingToDo
from chalicelib.jobs import places
from chalicelib.pipeline import steps, tail_sections
from chalicelib.pipeline.lease import Lease
from chalicelib.queue.messages import Message, Step
from tests.archives import check_archive, noise
from tests.integration.effects import THIRD_PART_UPLOADED, crashing
from tests.integration.gateway import export, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Requests

FILES = {
    "a": noise(1, 9 * UNIT),
    "b": noise(2, 9 * UNIT),
    "c": noise(3, 18 * UNIT),
    "d": noise(4, 9 * UNIT),
    "e": noise(5, 1_000),
}
UNKNOWN = ("b", "e")
"""S3 does not know the CRC-32s of these. The workers keep them beside the plan."""


@pytest.fixture
def job_id(stack: Stack, small_segments: None) -> str:
    """A job of several segments, with its step `plan` in the queue."""
    stack.put_files(FILES, unknown=UNKNOWN)
    return export(prefix="in/")


def test_planning_sends_a_message_for_each_segment(stack: Stack, job_id: str) -> None:
    messages = stack.planned()

    plan = stack.plan(job_id)
    assert plan.segments == len(messages) >= 4
    assert messages == [
        Message(Step.ASSEMBLE, job_id, n, plan=plan.digest) for n in range(len(messages))
    ]


def test_the_archive_is_whole_when_the_queue_is_empty(stack: Stack, job_id: str) -> None:
    failed = stack.run_queue()

    assert failed == []
    check_archive(stack.archive(job_id), FILES)
    assert status(job_id)["result"]["processedFiles"] == len(FILES)


@pytest.mark.parametrize("seed", range(4))
def test_segments_may_be_built_in_any_order_and_twice(stack: Stack, job_id: str, seed: int) -> None:
    messages = stack.planned() * 2
    Random(seed).shuffle(messages)

    succeeded = [stack.run(message) for message in messages]

    assert all(succeeded)
    check_archive(stack.archive(job_id), FILES)


def test_the_worker_that_counts_the_last_segment_finalizes(stack: Stack, job_id: str) -> None:
    *others, last = stack.planned()
    for message in others:
        stack.run(message)
    before = stack.job(job_id).status

    stack.run(last)

    assert before == "processing"
    assert stack.job(job_id).status == "completed"
    assert stack.take_messages() == []


@pytest.mark.parametrize("whole_bytes", [0, tail_sections._WHOLE_BYTES])
def test_no_parts_are_listed_of_new_segments(
    stack: Stack,
    job_id: str,
    requests: Requests,
    monkeypatch: pytest.MonkeyPatch,
    whole_bytes: int,
) -> None:
    """How the sections of the tail are read makes no difference."""
    monkeypatch.setattr(tail_sections, "_WHOLE_BYTES", whole_bytes)
    messages = stack.planned()
    stack.send(messages)
    requests.clear()

    assert stack.run_queue() == []

    assert requests.count()["ListParts"] == 0
    check_archive(stack.archive(job_id), FILES)


def test_the_parts_of_a_segment_whose_section_is_gone_are_listed_at_the_end(
    stack: Stack, small_segments: None, requests: Requests
) -> None:
    stack.put_files(FILES)
    job_id = export(prefix="in/")
    *others, last = stack.planned()
    for message in others:
        stack.run(message)
    plan = stack.plan(job_id)
    stack.services.archive.delete(places.tail_section(job_id, plan.digest, 0))
    requests.clear()

    assert stack.run(last)

    assert requests.count()["ListParts"] == 1
    check_archive(stack.archive(job_id), FILES)


def test_a_step_that_comes_again_changes_nothing(stack: Stack, job_id: str) -> None:
    stack.run_queue()
    archive, record = stack.archive(job_id), stack.item(job_id)
    again = [Message(Step.PLAN, job_id), Message(Step.ASSEMBLE, job_id, 0)]

    succeeded = [stack.run(message) for message in (*again, Message(Step.FINALIZE, job_id))]

    assert all(succeeded)
    assert stack.archive(job_id) == archive
    assert stack.item(job_id) == record


def test_planning_twice_keeps_one_plan_and_sends_its_steps_once(stack: Stack, job_id: str) -> None:
    messages = stack.planned()
    plan = stack.plan(job_id)

    assert stack.run(Message(Step.PLAN, job_id))
    assert (stack.plan(job_id), stack.uploads()) == (plan, [f"archives/{job_id}.zip"])

    stack.services.queue.send(messages, "anonymous")
    assert stack.run_queue() == []
    check_archive(stack.archive(job_id), FILES)


def test_finalize_is_put_off_while_segments_are_missing(stack: Stack, job_id: str) -> None:
    first, *others = stack.planned()
    stack.run(first)

    succeeded = stack.run(Message(Step.FINALIZE, job_id, plan=first.plan))

    assert not succeeded
    for message in others:
        stack.run(message)
    stack.wake()
    assert stack.run_queue() == []
    check_archive(stack.archive(job_id), FILES)


def test_finalize_of_an_unnamed_plan_is_skipped_while_segments_are_missing(
    stack: Stack, job_id: str
) -> None:
    """A message of 0.1.0 does not name its plan, and the job may have another one."""
    stack.planned()

    assert stack.run(Message(Step.FINALIZE, job_id))
    assert stack.job(job_id).status == "processing"


@pytest.mark.parametrize("segment", [17, 10_000])
def test_a_segment_that_the_plan_does_not_have_is_no_work(
    stack: Stack, job_id: str, segment: int
) -> None:
    stack.planned()

    assert stack.run(Message(Step.ASSEMBLE, job_id, segment))
    assert stack.services.segments.done(stack.job(job_id), stack.plan(job_id)) == frozenset()


def test_a_segment_of_a_job_without_a_plan_is_skipped(stack: Stack, job_id: str) -> None:
    stack.take_messages()
    stack.services.jobs.start(job_id, stack.clock())

    assert stack.run(Message(Step.ASSEMBLE, job_id, 0))
    assert stack.take_messages() == []


def test_a_segment_that_comes_again_for_a_job_without_a_plan_sends_plan(
    stack: Stack, job_id: str
) -> None:
    """Its worker may have taken the plan away, and died before it sent `plan`."""
    stack.take_messages()
    stack.services.jobs.start(job_id, stack.clock())

    with pytest.raises(NothingToDo):
        steps.run(Message(Step.ASSEMBLE, job_id, 0), Lease(stack.services, job_id, None), attempt=2)

    assert stack.take_messages() == [Message(Step.PLAN, job_id)]


def test_a_segment_uploads_only_the_parts_that_are_not_there(
    stack: Stack, small_layout: None, requests: Requests
) -> None:
    files = {name: stack.put_file(name, noise(ord(name), 9 * UNIT)) for name in "abcd"}
    job_id = export(keys=list(files))
    with crashing(THIRD_PART_UPLOADED):
        stack.run_queue()
    there = stack.parts(job_id)
    requests.clear()

    stack.run(Message(Step.PLAN, job_id))

    again = {int(part["partNumber"]) for part in requests.of("UploadPart")}
    assert there
    assert not there & again
    check_archive(stack.archive(job_id), files)


def test_streamed_parts_are_built_again_until_their_crc32s_are_kept(
    stack: Stack, small_layout: None
) -> None:
    files = {name: noise(ord(name), 9 * UNIT) for name in "abcd"}
    stack.put_files(files, unknown=files)
    job_id = export(prefix="in/")
    with crashing(THIRD_PART_UPLOADED):
        stack.run_queue()

    stack.run(Message(Step.PLAN, job_id))

    check_archive(stack.archive(job_id), files)


def test_progress_never_goes_back(stack: Stack, job_id: str) -> None:
    messages = stack.planned()
    seen = [status(job_id)["progress"]]
    for order in list(permutations(messages[:3]))[:2]:
        for message in order:
            stack.clock.advance(seconds=2)
            stack.run(message)
            seen.append(status(job_id)["progress"])
    for message in messages:
        stack.run(message)
        seen.append(status(job_id)["progress"])

    for name in ("bytesDone", "currentFile", "percent"):
        counted = [progress[name] for progress in seen]
        assert counted == sorted(counted), name
    assert seen[-1]["percent"] == 100


def test_the_time_left_follows_from_the_pace_so_far(stack: Stack, job_id: str) -> None:
    first, *_ = stack.planned()
    stack.clock.advance(seconds=10)

    stack.run(first)

    progress = status(job_id)["progress"]
    left = progress["bytesTotal"] - progress["bytesDone"]
    assert progress["stage"] == "assembling"
    assert progress["etaSeconds"] == pytest.approx(10 * left / progress["bytesDone"], abs=1)


def test_a_record_of_done_segments_expires_with_its_job(stack: Stack, job_id: str) -> None:
    stack.run(stack.planned()[0])

    segments = stack.item(places.done_segments(job_id, stack.plan(job_id).digest))

    assert segments["done"] == {"NS": ["0"]}
    assert int(segments["ttl"]["N"]) == int(stack.item(job_id)["ttl"]["N"])
