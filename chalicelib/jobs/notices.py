"""Notices: who is told of a job's end besides the event bus, and what came of it.

All notices of a job are in one item beside its record, which is written before the record. While a
notice is to be sent, the item is in the sparse index `announce`. Times are Unix time in ms.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid5

from chalicelib.errors import Unavailable
from chalicelib.jobs import places, wake
from chalicelib.jobs.attributes import Item, all_of, cut, key, of
from chalicelib.jobs.table import Table

MOST: Final = 5
"""Notices of one job. All of them must be sent within one run of the function."""

ERROR_MAX: Final = 200
"""The most bytes of an error that a notice keeps."""

_TRIES: Final = 25
"""Of writers of a job's notices at the same time, one succeeds and the others try again."""

_IDS: Final = UUID("d3a0a7a5-4c0b-4f0e-8e0d-0f3f3c6f9b52")


class Kind(StrEnum):
    WEBHOOK = "webhook"
    MAIL = "mail"


class State(StrEnum):
    PENDING = "pending"
    RETRYING = "retrying"
    SENT = "sent"
    GIVEN_UP = "given-up"
    OPTED_OUT = "opted-out"


_UNSENT: Final = frozenset({State.PENDING, State.RETRYING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message about the end of a job, to one receiver.

    `to` is a URL or a mail address; empty: the stack's own WEBHOOK_URL. `id` is the same at each
    try. `attempts` counts the tries, the one under way too. `next_at` is when it is due; None: when
    the job ends, or never if it is not to be sent any more. During a try it is when the next one
    begins if nothing comes of this one. `first_at` is when it was first tried.
    """

    id: str
    kind: Kind
    to: str
    state: State = State.PENDING
    attempts: int = 0
    last_error: str = ""
    next_at: int | None = None
    first_at: int | None = None

    @property
    def is_unsent(self) -> bool:
        return self.state in _UNSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """The notices of a job. `base` is the URL of the API, as the one who asked for the job has
    reached it."""

    base: str
    notices: tuple[Notice, ...]
    version: int = 0


def new(job_id: str, kind: Kind, to: str) -> Notice:
    """Returns a notice that is sent when the job ends. It has the same id each time."""
    return Notice(id=str(uuid5(_IDS, f"{job_id} {kind} {to}")), kind=kind, to=to)


def due(known: Iterable[Notice], now: int) -> list[Notice]:
    """Returns the notices that are to be sent, of a job that has ended."""
    return [one for one in known if one.is_unsent and (one.next_at is None or one.next_at <= now)]


@dataclass(frozen=True, slots=True)
class NoticeStore:
    """The notices of every job."""

    table: Table

    def get(self, job_id: str) -> Notices | None:
        """Returns the notices as they are now; None if the job has none."""
        item = self.table.get(places.notices(job_id), "read the notices")
        # What was forgotten is empty, until DynamoDB deletes it.
        return _of_item(item) if item and "notices" in item else None

    def create(self, job_id: str, notices: Notices, forget_at: int) -> bool:
        """Stores the notices of a new job. Returns False if there are other ones already.
        `forget_at` is Unix time in seconds."""
        item = {**key(places.notices(job_id)), **_to_item(notices), "ttl": of(forget_at)}
        if self.table.put_new(item, "store the notices"):
            return True
        found = self.get(job_id)
        return found is not None and _ids(found) == _ids(notices)

    def change(
        self,
        job_id: str,
        changed: Callable[[tuple[Notice, ...]], tuple[Notice, ...]],
        now: int,
    ) -> Notices | None:
        """Replaces the notices by what `changed` makes of them. If another writer is first, does it
        again with what that one has written. Returns them as they are then; None if the job has
        none. Raises Unavailable, and what `changed` raises."""
        for _ in range(_TRIES):
            known = self.get(job_id)
            if known is None:
                return None
            after = replace(known, notices=changed(known.notices))
            if after.notices == known.notices:
                return known
            written = replace(after, version=known.version + 1)
            if self._replace(job_id, written, known.version, now):
                return written
        raise Unavailable("could not write the notices: others are written at the same time")

    def forget(self, job_id: str, now: int) -> None:
        """Forgets the notices of a job. Raises Unavailable."""
        self.table.empty(places.notices(job_id), "forget the notices", now // 1000 + 24 * 3600)

    def _replace(self, job_id: str, notices: Notices, version: int, now: int) -> bool:
        due_at = _due_at(notices.notices)
        item = _to_item(notices)
        if due_at is not None:
            # Not before now: what is overdue has been looked at.
            item |= all_of(wake.announcement(max(due_at, now), self.table.random))
        changed = self.table.change(
            places.notices(job_id),
            "store the notices",
            item,
            condition="version = :read",
            values={"read": of(version)},
            remove=() if due_at is not None else wake.ANNOUNCEMENT,
        )
        return changed is not None


def _due_at(notices: Iterable[Notice]) -> int | None:
    """Returns when the next notice is due; None if none is, or not before the job's end."""
    times = (one.next_at for one in notices if one.is_unsent)
    return min((at for at in times if at is not None), default=None)


def _ids(notices: Notices) -> set[str]:
    return {one.id for one in notices.notices}


def _to_item(notices: Notices) -> Item:
    rows = [
        {**asdict(one), "last_error": cut(one.last_error, ERROR_MAX)} for one in notices.notices
    ]
    return all_of(
        {
            "notices": json.dumps(rows, ensure_ascii=False),
            "base": notices.base,
            "version": notices.version,
        }
    )


def _of_item(item: Item) -> Notices:
    rows: list[dict[str, Any]] = json.loads(item["notices"]["S"])
    return Notices(
        base=item["base"]["S"],
        notices=tuple(
            Notice(**{**_known(row), "kind": Kind(row["kind"]), "state": State(row["state"])})
            for row in rows
        ),
        version=int(item["version"]["N"]),
    )


def _known(row: dict[str, Any]) -> dict[str, Any]:
    """Returns the fields that this version knows: after a rollback, a newer one has written."""
    names = {field.name for field in fields(Notice)}
    return {name: value for name, value in row.items() if name in names}
