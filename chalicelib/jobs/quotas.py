"""How many bytes a user has exported on a day, in UTC.

A job counts on the day on which it was made, whenever it is planned, and once. So the day's item
knows the jobs that it has counted, and one conditional write both counts a job and keeps within the
limit. The item would grow without end, so it knows only the latest jobs: REMEMBERED at least, and
about twice as many at most. A job is counted while it is planned, and that is a matter of hours at
most.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from chalicelib.jobs import places
from chalicelib.jobs.attributes import number, of
from chalicelib.jobs.model import Job, user_mark
from chalicelib.jobs.table import Table

DAY: Final = 24 * 3600 * 1000
"""Milliseconds."""

REMEMBERED: Final = 2000
"""A number in a set takes some 15 bytes, so a day's item stays below 64 KB. An item may have 400.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""

_KEPT_DAYS: Final = 2
"""How long an item outlives its day."""

_COUNT: Final = "count the bytes of the day"
_FITS: Final = "(attribute_not_exists(bytesUsed) OR bytesUsed <= :room)"
_NEW: Final = "NOT contains(countedJobs, :one) AND NOT contains(formerJobs, :one)"


@dataclass(frozen=True, slots=True)
class QuotaStore:
    """The bytes of each user and day. Times (`now`) are Unix time in ms."""

    table: Table

    def used(self, user_id: str, now: int) -> int:
        """Returns how many bytes the user has exported on the day of `now`, perhaps as it was a
        moment ago."""
        item = self.table.get(_place(user_id, now), "read the quota", only="bytesUsed")
        return number(item or {}, "bytesUsed") or 0

    def count(self, job: Job, size: int, most: int) -> int | None:
        """Counts the job's files, which have `size` bytes, unless the job is counted already.
        Returns None if it is counted then. Else returns how many bytes of the day are used: so many
        that with this job they would be more than `most`."""
        if size > most:
            return self.used(job.user_id, job.created_at)
        place = _place(job.user_id, job.created_at)
        mark = _mark(job.job_id)
        counted, item = self.table.attempt(
            place,
            _COUNT,
            "SET #ttl = :ttl ADD bytesUsed :size, countedJobs :job",
            {
                "ttl": of((day_end(job.created_at) + _KEPT_DAYS * DAY) // 1000),
                "size": of(size),
                "room": of(most - size),
                "job": {"NS": [mark]},
                "one": {"N": mark},
            },
            condition=f"{_NEW} AND {_FITS}",
            names={"#ttl": "ttl"},
        )
        known = item.get("countedJobs", {"NS": []})["NS"]
        if counted:
            if len(known) >= REMEMBERED:
                self._forget(place, mark)
            return None
        former = item.get("formerJobs", {"NS": []})["NS"]
        is_known = int(mark) in {int(one) for one in (*known, *former)}
        return None if is_known else number(item, "bytesUsed") or 0

    def forget_user(self, user_id: str, now: int) -> None:
        """Forgets what the user has exported on each day that is still known."""
        for days_ago in range(_KEPT_DAYS + 2):
            place = _place(user_id, now - days_ago * DAY)
            self.table.empty(place, "forget the bytes of a day", now // 1000)

    def _forget(self, place: str, mark: str) -> None:
        """Forgets all but the jobs that were counted since the last time. If two workers do so at
        the same time, the second one changes nothing."""
        self.table.update(
            place,
            _COUNT,
            "SET formerJobs = countedJobs REMOVE countedJobs",
            {"one": {"N": mark}},
            condition="contains(countedJobs, :one)",
        )


def day_of(now: int) -> str:
    """Returns the day, in UTC: 2026-11-25."""
    return datetime.fromtimestamp(now // DAY * DAY / 1000, UTC).date().isoformat()


def day_end(now: int) -> int:
    """Returns when the day ends, in UTC."""
    return (now // DAY + 1) * DAY


def _place(user_id: str, now: int) -> str:
    return places.quota(user_mark(user_id), day_of(now))


def _mark(job_id: str) -> str:
    """Returns the number by which a day's item knows the job: the first 96 bits of its id. A
    caller chooses what the id is made from (Idempotency-Key), so fewer bits would not do: of two
    jobs with the same number only one is counted."""
    return str(int(job_id.replace("-", "")[:24], 16))
