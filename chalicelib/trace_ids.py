"""The ids of traces and spans. Pure.

They are derived and not drawn, so nothing is passed through queues: whoever knows a job's id knows
the trace of the job, and the span that is its root.

A job's id is a credential where nobody has to prove who calls. So what is logged has the job's
digest in place of the id. Unless the caller had a trace already, it is also the id of the trace.
"""

import hashlib
import re
from typing import Final, NamedTuple

JOB_ID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
"""The pattern of a job's id: a UUID in lower case."""

_VERSION: Final = "00"
_SAMPLED: Final = "01"
# A later version may have more fields. https://www.w3.org/TR/trace-context/#versioning-of-traceparent
_TRACEPARENT: Final = (
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(-.*)?"
)


class SpanRef(NamedTuple):
    """A span of a trace: 32 and 16 hexadecimal digits."""

    trace: str
    span: str

    def __str__(self) -> str:
        return f"{self.trace}-{self.span}"

    @property
    def traceparent(self) -> str:
        """The header `traceparent` of W3C Trace Context.
        https://www.w3.org/TR/trace-context/#traceparent-header"""
        return f"{_VERSION}-{self.trace}-{self.span}-{_SAMPLED}"


def of_traceparent(header: str | None) -> SpanRef | None:
    """Returns the caller's span; None if the header is not there or not as it must be, as W3C
    Trace Context wants it."""
    given = (header or "").strip()
    found = re.fullmatch(_TRACEPARENT, given, re.ASCII)
    if found is None or (found[3] and given.startswith(f"{_VERSION}-")):
        return None
    return SpanRef(found[1], found[2])


def of_text(text: str | None) -> SpanRef | None:
    """Returns what `str` made a text of; None if there is none."""
    trace, _, span = (text or "").partition("-")
    return SpanRef(trace, span) if span else None


def job_digest(job_id: str) -> str:
    """Returns 32 hexadecimal digits by which logs, labels and traces know a job."""
    return hashlib.sha256(f"longhaul job {job_id}".encode()).hexdigest()[:32]


def root_of(job_id: str, caller: SpanRef | None = None) -> SpanRef:
    """Returns the root span of a job: the time from the request to the job's end. `caller` is the
    span that the request came from; the job then belongs to that trace."""
    digest = job_digest(job_id)
    return SpanRef(caller.trace if caller else digest, span_id("job", digest))


def trace_id(*parts: object) -> str:
    """Returns the id of the trace that these parts name."""
    return _digest("trace", parts)[:32]


def span_id(*parts: object) -> str:
    """Returns the id of the span that these parts name."""
    return _digest("span", parts)[:16]


def without_job_ids(text: str) -> str:
    """Returns the text with the digest of each job in place of its id."""
    return re.sub(JOB_ID, lambda found: job_digest(found[0]), text)


def _digest(kind: str, parts: tuple[object, ...]) -> str:
    return hashlib.sha256("\0".join([kind, *map(str, parts)]).encode()).hexdigest()
