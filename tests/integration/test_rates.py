"""Buckets in a table that writes one request at a time."""

import pytest

from chalicelib.errors import RateLimited
from chalicelib.http import rates
from tests.integration.stack import Stack
from tests.integration.wire import TABLE_IS_DOWN, Requests, answering

ANN = rates.subject_of_user("ann")


@pytest.fixture
def limited(stack: Stack) -> Stack:
    """A stack with sixty requests a minute, ten at once."""
    stack.configure(rate_limit_per_minute=60, rate_limit_burst=10)
    return stack


def _take(stack: Stack, subject: str = ANN) -> bool:
    try:
        rates.take(stack.services, subject)
    except RateLimited:
        return False
    return True


def test_requests_at_the_same_moment_take_no_more_than_the_burst(limited: Stack) -> None:
    with limited.services.pools(20) as pool:
        taken = list(pool.map(lambda _: _take(limited), range(40)))

    assert taken.count(True) == 10


def test_after_retry_after_one_request_passes_and_no_more(limited: Stack) -> None:
    for _ in range(10):
        _take(limited)
    limited.clock.advance(seconds=0.3)
    with pytest.raises(RateLimited) as refusal:
        rates.take(limited.services, ANN)

    limited.clock.advance(seconds=int(refusal.value.headers["Retry-After"]))

    assert [_take(limited) for _ in "12"] == [True, False]


def test_after_reset_the_whole_burst_passes(limited: Stack) -> None:
    for _ in range(7):
        _take(limited)
    left = rates.headers(rates.look(limited.services, ANN))

    limited.clock.advance(seconds=int(left["RateLimit-Reset"]))

    assert (left["RateLimit-Remaining"], left["RateLimit-Reset"]) == ("3", "7")
    assert [_take(limited) for _ in range(11)] == [True] * 10 + [False]


def test_a_request_costs_one_write_as_a_rule_and_a_look_one_read(
    limited: Stack, requests: Requests
) -> None:
    for _ in range(3):
        _take(limited)
        limited.clock.advance(seconds=1)
    rates.look(limited.services, ANN)

    assert requests.count() == {"UpdateItem": 3, "GetItem": 1}


def test_without_a_limit_the_table_is_not_asked(stack: Stack, requests: Requests) -> None:
    stack.configure(rate_limit_per_minute=0)

    assert rates.take(stack.services, ANN) is rates.look(stack.services, ANN) is None
    assert not requests.made


def test_a_table_that_is_down_leaves_the_headers_out(limited: Stack, no_backoff: None) -> None:
    with answering(TABLE_IS_DOWN, "GetItem"):
        assert rates.look(limited.services, ANN) is None
