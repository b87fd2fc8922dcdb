"""Bugs about what the log says of ends, and about spans. mutants.py plants them."""

from collections.abc import Callable, Iterator
from typing import Final

from chalicelib import log
from chalicelib.announcing import announcer
from chalicelib.jobs import ends
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import OPEN
from chalicelib.pipeline import attempts
from chalicelib.pipeline.lease import Lease
from chalicelib.services import Services
from chalicelib.trace_ids import SpanRef
from tests.faults.source_mutants import Change


def end_logged_when_it_counts_as_told() -> Iterator[Change]:
    """The announcer writes its line when the record says that all is told. If it dies in between,
    nobody writes the line."""

    def record_told(job: Job, services: Services) -> bool:
        if services.jobs.told(job) is None:
            return False
        names = [event for event, _ in job.untold]
        end = ends.facts(job, dict(job.untold)["ended"]) if "ended" in names else {}
        services.log.info("job announced", jobId=job.job_id, events=names, **end)
        return True

    yield announcer, "_record_told", record_told


def step_not_cut() -> Iterator[Change]:
    """A step that outlives its job outlives the root of the trace."""
    span = attempts.span

    def whole(job: Job | None, own: SpanRef, at: int, end: int) -> attempts.Span:
        fields = span(job, own, at, end)
        return {**fields, "ms": end - at, "overranMs": 0} if "overranMs" in fields else fields

    yield attempts, "span", whole


def record_forgotten() -> Iterator[Change]:
    """A step does not keep what it reads of its job."""
    yield Lease, "look", lambda self: self.services.jobs.get(self.job_id)


def late_step_a_child() -> Iterator[Change]:
    """A step that begins after the end of its job is in the trace of the job."""
    right = attempts.span

    def span(job: Job | None, own: SpanRef, at: int, end: int) -> attempts.Span:
        fields = right(job, own, at, end)
        if job is None or "link" not in fields:
            return fields
        root = job.root_span
        return {**fields, "trace": root.trace, "parent": root.span}

    yield attempts, "span", span


def deletion_taken_for_the_end() -> Iterator[Change]:
    """A job that is deleted before it is announced counts as ended when it was deleted."""
    yield ends, "ended_at", lambda job: None if job.status in OPEN else job.updated_at


def reason_names_the_job() -> Iterator[Change]:
    """A line has the id of a job in its reason."""
    yield log, "_TEXTS", frozenset[str]()


SPAN_MUTANTS: Final[tuple[Callable[[], Iterator[Change]], ...]] = (
    end_logged_when_it_counts_as_told,
    step_not_cut,
    record_forgotten,
    late_step_a_child,
    deletion_taken_for_the_end,
    reason_names_the_job,
)
