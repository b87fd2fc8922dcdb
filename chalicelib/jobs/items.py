"""Turns a job into a DynamoDB item, and back. Pure.

The item stays below 2 KB, so that a status poll costs one read unit and an update one or two write
units (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html).
Reads are consistent: an older copy, at half the price, would show progress going back.
"""

import json
from dataclasses import astuple
from typing import TYPE_CHECKING, Final, cast

from chalicelib import trace_ids
from chalicelib.archive.manifest import Skipped
from chalicelib.jobs import wake
from chalicelib.jobs.attributes import Item, all_of, cut, number, of, text
from chalicelib.jobs.model import (
    MISSING_INLINE,
    UNREADABLE_INLINE,
    ArchiveFormat,
    Failure,
    Job,
    PlanRef,
    Progress,
)
from chalicelib.jobs.states import OPEN, Stage, Status
from chalicelib.settings import JobEvent

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

REASON_MAX: Final = 300
"""The most bytes of a reason that the record keeps."""

NAMED_MAX: Final = 800
"""The same of a reason that names files, which a job has only if it has no plan (sources/telling.py
keeps it short)."""

UNTOLD: Final[dict[JobEvent, str]] = {
    "accepted": "acceptedUntold",
    "started": "startedUntold",
    "ended": "endedUntold",
}
"""The attribute of each event that is still to be announced: the event's time in ms."""

_LISTS: Final = frozenset({"source-missing", "source-unreadable", "nothing-to-export"})

RECORD_GRACE_DAYS: Final = 7
"""How long a record outlives its archive, to answer 410 with the reason and not 404. The stored
request lives as long, so that the job can be retried."""

RECORD_GRACE_MS: Final = RECORD_GRACE_DAYS * 24 * 3600 * 1000


def from_job(job: Job, *, shard: int | None = None) -> Item:
    """Returns the item of a job. `shard` is the job's partition of the index `wake`, if it is in
    that index; None: the first one."""
    item = all_of(
        {
            "jobId": job.job_id,
            "status": job.status,
            "stage": stored_stage(job.stage),
            "totalFiles": job.total_files,
            "createdAt": job.created_at,
            "updatedAt": job.updated_at,
            "expiresAt": job.expires_at,
            "ttl": record_ttl(job.expires_at),
            "bytesTotal": job.bytes_total,
            "sweeps": job.sweeps,
        }
    )
    item |= progress_attributes(job.progress)
    perhaps: dict[str, str | int | None] = {
        # A tombstone has none of these three.
        "userId": job.user_id or None,
        "request": job.request or None,
        "filename": job.filename or None,
        "startedAt": job.started_at,
        "plannedAt": job.planned_at,
        "attempts": job.attempts or None,
        "replanned": int(job.was_replanned) or None,
        "stepsSent": int(job.steps_sent) or None,
        "reusedFrom": job.reused_from,
        "retryOf": job.retry_of,
        "heir": job.heir,
        "changes": job.changes or None,
        "suspects": json.dumps(job.suspects) if job.suspects else None,
        "deletedAt": job.deleted_at,
        "deletedFor": job.deleted_for,
        "notices": int(job.has_notices) or None,
        "askedAt": job.asked_at,
        "caller": str(job.caller) if job.caller else None,
        "format": None if job.format == "zip" else job.format,
        "archives": None if job.archives == 1 else job.archives,
        "packing": job.packing or None,
        "shortRequest": job.short_request,
        "wakeAt": job.wake_at,
        "wakeShard": None if job.wake_at is None else _shard(job, shard),
    }
    item |= all_of({name: value for name, value in perhaps.items() if value is not None})
    item |= all_of({UNTOLD[event]: at for event, at in job.untold})
    if job.plan:
        item |= plan_attributes(job.plan)
    if job.previous_plan:
        item["previousPlan"] = previous_plan_attribute(job.previous_plan)
    if job.missing_count is not None:
        item |= missing_attributes(job.missing_count, job.missing)
        item |= unreadable_attributes(job.unreadable_count, job.unreadable)
    if job.failure:
        item["failure"] = failure_attribute(job.failure)
    return item


def _shard(job: Job, shard: int | None) -> int:
    if shard is not None:
        return shard
    return (wake.OPEN_SHARDS if job.status in OPEN else wake.ENDED_SHARDS)[0]


