"""An event → the spans that it tells of. Pure.

A line that is a span gives one, and one more for each call that took long. The line `job ended` is
the root of a job's trace.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from chalicelib.telemetry.lines import Event, Value
from chalicelib.trace_ids import SpanRef


class SpanKind(IntEnum):
    """https://opentelemetry.io/docs/specs/otel/trace/api/#spankind, with OTLP's numbers."""

    INTERNAL = 1
    SERVER = 2
    CLIENT = 3
    CONSUMER = 5


@dataclass(frozen=True, slots=True)
class Span:
    """A span as OTLP has it. `start` and `end` are Unix ns. `error` is None if all went well;
    otherwise it is what went wrong, and may be empty."""

    trace: str
    span: str
    parent: str | None
    name: str
    kind: SpanKind
    start: int
    end: int
    function: str
    attributes: Mapping[str, Value]
    link: SpanRef | None = None
    error: str | None = None


def spans(event: Event) -> list[Span]:
    """Returns the event's span and those of its calls; none if it is no span."""
    raise NotImplementedError
