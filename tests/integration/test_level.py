"""Every answer of the API says how many requests are left, and it is true."""

import pytest

from tests.integration.gateway import UNKNOWN_JOB, Answer, call
from tests.integration.stack import Stack

NAMES = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


@pytest.fixture
def limited(stack: Stack) -> Stack:
    """Five requests at once, and one more every 10 seconds."""
    stack.configure(rate_limit_per_minute=6, rate_limit_burst=5)
    return stack


def _level(answer: Answer) -> tuple[str | None, ...]:
    return tuple(answer.headers.get(name) for name in NAMES)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/export/" + UNKNOWN_JOB, 404),
        ("GET", f"/v1/export/{UNKNOWN_JOB}/progress", 404),
        ("DELETE", f"/v1/export/{UNKNOWN_JOB}", 404),
        ("GET", "/v1/nothing", 404),
        ("PUT", "/v1/export", 405),
        ("PUT", "/health", 405),
        ("GET", "/health", 200),
        ("HEAD", "/health", 200),
    ],
)
def test_an_answer_that_costs_nothing_says_what_is_left(
    limited: Stack, method: str, path: str, status: int
) -> None:
    call("GET", "/v1/export")

    answer = call(method, path)

    assert (answer.status, _level(answer)) == (status, ("5", "4", "10"))


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/export", None, 200),
        ("GET", "/v1/files", None, 200),
        ("GET", "/v1/files/totals", None, 200),
        ("GET", "/v1/estimate", None, 400),
        ("POST", "/v1/export", "no JSON", 400),
        ("POST", "/v1/export", {"file_ids": [10001]}, 202),
        ("POST", "/v1/download/check", {"file_id": 10001}, 200),
        ("POST", f"/v1/export/{UNKNOWN_JOB}/retry", None, 404),
    ],
)
def test_what_costs_takes_one_each(
    limited: Stack, method: str, path: str, body: object, status: int
) -> None:
    answers = [call(method, path, body=body) for _ in range(6)]

    assert [_level(answer)[1] for answer in answers] == ["4", "3", "2", "1", "0", "0"]
    assert [answer.status for answer in answers] == [status] * 5 + [429]
    assert answers[-1].headers["Retry-After"] == "10"
    assert answers[-1].body["type"] == "urn:problem-type:longhaul:rate-limited"
    limited.clock.advance(seconds=10)
    assert call(method, path, body=body).status == status


def test_what_tells_nothing_of_anybody_is_not_counted(limited: Stack) -> None:
    assert _level(call("GET", "/openapi.json")) == (None, None, None)


def test_without_a_limit_nothing_is_said(stack: Stack) -> None:
    assert _level(call("GET", "/v1/export")) == (None, None, None)
