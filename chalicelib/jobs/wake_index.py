"""The sparse index of jobs for which something is left to do, by the time they are due."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from chalicelib.aws import translated
from chalicelib.jobs import items
from chalicelib.jobs.model import Job
from chalicelib.jobs.store import JobStore

INDEX: Final = "wake"


def due(jobs: JobStore, shards: Sequence[int], now: int) -> Iterator[str]:
    """The ids of the jobs whose `wakeAt` has passed, the longest waiting of each shard first."""
    for shard in shards:
        more: Any = {}
        while True:
            with translated("look for jobs that are due"):
                answer = jobs.client.query(
                    TableName=jobs.table,
                    IndexName=INDEX,
                    KeyConditionExpression="wakeShard = :shard AND wakeAt < :now",
                    ExpressionAttributeValues={
                        ":shard": items.attribute(shard),
                        ":now": items.attribute(now),
                    },
                    **more,
                )
            for item in answer["Items"]:
                yield item["jobId"]["S"]
            if "LastEvaluatedKey" not in answer:
                break
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def claim(jobs: JobStore, job: Job, now: int, wake_at: int, *, counted: bool = True) -> bool:
    """Whether the sweeper that asks is the one to do what is due. If so, the job is due again at
    `wake_at`, should it not help; and it is `counted` among the job's `sweeps`, or not."""
    try:
        with translated("wake the job"):
            jobs.client.update_item(
                TableName=jobs.table,
                Key=items.key(job.job_id),
                UpdateExpression="SET wakeAt = :later ADD sweeps :count",
                ConditionExpression="wakeAt = :seen AND wakeAt < :now",
                ExpressionAttributeValues={
                    ":later": items.attribute(wake_at),
                    ":seen": items.attribute(job.wake_at or 0),
                    ":now": items.attribute(now),
                    ":count": items.attribute(int(counted)),
                },
            )
    except jobs.client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def discarded(jobs: JobStore, job: Job, wake_at: int | None) -> None:
    """Something is left to do for the job at `wake_at`, or nothing; unless it was woken or has
    changed meanwhile."""
    expression, values = "REMOVE wakeShard, wakeAt", {}
    if wake_at is not None:
        expression, values = "SET wakeAt = :later", {":later": items.attribute(wake_at)}
    moved = jobs.client.exceptions.ConditionalCheckFailedException
    with suppress(moved), translated("write the job"):
        jobs.client.update_item(
            TableName=jobs.table,
            Key=items.key(job.job_id),
            UpdateExpression=expression,
            ConditionExpression="wakeAt = :seen AND #status = :status",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={
                ":seen": items.attribute(job.wake_at or 0),
                ":status": items.attribute(job.status),
                **values,
            },
        )
