"""Spans and records → requests of OTLP, in protobuf. Only here is opentelemetry-proto imported, and
only when something is sent: in most functions it is not installed.

https://opentelemetry.io/docs/specs/otlp/
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Final, TypeVar

from chalicelib.telemetry.lines import Level, Value
from chalicelib.telemetry.records import Record
from chalicelib.telemetry.spans import Span
from chalicelib.version import VERSION

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
    from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource
    from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

SERVICE: Final = "longhaul"

ITEMS_MAX: Final = 2_000
BYTES_MAX: Final = 1024 * 1024
"""What one request has at most, the bytes about. AWS takes 10,000 and 5 MB.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html"""

_SEVERITIES: Final = {
    Level.DEBUG: 5,
    Level.INFO: 9,
    Level.WARNING: 13,
    Level.ERROR: 17,
    Level.CRITICAL: 21,
}
"""https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber"""

_UID: Final = "log.record.uid"
"""https://opentelemetry.io/docs/specs/semconv/registry/attributes/log/"""


class Signal(StrEnum):
    """What a request has, and the end of its path: /v1/traces, /v1/logs."""

    TRACES = "traces"
    LOGS = "logs"


@dataclass(frozen=True, slots=True)
class Partial:
    """How many spans or records the backend has refused for good, and why."""

    rejected: int = 0
    reason: str = ""


_Item = TypeVar("_Item", Span, Record)


def pieces(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    """Yields the items in their order, in lists that are each small enough for one request."""
    piece: list[_Item] = []
    size = 0
    for item in items:
        more = _size(item)
        if piece and (len(piece) == ITEMS_MAX or size + more > BYTES_MAX):
            yield piece
            piece, size = [], 0
        piece.append(item)
        size += more
    if piece:
        yield piece


def traces(spans: Iterable[Span]) -> bytes:
    """Returns an ExportTraceServiceRequest."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans

    request = ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=_resource(function),
                scope_spans=[ScopeSpans(scope=_scope(), spans=map(_span, group))],
            )
            for function, group in _by_function(list(spans))
        ]
    )
    return bytes(request.SerializeToString())


def logs(records: Iterable[Record]) -> bytes:
    """Returns an ExportLogsServiceRequest."""
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.logs.v1.logs_pb2 import ResourceLogs, ScopeLogs

    request = ExportLogsServiceRequest(
        resource_logs=[
            ResourceLogs(
                resource=_resource(function),
                scope_logs=[ScopeLogs(scope=_scope(), log_records=map(_record, group))],
            )
            for function, group in _by_function(list(records))
        ]
    )
    return bytes(request.SerializeToString())


def partial(signal: Signal, answer: bytes) -> Partial:
    """Returns what an answer of status 200 says. An answer that cannot be read rejects nothing."""
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

    try:
        if signal is Signal.TRACES:
            said = ExportTraceServiceResponse.FromString(answer).partial_success
            return Partial(max(said.rejected_spans, 0), said.error_message)
        of_logs = ExportLogsServiceResponse.FromString(answer).partial_success
        return Partial(max(of_logs.rejected_log_records, 0), of_logs.error_message)
    except DecodeError:
        return Partial()


def _by_function(items: Sequence[_Item]) -> Iterator[tuple[str | None, Iterator[_Item]]]:
    def function(item: _Item) -> str:
        return item.function or ""

    for name, group in groupby(sorted(items, key=function), function):
        yield name or None, group


def _resource(function: str | None) -> "Resource":
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource

    said: dict[str, Value] = {"service.name": SERVICE, "service.version": VERSION}
    if function:
        said["faas.name"] = function
    return Resource(attributes=_attributes(said))


def _scope() -> "InstrumentationScope":
    from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope

    return InstrumentationScope(name=SERVICE, version=VERSION)


def _size(item: Span | Record) -> int:
    """Returns about how many bytes the item takes in a request."""
    text = item.name if isinstance(item, Span) else item.body
    return 150 + 10 * len(item.attributes) + len(json.dumps([text, item.attributes]))


def _span(span: Span) -> "SpanMessage":
    from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
    from opentelemetry.proto.trace.v1.trace_pb2 import Status

    made = SpanMessage(
        trace_id=bytes.fromhex(span.trace),
        span_id=bytes.fromhex(span.span),
        parent_span_id=bytes.fromhex(span.parent or ""),
        name=span.name,
        kind=SpanMessage.SpanKind.ValueType(span.kind + 0),
        start_time_unix_nano=span.start,
        end_time_unix_nano=span.end,
        attributes=_attributes(span.attributes),
    )
    if span.link:
        made.links.add(
            trace_id=bytes.fromhex(span.link.trace), span_id=bytes.fromhex(span.link.span)
        )
    if span.error is not None:
        made.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message=span.error))
    return made


def _record(record: Record) -> "LogRecord":
    from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber

    return LogRecord(
        time_unix_nano=record.at,
        observed_time_unix_nano=record.at,
        severity_number=SeverityNumber.ValueType(_SEVERITIES[record.level]),
        severity_text=record.level,
        body=_any(record.body),
        attributes=_attributes({**record.attributes, _UID: record.uid}),
        trace_id=bytes.fromhex(record.trace or ""),
        span_id=bytes.fromhex(record.span or ""),
    )


def _attributes(values: Mapping[str, Value]) -> "list[KeyValue]":
    from opentelemetry.proto.common.v1.common_pb2 import KeyValue

    return [KeyValue(key=name, value=_any(value)) for name, value in values.items()]


def _any(value: Value) -> "AnyValue":
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValueList

    made = AnyValue()
    match value:
        case None:
            pass
        case bool():
            made.bool_value = value
        case str():
            made.string_value = value
        case int():
            made.int_value = value
        case float():
            made.double_value = value
        case list():
            made.array_value.CopyFrom(ArrayValue(values=map(_any, value)))
        case dict():
            made.kvlist_value.CopyFrom(KeyValueList(values=_attributes(value)))
    return made
