"""One more notice of a job, and notices that are to be sent once more. Pure."""

from collections.abc import Collection, Iterable
from typing import Final

from chalicelib.announcing import outcomes
from chalicelib.errors import TooManyNotifications
from chalicelib.jobs.notices import MOST, Notice, State

_TOO_MANY: Final = f"{MOST} are told of this job's end already, which is the most there may be"

SOON_MS: Final = 10_000
"""A second request to send a notice again, within this time of the first one, sends nothing: each
is a mail or a webhook, and a caller may ask as often as the rate allows."""


def added(known: tuple[Notice, ...], named: Iterable[Notice]) -> tuple[Notice, ...]:
    """Returns the notices with those of `named` that are not among them yet. Raises
    TooManyNotifications."""
    ids = {one.id for one in known}
    new = [one for one in named if one.id not in ids]
    if new and len(known) + len(new) > MOST:
        raise TooManyNotifications(_TOO_MANY)
    return (*known, *new)


def due_now(known: tuple[Notice, ...], ids: Collection[str] | None, now: int) -> tuple[Notice, ...]:
    """Returns the notices of a job that has ended, of which those with these `ids` are to be sent
    now; None: all of them."""
    return tuple(
        outcomes.again(one, has_ended=True, now=now)
        if (ids is None or one.id in ids) and not _is_under_way(one, now)
        else one
        for one in known
    )


def _is_under_way(notice: Notice, now: int) -> bool:
    """Whether the notice is being sent for the first time since it was asked for, is due, or has
    just been sent.

    It stays as it is, so what comes of the try is kept (outcomes.recorded), and many requests make
    one message. A later try may be under way too, which nothing tells. Then that try does not
    count: another one follows at once.
    """
    if notice.state is State.SENT:
        # Another machine's clock may be ahead.
        return notice.first_at is not None and 0 <= now - notice.first_at < SOON_MS
    return notice.state is State.PENDING and notice.next_at is not None
