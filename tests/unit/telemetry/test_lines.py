"""What a line says, whatever is in it."""

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.telemetry.lines import CALLS_MAX, Call, Event, Kind, Level, Line, read
from chalicelib.trace_ids import SpanRef, job_digest
from tests.unit.telemetry import samples
from tests.unit.telemetry.samples import JOB, SPAN, TRACE, line, structured


def test_a_structured_line_is_an_event_with_its_facts() -> None:
    event = read(structured("job ended", level="WARNING", job=JOB, status="failed", files=3))

    assert (event.kind, event.name, event.level) == (Kind.EVENT, "job ended", Level.WARNING)
    assert event.facts == {"job": JOB, "status": "failed", "files": 3}
    assert (event.job, event.trace, event.timing) == (JOB, JOB, None)
    assert (event.whole("files"), event.number("files"), event.text("files")) == (3, 3, None)


def test_a_line_with_a_span_says_when_it_was_and_what_took_long() -> None:
    said = structured(
        "request",
        **samples.SPAN_FIELDS,
        parent="b" * 16,
        link=f"{JOB}-{SPAN}",
        calls=[["S3.CopyObject", 10, 250.5]],
        cold=True,
    )

    event = read(said)

    assert event.timing is not None
    assert (event.timing.trace, event.timing.span) == (TRACE, SPAN)
    assert (event.timing.at, event.timing.ms) == (samples.AT, 12.5)
    assert event.timing.parent == "b" * 16
    assert event.timing.link == SpanRef(JOB, SPAN)
    assert event.timing.calls == (Call("S3.CopyObject", 10, 250.5),)
    assert event.trace == TRACE
    assert event.is_cold


@pytest.mark.parametrize(
    "wrong",
    [
        {"trace": TRACE.upper()},
        {"trace": "0" * 32},
        {"trace": TRACE + "\n"},
        {"span": "0" * 16},
        {"span": None},
        {"span": 12},
        {"at": str(samples.AT)},
        {"at": 0},
        {"at": 10**13},
        {"at": samples.AT + 0.5},
        {"at": True},
        {"ms": "12"},
        {"ms": -1},
        {"ms": 1e300},
        {"ms": None},
        {"ms": False},
    ],
    ids=str,
)
def test_a_span_that_cannot_be_is_none_and_its_line_stays(wrong: dict[str, Any]) -> None:
    event = read(structured("request", **{**samples.SPAN_FIELDS, **wrong}, status=200))

    assert event.timing is None
    assert (event.kind, event.name, event.whole("status")) == (Kind.EVENT, "request", 200)


def test_of_parent_link_and_calls_only_what_can_be_is_taken() -> None:
    calls = [["a", 1, 2], ["b", "1", 2], ["c", 1], "d", None, ["", 1, 2], ["e", -1, 2], [1, 2, 3]]
    wrong: dict[str, Any] = {"parent": SPAN, "link": f"{JOB}-x", "calls": calls}

    event = read(structured("request", **samples.SPAN_FIELDS, **wrong))

    assert event.timing is not None
    assert (event.timing.parent, event.timing.link) == (None, None)
    assert event.timing.calls == (Call("a", 1, 2),)


def test_a_span_has_no_more_calls_than_it_may() -> None:
    calls = [["a", n, 1] for n in range(100)]

    event = read(structured("request", **samples.SPAN_FIELDS, calls=calls))

    assert event.timing is not None
    assert len(event.timing.calls) == CALLS_MAX


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "12",
        '"request"',
        "[]",
        "{}",
        '{"message": null}',
        '{"message": ["request"]}',
        '{"message": ""}',
        json.dumps({"message": "x" * 201}),
        '{"message": "deep", "x": ' + "[" * 9 + "]" * 9 + "}",
        '{"message": "deep", "x": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"message": "long", "x": ' + "9" * 5000 + "}",
        "Hello \udcff",
    ],
    ids=lambda text: text[:30].encode(errors="replace").decode(),
)
def test_what_is_not_one_of_our_lines_is_a_text_and_whole(text: str) -> None:
    event = read(line(text))

    assert (event.kind, event.facts, event.timing) == (Kind.TEXT, {}, None)
    assert event.name == text.encode(errors="replace").decode()


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("START RequestId: 1f0a Version: $LATEST", Level.INFO),
        ("END RequestId: 1f0a", Level.INFO),
        ("REPORT RequestId: 1f0a\tDuration: 3 ms", Level.INFO),
        ("REPORT RequestId: 1f0a\tDuration: 3 ms\tStatus: timeout", Level.ERROR),
        ("INIT_START Runtime Version: python:3.11.v1", Level.INFO),
        ("INIT_REPORT Init Duration: 9 ms\tPhase: init\tStatus: error\tError Type: x", Level.ERROR),
        (
            f"2026-11-26T10:00:00.000Z {UUID(int=7)} Task timed out after 900.10 seconds",
            Level.ERROR,
        ),
    ],
)
def test_lines_of_lambda_itself_are_told_apart_and_stay_as_they_are(
    text: str, level: Level
) -> None:
    event = read(line(text))

    assert (event.kind, event.name, event.level) == (Kind.PLATFORM, text, level)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("[ERROR] KeyError: 'x'", Level.ERROR),
        ("[WARNING] careful", Level.WARNING),
        ("Traceback (most recent call last):", Level.ERROR),
        ("hello", Level.INFO),
        ("STARTED", Level.INFO),
    ],
)
def test_a_text_has_the_level_that_it_begins_with(text: str, level: Level) -> None:
    event = read(line(text))

    assert (event.kind, event.level) == (Kind.TEXT, level)


def test_a_text_has_the_digest_of_a_job_in_place_of_its_id() -> None:
    job_id = str(UUID(int=3, version=4))

    event = read(line(f"KeyError: jobs/{job_id}/plan"))

    assert event.name == f"KeyError: jobs/{job_digest(job_id)}/plan"


def test_an_unknown_level_is_info() -> None:
    assert read(structured("request", level="LOUD")).level is Level.INFO
    assert read(structured("request", level=[3])).level is Level.INFO


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["\ud800", "0" * 32, TRACE, SPAN, samples.AT, -1, 10**30]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
_FIELDS = st.dictionaries(
    st.sampled_from(
        ["message", "level", "trace", "span", "parent", "at", "ms", "link", "calls", "job", "step"]
    )
    | st.text(),
    _JSON,
)


@given(
    st.text(st.characters()) | _JSON.map(json.dumps) | _FIELDS.map(json.dumps),
    st.integers(),
)
def test_no_line_raises_and_each_becomes_an_event(text: str, at: int) -> None:
    event = read(Line("1", at, "Worker", text))

    assert isinstance(event, Event)
    assert event.name.encode() is not None
    json.dumps(dict(event.facts), allow_nan=False, ensure_ascii=False).encode()


def test_a_line_of_an_earlier_version_loses_the_id_of_its_job() -> None:
    job = "0b0e8f36-5a51-4f0e-9c3e-2f1f0a7d5b11"
    facts = {
        "message": "job ended",
        "jobId": job,
        "retryOf": job,
        "exception": f"no jobs/{job}/plan",
    }

    event = read(Line("1", 1, "Worker", json.dumps(facts)))

    assert event.job == event.facts["job"] == event.facts["retryOf"] == job_digest(job)
    assert job not in str(event)