def to_job(item: Item) -> Job:
    """Returns the job of an item. An older version may have written the item. It may be a
    tombstone."""
    plan = previous = None
    if "planDigest" in item:
        plan = PlanRef(
            item["planDigest"]["S"],
            item["uploadId"]["S"],
            int(item["steps"]["N"]),
            text(item, "planHome"),
        )
    if "previousPlan" in item:
        previous = PlanRef(*json.loads(item["previousPlan"]["S"]))
    failure = Failure(*json.loads(item["failure"]["S"])) if "failure" in item else None
    missing: tuple[int | str, ...] | None = ()
    if "missingCount" in item:
        missing = tuple(json.loads(item["missing"]["S"])) if "missing" in item else None
    unreadable: tuple[Skipped, ...] | None = ()
    if "unreadableCount" in item:
        rows = text(item, "unreadable")
        unreadable = None if rows is None else tuple(Skipped(*row) for row in json.loads(rows))
    return Job(
        job_id=item["jobId"]["S"],
        user_id=text(item, "userId") or "",
        status=Status(item["status"]["S"]),
        stage=_stage(item),
        request=text(item, "request") or "",
        filename=text(item, "filename") or "",
        total_files=int(item["totalFiles"]["N"]),
        created_at=int(item["createdAt"]["N"]),
        updated_at=int(item["updatedAt"]["N"]),
        expires_at=int(item["expiresAt"]["N"]),
        started_at=number(item, "startedAt"),
        planned_at=number(item, "plannedAt"),
        files_done=int(item["filesDone"]["N"]),
        bytes_done=int(item["bytesDone"]["N"]),
        bytes_copied=number(item, "bytesCopied") or 0,
        bytes_total=int(item["bytesTotal"]["N"]),
        plan=plan,
        missing_count=number(item, "missingCount"),
        missing=missing,
        unreadable_count=number(item, "unreadableCount") or 0,
        unreadable=unreadable,
        changes=number(item, "changes") or 0,
        suspects=tuple(json.loads(text(item, "suspects") or "[]")),
        failure=failure,
        wake_at=number(item, "wakeAt"),
        sweeps=int(item["sweeps"]["N"]),
        attempts=number(item, "attempts") or 0,
        previous_plan=previous,
        was_replanned="replanned" in item,
        steps_sent="stepsSent" in item,
        reused_from=text(item, "reusedFrom"),
        retry_of=text(item, "retryOf"),
        heir=text(item, "heir"),
        deleted_at=number(item, "deletedAt"),
        deleted_for=text(item, "deletedFor"),
        untold=tuple(
            (event, int(item[name]["N"])) for event, name in UNTOLD.items() if name in item
        ),
        has_notices="notices" in item,
        asked_at=number(item, "askedAt"),
        caller=trace_ids.of_text(text(item, "caller")),
        format=cast("ArchiveFormat", text(item, "format") or "zip"),
        archives=number(item, "archives") or 1,
        packing=number(item, "packing") or 0,
        short_request=text(item, "shortRequest"),
    )


def stored_stage(stage: Stage) -> Stage:
    """Returns what the item has for a stage. An older version cannot read an item with a stage that
    it does not know, and then fails all lists that have the job. So files that are packed are part
    of planning there."""
    return Stage.PLANNING if stage is Stage.COMPRESSING else stage


def _stage(item: Item) -> Stage:
    stage = Stage(item["stage"]["S"])
    return Stage.COMPRESSING if stage is Stage.PLANNING and "packing" in item else stage


def record_ttl(expires_at: int) -> int:
    """Returns when DynamoDB may delete a job's record and what is stored beside it, in Unix
    seconds. `expires_at` is in ms."""
    return (expires_at + RECORD_GRACE_MS) // 1000


def progress_attributes(progress: Progress) -> Item:
    return all_of(
        {
            "filesDone": progress.files,
            "bytesDone": progress.bytes,
            "bytesCopied": progress.copied,
        }
    )


def plan_attributes(plan: PlanRef) -> Item:
    # The number of segments has been called `steps` since 0.1.0.
    item = all_of({"planDigest": plan.digest, "uploadId": plan.upload, "steps": plan.segments})
    if plan.home:
        item["planHome"] = of(plan.home)
    return item


def previous_plan_attribute(plan: PlanRef) -> "AttributeValueTypeDef":
    return of(json.dumps([plan.digest, plan.upload, plan.segments, plan.home]))


def short_missing(missing: tuple[int | str, ...]) -> tuple[int | str, ...] | None:
    """Returns the list, if the record has room for it; else None."""
    size = len(json.dumps(missing, ensure_ascii=False).encode(errors="replace"))
    return missing if size <= MISSING_INLINE else None


def short_unreadable(unreadable: tuple[Skipped, ...]) -> tuple[Skipped, ...] | None:
    """Returns the list, if the record has room for it; else None."""
    rows = json.dumps([astuple(one) for one in unreadable], ensure_ascii=False)
    return unreadable if len(rows.encode(errors="replace")) <= UNREADABLE_INLINE else None


def missing_attributes(count: int, missing: tuple[int | str, ...] | None) -> Item:
    item = all_of({"missingCount": count})
    if missing is not None:
        item["missing"] = of(json.dumps(missing, ensure_ascii=False))
    return item


def unreadable_attributes(count: int, unreadable: tuple[Skipped, ...] | None) -> Item:
    """Returns the attributes; none if every file can be read."""
    if not count:
        return {}
    item = all_of({"unreadableCount": count})
    if unreadable is not None:
        rows = [astuple(one) for one in unreadable]
        item["unreadable"] = of(json.dumps(rows, ensure_ascii=False))
    return item


def failure_attribute(failure: Failure) -> "AttributeValueTypeDef":
    content = [failure.slug, failure.title, _detail(failure)]
    return of(json.dumps(content, ensure_ascii=False))


def blamed_attributes(
    failure: Failure, missing: tuple[int | str, ...], unreadable: tuple[Skipped, ...]
) -> Item:
    """Returns the attributes of the files that are to blame for a failure without a plan. The lists
    share the room of a long reason with the reason, which may name the same files."""
    room = NAMED_MAX - len(_detail(failure).encode())
    is_short = len(missing) + len(unreadable) <= room  # else there may be a million of them
    named = [missing, [astuple(one) for one in unreadable]] if is_short else []
    size = len(json.dumps(named, ensure_ascii=False).encode(errors="replace"))
    fits = is_short and size <= room
    return {
        **missing_attributes(len(missing), missing if fits else None),
        **unreadable_attributes(len(unreadable), unreadable if fits else None),
    }


def _detail(failure: Failure) -> str:
    return cut(failure.detail, NAMED_MAX if failure.slug in _LISTS else REASON_MAX)
