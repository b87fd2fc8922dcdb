"""Archives of more parts than one upload may have: each segment is first an object of its own."""

import pytest

from chalicelib.jobs import places
from chalicelib.queue.messages import Message, Step
from tests.archives import check_archive, noise
from tests.integration.effects import (
    PART_COPIED,
    PART_UPLOADED,
    SECOND_PART_UPLOADED,
    SECTION_KEPT,
    SEGMENT_COMPLETED,
    SEGMENT_JOINED,
    SEGMENT_LOOKED_FOR,
    SEGMENT_OPENED,
    SEGMENT_UPLOAD_LOOKED_FOR,
    SEGMENT_UPLOAD_REGISTERED,
    SEGMENTS_DELETED,
    UPLOAD_COMPLETED,
    Effect,
    before_and_after,
    crashing,
)
from tests.integration.gateway import cancel, export, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Requests

FILES = {name: noise(ord(name), 9 * UNIT) for name in "abcdefghi"}


@pytest.fixture
def job_id(stack: Stack, small_layout: None) -> str:
    """A job whose archive needs nested segments, with its step `plan` in the queue."""
    stack.lay_out_with(max_parts=4)
    for name, content in FILES.items():
        stack.put_file(name, content, checksum=name not in "bh")
    return export(keys=list(FILES))


def _segments(stack: Stack) -> list[str]:
    """Returns the keys of the segments' objects."""
    return [key for key in stack.stored("jobs/") if places.is_segment(key)]


def test_the_segments_are_joined_to_one_archive_and_deleted(
    stack: Stack, job_id: str, requests: Requests
) -> None:
    failed = stack.run_queue()

    assert failed == []
    check_archive(stack.archive(job_id), FILES)
    assert any("/segment-" in copy["x-amz-copy-source"] for copy in requests.of("UploadPartCopy"))
    assert _segments(stack) == []
    assert stack.uploads() == []


def test_segments_that_are_built_twice_make_the_same_archive(stack: Stack, job_id: str) -> None:
    messages = stack.planned()

    succeeded = [stack.run(message) for message in (*messages, *reversed(messages))]

    assert all(succeeded)
    check_archive(stack.archive(job_id), FILES)
    assert _segments(stack) == []


@before_and_after
@pytest.mark.parametrize(
    "effect",
    [
        SEGMENT_LOOKED_FOR,
        SEGMENT_UPLOAD_LOOKED_FOR,
        SEGMENT_OPENED,
        SEGMENT_UPLOAD_REGISTERED,
        PART_COPIED,
        SECOND_PART_UPLOADED,
        SECTION_KEPT,
        SEGMENT_COMPLETED,
        SEGMENT_JOINED,
        UPLOAD_COMPLETED,
        SEGMENTS_DELETED,
    ],
    ids=str,
)
def test_a_nested_archive_survives_the_death_of_a_worker(
    stack: Stack,
    job_id: str,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    with crashing(effect, after=after):
        stack.run_queue()
    stack.wake()

    failed = stack.run_queue()

    assert failed == []
    assert status(job_id)["status"] == "completed"
    check_archive(stack.archive(job_id), FILES)


def test_cancelling_discards_every_segment(stack: Stack, job_id: str) -> None:
    first, *_ = stack.planned()
    stack.run(first)
    with crashing(PART_UPLOADED):
        stack.run(Message(Step.ASSEMBLE, job_id, 1))
    before = _segments(stack), stack.uploads()
    cancel(job_id)
    stack.wake()

    failed = stack.run_queue()

    assert before[0]
    assert len(before[1]) == 2
    assert failed == []
    assert _segments(stack) == []
    assert stack.uploads() == []
