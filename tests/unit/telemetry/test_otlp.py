"""What is sent, decoded again with OpenTelemetry's own definitions."""

import json
import subprocess
import sys
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from chalicelib.telemetry import otlp
from chalicelib.telemetry.lines import Line, read
from chalicelib.telemetry.otlp import Partial, Signal, logs, partial, pieces, traces
from chalicelib.telemetry.records import record
from chalicelib.telemetry.spans import spans
from tests.unit.telemetry.samples import AT, JOB, SPAN, SPAN_FIELDS, TRACE, line, structured

FIXED64 = range(2**64)


def _plain(value: Any) -> Any:
    """The value of an AnyValue."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_plain(one) for one in value.array_value.values]
    if kind == "kvlist_value":
        return _named(value.kvlist_value.values)
    return getattr(value, kind) if kind else None


def _named(pairs: Any) -> dict[str, Any]:
    found = {pair.key: _plain(pair.value) for pair in pairs}
    assert len(found) == len(pairs)
    return found


def test_spans_are_grouped_by_the_function_that_they_are_of() -> None:
    found = [
        *spans(read(structured("step done", "Worker", **SPAN_FIELDS, step="plan"))),
        *spans(read(structured("request", "APIHandler", **SPAN_FIELDS, status=503))),
        *spans(read(structured("step done", "Worker", **SPAN_FIELDS, step="finalize"))),
        *spans(read(structured("job ended", "Worker", **SPAN_FIELDS, job=JOB, status="completed"))),
    ]

    request = ExportTraceServiceRequest.FromString(traces(found))

    resources = [_named(one.resource.attributes) for one in request.resource_spans]
    names = [[s.name for s in one.scope_spans[0].spans] for one in request.resource_spans]
    assert [one.get("faas.name") for one in resources] == [None, "APIHandler", "Worker"]
    assert {one["service.name"] for one in resources} == {"longhaul"}
    assert names == [["export"], ["OTHER unknown"], ["plan", "finalize"]]


def test_a_span_is_encoded_with_all_that_it_says() -> None:
    link = f"{JOB}-{SPAN}"
    facts: dict[str, Any] = {
        "parent": "1" * 16,
        "link": link,
        "step": "plan",
        "why": "slow-down",
        "attempt": 2,
    }
    (given_,) = spans(read(structured("step retried", **SPAN_FIELDS, **facts)))

    request = ExportTraceServiceRequest.FromString(traces([given_]))

    (found,) = request.resource_spans[0].scope_spans[0].spans
    assert (found.trace_id.hex(), found.span_id.hex()) == (TRACE, SPAN)
    assert found.parent_span_id.hex() == "1" * 16
    assert [(one.trace_id.hex(), one.span_id.hex()) for one in found.links] == [(JOB, SPAN)]
    assert found.kind == found.SPAN_KIND_CONSUMER
    assert (found.status.code, found.status.message) == (2, "slow-down")
    assert _named(found.attributes)["longhaul.attempt"] == 2


def test_a_record_is_encoded_with_all_that_it_says() -> None:
    said = structured("request", level="ERROR", **SPAN_FIELDS, a={"b": [1, 2.5, "x", True, None]})

    request = ExportLogsServiceRequest.FromString(logs([record(read(said))]))

    (found,) = request.resource_logs[0].scope_logs[0].log_records
    assert found.body.string_value == "request"
    assert (found.severity_number, found.severity_text) == (17, "ERROR")
    assert (found.trace_id.hex(), found.span_id.hex()) == (TRACE, SPAN)
    assert _named(found.attributes) == {
        "at": AT,
        "ms": 12.5,
        "a": {"b": [1, 2.5, "x", True, None]},
        "log.record.uid": "1",
    }


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
_SPANS = st.fixed_dictionaries(
    {
        "message": st.sampled_from(["request", "job ended", "step done", "step failed", "swept"]),
        "trace": st.just(TRACE) | _JSON,
        "span": st.just(SPAN) | _JSON,
        "at": st.integers(0, 10**14) | st.just(AT),
        "ms": st.floats() | st.integers(0, 10**11),
    },
    optional={
        "parent": st.just("1" * 16) | _JSON,
        "link": st.just(f"{JOB}-{SPAN}") | _JSON,
        "calls": st.lists(st.tuples(st.text() | _JSON, st.floats(), st.floats())) | _JSON,
        "status": st.integers() | _JSON,
        "step": st.text() | _JSON,
        "attempt": st.integers() | _JSON,
        "extra": _JSON,
    },
)


@given(
    st.lists(st.text(st.characters()) | _SPANS.map(json.dumps), max_size=4),
    st.integers(),
    st.text(st.characters(), max_size=20),
)
def test_whatever_a_line_says_is_encoded_and_decodes_to_the_same(
    texts: list[str], at: int, function: str
) -> None:
    events = [read(Line("1", at, function, text)) for text in texts]
    given_spans = [one for event in events for one in spans(event)]
    given_records = [record(event) for event in events]

    of_traces = ExportTraceServiceRequest.FromString(traces(given_spans))
    of_logs = ExportLogsServiceRequest.FromString(logs(given_records))

    sent = [s for r in of_traces.resource_spans for scope in r.scope_spans for s in scope.spans]
    assert len(sent) == len(given_spans)
    for found in sent:
        (same, *_) = [
            one
            for one in given_spans
            if (one.span, one.start, one.name)
            == (found.span_id.hex(), found.start_time_unix_nano, found.name)
        ]
        assert len(found.trace_id) == 16
        assert len(found.span_id) == 8
        assert any(found.trace_id)
        assert found.start_time_unix_nano <= found.end_time_unix_nano
        assert found.end_time_unix_nano in FIXED64
        assert found.parent_span_id.hex() == (same.parent or "")
    written = [r for of in of_logs.resource_logs for one in of.scope_logs for r in one.log_records]
    assert sorted(one.body.string_value for one in written) == sorted(
        one.body for one in given_records
    )
    if len(given_records) == 1:
        expected = {**given_records[0].attributes, "log.record.uid": "1"}
        assert _named(written[0].attributes) == expected


def test_many_items_are_sent_in_pieces_in_their_order() -> None:
    events = [read(line("x" * (n % 2_000), uid=str(n))) for n in range(5_000)]
    given_records = [record(event) for event in events]

    found = list(pieces(given_records))

    assert [one for piece in found for one in piece] == given_records
    assert len(found) > 2
    for piece in found:
        assert len(piece) <= otlp.ITEMS_MAX
        assert len(logs(piece)) <= otlp.BYTES_MAX


def test_one_item_that_is_larger_than_a_piece_is_a_piece() -> None:
    (event,) = (read(structured("x", a=[0.5] * 20_000)),)
    large = [record(event)] * 2

    assert sum(len(piece) for piece in pieces(large)) == 2


def test_a_backend_can_refuse_a_part_for_good() -> None:
    of_traces = ExportTraceServiceResponse()
    of_traces.partial_success.rejected_spans = 3
    of_traces.partial_success.error_message = "too old"
    of_logs = ExportLogsServiceResponse()
    of_logs.partial_success.rejected_log_records = 4

    assert partial(Signal.TRACES, of_traces.SerializeToString()) == Partial(3, "too old")
    assert partial(Signal.LOGS, of_logs.SerializeToString()) == Partial(4, "")
    assert partial(Signal.LOGS, b"") == Partial()
    assert partial(Signal.LOGS, b"<html>") == Partial()
    assert partial(Signal.TRACES, b'{"partialSuccess": {}}') == Partial()


def test_no_function_imports_protobuf_to_write_its_lines() -> None:
    what = (
        "import sys, app, chalicelib.telemetry.function; "
        "print([m for m in sys.modules if m.startswith(('google.protobuf', 'opentelemetry'))])"
    )
    done = subprocess.run([sys.executable, "-c", what], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_function_of_the_stack_imports_nothing_of_the_shipper() -> None:
    what = "import sys, app; print([m for m in sys.modules if m.startswith('chalicelib.telem')])"
    done = subprocess.run([sys.executable, "-c", what], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
