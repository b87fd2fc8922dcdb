"""The line that each request writes, its span, and the trace that it belongs to."""

import json
import sys
from collections.abc import Callable
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger

import app as app_module
from app import app
from chalicelib import log
from chalicelib.http import exports
from chalicelib.http.page import web
from chalicelib.trace_ids import SpanRef, job_digest, of_traceparent, root_of, span_id, trace_id
from tests.clock import START
from tests.integration.gateway import (
    PAGE,
    REQUEST_ID,
    UNKNOWN_JOB,
    Answer,
    call,
    cancel,
    document,
    export,
    post_export,
    post_retry,
)
from tests.integration.stack import Stack
from tests.integration.wire import TABLE_IS_DOWN, answering

CALLER = SpanRef("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
OWN_TRACE = trace_id("request", REQUEST_ID)
OWN_SPAN = span_id("request", REQUEST_ID)
ONE = {"file_ids": [10001]}

Lines = Callable[[], list[dict[str, Any]]]
"""Returns the lines `request` since the last time."""


class Stdout(StringIO):
    """Writes to what is the standard output at that time."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)


@pytest.fixture
def output(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[], str]:
    """Returns all that was written since the last time."""
    # Powertools keeps a logger by its name, with the stream that it had first.
    made = Logger(service=str(uuid4()), stream=Stdout(), utc=True, location=None)
    monkeypatch.setattr(log, "logger", lambda: made)
    document()  # is read once, by a request of its own
    capsys.readouterr()
    return lambda: "".join(capsys.readouterr())


@pytest.fixture
def lines(output: Callable[[], str]) -> Lines:
    def read() -> list[dict[str, Any]]:
        written = [json.loads(line) for line in output().splitlines() if line.startswith("{")]
        return [line for line in written if line["message"] == "request"]

    return read


def _post(key: str | None = None, *, caller: SpanRef | None = None, **context: object) -> Answer:
    headers = {} if key is None else {"Idempotency-Key": key}
    headers |= {"traceparent": caller.traceparent} if caller else {}
    return call("POST", "/v1/export", body=ONE, headers=headers, context=context)


# -- a line for each request --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status", "route"),
    [
        ("POST", "/v1/export", 202, "/v1/export"),
        ("GET", "/v1/export", 200, "/v1/export"),
        ("HEAD", "/v1/export", 200, "/v1/export"),
        ("PUT", "/v1/export", 405, "/v1/export"),
        ("OPTIONS", "/v1/export", 405, "/v1/export"),
        ("BREW", "/v1/export", 405, "/v1/export"),
        ("GET", f"/v1/export/{UNKNOWN_JOB}", 404, "/v1/export/{job_id}"),
        ("GET", "/v1/export/%22", 404, "/v1/export/{job_id}"),
        ("DELETE", f"/v1/export/{UNKNOWN_JOB}/shares/s", 404, ...),
        ("GET", "/v1/users/ann", 405, "/v1/users/{user_id}"),
        ("GET", "/health", 200, "/health"),
        ("GET", "/openapi.json", 200, "/openapi.json"),
        ("GET", "/", 200, "/"),
        ("HEAD", "/", 200, "/"),
        ("GET", f"/assets/{web().version}/app.js", 200, "/assets/{version}/{name}"),
        ("GET", "/assets/0/none.js", 404, "/assets/{version}/{name}"),
        ("GET", "/longhaul-export.js", 200, "/longhaul-export.js"),
        ("GET", "/unsubscribe/none", 404, "/unsubscribe/{token}"),
        ("GET", "/nowhere", 404, "unknown"),
        ("OPTIONS", "/v1/nowhere/else", 404, "unknown"),
    ],
)
def test_each_request_writes_one_line(
    stack: Stack, lines: Lines, method: str, path: str, *, status: int, route: Any
) -> None:
    answer = call(method, path, body=ONE if method == "POST" else None)

    (line,) = lines()
    assert (answer.status, line["status"]) == (status, status)
    assert line["method"] == ("OTHER" if method == "BREW" else method)
    assert line["path"] == ("/v1/export/{job_id}/shares/{share_id}" if route is ... else route)
    assert line["requestId"] == REQUEST_ID
    assert line.get("job") == (
        job_digest(answer.body["jobId"])
        if status == 202
        else job_digest(UNKNOWN_JOB)
        if UNKNOWN_JOB in path
        else None
    )


def test_a_path_is_one_of_the_document_or_a_page_or_unknown(stack: Stack, lines: Lines) -> None:
    assert set(document()["paths"]) | set(PAGE) == set(app.routes)


def test_an_answer_that_has_not_changed_has_its_line(stack: Stack, lines: Lines) -> None:
    path = f"/v1/export/{export(**ONE)}"
    etag = call("GET", path).headers["ETag"]
    lines()

    call("GET", path, headers={"If-None-Match": etag})

    assert [line["status"] for line in lines()] == [304]


def test_a_refusal_has_its_line(stack: Stack, lines: Lines) -> None:
    stack.configure(auth="jwt")

    call("GET", "/v1/export")

    assert [line["status"] for line in lines()] == [401]


def test_a_request_too_many_has_its_line(stack: Stack, lines: Lines) -> None:
    stack.configure(rate_limit_per_minute=1, rate_limit_burst=1)

    statuses = [call("GET", "/v1/export").status for _ in "12"]

    assert statuses == [line["status"] for line in lines()] == [200, 429]


def test_a_failure_of_ours_has_its_line(stack: Stack, lines: Lines, no_backoff: None) -> None:
    with answering(TABLE_IS_DOWN, "Query"):
        answer = call("GET", "/v1/export")

    assert [line["status"] for line in lines()] == [answer.status] == [503]


def test_a_route_that_breaks_has_its_line_without_the_job(
    stack: Stack, output: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(f"no jobs/{UNKNOWN_JOB}/plan")

    monkeypatch.setattr(exports, "delete", broken)
    answer = call("DELETE", f"/v1/export/{UNKNOWN_JOB}")

    written = output()
    assert answer.status == 500
    assert UNKNOWN_JOB not in written
    assert json.loads(written.splitlines()[-1])["status"] == 500


@pytest.mark.parametrize("path", ["/v1/nowhere", "/v1/export"])
def test_what_breaks_outside_a_route_has_its_line_too(
    stack: Stack, lines: Lines, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def broken() -> None:
        raise RuntimeError("no settings")

    monkeypatch.setattr(app_module, "services", broken)
    answer = call("PUT", path)

    assert answer.body["type"] == "urn:problem-type:longhaul:internal-error"
    assert [line["status"] for line in lines()] == [answer.status] == [500]


# -- what a line has ----------------------------------------------------------------------------


def test_a_line_has_what_the_request_was_and_no_more(stack: Stack, lines: Lines) -> None:
    call("GET", f"/v1/export/{UNKNOWN_JOB}", context={"requestTimeEpoch": START - 250})

    (line,) = lines()
    line.pop("cold", None)
    assert line == {
        "level": "INFO",
        "message": "request",
        "method": "GET",
        "path": "/v1/export/{job_id}",
        "status": 404,
        "requestId": REQUEST_ID,
        "job": job_digest(UNKNOWN_JOB),
        "trace": OWN_TRACE,
        "span": OWN_SPAN,
        "at": START - 250,
        "ms": 250.0,
    }


@pytest.mark.parametrize(
    "told",
    [START + 1, START - 60_001, START // 1000, -1, 2**80, float(START), str(START), True, None],
)
def test_a_time_of_the_gateway_that_cannot_be_true_is_passed_over(
    stack: Stack, lines: Lines, told: object
) -> None:
    answer = _post(requestTimeEpoch=told)

    (line,) = lines()
    assert (line["at"], line["ms"]) == (START, 0)
    assert stack.job(answer.body["jobId"]).asked_at == START


def test_a_job_was_asked_for_when_the_gateway_had_the_request(stack: Stack) -> None:
    answer = _post(requestTimeEpoch=START - 900)

    job = stack.job(answer.body["jobId"])
    assert (job.begun_at, job.created_at) == (START - 900, START)


def test_a_job_was_not_asked_for_after_it_was_made(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_module, "now_us", lambda: (START + 700) * 1000)

    job = stack.job(_post(requestTimeEpoch=START + 600).body["jobId"])

    assert (job.asked_at, job.created_at) == (START, START)


@pytest.mark.parametrize(
    "given",
    [
        UNKNOWN_JOB,
        f"retry-{UNKNOWN_JOB}.2",
        UNKNOWN_JOB.upper(),
        f"retry-{UNKNOWN_JOB.replace('-', '')}.2",
    ],
)
@pytest.mark.parametrize("path", ["", "/retry", "/progress"])
def test_the_id_of_a_request_does_not_have_the_jobs(
    stack: Stack, lines: Lines, given: str, path: str
) -> None:
    method = "POST" if path == "/retry" else "GET"
    headers = {"X-Request-ID": given}

    answer = call(method, f"/v1/export/{UNKNOWN_JOB}{path}", headers=headers)

    assert answer.headers["X-Request-ID"] == REQUEST_ID
    assert [line["requestId"] for line in lines()] == [REQUEST_ID]


def test_the_trace_of_a_caller_does_not_have_the_id_of_the_job(stack: Stack, lines: Lines) -> None:
    headers = {"traceparent": f"00-{UNKNOWN_JOB.replace('-', '')}-{CALLER.span}-01"}

    call("GET", f"/v1/export/{UNKNOWN_JOB}", headers=headers)

    (line,) = lines()
    assert line["trace"] == OWN_TRACE
    assert "parent" not in line


def test_no_line_has_the_id_of_a_job(
    stack: Stack, output: Callable[[], str], caplog: pytest.LogCaptureFixture
) -> None:
    stack.configure(events=("accepted", "started", "ended"))
    stack.put_file("downloads/10001", b"one")
    first = export(**ONE)
    stack.run_steps()
    second, third = export(**ONE, filename="b.zip"), export(file_ids=[10002])
    cancel(second)
    stack.run_steps()
    known = {first, second, third, str(post_retry(second).body["jobId"])}
    for job_id in sorted(known):
        for method, path in (
            *(("GET", ""), ("GET", "/progress"), ("GET", "/download"), ("POST", "/shares")),
            *(("GET", "/shares"), ("POST", "/notify"), ("PUT", ""), ("POST", "/retry")),
            *(("DELETE", "/shares/x"), ("GET", "/nowhere"), ("DELETE", "")),
        ):
            headers = {"X-Request-ID": job_id}
            call(method, f"/v1/export/{job_id}{path}", headers=headers)

    written = output() + caplog.text
    assert len(known) == 4
    assert written.count('"message":"request"') == 3 + 1 + 1 + 4 * 11
    assert [job_id for job_id in known if job_id in written] == []


# -- the trace ----------------------------------------------------------------------------------


def test_a_request_is_the_root_of_its_own_trace(stack: Stack, lines: Lines) -> None:
    answer = call("GET", "/health")

    (line,) = lines()
    assert (line["trace"], line["span"]) == (OWN_TRACE, OWN_SPAN)
    assert "parent" not in line
    assert answer.headers["traceparent"] == f"00-{OWN_TRACE}-{OWN_SPAN}-01"


@pytest.mark.parametrize("path", ["/", "/nowhere", "/v1/export", f"/v1/export/{UNKNOWN_JOB}"])
def test_a_request_goes_on_with_its_callers_trace(stack: Stack, lines: Lines, path: str) -> None:
    answer = call("GET", path, headers={"Traceparent": f" {CALLER.traceparent}"})

    (line,) = lines()
    assert (line["trace"], line["parent"]) == (CALLER.trace, CALLER.span)
    assert of_traceparent(answer.headers["traceparent"]) == SpanRef(CALLER.trace, OWN_SPAN)


@pytest.mark.parametrize("caller", [None, CALLER])
def test_the_request_that_made_a_job_is_a_child_of_the_jobs_root(
    stack: Stack, lines: Lines, caller: SpanRef | None
) -> None:
    answer = _post("k", caller=caller)

    (line,) = lines()
    job = stack.job(answer.body["jobId"])
    root = root_of(job.job_id, caller)
    assert (line["trace"], line["parent"], line["span"]) == (root.trace, root.span, OWN_SPAN)
    assert (job.root_span, job.caller) == (root, caller)
    assert answer.body["traceId"] == root.trace
    assert answer.headers["traceparent"] == f"00-{root.trace}-{OWN_SPAN}-01"


def test_a_repeated_request_is_no_child_of_the_job(stack: Stack, lines: Lines) -> None:
    first = _post("k", caller=CALLER)
    lines()

    others = SpanRef("1" * 32, "2" * 16)
    alone, traced = _post("k"), _post("k", caller=others)

    one, other = lines()
    assert (one["trace"], one.get("parent")) == (OWN_TRACE, None)
    assert (other["trace"], other["parent"]) == (others.trace, others.span)
    assert one["job"] == other["job"] == job_digest(first.body["jobId"])
    # The job keeps the trace that it was made in.
    assert alone.body["traceId"] == traced.body["traceId"] == CALLER.trace


def test_a_retry_is_in_the_trace_of_the_new_job(stack: Stack, lines: Lines) -> None:
    old = export(**ONE)
    cancel(old)
    lines()

    new = post_retry(old).body["jobId"]
    assert post_retry(old).body["jobId"] == new

    made, again = lines()
    assert (made["trace"], made["parent"]) == (job_digest(new), root_of(new).span)
    assert (made["job"], again["job"]) == (job_digest(new), job_digest(old))
    assert "parent" not in again


def test_a_refused_export_is_in_no_jobs_trace(stack: Stack, lines: Lines) -> None:
    post_export({"file_ids": []})

    (line,) = lines()
    assert line["status"] == 400
    assert line["trace"] == OWN_TRACE
    assert not {"parent", "job"} & set(line)


def test_each_answer_about_a_job_has_its_trace(stack: Stack) -> None:
    job_id = _post(caller=CALLER).body["jobId"]
    path = f"/v1/export/{job_id}"
    (event,) = (
        json.loads(line.removeprefix("data: "))
        for line in call("GET", f"{path}/progress").body.splitlines()
        if line.startswith("data: ")
    )

    shown = [
        event,
        call("GET", path).body,
        call("GET", "/v1/export").body["jobs"][0],
        call("DELETE", path).body,
    ]

    assert [one["traceId"] for one in shown] == [CALLER.trace] * 4


@pytest.mark.parametrize(
    "header",
    [
        "",
        "-",
        "00",
        f"00-{'0' * 32}-{CALLER.span}-01",
        f"00-{CALLER.trace}-{'0' * 16}-01",
        f"ff-{CALLER.trace}-{CALLER.span}-01",
        f"00-{CALLER.trace.upper()}-{CALLER.span}-01",
        f"00-{CALLER.trace}-{CALLER.span}-01-more",
        f"00-{CALLER.trace}-{CALLER.span}",
        f"00-{CALLER.trace}-{CALLER.span}-01\r\nSet-Cookie: a=b",
        f"{CALLER.traceparent},{CALLER.traceparent}",
        f"00-{UNKNOWN_JOB}-{CALLER.span}-01",
        "00-" + "a" * 100_000,
        "\u0660\u0660-" + CALLER.traceparent[3:],
    ],
)
def test_a_traceparent_that_is_none_is_passed_over(stack: Stack, lines: Lines, header: str) -> None:
    headers = {"traceparent": header}
    answer = call("POST", "/v1/export", body=ONE, headers=headers)

    (line,) = lines()
    assert line["trace"] == answer.body["traceId"] == job_digest(answer.body["jobId"])
    assert stack.job(answer.body["jobId"]).caller is None
    assert of_traceparent(answer.headers["traceparent"]) == SpanRef(line["trace"], OWN_SPAN)


def test_pages_of_other_origins_may_send_a_traceparent_and_read_ours(stack: Stack) -> None:
    headers = call("GET", "/v1/export").headers

    assert "traceparent" in headers["Access-Control-Allow-Headers"].split(",")
    assert "traceparent" in headers["Access-Control-Expose-Headers"].split(",")


def test_an_accepted_job_says_when_it_was_made(stack: Stack, output: Callable[[], str]) -> None:
    export(**ONE)

    (line,) = (json.loads(one) for one in output().splitlines() if "job accepted" in one)
    assert line["at"] == START
