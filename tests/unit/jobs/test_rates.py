"""Buckets keep to what a token bucket is, and their numbers are true."""

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.errors import Unavailable
from chalicelib.jobs.rates import MINUTE, SECOND, Rate, RateStore, level
from chalicelib.jobs.table import Table
from tests.faults.dynamodb import DynamoDB
from tests.unit.samples import NOW

START = NOW * 1000  # in microseconds
SLOW = Rate(per_minute=1, burst=3)

rates = st.builds(Rate, st.integers(1, 60_000), st.integers(1, 20))
few_tokens = st.builds(Rate, st.integers(1, 600), st.integers(1, 5))


@st.composite
def rates_and_gaps(draw: st.DrawFn) -> tuple[Rate, list[int]]:
    """A rate, and the microseconds before each of some requests: around what the rate allows."""
    rate = draw(rates)
    about = st.sampled_from([0, 1, rate.interval - 1, rate.interval, rate.interval + 1, rate.span])
    gaps = st.lists(about | st.integers(0, 3 * rate.interval), min_size=1, max_size=40)
    return rate, draw(gaps)


def in_memory() -> DynamoDB:
    return DynamoDB("jobs", lambda: NOW)


def store(client: Any = None) -> RateStore:
    table: Any = client or in_memory()
    return RateStore(Table(table, "jobs"))


class Meddling:
    """A client that does something before each update."""

    def __init__(self, client: DynamoDB, before: Callable[[], object]) -> None:
        self._client = client
        self._before = before
        self.exceptions = client.exceptions
        self.sent: Counter[str] = Counter()

    def update_item(self, **asked: Any) -> Any:
        self._before()
        self.sent["UpdateItem"] += 1
        return self._client.update_item(**asked)


