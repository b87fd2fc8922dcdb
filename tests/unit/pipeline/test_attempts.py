"""The span of a step: within the root of its job's trace, or alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.jobs import ends
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import OPEN, Status
from chalicelib.pipeline.attempts import span
from chalicelib.trace_ids import SpanRef
from tests.unit.samples import NOW, a_job, jobs, moments, tombstones

OWN = SpanRef("c" * 32, "d" * 16)
END = NOW + 10_000


def ended(**facts: object) -> Job:
    return a_job(**{"status": Status.COMPLETED, "updated_at": END} | facts)


def test_a_step_of_an_open_job_is_a_child_of_the_root() -> None:
    job = a_job(status=Status.PROCESSING)

    assert span(job, OWN, NOW + 5, NOW + 25) == {
        "trace": job.root_span.trace,
        "span": OWN.span,
        "parent": job.root_span.span,
        "at": NOW + 5,
        "ms": 20,
    }


def test_a_step_that_outlives_its_job_is_cut_at_the_end() -> None:
    found = span(ended(), OWN, NOW, END + 300)

    assert (found["ms"], found["overranMs"]) == (10_000, 300)


def test_a_step_that_begins_as_its_job_ends_is_a_child_of_no_length() -> None:
    found = span(ended(), OWN, END, END + 7)

    assert (found["parent"], found["ms"], found["overranMs"]) == (ended().root_span.span, 0, 7)


@pytest.mark.parametrize("late", [1, 5000])
def test_a_step_that_begins_after_the_end_has_a_trace_of_its_own(late: int) -> None:
    job = ended()

    assert span(job, OWN, END + late, END + late + 7) == {
        "trace": OWN.trace,
        "span": OWN.span,
        "at": END + late,
        "ms": 7,
        "link": str(job.root_span),
    }


def test_a_step_whose_job_ended_nobody_knows_when_is_alone() -> None:
    job = ended(deleted_at=END)

    assert span(job, OWN, NOW, END)["link"] == str(job.root_span)


def test_a_step_that_could_not_read_its_record_is_alone_and_claims_nothing() -> None:
    assert span(None, OWN, NOW, END) == {
        "trace": OWN.trace,
        "span": OWN.span,
        "at": NOW,
        "ms": 10_000,
    }


def test_a_clock_that_is_slow_moves_no_step_before_its_job() -> None:
    found = span(a_job(asked_at=NOW - 50), OWN, NOW - 900, NOW + 100)

    assert (found["at"], found["ms"]) == (NOW - 50, 150)


@given(job=jobs() | tombstones(), at=moments, took=st.integers(0, 900_000))
def test_a_child_lies_within_its_root_and_nothing_is_lost(job: Job, at: int, took: int) -> None:
    found = span(job, OWN, at, at + took)
    begun, ms = found["at"], found["ms"]
    assert isinstance(begun, int)
    assert isinstance(ms, int)
    over = ends.ended_at(job)

    if "parent" not in found:
        assert job.status not in OPEN
        assert (begun, ms) == (at, took)
    else:
        assert ms >= 0
        assert begun >= job.begun_at
        assert begun + ms <= max(over, job.begun_at) if over is not None else True
        overran = found.get("overranMs", 0)
        assert isinstance(overran, int)
        assert begun + ms + overran >= at + took
