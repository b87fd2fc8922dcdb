"""An upload that no record names is aborted within two hours."""

import pytest

from chalicelib.jobs.wake import DISCARD_AFTER_MS
from chalicelib.pipeline.abandoned import abort_abandoned
from chalicelib.pipeline.sweeper import sweep
from tests.integration.gateway import UNKNOWN_JOB, cancel, export
from tests.integration.stack import UNIT, Stack


def _open(stack: Stack, key: str) -> None:
    stack.services.archive.create_upload(key, "application/zip")


def _aborted(stack: Stack) -> int:
    """Returns how many uploads are aborted now. For moto every upload is of 2010;
    tests/faults/test_found.py has a young one."""
    return abort_abandoned(stack.services)


@pytest.fixture
def completed(stack: Stack) -> str:
    stack.put_file("downloads/10001", b"one")
    return stack.completed(file_ids=[10001])


@pytest.fixture
def planned(stack: Stack, small_segments: None) -> str:
    """A job with an upload under way."""
    stack.put_files(dict.fromkeys("abc", bytes(9 * UNIT)))
    job_id = export(prefix="in/")
    stack.planned()
    return job_id


def test_a_second_upload_of_a_completed_archive_is_aborted(stack: Stack, completed: str) -> None:
    _open(stack, f"archives/{completed}.zip")

    assert _aborted(stack) == 1
    assert stack.uploads() == []


def test_an_upload_of_a_segment_is_aborted_too(stack: Stack, completed: str) -> None:
    _open(stack, f"jobs/{completed}/0123/segment-1")

    assert _aborted(stack) == 1


def test_an_upload_of_a_job_without_a_record_is_aborted(stack: Stack) -> None:
    _open(stack, f"archives/{UNKNOWN_JOB}.zip")

    assert _aborted(stack) == 1


@pytest.mark.parametrize("key", ["backup.tar", "archives/mine.zip", "jobs/notes"])
def test_an_upload_of_another_application_is_left_alone(stack: Stack, key: str) -> None:
    _open(stack, key)

    assert _aborted(stack) == 0


def test_an_open_job_keeps_its_upload(stack: Stack, planned: str) -> None:
    assert _aborted(stack) == 0


def test_a_failed_job_keeps_its_upload_until_it_is_discarded(stack: Stack, planned: str) -> None:
    stack.give_up(planned)

    assert _aborted(stack) == 0


def test_the_sweeper_looks_at_uploads_in_the_first_minute_of_each_hour(
    stack: Stack, completed: str
) -> None:
    _open(stack, f"archives/{completed}.zip")
    hour = stack.clock() // 3_600_000 * 3_600_000

    stack.clock.now = hour + 60_000
    sweep(stack.services)
    before = stack.uploads()
    stack.clock.now = hour + 3_600_000
    sweep(stack.services)

    assert before == [f"archives/{completed}.zip"]
    assert stack.uploads() == []


def test_a_second_upload_of_a_cancelled_archive_is_aborted_when_it_is_swept(
    stack: Stack, planned: str
) -> None:
    cancel(planned)
    stack.run_queue()
    _open(stack, f"archives/{planned}.zip")
    stack.clock.advance(seconds=DISCARD_AFTER_MS // 1000 + 1)

    sweep(stack.services)
    stack.run_queue()

    assert stack.uploads() == []
