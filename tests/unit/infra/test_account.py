"""A stack takes a share of what its account may run at once."""

from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import account
from infra.account import KEPT, Shares, shares


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        # A new account.
        (10, Shares(api=0, worker=4, announcer=2)),
        (2, Shares(api=0, worker=2, announcer=2)),
        # All but 10 of these must stay unreserved.
        (109, Shares(api=0, worker=43, announcer=10)),
        (110, Shares(api=10, worker=44, announcer=11)),
        # Most accounts.
        (1000, Shares(api=200, worker=400, announcer=100)),
        (10_000, Shares(api=2000, worker=1000, announcer=1000)),
    ],
)
def test_the_api_gets_a_fifth_workers_two_fifths_and_announcers_a_tenth(
    limit: int, expected: Shares
) -> None:
    assert shares(limit, free=limit) == expected


@given(st.integers(1, 20_000), st.integers(0, 20_000))
def test_lambda_accepts_every_share(limit: int, taken: int) -> None:
    free = max(limit - taken, 0)

    found = shares(limit, free)

    assert found.api == 0 or free - found.api >= KEPT
    assert found.worker in account.BOUNDS
    assert found.announcer in account.BOUNDS


def test_nothing_is_reserved_where_others_have_reserved_it_all() -> None:
    assert shares(1000, free=100).api == 0


def _session(**clients: Any) -> Any:
    return Mock(client=lambda name: clients[name])


def _lambda(*, limit: int, free: int, ours: int | None) -> Mock:
    class NotFoundError(Exception):
        pass

    client = Mock()
    client.exceptions.ResourceNotFoundException = NotFoundError
    client.get_account_settings.return_value = {
        "AccountLimit": {"ConcurrentExecutions": limit, "UnreservedConcurrentExecutions": free}
    }
    if ours is None:
        client.get_function_concurrency.side_effect = NotFoundError
    else:
        client.get_function_concurrency.return_value = {"ReservedConcurrentExecutions": ours}
    return client


def test_the_first_deployment_and_the_next_take_the_same_share() -> None:
    first = _session(**{"lambda": _lambda(limit=400, free=400, ours=None)})
    reserved = account.shares_of(first, "longhaul-prod-APIHandler").api
    later = _session(**{"lambda": _lambda(limit=400, free=400 - reserved, ours=reserved)})

    assert account.shares_of(later, "longhaul-prod-APIHandler").api == reserved == 80


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (None, "make"),
        ("arn:aws:iam::123456789012:role/api-gateway-logs", "keep"),
        ("arn:aws:iam::123456789012:role/longhaul-prod-2-AccessLogRole-1A2B", "keep"),
        # What this stack has made stays in it: an update without it would look like a change.
        ("arn:aws:iam::123456789012:role/longhaul-prod-AccessLogRole-1A2B", "make"),
    ],
)
def test_a_role_for_access_logs_is_made_where_the_account_has_none(
    role: str | None, expected: str
) -> None:
    gateway = Mock()
    gateway.get_account.return_value = {"cloudwatchRoleArn": role} if role else {}

    assert account.gateway_log_role(_session(apigateway=gateway), "longhaul-prod") == expected
