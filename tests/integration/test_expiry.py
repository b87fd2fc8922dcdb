"""An archive is deleted when its time is over, and its record says so for a week longer."""

import pytest

from chalicelib.jobs import places
from chalicelib.jobs.items import RECORD_GRACE_MS
from chalicelib.jobs.wake import DISCARD_AFTER_MS
from chalicelib.pipeline.sweeper import sweep
from chalicelib.queue.messages import Message, Step
from tests.integration.gateway import call, export, status
from tests.integration.stack import UNIT, Stack

ALMOST = 7 - 1 / 24 / 3600
"""Days: a second before an archive expires."""


@pytest.fixture
def job_id(stack: Stack) -> str:
    """A job that has completed."""
    stack.put_file("downloads/10001", b"one")
    made = export(file_ids=[10001])
    stack.run_queue()
    return made


def _kept(stack: Stack) -> list[str]:
    return [found.key for found in stack.services.archive.list_objects("")]


def test_an_archive_is_there_to_its_last_second(stack: Stack, job_id: str) -> None:
    stack.clock.advance(days=ALMOST)

    assert sweep(stack.services) == 0
    assert call("GET", f"/v1/export/{job_id}/download").status == 200


def test_then_the_sweeper_has_it_deleted_with_all_but_what_was_asked_for(
    stack: Stack, job_id: str
) -> None:
    stack.clock.advance(days=ALMOST, seconds=2)

    assert sweep(stack.services) == 1
    assert stack.run_queue() == []

    assert _kept(stack) == [stack.job(job_id).request_key]
    assert status(job_id)["status"] == "expired"
    assert call("GET", f"/v1/export/{job_id}/download").status == 410


def test_the_record_outlives_its_archive_by_a_week(stack: Stack, job_id: str) -> None:
    item = stack.item(job_id)

    assert int(item["ttl"]["N"]) * 1000 - int(item["expiresAt"]["N"]) == RECORD_GRACE_MS


def test_a_discard_that_comes_before_its_time_leaves_the_archive(stack: Stack, job_id: str) -> None:
    before = _kept(stack)

    assert stack.run(Message(Step.DISCARD, job_id))

    assert _kept(stack) == before
    stack.clock.advance(days=7.01)
    assert sweep(stack.services) == 1


def test_a_nested_job_is_looked_at_for_its_segments_first(stack: Stack, small_layout: None) -> None:
    stack.lay_out_with(max_parts=4)
    for name in "abcdefghi":
        stack.put_file(f"in/{name}", bytes(9 * UNIT))
    job_id = export(prefix="in/")
    stack.run_queue()
    job = stack.job(job_id)
    assert job.plan
    left = places.segment(job_id, job.plan.digest, 1)
    stack.services.archive.write(left, b"built again by a twin")
    stack.clock.advance(seconds=DISCARD_AFTER_MS / 1000 + 60)

    swept = sweep(stack.services)
    stack.run_queue()

    assert swept == 1
    assert left not in _kept(stack)
    assert stack.archive(job_id)
    assert stack.job(job_id).wake_at == job.expires_at
