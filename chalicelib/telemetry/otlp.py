"""Spans and records → requests of OTLP, in protobuf. Only here is opentelemetry-proto imported.

https://opentelemetry.io/docs/specs/otlp/
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.telemetry.records import Record
from chalicelib.telemetry.spans import Span


class Signal(StrEnum):
    """What a request has, and the end of its path: /v1/traces, /v1/logs."""

    TRACES = "traces"
    LOGS = "logs"


@dataclass(frozen=True, slots=True)
class Partial:
    """How many spans or records the backend has refused for good, and why."""

    rejected: int = 0
    reason: str = ""


def traces(spans: Iterable[Span]) -> bytes:
    """Returns an ExportTraceServiceRequest."""
    raise NotImplementedError


def logs(records: Iterable[Record]) -> bytes:
    """Returns an ExportLogsServiceRequest."""
    raise NotImplementedError


def partial(signal: Signal, answer: bytes) -> Partial:
    """Returns what an answer of status 200 says. An answer that cannot be read rejects nothing."""
    raise NotImplementedError
