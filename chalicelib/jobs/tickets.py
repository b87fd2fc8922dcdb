"""Tickets: opaque, short-lived secrets, each good for one job.

All tickets of a job are in one item, and of each the table holds only a digest: who reads the table
can make none. A ticket of 256 random bits needs no slow digest. Times are Unix time in ms.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from chalicelib.errors import TooManyShares, Unavailable
from chalicelib.jobs import places
from chalicelib.jobs.attributes import Item, all_of, key, of
from chalicelib.jobs.table import Table

SHARES_MAX: Final = 20
"""The most share links of a job that are good at a time."""

OWN_MAX: Final = 5
"""The most tickets of scope `own`. One more takes the place of the oldest: whoever repeats a
request with the same selection must not be refused."""

ID_LENGTH: Final = 8

_TOKEN: Final = rf"lht_([0-9a-f]{{{ID_LENGTH}}})_[A-Za-z0-9_-]{{43}}"
_ID: Final = rf"[0-9a-f]{{{ID_LENGTH}}}"
_KEPT_SECONDS: Final = 24 * 3600
"""How long the item outlives its last ticket."""

_TRIES: Final = 25
"""Of requests that change a job's tickets at the same time, one succeeds and the others try again.
So this many can come at once."""


class Scope(StrEnum):
    """What a ticket lets its bearer do."""

    READ = "read"
    """See the job, watch it, download its archive."""
    OWN = "own"
    """Cancel and delete it too."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as it is stored. `digest` is of the whole token."""

    id: str
    scope: Scope
    digest: str
    created_at: int
    expires_at: int


def new(ticket_id: str, secret: str, scope: Scope, now: int, seconds: int) -> tuple[str, Ticket]:
    """Returns (token, ticket). The token is for the caller, and is not kept. `secret` are 32
    random bytes in base64url, `ticket_id` are hexadecimal digits, of which the first 8 are taken.
    """
    ticket_id = ticket_id[:ID_LENGTH]
    token = f"lht_{ticket_id}_{secret}"
    return token, Ticket(ticket_id, scope, _digest(token), now, now + seconds * 1000)


@dataclass(frozen=True, slots=True)
class TicketStore:
    """The tickets of every job."""

    table: Table

    def add(self, job_id: str, ticket: Ticket, now: int) -> None:
        """Stores a new ticket, and drops those that have expired. Raises TooManyShares, and
        Unavailable."""
        for _ in range(_TRIES):
            version, known = self._read(job_id, now)
            if self._write(job_id, version, _with(known, ticket), now):
                return
        raise Unavailable("could not keep a ticket: others are made at the same time")

    def find(self, job_id: str, token: str, now: int) -> Ticket | None:
        """Returns the ticket of this token, if it is good for this job now; else None."""
        named = re.fullmatch(_TOKEN, token, re.ASCII)
        if not named:
            return None
        _, known = self._read(job_id, now)
        digest = _digest(token)
        for ticket in known:
            if ticket.id == named[1] and hmac.compare_digest(ticket.digest, digest):
                return ticket
        return None

    def shares(self, job_id: str, now: int) -> tuple[Ticket, ...]:
        """Returns the tickets of scope `read` that are good now, the oldest first."""
        _, known = self._read(job_id, now)
        return tuple(ticket for ticket in known if ticket.scope is Scope.READ)

    def revoke_share(self, job_id: str, ticket_id: str, now: int) -> bool:
        """Revokes a ticket of scope `read`. Returns False if there is none with this id that is
        still good. Raises Unavailable."""
        if not re.fullmatch(_ID, ticket_id, re.ASCII):
            return False
        for _ in range(_TRIES):
            version, known = self._read(job_id, now)
            left = [one for one in known if one.scope is not Scope.READ or one.id != ticket_id]
            if len(left) == len(known):
                return False
            if self._write(job_id, version, left, now):
                return True
        raise Unavailable("could not revoke the share: others are changed at the same time")

    def forget(self, job_id: str, now: int) -> None:
        """Forgets all tickets of a job. Raises Unavailable."""
        for _ in range(_TRIES):
            version, _ = self._read(job_id, now)
            if version == 0 or self._write(job_id, version, (), now):
                return
        raise Unavailable("could not forget the tickets: others are made at the same time")

    def _read(self, job_id: str, now: int) -> tuple[int, tuple[Ticket, ...]]:
        """Returns (the item's version, the tickets that are good now, the oldest first)."""
        item = self.table.get(places.tickets(job_id), "read the tickets")
        if item is None:
            return 0, ()
        stored: list[dict[str, Any]] = json.loads(item["tickets"]["S"])
        tickets = (Ticket(**{**one, "scope": Scope(one["scope"])}) for one in stored)
        good = tuple(ticket for ticket in tickets if now < ticket.expires_at)
        return int(item["version"]["N"]), good

    def _write(self, job_id: str, version: int, tickets: Iterable[Ticket], now: int) -> bool:
        """Stores all tickets of the job. Returns False if they are not as they were read."""
        stored = [asdict(ticket) for ticket in tickets]
        # Not 0: DynamoDB deletes nothing by a time that is more than five years ago.
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
        last = max((ticket["expires_at"] for ticket in stored), default=now)
        item: Item = all_of(
            {
                "tickets": json.dumps(stored),
                "version": version + 1,
                "ttl": last // 1000 + _KEPT_SECONDS,
            }
        )
        place = places.tickets(job_id)
        if version == 0:
            return self.table.put_new({**key(place), **item}, "store a ticket")
        changed = self.table.change(
            place, "store a ticket", item, condition="version = :read", values={"read": of(version)}
        )
        return changed is not None


def _with(known: tuple[Ticket, ...], ticket: Ticket) -> list[Ticket]:
    """Returns the tickets with one more. Raises TooManyShares."""
    alike = [one for one in known if one.scope is ticket.scope]
    if ticket.scope is Scope.READ and len(alike) >= SHARES_MAX:
        soonest = min(one.expires_at for one in alike)
        raise TooManyShares(
            f"the job has {SHARES_MAX} share links, which is the most there may be: revoke one, or "
            f"wait until one expires",
            headers={"Retry-After": str(max(1, (soonest - ticket.created_at) // 1000 + 1))},
        )
    too_old = set(alike[: max(0, len(alike) - OWN_MAX + 1)]) if ticket.scope is Scope.OWN else set()
    return [*(one for one in known if one not in too_old), ticket]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
