"""Archives that take more parts than one upload has: their segments are objects of their own."""

import pytest

from chalicelib.queue.messages import Message, Step
from tests.archives import check_archive, noise
from tests.integration.gateway import call, export, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Crash, Requests, crashing

FILES = {name: noise(ord(name), 9 * UNIT) for name in "abcdefghi"}


@pytest.fixture
def job_id(stack: Stack, small_layout: None) -> str:
    """A job whose archive needs nested segments, with its step `plan` in the queue."""
    stack.lay_out_with(max_parts=4)
    for name, content in FILES.items():
        stack.put_file(name, content, checksum=name not in "bh")
    return export(keys=list(FILES))


def _left_over(stack: Stack) -> list[str]:
    """The objects of segments."""
    keys = [found.key for found in stack.services.archive.list_objects("jobs/")]
    return [key for key in keys if "/segment-" in key]


def test_the_segments_objects_become_one_archive_and_go(
    stack: Stack, job_id: str, requests: Requests
) -> None:
    failed = stack.run_queue()

    assert failed == []
    check_archive(stack.archive(job_id), FILES)
    assert any("/segment-" in copy["x-amz-copy-source"] for copy in requests.of("UploadPartCopy"))
    assert _left_over(stack) == []
    assert stack.uploads() == []


def test_segments_that_are_built_twice_are_the_same(stack: Stack, job_id: str) -> None:
    messages = stack.planned()

    succeeded = [stack.run(message) for message in (*messages, *reversed(messages))]

    assert all(succeeded)
    check_archive(stack.archive(job_id), FILES)
    assert _left_over(stack) == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("operation", "nth"),
    [
        ("CreateMultipartUpload", 2),  # the first segment's
        ("PutItem", 1),  # its claim
        ("UploadPart", 2),
        ("PutObject", 3),  # its CRC-32s
        ("CompleteMultipartUpload", 1),  # its object
        ("UploadPartCopy", 1),  # its place in the archive
        ("CompleteMultipartUpload", 4),  # the archive
        ("DeleteObjects", 1),
    ],
)
def test_a_nested_archive_survives_the_death_of_a_worker(
    stack: Stack,
    job_id: str,
    operation: str,
    nth: int,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    with crashing(operation, nth=nth, after=after), pytest.raises(Crash):
        stack.run_queue()
    stack.wake()

    failed = stack.run_queue()

    assert failed == []
    assert status(job_id)["status"] == "completed"
    check_archive(stack.archive(job_id), FILES)


def test_cancelling_throws_away_every_segment(stack: Stack, job_id: str) -> None:
    first, *_ = stack.planned()
    stack.run(first)
    with crashing("UploadPart"), pytest.raises(Crash):
        stack.run(Message(Step.ASSEMBLE, job_id, 1))
    before = _left_over(stack), stack.uploads()
    call("DELETE", f"/v1/export/{job_id}")
    stack.wake()

    failed = stack.run_queue()

    assert before[0]
    assert len(before[1]) == 2
    assert failed == []
    assert _left_over(stack) == []
    assert stack.uploads() == []
