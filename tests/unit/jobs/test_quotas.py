"""The bytes of a user's day are those of the jobs that were counted, each once."""

from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.jobs import quotas
from chalicelib.jobs.model import Job
from chalicelib.jobs.quotas import DAY, QuotaStore, day_end, day_of
from chalicelib.jobs.table import Table
from tests.faults.dynamodb import DynamoDB, item_size
from tests.unit.samples import NOW, a_job

MOST = 100


@pytest.fixture
def table() -> DynamoDB:
    return DynamoDB("jobs", lambda: NOW)


@pytest.fixture
def store(table: Any) -> QuotaStore:
    return QuotaStore(Table(table, "jobs"))


def job(number: int, **facts: Any) -> Job:
    return a_job(job_id=str(uuid5(UUID(int=0), str(number))), **facts)


def test_a_job_counts_once(store: QuotaStore) -> None:
    assert [store.count(job(1), 60, MOST) for _ in range(3)] == [None] * 3
    assert store.used("anonymous", NOW) == 60


def test_what_does_not_fit_is_not_counted_and_what_fits_exactly_is(store: QuotaStore) -> None:
    store.count(job(1), 60, MOST)

    assert store.count(job(2), 41, MOST) == 60
    assert store.count(job(3), 40, MOST) is None
    assert store.count(job(4), 1, MOST) == 100
    assert store.count(job(5), 0, MOST) is None
    assert store.used("anonymous", NOW) == 100


def test_a_job_that_is_counted_stays_so_when_the_day_is_full_or_the_limit_lower(
    store: QuotaStore,
) -> None:
    store.count(job(1), 60, MOST)
    store.count(job(2), 40, MOST)

    assert store.count(job(1), 60, MOST) is None
    assert store.count(job(2), 40, 50) is None


def test_a_job_that_is_larger_than_a_day_is_never_counted(store: QuotaStore) -> None:
    assert store.count(job(1), MOST + 1, MOST) == 0
    assert store.used("anonymous", NOW) == 0


def test_each_user_and_each_day_has_bytes_of_its_own(store: QuotaStore) -> None:
    store.count(job(1), 60, MOST)

    assert store.count(job(2, user_id="bo"), 60, MOST) is None
    assert store.count(job(3, created_at=NOW + DAY), 60, MOST) is None
    assert store.used("anonymous", NOW + 2 * DAY) == 0


def test_a_job_counts_on_the_day_on_which_it_was_made(store: QuotaStore) -> None:
    late = job(1, created_at=day_end(NOW) - 1)
    early = job(2, created_at=day_end(NOW))
    for one in (late, early, late, early):
        store.count(one, 60, MOST)

    assert store.used("anonymous", NOW) == 60
    assert store.used("anonymous", NOW + DAY) == 60


def test_an_item_outlives_its_day_by_two(store: QuotaStore, table: DynamoDB) -> None:
    store.count(job(1), 60, MOST)

    [item] = table.items.values()

    assert int(item["ttl"]["N"]) * 1000 == day_end(NOW) + 2 * DAY


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 40)), max_size=40),
    st.integers(1, 5),
)
def test_the_bytes_are_those_of_the_counted_jobs(
    asked: list[tuple[int, int]], remembered: int
) -> None:
    """A job that comes again while the item still knows it changes nothing."""
    store = QuotaStore(Table(DynamoDB("jobs", lambda: NOW), "jobs"))  # type: ignore[arg-type]  # has what is called of a client
    counted: dict[int, int] = {}
    latest: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quotas, "REMEMBERED", remembered)
        for number, size in asked:
            if number in counted and number not in latest[-remembered:]:
                continue
            used = store.count(job(number), size, MOST)
            fits = sum(counted.values()) + size <= MOST
            assert used == (None if number in counted or fits else sum(counted.values()))
            if used is None and number not in counted:
                counted[number] = size
                latest.append(number)

            assert store.used("anonymous", NOW) == sum(counted.values())


def test_the_item_stays_small_however_many_jobs_there_are(
    store: QuotaStore, table: DynamoDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotas, "REMEMBERED", 10)
    for number in range(100):
        store.count(job(number), 1, MOST)

    [item] = table.items.values()

    assert item["bytesUsed"] == {"N": "100"}
    assert len(item.get("countedJobs", {"NS": []})["NS"]) < 10
    assert len(item["formerJobs"]["NS"]) == 10


def test_the_largest_item_takes_64_kb_at_most(table: DynamoDB, store: QuotaStore) -> None:
    store.count(job(1), 1, MOST)
    [item] = table.items.values()
    marks = [str(2**96 - 1 - number) for number in range(quotas.REMEMBERED)]

    full = {**item, "countedJobs": {"NS": marks}, "formerJobs": {"NS": marks}}

    assert item_size(full) <= 64 * 1024 + 2 * 1024


@pytest.mark.parametrize(
    ("now", "day", "end"),
    [
        (0, "1970-01-01", DAY),
        (DAY - 1, "1970-01-01", DAY),
        (DAY, "1970-01-02", 2 * DAY),
        (NOW, "2023-11-14", 1_700_006_400_000),
    ],
)
def test_a_day_is_one_in_utc(now: int, day: str, end: int) -> None:
    assert (day_of(now), day_end(now)) == (day, end)
