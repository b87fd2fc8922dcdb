"""What comes of the tries to send a notice, through its whole life."""

from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.announcing.outcomes import (
    CLAIM_MS,
    DIED,
    LIFE_MS,
    PAUSES_MS,
    RETRY_AFTER_MAX_MS,
    NotDelivered,
    again,
    claimed,
    not_sent,
    recorded,
    sent,
)
from chalicelib.jobs.notices import Kind, Notice, State, due, new
from tests.unit.samples import DAY, JOB_ID, NOW

HOUR = 3600 * 1000
NOTICE = new(JOB_ID, Kind.WEBHOOK, "https://hooks.example.com/in")
REFUSED = NotDelivered("it answered 500 Internal Server Error")

seeds = st.integers(0, 2**32).map(Random)


@dataclass
class Life:
    """A notice that is claimed whenever it is due. `tries` are the times of its tries."""

    notice: Notice = NOTICE
    now: int = NOW
    tries: tuple[int, ...] = ()

    def claim(self) -> Notice:
        (self.notice,) = claimed((self.notice,), self.now)
        if self.notice.is_unsent:
            self.tries += (self.now,)
        return self.notice

    def fail(self, error: NotDelivered, random: Random) -> None:
        """The next try fails. It is then the time of the one after it."""
        tried = self.claim()
        self.notice = not_sent(tried, error, self.now, random)
        self.now = self.notice.next_at or self.now


def _lived(error: NotDelivered, random: Random) -> Life:
    life = Life()
    while life.notice.is_unsent:
        life.fail(error, random)
    return life


@given(seeds)
def test_a_receiver_that_is_down_is_tried_for_a_day_with_growing_pauses(random: Random) -> None:
    life = _lived(REFUSED, random)

    pauses = [later - earlier for earlier, later in pairwise(life.tries)]
    assert life.notice.state is State.GIVEN_UP
    assert life.notice.attempts == len(life.tries) == len(PAUSES_MS) + 1
    assert 0.9 * DAY < life.tries[-1] - NOW < LIFE_MS
    assert all(
        least <= pause <= 1.1 * least for pause, least in zip(pauses, PAUSES_MS, strict=True)
    )


@given(seeds, st.lists(st.none() | st.integers(-(10**9), 10**9), min_size=20, max_size=20))
def test_what_a_receiver_asks_for_is_bounded(random: Random, asked: list[int | None]) -> None:
    life = Life()
    for seconds in asked:
        if life.notice.is_unsent:
            life.fail(NotDelivered("it answered 429", retry_after=seconds), random)

    assert life.notice.state is State.GIVEN_UP
    assert life.tries[-1] - NOW <= LIFE_MS
    longest = 1.1 * max(RETRY_AFTER_MAX_MS, *PAUSES_MS)
    assert all(0 < later - earlier <= longest for earlier, later in pairwise(life.tries))


def test_a_receiver_that_asks_to_wait_is_not_asked_before() -> None:
    life = Life()

    life.fail(NotDelivered("it answered 503", retry_after=600), Random(1))

    assert 600_000 <= life.now - NOW <= 1.1 * 600_000


@pytest.mark.parametrize("state", [State.GIVEN_UP, State.OPTED_OUT])
def test_a_notice_that_nobody_wants_is_not_tried_again(state: State) -> None:
    life = Life()

    life.fail(NotDelivered("it wants no more", state=state), Random(1))

    assert life.notice.state is state
    assert life.notice.last_error == "it wants no more"
    assert due([life.notice], NOW + 10 * DAY) == []


def test_a_notice_that_was_sent_says_nothing_of_the_tries_before() -> None:
    life = Life()
    life.fail(REFUSED, Random(1))

    after = sent(life.claim())

    assert (after.state, after.attempts, after.last_error) == (State.SENT, 2, "")
    assert due([after], NOW + 10 * DAY) == []


def test_a_claimed_notice_is_nobody_elses_until_the_claim_ends() -> None:
    (mine,) = claimed((NOTICE,), NOW)

    assert claimed((mine,), NOW + CLAIM_MS - 1) == (mine,)
    (other,) = claimed((mine,), NOW + CLAIM_MS)
    assert (other.attempts, other.first_at) == (2, NOW)


def test_a_notice_is_not_claimed_before_it_is_due() -> None:
    later = replace(NOTICE, next_at=NOW + 1, state=State.RETRYING)

    assert claimed((later,), NOW) == (later,)
    assert claimed((later,), NOW + 1) != (later,)


def test_a_notice_whose_announcer_always_dies_is_given_up() -> None:
    life = Life()
    while life.claim().is_unsent:
        life.now += CLAIM_MS

    assert len(life.tries) == len(PAUSES_MS) + 1
    assert (life.notice.state, life.notice.last_error) == (State.GIVEN_UP, DIED)
    assert life.notice.next_at is None


def test_an_outcome_is_kept_beside_those_of_other_notices() -> None:
    other = new(JOB_ID, Kind.MAIL, "ann@example.com")
    known = claimed((NOTICE, other), NOW)

    first = recorded(known, known[0], sent(known[0]))
    both = recorded(first, known[1], sent(known[1]))

    assert [one.state for one in both] == [State.SENT, State.SENT]


def test_an_outcome_that_comes_after_another_try_has_begun_is_dropped() -> None:
    (slow,) = claimed((NOTICE,), NOW)
    later = claimed((slow,), NOW + CLAIM_MS)

    assert recorded(later, slow, sent(slow)) == later


def test_an_outcome_does_not_undo_that_somebody_wants_it_sent_again() -> None:
    (tried,) = claimed((NOTICE,), NOW)
    asked = (again(tried, has_ended=True, now=NOW + 1),)

    assert recorded(asked, tried, sent(tried)) == asked
    assert due(asked, NOW + 1) == list(asked)


@given(seeds, st.integers(1, len(PAUSES_MS) + 1), st.booleans())
def test_a_notice_that_is_sent_again_has_all_its_tries(
    random: Random,
    attempts: int,
    has_ended: bool,  # noqa: FBT001 - a parameter
) -> None:
    life = Life()
    for _ in range(attempts):
        life.fail(REFUSED, random)

    renewed = again(life.notice, has_ended=has_ended, now=life.now)

    assert renewed == replace(NOTICE, next_at=life.now if has_ended else None)
