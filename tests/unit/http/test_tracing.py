"""The span of a request and its line, in a process of its own where imports matter."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import slow_calls
from chalicelib.http import tracing
from chalicelib.http.tracing import Span, Traced
from chalicelib.trace_ids import SpanRef
from tests.unit.samples import JOB_ID, NOW

REF = SpanRef("a" * 32, "b" * 16)
TRACED = Traced(method="GET", path="/", status=200, request_id="r", job_id=None)

_TWO_REQUESTS = """
import sys
from app import app
from chalicelib.services import services
from chalicelib.settings import settings
event = {
    "path": "/nowhere", "headers": {}, "multiValueQueryStringParameters": None,
    "pathParameters": None, "stageVariables": None, "body": None,
    "requestContext": {"resourcePath": "/{proxy+}", "httpMethod": "GET", "requestId": "r"},
}
assert [app(event, None)["statusCode"] for _ in "12"] == [404, 404]
assert (services.cache_info().misses, settings.cache_info().misses) == (0, 0)
assert "aws_lambda_powertools" not in sys.modules
"""


def test_only_the_first_request_of_a_process_is_cold_and_none_needs_powertools() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _TWO_REQUESTS], capture_output=True, text=True, check=True
    )

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line.get("cold") for line in lines] == [True, None]


@pytest.mark.parametrize(
    ("until", "ms"),
    [(NOW * 1000 + 1249, 1.2), (NOW * 1000 + 1251, 1.3), (NOW * 1000 - 5000, 0), (0, 0)],
)
def test_a_request_takes_a_tenth_of_a_ms_at_least_and_never_less_than_nothing(
    capsys: pytest.CaptureFixture[str], until: int, ms: float
) -> None:
    tracing.write(TRACED, Span(REF, None), NOW, until)

    assert json.loads(capsys.readouterr().out)["ms"] == ms


def test_a_line_has_the_calls_that_took_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow_calls, "taken", lambda at, ms: [["S3.GetObject", at - NOW, int(ms)]])
    traced = Traced(
        method="GET",
        path="/",
        status=200,
        request_id="r",
        job_id=JOB_ID.upper(),
    )
    until = (NOW + 300) * 1000
    tracing.write(traced, Span(REF, "c" * 16), NOW, until)

    line = json.loads(capsys.readouterr().out)
    assert line["calls"] == [["S3.GetObject", 0, 300]]
    assert line["parent"] == "c" * 16
    assert "job" not in line


@given(st.integers() | st.text() | st.none() | st.floats() | st.booleans())
def test_a_request_never_came_in_later_than_now(told: object) -> None:
    at = tracing.came_at({"requestTimeEpoch": told}, NOW)

    assert NOW - 60_000 <= at <= NOW
    assert type(at) is int
