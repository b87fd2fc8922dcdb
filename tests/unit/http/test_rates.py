"""What answers say of the rate, and for whom requests are counted."""

import re
from typing import Any

import pytest

from chalicelib.errors import RateLimited
from chalicelib.http import rates
from chalicelib.jobs.rates import Level
from chalicelib.services import Services
from tests.clock import Clock
from tests.faults.dynamodb import DynamoDB
from tests.faults.refusals import refused
from tests.unit.samples import NOW, Events, some_services, some_settings

ANN = rates.subject_of_user("ann")


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


def services(clock: Clock, dynamodb: Any = None, **settings: str) -> Services:
    """Services with a limit of six requests a minute, two at once."""
    limits = {"RATE_LIMIT_PER_MINUTE": "6", "RATE_LIMIT_BURST": "2", **settings}
    table = dynamodb or DynamoDB("jobs", clock)
    return some_services(some_settings(**limits), dynamodb=table, now=clock)


def test_each_request_that_is_counted_leaves_one_less(clock: Clock) -> None:
    here = services(clock)
    shown = [rates.headers(rates.look(here, ANN))]
    shown += [rates.headers(rates.take(here, ANN)) for _ in "12"]

    assert shown == [
        {"RateLimit-Limit": "2", "RateLimit-Remaining": "2", "RateLimit-Reset": "0"},
        {"RateLimit-Limit": "2", "RateLimit-Remaining": "1", "RateLimit-Reset": "10"},
        {"RateLimit-Limit": "2", "RateLimit-Remaining": "0", "RateLimit-Reset": "20"},
    ]


def test_a_refusal_names_the_limit_and_when_it_ends(clock: Clock) -> None:
    here = services(clock)
    for _ in "12":
        rates.take(here, ANN)
    clock.advance(seconds=0.5)

    with pytest.raises(RateLimited) as refusal:
        rates.take(here, ANN)

    assert refusal.value.headers == {
        "Retry-After": "10",
        "RateLimit-Limit": "2",
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": "20",
    }
    assert refusal.value.detail == (
        "you may make 6 requests a minute, and 2 at once; the next one is possible in 10 seconds, "
        "at 2023-11-14T22:13:30.500Z"
    )
    clock.advance(seconds=10)
    assert rates.take(here, ANN)


def test_without_a_limit_no_table_is_asked_and_nothing_is_said(clock: Clock) -> None:
    here = services(clock, dynamodb=object(), RATE_LIMIT_PER_MINUTE="0")

    assert rates.take(here, ANN) is None
    assert rates.look(here, ANN) is None
    assert rates.headers(None) == {}


@pytest.mark.parametrize("code", ["InternalServerError", "AccessDeniedException"])
def test_a_rate_that_cannot_be_read_is_left_out_of_the_answer(clock: Clock, code: str) -> None:
    class Broken(DynamoDB):
        def get_item(self, **_: Any) -> Any:
            raise refused("GetItem", code, 400)

    here = services(clock, Broken("jobs", clock))

    assert rates.look(here, ANN) is None
    assert isinstance(here.log, Events)
    assert here.log.names == ["rate not read"]


@pytest.mark.parametrize(
    ("address", "subject"),
    [
        ("192.0.2.7", "ip/192.0.2.7"),
        ("2001:db8:1:2::1", "ip/20010db800010002"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "ip/20010db800010002"),
        ("2001:db8:1:3::1", "ip/20010db800010003"),
        ("::ffff:192.0.2.7", "ip/192.0.2.7"),
        ("::1", "ip/0000000000000000"),
        ("", "ip/"),
        ("test-invoke-source-ip", "ip/test-invoke-source-ip"),
        ("\0", "ip/\0"),
    ],
)
def test_an_unknown_caller_is_counted_by_their_network(address: str, subject: str) -> None:
    assert rates.subject_of_address(address) == subject


def test_no_user_shares_the_bucket_of_an_address() -> None:
    assert rates.subject_of_user("ip/192.0.2.7") != rates.subject_of_address("192.0.2.7")


def test_the_headers_are_whole_numbers() -> None:
    shown = rates.headers(Level(limit=60, remaining=59, reset=1, retry_after=0))

    assert shown.keys() == set(rates.HEADERS)
    assert all(re.fullmatch(r"\d+", value) for value in shown.values())
