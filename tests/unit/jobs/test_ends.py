"""What the log says of a job's end."""

from typing import Any

import pytest
from hypothesis import given

from chalicelib.jobs import ends
from chalicelib.jobs.model import Failure, Job
from chalicelib.jobs.states import OPEN, Status
from chalicelib.trace_ids import SpanRef, job_digest, root_of
from tests.unit.samples import JOB_ID, NOW, a_job, jobs, tombstones

OTHER_JOB = "8f0bb5b4-9c2c-4f3e-8d3b-2d9d6a1f0c11"
END = NOW + 7000


def ended(**facts: Any) -> Job:
    return a_job(
        **{"status": Status.COMPLETED, "started_at": NOW + 1000, "updated_at": END} | facts
    )


def test_a_job_has_ended_when_its_record_was_written_last() -> None:
    assert ends.ended_at(ended()) == END


def test_a_deletion_does_not_change_the_end_while_that_is_untold() -> None:
    deleted = ended(updated_at=END + 99, deleted_at=END + 99, untold=(("ended", END),))

    assert ends.ended_at(deleted) == END


def test_a_job_that_was_told_and_deleted_ended_nobody_knows_when() -> None:
    assert ends.ended_at(ended(updated_at=END + 99, deleted_at=END + 99)) is None


@given(job=jobs())
def test_an_open_job_has_no_end(job: Job) -> None:
    assert (ends.ended_at(job) is None) == (job.status in OPEN)


def test_the_root_lasts_from_the_request_to_the_end() -> None:
    job = ended(asked_at=NOW - 300)

    assert ends.root_span(job, END) == {
        "trace": job_digest(JOB_ID),
        "span": root_of(JOB_ID).span,
        "at": NOW - 300,
        "ms": 7300,
    }


def test_the_root_is_a_child_of_the_callers_span() -> None:
    caller = SpanRef("a" * 32, "b" * 16)

    root = ends.root_span(ended(caller=caller), END)

    assert (root["trace"], root["parent"]) == (caller.trace, caller.span)
    assert root["span"] == root_of(JOB_ID, caller).span


def test_the_root_of_a_retry_is_linked_to_that_of_the_job_before() -> None:
    assert ends.root_span(ended(retry_of=OTHER_JOB), END)["link"] == str(root_of(OTHER_JOB))


def test_no_span_lasts_less_than_nothing() -> None:
    assert ends.root_span(ended(created_at=END + 1), END)["ms"] == 0


def test_both_lines_say_what_came_of_the_job() -> None:
    facts = ends.facts(ended(files_done=3, bytes_done=100, bytes_copied=60), END)

    assert facts["secondsQueued"] == 1.0
    assert facts["secondsWorking"] == 6.0
    assert facts["secondsTotal"] == 7.0
    assert (facts["files"], facts["bytesCopied"], facts["bytesStreamed"]) == (3, 60, 40)
    assert facts["endedAt"] == END


def test_a_reused_archive_has_moved_no_bytes() -> None:
    facts = ends.facts(ended(bytes_done=100, bytes_copied=60, reused_from=OTHER_JOB), END)

    assert (facts["bytesCopied"], facts["bytesStreamed"]) == (0, 0)


def test_a_job_that_never_started_was_queued_to_its_end() -> None:
    job = ended(status=Status.FAILED, started_at=None, failure=Failure("given-up", "t", "d"))

    facts = ends.facts(job, END)

    assert (facts["secondsQueued"], facts["secondsWorking"]) == (7.0, 0.0)
    assert facts["reason"] == "given-up"


@pytest.mark.parametrize("name", ["secondsQueued", "secondsWorking", "secondsTotal", "ms"])
@given(job=tombstones())
def test_a_tombstone_says_the_same_but_no_reason(name: str, job: Job) -> None:
    facts = ends.facts(job, NOW)

    number = facts[name]
    assert isinstance(number, int | float)
    assert number >= 0
    assert facts["reason"] is None
