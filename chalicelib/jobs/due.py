"""The jobs for which something is left to do, sorted by when they are due: the sparse index
`wake`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.jobs.attributes import of
from chalicelib.jobs.model import Job
from chalicelib.jobs.table import Table

INDEX: Final = "wake"


@dataclass(frozen=True, slots=True)
class DueJobs:
    """The index, reached through the jobs table."""

    table: Table

    def due(self, shards: Sequence[int], now: int) -> Iterator[str]:
        """Yields the ids of the jobs whose `wakeAt` has passed. Of each shard, the job that has
        waited longest comes first. The index lags behind the records."""
        for shard in shards:
            more: Any = {}
            while True:
                answer = self.table.query(
                    INDEX,
                    "look for jobs that are due",
                    "wakeShard = :shard AND wakeAt < :now",
                    {"shard": of(shard), "now": of(now)},
                    **more,
                )
                for item in answer["Items"]:
                    yield item["jobId"]["S"]
                if "LastEvaluatedKey" not in answer:
                    break
                more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

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
