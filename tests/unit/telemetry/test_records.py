"""The record of a log that a line becomes."""

from typing import Any

import pytest

from chalicelib.telemetry import records
from chalicelib.telemetry.lines import Level, is_routine, read
from chalicelib.telemetry.records import is_wanted, record
from tests.unit.telemetry.samples import AT, JOB, SPAN, SPAN_FIELDS, TRACE, line, structured


def test_a_record_has_the_events_name_and_its_facts() -> None:
    found = record(read(structured("job started", level="WARNING", job=JOB, files=[1], _aws={})))

    assert found.body == "job started"
    assert found.level is Level.WARNING
    assert found.attributes == {"job": JOB, "files": [1]}
    assert found.at == (AT + 20) * 1_000_000
    assert (found.uid, found.function) == ("1", "Worker")


def test_a_record_belongs_to_the_span_of_its_line() -> None:
    found = record(read(structured("request", **SPAN_FIELDS, job=JOB)))

    assert (found.trace, found.span) == (TRACE, SPAN)


def test_a_record_without_a_span_belongs_to_the_trace_of_its_job() -> None:
    found = record(read(structured("notice sent", job=JOB)))

    assert (found.trace, found.span) == (JOB, None)


def test_a_fact_that_is_null_is_left_out() -> None:
    assert record(read(structured("swept", openJobs=None, woken=0))).attributes == {"woken": 0}


def test_a_text_is_a_record_as_it_is() -> None:
    found = record(read(line("[ERROR] KeyError")))

    assert (found.body, found.level, found.attributes) == ("[ERROR] KeyError", Level.ERROR, {})


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("START RequestId: 1", False),
        ("REPORT RequestId: 1\tStatus: error", True),
        ("hello", True),
        ('{"message": "swept"}', True),
    ],
)
def test_what_lambda_writes_each_time_is_sent_only_if_it_is_bad(text: str, *, wanted: bool) -> None:
    assert is_wanted(read(line(text))) is wanted
    assert is_routine(text) is not wanted


def test_what_is_longer_than_a_backend_takes_is_cut_and_says_so() -> None:
    body = record(read(line("é" * records.BODY_MAX)))
    long = record(read(structured("step failed", exception="é" * 40_000, step="plan")))
    facts: dict[str, Any] = {f"fact{n}": n for n in range(500)}
    many = record(read(structured("x", **facts)))
    large = record(read(structured("x", a=["y" * 40_000], b=1)))

    assert len(body.body.encode()) <= records.BODY_MAX
    assert body.attributes == {records.CUT: True}
    assert len(str(long.attributes["exception"]).encode()) > 30_000
    assert len(many.attributes) == records.ATTRIBUTES_MAX + 1
    assert large.attributes == {"b": 1, records.CUT: True}
    for found in (long, many, large):
        assert found.attributes[records.CUT] is True
        size = sum(len(name) + len(str(value).encode()) for name, value in found.attributes.items())
        assert size < records.ATTRIBUTES_BYTES_MAX + 100
