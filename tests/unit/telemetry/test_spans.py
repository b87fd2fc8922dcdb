"""The spans that a line tells of."""

from typing import Any

import pytest

from chalicelib.telemetry.lines import read
from chalicelib.telemetry.spans import Span, SpanKind, spans
from chalicelib.trace_ids import SpanRef
from tests.unit.telemetry.samples import AT, JOB, SPAN, SPAN_FIELDS, TRACE, structured

START = AT * 1_000_000
END = START + 12_500_000


def _one(message: str, function: str = "Worker", **facts: object) -> Span:
    (found,) = spans(read(structured(message, function, **{**SPAN_FIELDS, **facts})))
    return found


def test_a_line_without_a_span_gives_none() -> None:
    assert spans(read(structured("job started", job=JOB, at=AT))) == []


def test_the_end_of_a_job_is_the_root_of_its_trace() -> None:
    found = _one("job ended", job=JOB, status="completed", files=3, link=f"{JOB}-{SPAN}")

    assert (found.name, found.kind) == ("export", SpanKind.INTERNAL)
    assert (found.trace, found.span, found.parent) == (TRACE, SPAN, None)
    assert (found.start, found.end) == (START, END)
    assert found.link == SpanRef(JOB, SPAN)
    assert found.error is None
    assert found.attributes == {
        "longhaul.job": JOB,
        "longhaul.status": "completed",
        "longhaul.files": 3,
    }


def test_whoever_tells_of_a_jobs_end_tells_of_the_same_span() -> None:
    facts: dict[str, Any] = {
        "job": JOB,
        "status": "failed",
        "reason": "given-up",
        "files": 3,
        "bytesCopied": 5,
        "bytesStreamed": 6,
        "secondsQueued": 1.5,
        "secondsWorking": 0,
    }

    ended = _one("job ended", "Worker", **facts, userId="ann", detail="x", attempts=9)
    announced = _one("job announced", "Announcer", **facts, events=["ended"])

    assert ended == announced
    assert (ended.function, ended.error) == (None, "given-up")


@pytest.mark.parametrize(("status", "error"), [(200, None), (404, None), (500, "500")])
def test_a_request_is_named_by_method_and_route(status: int, error: str | None) -> None:
    route = "/v1/export/{jobId}"
    found = _one("request", "APIHandler", method="GET", path=route, status=status, requestId="r")

    assert (found.name, found.kind) == ("GET /v1/export/{jobId}", SpanKind.SERVER)
    assert found.function == "APIHandler"
    assert found.attributes["http.request.method"] == "GET"
    assert found.attributes["http.route"] == "/v1/export/{jobId}"
    assert found.attributes["http.response.status_code"] == status
    assert (found.error, found.attributes.get("error.type")) == (error, error)


@pytest.mark.parametrize(
    ("outcome", "error"),
    [("done", None), ("skipped", None), ("retried", "slow-down"), ("failed", "slow-down")],
)
def test_a_step_that_did_not_go_well_is_an_error(outcome: str, error: str | None) -> None:
    found = _one(f"step {outcome}", step="assemble", attempt=2, segment=7, why="slow-down")

    assert (found.name, found.kind) == ("assemble", SpanKind.CONSUMER)
    assert found.attributes["longhaul.attempt"] == 2
    assert found.attributes["longhaul.segment"] == 7
    assert found.error == error


def test_no_span_says_who_the_user_is() -> None:
    for message in ("request", "job ended", "job announced", "step failed", "swept"):
        found = _one(message, userId="ann@example.com", user="ann@example.com")

        assert "ann" not in repr(found)


def test_calls_that_took_long_are_children_within_their_span() -> None:
    calls = [["S3.CopyObject", 2, 5], ["SQS.SendMessage", 10, 900], ["S3.Late", 99, 1]]
    whole, copy, send, late = spans(
        read(structured("step done", **SPAN_FIELDS, step="plan", calls=calls))
    )

    assert {one.parent for one in (copy, send, late)} == {whole.span}
    assert {one.trace for one in (copy, send, late)} == {whole.trace}
    assert len({one.span for one in (whole, copy, send, late)}) == 4
    assert (copy.start, copy.end) == (START + 2_000_000, START + 7_000_000)
    assert (send.start, send.end) == (START + 10_000_000, END)
    assert (late.start, late.end) == (END, END)
    assert copy.attributes["rpc.method"] == "CopyObject"
    assert copy.kind is SpanKind.CLIENT


def test_the_same_line_gives_the_same_ids_each_time() -> None:
    said = structured("step done", **SPAN_FIELDS, step="plan", calls=[["S3.CopyObject", 2, 5]] * 2)

    assert spans(read(said)) == spans(read(said))


def test_another_line_with_a_span_is_a_span_with_its_name() -> None:
    assert _one("something new").name == "something new"
