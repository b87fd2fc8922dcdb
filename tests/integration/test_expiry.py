"""An archive is deleted when it expires. Its record says so for another week."""

import pytest

from chalicelib.jobs import places
from chalicelib.jobs.items import RECORD_GRACE_MS
from chalicelib.jobs.wake import DISCARD_AFTER_MS
from chalicelib.pipeline.sweeper import sweep
from chalicelib.queue.messages import Message, Step
from tests.integration.gateway import call, status
from tests.integration.stack import UNIT, Stack

ALMOST = 7 - 1 / 24 / 3600
"""Days: a second before an archive expires."""


@pytest.fixture
def job_id(stack: Stack) -> str:
    """A job that has completed."""
    stack.put_file("downloads/10001", b"one")
    return stack.completed(file_ids=[10001])


def test_an_archive_is_there_until_its_last_second(stack: Stack, job_id: str) -> None:
    stack.clock.advance(days=ALMOST)

    assert sweep(stack.services) == 0
    assert call("GET", f"/v1/export/{job_id}/download").status == 200


def test_the_sweeper_has_an_expired_archive_deleted_and_keeps_its_request(
    stack: Stack, job_id: str
) -> None:
    stack.clock.advance(days=ALMOST, seconds=2)

    assert sweep(stack.services) == 1
    assert stack.run_queue() == []

    assert stack.stored() == []
    assert stack.request(job_id)
    assert status(job_id)["status"] == "expired"
    assert call("GET", f"/v1/export/{job_id}/download").status == 410


def test_the_record_outlives_its_archive_by_a_week(stack: Stack, job_id: str) -> None:
    item = stack.item(job_id)

    assert int(item["ttl"]["N"]) * 1000 - int(item["expiresAt"]["N"]) == RECORD_GRACE_MS


def test_a_discard_that_comes_too_early_leaves_the_archive(stack: Stack, job_id: str) -> None:
    before = stack.stored()

    assert stack.run(Message(Step.DISCARD, job_id))

    assert stack.stored() == before
    stack.clock.advance(days=7.01)
    assert sweep(stack.services) == 1


def test_the_segments_of_a_nested_archive_are_discarded_before_it_expires(
    stack: Stack, small_layout: None
) -> None:
    stack.lay_out_with(max_parts=4)
    stack.put_files(dict.fromkeys("abcdefghi", bytes(9 * UNIT)))
    job_id = stack.completed(prefix="in/")
    left = places.segment(job_id, stack.plan(job_id).digest, 1)
    stack.services.archive.write(left, b"built again by a twin")
    stack.clock.advance(seconds=DISCARD_AFTER_MS / 1000 + 60)

    swept = sweep(stack.services)
    stack.run_queue()

    assert swept == 1
    assert left not in stack.stored()
    assert stack.archive(job_id)
    assert stack.job(job_id).wake_at == stack.job(job_id).expires_at
