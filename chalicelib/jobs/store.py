"""The jobs table. Every write is conditional on what the state machine allows.

A write whose condition fails is not an error of the table: the method answers False (or None), and
the step that asked finds out what happened meanwhile.
"""

import random
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from chalicelib.aws import error_code, translated
from chalicelib.errors import unknown_cursor
from chalicelib.jobs import items, wake
from chalicelib.jobs.model import Failure, Job, PlanRef, user_mark
from chalicelib.jobs.states import OPEN, Stage, Status, origins

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

BY_USER: Final = "byUser"

OPEN_USER: Final = "openUser"
"""The attribute that an open job has if its user's open jobs are counted."""

_WRITE: Final = "writeId"
"""The attribute that tells each write from every other."""


@dataclass(frozen=True, slots=True)
class Page:
    """Jobs, newest first, and where the next page begins: (createdAt, jobId) of the last, or
    None."""

    jobs: tuple[Job, ...]
    next: tuple[int, str] | None


@dataclass(frozen=True, slots=True)
class JobStore:
    """The table through one client."""

    client: "DynamoDBClient"
    table: str

    # -- read -----------------------------------------------------------------------------------

    def get(self, job_id: str) -> Job | None:
        """The job as it is now (a consistent read)."""
        with translated("read the job"):
            answer = self.client.get_item(
                TableName=self.table, Key=items.key(job_id), ConsistentRead=True
            )
        return items.to_job(answer["Item"]) if "Item" in answer else None

    def by_user(self, user_id: str, limit: int, after: tuple[int, str] | None = None) -> Page:
        """One page of a user's jobs. The index holds keys only, so that progress never writes to
        it."""
        start: Any = {}
        if after:
            start["ExclusiveStartKey"] = {
                **items.key(after[1]),
                "userId": items.attribute(user_id),
                "createdAt": items.attribute(after[0]),
            }
        try:
            with translated("list the jobs"):
                answer = self.client.query(
                    TableName=self.table,
                    IndexName=BY_USER,
                    KeyConditionExpression="userId = :user",
                    ExpressionAttributeValues={":user": items.attribute(user_id)},
                    ScanIndexForward=False,
                    Limit=limit + 1,  # the one more tells if there is another page
                    **start,
                )
        except self.client.exceptions.ClientError as error:
            if error_code(error) == "ValidationException" and after:
                raise unknown_cursor() from error
            raise
        keys = [(int(row["createdAt"]["N"]), row["jobId"]["S"]) for row in answer["Items"]]
        jobs = self._get_many([job_id for _, job_id in keys[:limit]])
        is_last = len(keys) <= limit and "LastEvaluatedKey" not in answer
        return Page(jobs, None if is_last else keys[:limit][-1])

    def _get_many(self, job_ids: Sequence[str]) -> tuple[Job, ...]:
        """Those of the jobs that exist, in the order asked for."""
        found: dict[str, Job] = {}
        # BatchGetItem takes 100 keys and may leave some for a second call.
        # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
        pending: Any = {self.table: {"Keys": [items.key(job_id) for job_id in job_ids]}}
        while job_ids and pending:
            with translated("read the jobs"):
                answer = self.client.batch_get_item(RequestItems=pending)
            for item in answer["Responses"].get(self.table, []):
                job = items.to_job(item)
                found[job.job_id] = job
            pending = answer.get("UnprocessedKeys")
        return tuple(found[job_id] for job_id in job_ids if job_id in found)

    # -- write ----------------------------------------------------------------------------------

    def create(self, job: Job, *, counted: bool = False) -> bool:
        """Writes a new job. False: there is one with this id already. `counted`: it is among its
        user's open jobs (open_jobs.py) until it has ended."""
        item = {**items.from_job(job), _WRITE: _write_id()}
        if counted:
            item[OPEN_USER] = items.attribute(user_mark(job.user_id))
        try:
            with translated("write the job"):
                self.client.put_item(
                    TableName=self.table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(jobId)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except self.client.exceptions.ConditionalCheckFailedException as error:
            return _own_write(error, item) is not None
        return True

    def start(self, job_id: str, now: int) -> Job | None:
        """queued → processing. None if the job is not queued."""
        return self._to(Status.PROCESSING, job_id, now, {"stage": Stage.PLANNING, "startedAt": now})

    def set_plan(  # noqa: PLR0913 - the facts of a plan
        self,
        job_id: str,
        now: int,
        *,
        plan: PlanRef,
        total_files: int,
        bytes_total: int,
        missing_count: int,
        missing: tuple[int | str, ...] | None,
    ) -> Job | None:
        """Fixes the plan of a job that has none yet. None if it has one, or is not processing."""
        return self.update(
            job_id,
            now,
            {
                "stage": items.attribute(Stage.ASSEMBLING),
                "startedAt": items.attribute(now),
                "totalFiles": items.attribute(total_files),
                "bytesTotal": items.attribute(bytes_total),
                **items.plan_attributes(plan),
                **items.missing_attributes(missing_count, missing),
            },
            while_in={Status.PROCESSING},
            condition="attribute_not_exists(planDigest)",
        )

    def report(self, job_id: str, now: int, stage: Stage, files_done: int, bytes_done: int) -> bool:
        """Progress, which never goes back. False if the job is not processing any more."""
        values = {
            "stage": items.attribute(stage),
            "filesDone": items.attribute(files_done),
            "bytesDone": items.attribute(bytes_done),
        }
        forward = "bytesDone <= :bytesDone AND filesDone <= :filesDone"
        if self.update(job_id, now, values, while_in={Status.PROCESSING}, condition=forward):
            return True
        # Another worker is further: only say that this one is at it too.
        return self.update(job_id, now, {}, while_in={Status.PROCESSING}) is not None

    def complete(
        self, job: Job, now: int, expires_at: int, files_done: int, *, wake_at: int
    ) -> Job | None:
        """processing → completed: the archive is there, whole. `wake_at` is when something is to be
        thrown away: the archive, or before that what only led to it."""
        values: dict[str, str | int] = {
            "stage": Stage.DONE,
            "filesDone": files_done,
            "bytesDone": job.bytes_total,
            "expiresAt": expires_at,
            "ttl": (expires_at + items.RECORD_GRACE_MS) // 1000,
        }
        return self._to(Status.COMPLETED, job.job_id, now, values, wake_at)

    def fail(self, job_id: str, now: int, failure: Failure) -> Job | None:
        """queued or processing → failed."""
        values: dict[str, str | int] = {"failure": items.failure_attribute(failure)["S"]}
        return self._to(Status.FAILED, job_id, now, values, now + wake.DISCARD_AFTER_MS)

    def cancel(self, job_id: str, now: int) -> Job | None:
        """queued or processing → cancelled."""
        return self._to(Status.CANCELLED, job_id, now, {}, now + wake.DISCARD_AFTER_MS)

    def note(self, job_id: str, reason: str) -> None:
        """Keeps why a step was put off: the failure's reason, should all tries fail."""
        ended = self.client.exceptions.ConditionalCheckFailedException
        with suppress(ended), translated("write the job"):
            self.client.update_item(
                TableName=self.table,
                Key=items.key(job_id),
                UpdateExpression="SET lastReason = :reason",
                ConditionExpression="#status IN (:queued, :processing)",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":reason": items.attribute(items.cut(reason, items.REASON_MAX)),
                    ":queued": items.attribute(Status.QUEUED),
                    ":processing": items.attribute(Status.PROCESSING),
                },
            )

    def last_note(self, job_id: str) -> str | None:
        """The reason that was noted last."""
        with translated("read the job"):
            answer = self.client.get_item(
                TableName=self.table, Key=items.key(job_id), ProjectionExpression="lastReason"
            )
        note = answer.get("Item", {}).get("lastReason")
        return note["S"] if note else None

    def _to(
        self,
        status: Status,
        job_id: str,
        now: int,
        values: dict[str, str | int],
        wake_at: int | None = None,
    ) -> Job | None:
        attributes = {name: items.attribute(value) for name, value in values.items()}
        attributes["status"] = items.attribute(status)
        return self.update(
            job_id, now, attributes, while_in=origins(status), into=status, wake_at=wake_at
        )

    def update(  # noqa: PLR0913 - one place that writes
        self,
        job_id: str,
        now: int,
        attributes: "dict[str, AttributeValueTypeDef]",
        *,
        while_in: Collection[Status],
        into: Status = Status.PROCESSING,
        wake_at: int | None = None,
        condition: str | None = None,
    ) -> Job | None:
        attributes = {**attributes, "updatedAt": items.attribute(now), _WRITE: _write_id()}
        attributes["sweeps"] = items.attribute(0)
        attributes["wakeAt"] = items.attribute(wake_at or wake.wake_time(now))
        remove = ""
        if into not in OPEN:
            attributes["wakeShard"] = items.attribute(wake.shard(into))
            remove = f" REMOVE lastReason, {OPEN_USER}"
        allowed = {f":in{i}": items.attribute(status) for i, status in enumerate(while_in)}
        conditions = [f"#status IN ({', '.join(allowed)})", *([condition] if condition else [])]
        assignments = ", ".join(f"#{name} = :{name}" for name in attributes)
        try:
            with translated("write the job"):
                answer = self.client.update_item(
                    TableName=self.table,
                    Key=items.key(job_id),
                    UpdateExpression=f"SET {assignments}{remove}",
                    ConditionExpression=" AND ".join(conditions),
                    ExpressionAttributeNames={
                        **{f"#{name}": name for name in attributes},
                        "#status": "status",
                    },
                    ExpressionAttributeValues={
                        **{f":{name}": value for name, value in attributes.items()},
                        **allowed,
                    },
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except self.client.exceptions.ConditionalCheckFailedException as error:
            return _own_write(error, attributes)
        return items.to_job(answer["Attributes"])


def _write_id() -> "AttributeValueTypeDef":
    return items.attribute(random.getrandbits(48))


def _own_write(error: Exception, written: "items.Item") -> Job | None:
    """The job, if the last write to it is this very one.

    Then it is this write that made its own condition fail: an answer was lost on its way, and
    botocore sent the request again.
    """
    response: dict[str, Any] = getattr(error, "response", {})
    item: items.Item = response.get("Item", {})
    return items.to_job(item) if item and item.get(_WRITE) == written[_WRITE] else None
