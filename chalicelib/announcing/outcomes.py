"""What comes of a try to send a notice, and when the next one follows. Pure.

Times are Unix time in ms.
"""

from dataclasses import replace
from random import Random
from typing import Final

from chalicelib.jobs.notices import Notice, State, due

CLAIM_MS: Final = 120_000
"""So long a notice is one announcer's alone. No function that announces runs longer."""

_MINUTE: Final = 60_000
_HOUR: Final = 60 * _MINUTE

PAUSES_MS: Final = (
    5_000,
    30_000,
    2 * _MINUTE,
    10 * _MINUTE,
    30 * _MINUTE,
    _HOUR,
    2 * _HOUR,
    4 * _HOUR,
    8 * _HOUR,
    8 * _HOUR,
)
"""From one try to the next: eleven tries in a day."""

RETRY_AFTER_MAX_MS: Final = 4 * _HOUR
"""The longest pause that a receiver gets by asking for it."""

LIFE_MS: Final = 27 * _HOUR
"""After this long there is no other try, whatever pauses a receiver has asked for. The pauses above
are together shorter, even if each is spread as far as it can be."""

_SPREAD: Final = 0.1
"""A pause is up to this much longer, by chance: many notices must not come back at once."""


class NotDelivered(Exception):
    """The notice was not taken. `reason` says why, without anything that a receiver has written.
    `state` is GIVEN_UP or OPTED_OUT if no other try is to be made. `retry_after` are the seconds
    that the receiver asks to wait."""

    def __init__(
        self, reason: str, *, state: State = State.RETRYING, retry_after: int | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.state = state
        self.retry_after = retry_after


DIED: Final = "each try has died before it could say what came of it"
"""Why a notice is given up of whose tries nobody has written an outcome."""


def claimed(known: tuple[Notice, ...], now: int) -> tuple[Notice, ...]:
    """Returns the notices, of which all that are due are claimed for one more try. One that has had
    all its tries is given up: the last one was claimed, and then nothing came of it."""
    mine = {one.id for one in due(known, now)}
    return tuple(_claim(one, now) if one.id in mine else one for one in known)


def _claim(notice: Notice, now: int) -> Notice:
    if notice.attempts > len(PAUSES_MS):
        reason = notice.last_error or DIED
        return replace(notice, state=State.GIVEN_UP, last_error=reason, next_at=None)
    first_at = now if notice.first_at is None else notice.first_at
    return replace(notice, attempts=notice.attempts + 1, first_at=first_at, next_at=now + CLAIM_MS)


def recorded(known: tuple[Notice, ...], tried: Notice, after: Notice) -> tuple[Notice, ...]:
    """Returns the notices with `after` in place of the one that was tried, unless another try was
    begun meanwhile."""
    return tuple(after if one == tried else one for one in known)


def sent(tried: Notice) -> Notice:
    """Returns the notice after it was taken."""
    return replace(tried, state=State.SENT, last_error="", next_at=None)


def not_sent(tried: Notice, error: NotDelivered, now: int, random: Random) -> Notice:
    """Returns the notice after it was not taken: it is tried again, or given up."""
    failed = replace(tried, state=error.state, last_error=error.reason, next_at=None)
    if error.state is not State.RETRYING:
        return failed
    first_at = now if tried.first_at is None else tried.first_at
    if tried.attempts > len(PAUSES_MS):
        return replace(failed, state=State.GIVEN_UP)
    pause = PAUSES_MS[max(tried.attempts, 1) - 1]
    if error.retry_after is not None:
        pause = max(pause, min(error.retry_after * 1000, RETRY_AFTER_MAX_MS))
    next_at = now + int(pause * (1 + random.random() * _SPREAD))
    if next_at > first_at + LIFE_MS:
        return replace(failed, state=State.GIVEN_UP)
    return replace(failed, next_at=next_at)


def again(notice: Notice, *, has_ended: bool, now: int) -> Notice:
    """Returns the notice as new: it is sent when the job ends or, if it has ended, now."""
    return replace(
        notice,
        state=State.PENDING,
        attempts=0,
        last_error="",
        first_at=None,
        next_at=now if has_ended else None,
    )