class Bucket:
    """A token bucket as it is drawn in books."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self.tokens = Fraction(rate.burst)

    def wait(self, microseconds: int) -> None:
        back = Fraction(microseconds, self._rate.interval)
        self.tokens = min(self.tokens + back, Fraction(self._rate.burst))

    def take(self) -> bool:
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@given(rates_and_gaps())
def test_a_bucket_takes_and_refuses_what_the_book_says(drawn: tuple[Rate, list[int]]) -> None:
    rate, gaps = drawn
    bucket, stored = Bucket(rate), store()
    found, expected = [], []

    for gap, now in zip(gaps, accumulate(gaps, initial=START), strict=False):
        taken, left = stored.take("ann", rate, now)
        found.append((taken, left.remaining))
        expected.append((bucket.take(), int(bucket.tokens)))
        bucket.wait(gap)

    assert found == expected


@given(rates_and_gaps())
def test_no_window_lets_more_pass_than_burst_and_rate(drawn: tuple[Rate, list[int]]) -> None:
    rate, gaps = drawn
    stored = store()

    passed = [now for now in accumulate(gaps, initial=START) if stored.take("ann", rate, now)[0]]

    for first, begin in enumerate(passed):
        for count, end in enumerate(passed[first:], 1):
            assert count <= rate.burst + (end - begin) // rate.interval


@given(rates_and_gaps(), st.integers(0, 5 * SECOND), st.data())
def test_clocks_that_differ_let_pass_what_the_rate_allows_in_that_time(
    drawn: tuple[Rate, list[int]], differ: int, data: st.DataObject
) -> None:
    rate, gaps = drawn
    stored = store()
    ahead = st.integers(0, differ)

    passed = [
        now
        for now in accumulate(gaps, initial=START)
        if stored.take("ann", rate, now + data.draw(ahead))[0]
    ]

    for first, begin in enumerate(passed):
        for count, end in enumerate(passed[first:], 1):
            assert count <= rate.burst + (end - begin + differ) // rate.interval


@given(rates, st.integers(-MINUTE, 3 * MINUTE))
@example(Rate(60, 1), SECOND)
@example(Rate(60, 1), SECOND + 1)
def test_the_numbers_of_a_level_are_true(rate: Rate, until_full: int) -> None:
    """As many requests pass at this moment as remain, and the next one passes after `retry_after`.
    The bucket is full after `reset`."""
    shown = level(rate, START + until_full, START)
    bucket = Bucket(rate)
    bucket.tokens = Fraction(rate.span - max(until_full, 0), rate.interval)

    passed = 0
    while bucket.take():
        passed += 1
    assert (shown.limit, shown.remaining) == (rate.burst, passed)

    bucket.tokens = Fraction(rate.span - max(until_full, 0), rate.interval)
    bucket.wait(shown.retry_after * SECOND)
    assert bucket.take()

    assert level(rate, START + until_full, START + shown.reset * SECOND).remaining == rate.burst


def test_retry_after_and_reset_are_not_longer_than_they_must_be() -> None:
    shown = level(SLOW, START + 3 * MINUTE, START)

    assert (shown.remaining, shown.retry_after, shown.reset) == (0, 60, 180)
    assert level(SLOW, START + 2 * MINUTE, START).retry_after == 0
    assert level(SLOW, START, START).reset == 0


@given(few_tokens, st.lists(st.integers(0, 2), max_size=60))
def test_requests_that_get_in_between_take_no_more_than_there_is(
    rate: Rate, others: list[int]
) -> None:
    table, passed = in_memory(), Counter[bool]()

    def take() -> None:
        taken, _ = meddled.take("ann", rate, START)
        passed[taken] += 1

    def before() -> None:
        for _ in range(others.pop() if others else 0):
            take()

    meddled = store(Meddling(table, before))
    for _ in range(10):
        take()

    assert passed[True] == rate.burst
    assert store(table).look("ann", rate, START).remaining == 0


def test_a_full_bucket_is_one_write_another_two_and_a_refusal_one() -> None:
    client = Meddling(in_memory(), lambda: None)
    stored = store(client)
    sent = []

    for _ in range(4):
        client.sent.clear()
        taken, _ = stored.take("ann", SLOW, START)
        sent.append((taken, client.sent["UpdateItem"]))

    assert sent == [(True, 1), (True, 2), (True, 2), (False, 1)]


def test_looking_takes_nothing() -> None:
    stored = store()
    before = stored.look("ann", SLOW, START)
    stored.take("ann", SLOW, START)
    after = [stored.look("ann", SLOW, START) for _ in range(3)]

    assert (before.remaining, before.reset) == (3, 0)
    assert {(one.remaining, one.reset) for one in after} == {(2, 60)}


def test_each_subject_has_a_bucket_of_its_own() -> None:
    stored = store()
    for _ in range(4):
        stored.take("ann", SLOW, START)

    assert stored.take("bo", SLOW, START)[0]


def test_with_another_rate_everybody_begins_with_a_full_bucket() -> None:
    stored = store()
    for _ in range(4):
        stored.take("ann", SLOW, START)

    taken, left = stored.take("ann", Rate(per_minute=120, burst=3), START)

    assert (taken, left.remaining) == (True, 2)


def test_the_table_does_not_learn_whose_bucket_it_is() -> None:
    table = in_memory()
    store(table).take("ip/192.0.2.7", SLOW, START)

    [(key, item)] = table.items.items()

    assert "192.0.2.7" not in str(item)
    assert key.startswith("rate/")


@given(rates, st.integers(1, 10))
def test_a_bucket_is_kept_until_it_is_full(rate: Rate, requests: int) -> None:
    table = in_memory()
    for _ in range(requests):
        store(table).take("ann", rate, START)

    [item] = table.items.values()

    assert int(item["ttl"]["N"]) * SECOND >= int(item["fullAt"]["N"])


def test_a_bucket_that_is_deleted_meanwhile_is_full() -> None:
    table = in_memory()
    for _ in range(2):
        store(table).take("ann", SLOW, START)
    seen = [lambda: None, table.items.clear]

    taken, left = store(Meddling(table, lambda: seen and seen.pop(0)())).take("ann", SLOW, START)

    assert (taken, left.remaining) == (True, 2)


def test_a_token_that_botocore_takes_twice_is_one_request() -> None:
    """The answer was lost, so the write was sent again."""
    table = in_memory()

    class Twice(Meddling):
        def update_item(self, **asked: Any) -> Any:
            super().update_item(**asked)
            return super().update_item(**asked)

    taken, left = store(Twice(table, lambda: None)).take("ann", SLOW, START)

    assert taken
    assert left.remaining in (0, 1)
    assert store(table).look("ann", SLOW, START).remaining == left.remaining


def test_a_table_that_says_nothing_of_the_bucket_is_not_asked_for_ever() -> None:
    table = in_memory()
    store(table).take("ann", SLOW, START)

    class Silent(Meddling):
        def update_item(self, **asked: Any) -> Any:
            del asked["ReturnValuesOnConditionCheckFailure"]
            return super().update_item(**asked)

    with pytest.raises(Unavailable, match="could not count the request"):
        store(Silent(table, lambda: None)).take("ann", SLOW, START)
