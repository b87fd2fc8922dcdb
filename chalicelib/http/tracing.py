"""The span of a request, and the line `request` that tells of it.

Nothing is sent from here: a line is written, and the shipper makes a span of it (docs/operations.md
has its facts). It costs a request a few digests, and no import that it does not have already.
"""

from typing import Any, Final, NamedTuple

from chalicelib import slow_calls, trace_ids
from chalicelib.http.callers import Context
from chalicelib.jobs.places import JOB_ID
from chalicelib.log import write_line
from chalicelib.trace_ids import SpanRef

HEADER: Final = "traceparent"
"""The name of the header, in a request and in its answer. https://www.w3.org/TR/trace-context/"""

UNKNOWN: Final = "unknown"
"""What stands for the route of a request that no route took."""

OTHER: Final = "OTHER"

METHODS: Final = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
)
"""The methods that a line names (RFC 9110, section 9; RFC 5789). All others are `OTHER`."""

_LATE_MAX_MS: Final = 60_000
"""Longer than this, no request waits for its function: API Gateway answers after 29 seconds, unless
the account has more. A time before that is not of this request, or is not in ms."""

_FIRST: Final = iter([True])
"""Is taken by the first request of this process."""


# Named tuples: to make a dataclass takes 0.4 ms of each cold start.
class Span(NamedTuple):
    """A span, and the id of its parent; None: it is the root of its trace."""

    ref: SpanRef
    parent: str | None


class Traced(NamedTuple):
    """What the line says of a request, its answer, and the job that it is about. `path` is the
    route as the OpenAPI document has it."""

    method: str
    path: str
    status: int
    request_id: str
    job_id: str | None


def came_at(context: Context, now: int) -> int:
    """Returns when a request came in, in Unix time in ms. `now` is our time.

    API Gateway's time is the better one: a cold start lies between it and ours. But it is another
    machine's clock. If it cannot be true, ours is taken.
    """
    told = context.get("requestTimeEpoch")
    if type(told) is int and now - _LATE_MAX_MS <= told <= now:
        return told
    return now


def span_of(gateway_id: str, caller: SpanRef | None, made: SpanRef | None) -> Span:
    """Returns the span of a request. `made` is the root of the trace of the job that it made.

    Such a request is a part of that job's trace. Each other one goes on with the trace of its
    caller, or is the root of its own. `gateway_id` is the gateway's id of the request, which the
    caller cannot choose.
    """
    parent = made or caller
    trace = parent.trace if parent else trace_ids.trace_id("request", gateway_id)
    ref = SpanRef(trace, trace_ids.span_id("request", gateway_id))
    return Span(ref, parent.span if parent else None)


def write(traced: Traced, span: Span, at: int, until: int) -> None:
    """Writes the line of a request that came in at `at` (Unix time in ms) and was answered at
    `until` (in µs). A fact that is not there is left out: each request pays for each byte."""
    ms = max(round(until / 1000 - at, 1), 0)
    facts: dict[str, Any] = {
        "method": traced.method if traced.method in METHODS else OTHER,
        "path": traced.path,
        "status": traced.status,
        "requestId": traced.request_id,
        "jobId": traced.job_id if JOB_ID.fullmatch(traced.job_id or "") else None,
        "trace": span.ref.trace,
        "span": span.ref.span,
        "parent": span.parent,
        "at": at,
        "ms": ms,
        "cold": next(_FIRST, None),
        "calls": slow_calls.taken(at, ms) or None,
    }
    write_line("request", **{name: value for name, value in facts.items() if value is not None})
