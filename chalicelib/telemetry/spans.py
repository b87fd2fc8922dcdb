"""An event → the spans that it tells of. Pure.

A line that is a span gives one, and one more for each call that took long. The line `job ended` is
the root of a job's trace. So is `job announced`, because whoever ended the job may have died before
they wrote the line. Both give the same span, so a backend can tell that it is one.

Names of attributes are OpenTelemetry's where it has one: https://opentelemetry.io/docs/specs/semconv/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from chalicelib.telemetry.lines import NS_PER_MS, Call, Event, Timing, Value
from chalicelib.trace_ids import SpanRef, span_id

ENDINGS: Final = frozenset({"job ended", "job announced"})
"""The lines that have the root span of a job."""

REQUEST: Final = "request"

_STEP: Final = "step "
_SERVER_ERROR: Final = 500


class SpanKind(IntEnum):
    """https://opentelemetry.io/docs/specs/otel/trace/api/#spankind, with OTLP's numbers."""

    INTERNAL = 1
    SERVER = 2
    CLIENT = 3
    CONSUMER = 5


@dataclass(frozen=True, slots=True)
class Span:
    """A span as OTLP has it. `start` and `end` are Unix ns. `error` is None if all went well;
    otherwise it is what went wrong, and may be empty. `function` is None for the root of a job:
    several functions can tell of it."""

    trace: str
    span: str
    parent: str | None
    name: str
    kind: SpanKind
    start: int
    end: int
    function: str | None
    attributes: Mapping[str, Value]
    link: SpanRef | None = None
    error: str | None = None


def spans(event: Event) -> list[Span]:
    """Returns the event's span and those of its calls; none if it is no span."""
    timing = event.timing
    if timing is None:
        return []
    span = _span(event, timing)
    return [span, *(_call(span, number, one) for number, one in enumerate(timing.calls))]


def _span(event: Event, timing: Timing) -> Span:
    kind, name, attributes, error = _said(event)
    start = timing.at * NS_PER_MS
    return Span(
        trace=timing.trace,
        span=timing.span,
        parent=timing.parent,
        name=name,
        kind=kind,
        start=start,
        end=start + _nanoseconds(timing.ms),
        function=None if event.name in ENDINGS else event.function,
        attributes={name: value for name, value in attributes.items() if value is not None},
        link=timing.link,
        error=error,
    )


def _said(event: Event) -> tuple[SpanKind, str, dict[str, Value], str | None]:
    """Returns the kind, the name, the attributes and the error of the event's span."""
    if event.name in ENDINGS:
        return SpanKind.INTERNAL, "export", _of_job(event), _reason_of_job(event)
    if event.name == REQUEST:
        method, path = event.text("method") or "OTHER", event.text("path") or "unknown"
        return SpanKind.SERVER, f"{method} {path}", _of_request(event), _reason_of_request(event)
    if event.name.startswith(_STEP):
        name = event.text("step") or "step"
        return SpanKind.CONSUMER, name, _of_step(event), _reason_of_step(event)
    return SpanKind.INTERNAL, event.name, {"longhaul.job": event.job}, None


def _of_job(event: Event) -> dict[str, Value]:
    return {
        "longhaul.job": event.job,
        "longhaul.status": event.text("status"),
        "longhaul.files": event.whole("files"),
        "longhaul.bytes_copied": event.whole("bytesCopied"),
        "longhaul.bytes_streamed": event.whole("bytesStreamed"),
        "longhaul.seconds_queued": event.number("secondsQueued"),
        "longhaul.seconds_working": event.number("secondsWorking"),
        "error.type": _reason_of_job(event),
    }


def _reason_of_job(event: Event) -> str | None:
    return event.text("reason") or "failed" if event.facts.get("status") == "failed" else None


def _of_request(event: Event) -> dict[str, Value]:
    method = event.text("method")
    return {
        # As the convention wants it: no other name of a method goes there.
        "http.request.method": "_OTHER" if method in (None, "OTHER") else method,
        "http.route": event.text("path"),
        "http.response.status_code": event.whole("status"),
        "url.scheme": "https",
        "faas.trigger": "http",
        "faas.coldstart": event.is_cold,
        "longhaul.request_id": event.text("requestId"),
        "longhaul.job": event.job,
        "error.type": _reason_of_request(event),
    }


def _reason_of_request(event: Event) -> str | None:
    status = event.whole("status")
    return str(status) if status is not None and status >= _SERVER_ERROR else None


def _of_step(event: Event) -> dict[str, Value]:
    return {
        "messaging.system": "aws_sqs",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "faas.trigger": "pubsub",
        "faas.coldstart": event.is_cold,
        "longhaul.job": event.job,
        "longhaul.step": event.text("step"),
        "longhaul.outcome": event.name.removeprefix(_STEP),
        "longhaul.attempt": event.whole("attempt"),
        "longhaul.segment": event.whole("segment"),
        "longhaul.waited_ms": event.number("waitedMs"),
        "longhaul.cpu_ms": event.number("cpuMs"),
        "longhaul.overran_ms": event.number("overranMs"),
        "error.type": _reason_of_step(event),
    }


def _reason_of_step(event: Event) -> str | None:
    if event.name not in ("step retried", "step failed"):
        return None
    return event.text("why") or "_OTHER"


def _call(within: Span, number: int, call: Call) -> Span:
    """Returns the span of a call. It lies within the span that made it, as that one says when both
    were."""
    start = min(within.start + _nanoseconds(call.offset), within.end)
    service, _, method = call.name.partition(".")
    return Span(
        trace=within.trace,
        span=span_id("call", within.span, number, call.name),
        parent=within.span,
        name=call.name,
        kind=SpanKind.CLIENT,
        start=start,
        end=min(start + _nanoseconds(call.ms), within.end),
        function=within.function,
        attributes={"rpc.system": "aws-api", "rpc.service": service, "rpc.method": method},
    )


def _nanoseconds(ms: float) -> int:
    return round(ms * NS_PER_MS)
