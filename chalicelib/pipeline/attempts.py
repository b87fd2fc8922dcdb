"""One try of a step, as the log tells it: a line, which is also a span of the job's trace."""

from dataclasses import dataclass
from typing import NotRequired, TypedDict

from chalicelib import slow_calls, trace_ids
from chalicelib.jobs import ends
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import OPEN
from chalicelib.pipeline.lease import Lease
from chalicelib.queue.messages import Message
from chalicelib.queue.records import Record, attempt, sent_at
from chalicelib.trace_ids import SpanRef


class Span(TypedDict):
    """The fields of a step's span. Times are in ms, `at` is Unix time. `link` is a root's
    `trace-span`."""

    trace: str
    span: str
    at: int
    ms: int
    parent: NotRequired[str]
    link: NotRequired[str]
    overranMs: NotRequired[int]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try that began `at` (Unix time in ms), when the process had used `cpu` seconds. `is_cold`:
    no step was done in this process before. `lease` knows what the step has seen of its job."""

    message: Message
    record: Record
    lease: Lease
    at: int
    cpu: float
    is_cold: bool

    @property
    def number(self) -> int:
        """How often SQS has handed the message out, this time included."""
        return attempt(self.record)

    def names(self) -> dict[str, object]:
        """Returns which try it is."""
        return {
            "jobId": self.message.job_id,
            "step": self.message.step,
            "segment": self.message.number,
            "attempt": self.number,
            "id": self.record["messageId"],
        }

    def ended(self) -> dict[str, object]:
        """Returns what the line says with which the try ends, but for what came of it."""
        services = self.lease.services
        cpu_ms = int((services.cpu_seconds() - self.cpu) * 1000)
        span = self._span(services.now())
        calls = slow_calls.taken(span["at"], span["ms"])
        sent = sent_at(self.record)
        facts = {**self.names(), **span, "cpuMs": cpu_ms}
        if sent is not None:
            facts["waitedMs"] = max(self.at - sent, 0)
        if calls:
            facts["calls"] = calls
        if self.is_cold:
            facts["cold"] = True
        return facts

    def _span(self, end: int) -> Span:
        message = self.message
        which = (message.step, message.number, self.record["messageId"], self.number)
        parts = ("step", trace_ids.job_digest(message.job_id), *which, self.at)
        own = SpanRef(trace_ids.trace_id(*parts), trace_ids.span_id(*parts))
        return span(self.lease.job, own, self.at, end)


def span(job: Job | None, own: SpanRef, at: int, end: int) -> Span:
    """Returns the fields of a step's span, from `at` to `end` (Unix time in ms). `own` is the span
    as the root of a trace of its own. `job` is what the step has seen of its job at last; None: it
    could not read the record, or there is none.

    A step belongs to the trace of its job, as a child of the root. It is cut off where the job
    ends: `overranMs` is the rest. A step that begins after the end has a trace of its own, which is
    linked to the root. So has a step whose job has ended nobody knows when.
    """
    alone: Span = {"trace": own.trace, "span": own.span, "at": at, "ms": end - at}
    if job is None:
        return alone
    root, over = job.root_span, ends.ended_at(job)
    if job.status not in OPEN and (over is None or at > over):
        return {**alone, "link": str(root)}
    # Workers' clocks may differ from the API's.
    at = max(at, job.begun_at)
    until = max(at, end if over is None else min(end, over))
    child: Span = {
        "trace": root.trace,
        "span": own.span,
        "parent": root.span,
        "at": at,
        "ms": until - at,
    }
    if end > until:
        child["overranMs"] = end - until
    return child
