"""Which jobs have an archive besides the job that has built it.

They hold it: an archive is deleted with the last job that has it. What is stored here is one item
for each archive that was ever reused, or whose job was deleted. Whether a job that is named there
really has the archive is in that job's record: it may have ended in another way.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chalicelib.jobs import places
from chalicelib.jobs.attributes import Item, of
from chalicelib.jobs.items import record_ttl
from chalicelib.jobs.table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

HOLDERS_MAX: Final = 100
"""The most jobs that hold one archive. The next request for the same files has another one built.
Who deletes the archive must read the record of each, within the time of a request."""

_HOLDERS: Final = "holders"
_OWNER_GONE: Final = "ownerGone"
_TTL: Final = {"#ttl": "ttl"}


@dataclass(frozen=True, slots=True)
class Holders:
    """The jobs that may have an archive besides its owner, the job that has built it. Once the
    owner is gone, no job is added to them."""

    jobs: frozenset[str]
    owner_gone: bool


@dataclass(frozen=True, slots=True)
class HolderStore:
    """The holders of every archive, by the home that it is stored under. Times are Unix time in
    ms."""

    table: Table

    def hold(self, home: str, job_id: str, expires_at: int) -> bool:
        """Adds a job that is about to complete with the archive, which expires at `expires_at`. A
        second time changes nothing. Returns False if it may not have it: the archive's owner is
        gone, or it has too many holders."""
        values = {"job": _set([job_id]), "ttl": of(record_ttl(expires_at))}
        item = self.table.update(
            places.holders(home),
            "hold an archive",
            f"ADD {_HOLDERS} :job SET #ttl = :ttl",
            values,
            condition=f"attribute_not_exists({_OWNER_GONE})",
            names=_TTL,
        )
        if item is None:
            return False
        if len(_holders(item).jobs) > HOLDERS_MAX:
            self.release(home, [job_id])
            return False
        return True

    def lose_owner(self, home: str, expires_at: int) -> frozenset[str]:
        """Records that the archive's owner is gone: from now on no job is added. Returns the
        holders."""
        item = self.table.update(
            places.holders(home),
            "give an archive up",
            f"SET {_OWNER_GONE} = :one, #ttl = :ttl",
            {"one": of(1), "ttl": of(record_ttl(expires_at))},
            names=_TTL,
        )
        return _holders(item or {}).jobs

    def release(self, home: str, job_ids: Collection[str]) -> Holders:
        """Takes these jobs, at least one, from the holders. Returns what is then there."""
        item = self.table.update(
            places.holders(home),
            "let an archive go",
            f"DELETE {_HOLDERS} :jobs",
            {"jobs": _set(job_ids)},
            condition="attribute_exists(jobId)",
        )
        return _holders(item or {})

    def forget(self, home: str, now: int) -> None:
        """Empties the item. Only when no worker can be about to add a job any more."""
        self.table.empty(places.holders(home), "forget the holders", now // 1000)


def _set(job_ids: Collection[str]) -> "AttributeValueTypeDef":
    return {"SS": sorted(job_ids)}


def _holders(item: Item) -> Holders:
    # DynamoDB has no empty sets: it removes the attribute with the last element.
    jobs = item[_HOLDERS]["SS"] if _HOLDERS in item else ()
    return Holders(frozenset(jobs), _OWNER_GONE in item)
