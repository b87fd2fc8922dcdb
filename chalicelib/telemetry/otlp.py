"""Spans and records → requests of OTLP, in protobuf. Only here is opentelemetry-proto imported, and
only when something is sent: in most functions it is not installed.

https://opentelemetry.io/docs/specs/otlp/
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Final, Protocol, TypeVar, cast

from chalicelib.telemetry.lines import Level, Value
from chalicelib.telemetry.records import Record, size
from chalicelib.telemetry.spans import Span
from chalicelib.version import VERSION

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
    from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource
    from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

SERVICE: Final = "longhaul"

ITEMS_MAX: Final = 2_000
BYTES_MAX: Final = 1024 * 1024
"""What one request has at most, the bytes about. AWS takes 10,000 and 5 MB.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html"""

REASON_MAX: Final = 200  # characters of what a backend says

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


class _Pairs(Protocol):
    """The attributes of a message, as far as they are used here."""

    def add(self) -> "KeyValue": ...


def pieces(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    """Yields the items in their order, in lists that are each small enough for one request."""
    piece: list[_Item] = []
    taken = 0
    for item in items:
        more = _size(item)
        if piece and (len(piece) == ITEMS_MAX or taken + more > BYTES_MAX):
            yield piece
            piece, taken = [], 0
        piece.append(item)
        taken += more
    if piece:
        yield piece


def traces(spans: Iterable[Span]) -> bytes:
    """Returns an ExportTraceServiceRequest."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest()
    for function, group in _by_function(spans):
        of_function = request.resource_spans.add()
        _fill_resource(of_function.resource, function)
        scope = of_function.scope_spans.add()
        _fill_scope(scope.scope)
        for span in group:
            _fill_span(scope.spans.add(), span)
    return bytes(request.SerializeToString())


def logs(records: Iterable[Record]) -> bytes:
    """Returns an ExportLogsServiceRequest."""
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    request = ExportLogsServiceRequest()
    for function, group in _by_function(records):
        of_function = request.resource_logs.add()
        _fill_resource(of_function.resource, function)
        scope = of_function.scope_logs.add()
        _fill_scope(scope.scope)
        for record in group:
            _fill_record(scope.log_records.add(), record)
    return bytes(request.SerializeToString())


def partial(signal: Signal, answer: bytes) -> Partial:
    """Returns what an answer of status 200 says. An answer that cannot be read rejects nothing."""
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

    try:
        if signal is Signal.TRACES:
            said = ExportTraceServiceResponse.FromString(answer).partial_success
            return Partial(max(said.rejected_spans, 0), shown(said.error_message))
        of_logs = ExportLogsServiceResponse.FromString(answer).partial_success
        return Partial(max(of_logs.rejected_log_records, 0), shown(of_logs.error_message))
    except DecodeError:
        return Partial()


def shown(reason: str) -> str:
    """Returns what a backend says as a log or a terminal may show it: cut, and without control
    characters."""
    return "".join(one if one.isprintable() else "\ufffd" for one in reason[:REASON_MAX])


def _by_function(items: Iterable[_Item]) -> Iterator[tuple[str | None, Iterator[_Item]]]:
    def function(item: _Item) -> str:
        return item.function or ""

    for name, group in groupby(sorted(items, key=function), function):
        yield name or None, group


def _size(item: Span | Record) -> int:
    """Returns about how many bytes the item takes in a request."""
    text = item.name if isinstance(item, Span) else item.body
    of_attributes = (size(name) + size(value) + 10 for name, value in item.attributes.items())
    return 150 + size(text) + sum(of_attributes)


# Each of these fills a message where it is: a message that is made first is copied into its place.


def _fill_resource(resource: "Resource", function: str | None) -> None:
    said: dict[str, Value] = {"service.name": SERVICE, "service.version": VERSION}
    if function:
        said["faas.name"] = function
    _fill_attributes(resource.attributes, said)


def _fill_scope(scope: "InstrumentationScope") -> None:
    scope.name = SERVICE
    scope.version = VERSION


def _fill_span(made: "SpanMessage", span: Span) -> None:
    made.trace_id = bytes.fromhex(span.trace)
    made.span_id = bytes.fromhex(span.span)
    made.parent_span_id = bytes.fromhex(span.parent or "")
    made.name = span.name
    made.kind = made.SpanKind.ValueType(span.kind)
    made.start_time_unix_nano = span.start
    made.end_time_unix_nano = span.end
    _fill_attributes(made.attributes, span.attributes)
    if span.link:
        link = made.links.add()
        link.trace_id = bytes.fromhex(span.link.trace)
        link.span_id = bytes.fromhex(span.link.span)
    if span.error is not None:
        made.status.code = made.status.STATUS_CODE_ERROR
        made.status.message = span.error


def _fill_record(made: "LogRecord", record: Record) -> None:
    made.time_unix_nano = made.observed_time_unix_nano = record.at
    made.severity_number = cast("SeverityNumber.ValueType", _SEVERITIES[record.level])
    made.severity_text = record.level
    made.body.string_value = record.body
    made.trace_id = bytes.fromhex(record.trace or "")
    made.span_id = bytes.fromhex(record.span or "")
    _fill_attributes(made.attributes, record.attributes)
    _fill_attributes(made.attributes, {_UID: record.uid})


def _fill_attributes(made: _Pairs, values: Mapping[str, Value]) -> None:
    for name, value in values.items():
        pair = made.add()
        pair.key = name
        _fill(pair.value, value)


def _fill(made: "AnyValue", value: Value) -> None:
    match value:
        case str():
            made.string_value = value
        case bool():
            made.bool_value = value
        case int():
            made.int_value = value
        case float():
            made.double_value = value
        case list():
            made.array_value.SetInParent()
            for one in value:
                _fill(made.array_value.values.add(), one)
        case dict():
            made.kvlist_value.SetInParent()
            _fill_attributes(made.kvlist_value.values, value)
