"""The notices of a job: what is stored, when they are due, and who writes first."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import Unavailable
from chalicelib.jobs import places, wake
from chalicelib.jobs.notices import (
    ERROR_MAX,
    Kind,
    Notice,
    Notices,
    NoticeStore,
    State,
    due,
    new,
)
from tests.clock import Clock
from tests.faults.dynamodb import DynamoDB
from tests.unit.samples import DAY, JOB_ID, NOW, moments, some_services, texts

URL = "https://hooks.example.com/in"
FORGET_AT = NOW // 1000 + 14 * 24 * 3600
PLACE = places.notices(JOB_ID)
HOOK, MAIL = new(JOB_ID, Kind.WEBHOOK, URL), new(JOB_ID, Kind.MAIL, "ann@example.com")
BOTH = Notices(base="https://api.example.com", notices=(HOOK, MAIL))

notices = st.builds(
    Notice,
    id=st.uuids().map(str),
    kind=st.sampled_from(Kind),
    to=texts,
    state=st.sampled_from(State),
    attempts=st.integers(0, 20),
    last_error=st.text(st.characters(codec="utf-8"), max_size=ERROR_MAX // 4),
    next_at=st.none() | moments,
    first_at=st.none() | moments,
)


@pytest.fixture
def dynamodb() -> DynamoDB:
    return DynamoDB("jobs", Clock(NOW))


@pytest.fixture
def store(dynamodb: DynamoDB) -> NoticeStore:
    return some_services(dynamodb=dynamodb).notices


def _made(dynamodb: DynamoDB, known: Notices = BOTH) -> dict[str, Any]:
    """Stores the notices. Returns their item, which changes with them."""
    assert some_services(dynamodb=dynamodb).notices.create(JOB_ID, known, FORGET_AT)
    return dynamodb.items[PLACE]


def _sent(known: tuple[Notice, ...]) -> tuple[Notice, ...]:
    return tuple(replace(one, state=State.SENT, next_at=None) for one in known)


def _put_off(known: tuple[Notice, ...]) -> tuple[Notice, ...]:
    first, *others = known
    return (replace(first, attempts=first.attempts + 1, next_at=NOW + DAY), *others)


@given(st.lists(notices, max_size=5).map(tuple))
def test_what_is_stored_is_what_is_read(known: tuple[Notice, ...]) -> None:
    store = some_services(dynamodb=DynamoDB("jobs", Clock(NOW))).notices
    told = Notices(base="https://api.example.com", notices=known)

    assert store.create(JOB_ID, told, FORGET_AT)

    assert store.get(JOB_ID) == told


def test_a_new_notice_is_due_at_the_jobs_end_and_in_no_index(dynamodb: DynamoDB) -> None:
    item = _made(dynamodb)

    assert due(BOTH.notices, NOW) == list(BOTH.notices)
    assert not item.keys() & set(wake.ANNOUNCEMENT)
    assert item["ttl"] == {"N": str(FORGET_AT)}


@given(st.lists(notices, max_size=5), moments)
def test_what_is_due_is_unsent_and_its_time_has_come(known: list[Notice], now: int) -> None:
    found = due(known, now)

    assert all(one.state in ("pending", "retrying") for one in found)
    assert all(one.next_at is None or one.next_at <= now for one in found)
    assert all(one in found for one in known if one.is_unsent and one.next_at == now)


def test_the_same_notices_may_be_stored_twice(store: NoticeStore) -> None:
    assert store.create(JOB_ID, BOTH, FORGET_AT)
    assert store.change(JOB_ID, _sent, NOW)

    assert store.create(JOB_ID, BOTH, FORGET_AT)

    known = store.get(JOB_ID)
    assert known is not None
    assert [one.state for one in known.notices] == ["sent", "sent"]


def test_other_notices_are_not_stored_over_those_that_are_there(store: NoticeStore) -> None:
    assert store.create(JOB_ID, replace(BOTH, notices=(HOOK,)), FORGET_AT)

    assert not store.create(JOB_ID, BOTH, FORGET_AT)

    known = store.get(JOB_ID)
    assert known is not None
    assert known.notices == (HOOK,)


def test_what_was_forgotten_is_not_stored_again(store: NoticeStore, dynamodb: DynamoDB) -> None:
    assert store.create(JOB_ID, BOTH, FORGET_AT)
    store.change(JOB_ID, _put_off, NOW)

    store.forget(JOB_ID, NOW)

    assert store.get(JOB_ID) is None
    assert store.change(JOB_ID, _sent, NOW) is None
    assert not store.create(JOB_ID, BOTH, FORGET_AT)
    assert dynamodb.items[PLACE].keys() == {"jobId", "ttl"}


def test_nothing_is_forgotten_where_nothing_is(store: NoticeStore, dynamodb: DynamoDB) -> None:
    store.forget(JOB_ID, NOW)

    assert dynamodb.items == {}


def test_notices_are_in_the_index_while_one_has_a_time(dynamodb: DynamoDB) -> None:
    _made(dynamodb)
    store = some_services(dynamodb=dynamodb).notices

    store.change(JOB_ID, _put_off, NOW)
    waits = dict(dynamodb.items[PLACE])
    store.change(JOB_ID, _sent, NOW)

    assert waits["announceAt"] == {"N": str(NOW + DAY + wake.ANNOUNCE_AFTER_MS)}
    assert int(waits["announceShard"]["N"]) in wake.ANNOUNCE_SHARDS
    assert not dynamodb.items[PLACE].keys() & set(wake.ANNOUNCEMENT)
    assert dynamodb.items[PLACE]["ttl"] == {"N": str(FORGET_AT)}


def test_what_is_overdue_is_looked_at_again_only_after_a_while(dynamodb: DynamoDB) -> None:
    _made(dynamodb)

    some_services(dynamodb=dynamodb).notices.change(JOB_ID, _put_off, NOW + 2 * DAY)

    later = NOW + 2 * DAY + wake.ANNOUNCE_AFTER_MS
    assert dynamodb.items[PLACE]["announceAt"] == {"N": str(later)}


def test_a_change_that_changes_nothing_writes_nothing(dynamodb: DynamoDB) -> None:
    before = dict(_made(dynamodb))

    known = some_services(dynamodb=dynamodb).notices.change(JOB_ID, lambda same: same, NOW)

    assert known == BOTH
    assert dynamodb.items[PLACE] == before


def test_of_two_writers_neither_is_lost(store: NoticeStore) -> None:
    assert store.create(JOB_ID, BOTH, FORGET_AT)
    seen: list[tuple[Notice, ...]] = []

    def slow(known: tuple[Notice, ...]) -> tuple[Notice, ...]:
        seen.append(known)
        if len(seen) == 1:  # meanwhile
            assert store.change(JOB_ID, lambda all_of: (all_of[0], *_sent(all_of[1:])), NOW)
        return _put_off(known)

    after = store.change(JOB_ID, slow, NOW)

    assert after is not None
    assert len(seen) == 2
    assert [(one.state, one.attempts) for one in after.notices] == [("pending", 1), ("sent", 0)]
    assert store.get(JOB_ID) == after
    assert after.version == 2


def test_a_writer_that_is_never_first_gives_up(store: NoticeStore) -> None:
    assert store.create(JOB_ID, BOTH, FORGET_AT)

    def always_late(known: tuple[Notice, ...]) -> tuple[Notice, ...]:
        assert store.change(JOB_ID, _put_off, NOW)
        return _sent(known)

    with pytest.raises(Unavailable, match="could not write the notices"):
        store.change(JOB_ID, always_late, NOW)


@pytest.mark.parametrize("error", ["x" * 1_000, "é" * 300, "half \ud800 of a pair"])
def test_an_error_of_any_kind_is_kept_short(store: NoticeStore, error: str) -> None:
    assert store.create(JOB_ID, BOTH, FORGET_AT)

    store.change(JOB_ID, lambda known: tuple(replace(one, last_error=error) for one in known), NOW)

    known = store.get(JOB_ID)
    assert known is not None
    assert all(0 < len(one.last_error.encode()) <= ERROR_MAX for one in known.notices)


def test_ids_differ_by_job_kind_and_receiver() -> None:
    made = {
        new(job, kind, to).id
        for job in (JOB_ID, "other")
        for kind in Kind
        for to in ("", URL, "ann@example.com")
    }

    assert len(made) == 2 * len(Kind) * 3
