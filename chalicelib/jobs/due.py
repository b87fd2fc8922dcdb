"""What is left to do, sorted by when it is due: for jobs the sparse index `wake`, and for
announcements the sparse index `announce`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.jobs import wake
from chalicelib.jobs.attributes import of
from chalicelib.jobs.model import Job
from chalicelib.jobs.table import Table

INDEX: Final = "wake"
ANNOUNCEMENTS: Final = "announce"


@dataclass(frozen=True, slots=True)
class DueJobs:
    """The index, reached through the jobs table."""

    table: Table

    def due(self, shards: Sequence[int], now: int) -> Iterator[str]:
        """Yields the ids of the jobs whose `wakeAt` has passed. Of each shard, the job that has
        waited longest comes first. The index lags behind the records."""
        return _due(self.table, INDEX, shards, now)

    def count(self, shards: Sequence[int], pages: int) -> int:
        """Returns how many jobs these shards have. It reads `pages` pages of each at most, with
        some thousand jobs each: of a longer shard it counts the beginning."""
        found = 0
        for shard in shards:
            more: Any = {}
            for _ in range(pages):
                answer = self.table.query(
                    INDEX,
                    "count the jobs",
                    f"{INDEX}Shard = :shard",
                    {"shard": of(shard)},
                    Select="COUNT",
                    **more,
                )
                found += answer["Count"]
                if "LastEvaluatedKey" not in answer:
                    break
                more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
        return found

    def take(self, job: Job, now: int, wake_at: int, *, counted: bool = True) -> bool:
        """Takes the job for this sweeper. Returns False if another sweeper has taken it, or if the
        job has moved. The job is due again at `wake_at`. `counted`: this is counted in the job's
        `sweeps`."""
        taken = self.table.update(
            job.job_id,
            "wake the job",
            "SET wakeAt = :later ADD sweeps :count",
            {
                "later": of(wake_at),
                "seen": of(job.wake_at or 0),
                "now": of(now),
                "count": of(int(counted)),
            },
            condition="wakeAt = :seen AND wakeAt < :now",
        )
        return taken is not None

    def settle(self, job: Job, wake_at: int | None) -> None:
        """Writes when something is left to do for the job: at `wake_at` (Unix time in ms), or never
        again (None). Changes nothing if the job was woken, was deleted or has changed
        meanwhile."""
        expression, values = "REMOVE wakeShard, wakeAt", {}
        if wake_at is not None:
            expression, values = "SET wakeAt = :later", {"later": of(wake_at)}
        self.table.update(
            job.job_id,
            "write the job",
            expression,
            {"seen": of(job.wake_at or 0), "moved": of(job.updated_at), **values},
            condition="wakeAt = :seen AND updatedAt = :moved",
        )


@dataclass(frozen=True, slots=True)
class DueAnnouncements:
    """The index of what is to be announced, reached through the jobs table."""

    table: Table

    def due(self, now: int) -> Iterator[str]:
        """Yields the keys of the items whose `announceAt` has passed, as `DueJobs.due` does. Each
        time it begins with another shard: while the bus is gone, one shard may be more than a run
        can do."""
        shards = self.table.random.sample(wake.ANNOUNCE_SHARDS, len(wake.ANNOUNCE_SHARDS))
        return _due(self.table, ANNOUNCEMENTS, shards, now)

    def take(self, item: str, now: int) -> bool:
        """Takes the item for this sweeper, if it is still due. It is due again after
        ANNOUNCE_AGAIN_MS. Returns False if another sweeper has taken it, or if it was told."""
        taken = self.table.update(
            item,
            "take an announcement",
            "SET announceAt = :later",
            {"later": of(now + wake.ANNOUNCE_AGAIN_MS), "now": of(now)},
            condition="announceAt < :now",
        )
        return taken is not None


def _due(table: Table, index: str, shards: Sequence[int], now: int) -> Iterator[str]:
    for shard in shards:
        more: Any = {}
        while True:
            answer = table.query(
                index,
                "look for what is due",
                f"{index}Shard = :shard AND {index}At < :now",
                {"shard": of(shard), "now": of(now)},
                **more,
            )
            for item in answer["Items"]:
                yield item["jobId"]["S"]
            if "LastEvaluatedKey" not in answer:
                break
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
