"""A job as a DynamoDB item and back. Pure.

The item stays below 2 KB, so that a status poll costs one read unit and an update one or two write
units (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html).
Reads are consistent: an older copy, at half the price, would show progress going back.
"""

import json
from typing import TYPE_CHECKING, Final

from chalicelib.jobs import wake
from chalicelib.jobs.model import Failure, Job, PlanRef
from chalicelib.jobs.states import Stage, Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = dict[str, AttributeValueTypeDef]

REASON_MAX: Final = 300
"""Bytes of a reason that the record keeps."""

RECORD_GRACE_DAYS: Final = 7
"""How long a record outlives its archive, to answer 410 and why, instead of 404; and what was asked
for with it, to be retried."""

RECORD_GRACE_MS: Final = RECORD_GRACE_DAYS * 24 * 3600 * 1000


def from_job(job: Job) -> "Item":
    item: Item = {
        "jobId": _s(job.job_id),
        "userId": _s(job.user_id),
        "status": _s(job.status),
        "stage": _s(job.stage),
        "request": _s(job.request),
        "filename": _s(job.filename),
        "totalFiles": _n(job.total_files),
        "createdAt": _n(job.created_at),
        "updatedAt": _n(job.updated_at),
        "expiresAt": _n(job.expires_at),
        "ttl": _n((job.expires_at + RECORD_GRACE_MS) // 1000),
        "filesDone": _n(job.files_done),
        "bytesDone": _n(job.bytes_done),
        "bytesTotal": _n(job.bytes_total),
        "sweeps": _n(job.sweeps),
    }
    if job.started_at is not None:
        item["startedAt"] = _n(job.started_at)
    if job.reused_from:
        item["reusedFrom"] = _s(job.reused_from)
    if job.retry_of:
        item["retryOf"] = _s(job.retry_of)
    if job.heir:
        item["heir"] = _s(job.heir)
    if job.plan:
        item |= plan_attributes(job.plan)
    if job.missing_count is not None:
        item |= missing_attributes(job.missing_count, job.missing)
    if job.failure:
        item["failure"] = failure_attribute(job.failure)
    if job.wake_at is not None:
        item["wakeShard"] = _n(wake.shard(job.status))
        item["wakeAt"] = _n(job.wake_at)
    return item


def to_job(item: "Item") -> Job:
    plan = None
    if "planDigest" in item:
        plan = PlanRef(
            item["planDigest"]["S"],
            item["uploadId"]["S"],
            int(item["steps"]["N"]),
            _text(item, "planHome"),
        )
    failure = Failure(*json.loads(item["failure"]["S"])) if "failure" in item else None
    missing: tuple[int | str, ...] | None = ()
    if "missingCount" in item:
        missing = tuple(json.loads(item["missing"]["S"])) if "missing" in item else None
    return Job(
        job_id=item["jobId"]["S"],
        user_id=item["userId"]["S"],
        status=Status(item["status"]["S"]),
        stage=Stage(item["stage"]["S"]),
        request=item["request"]["S"],
        filename=item["filename"]["S"],
        total_files=int(item["totalFiles"]["N"]),
        created_at=int(item["createdAt"]["N"]),
        updated_at=int(item["updatedAt"]["N"]),
        expires_at=int(item["expiresAt"]["N"]),
        started_at=int(item["startedAt"]["N"]) if "startedAt" in item else None,
        files_done=int(item["filesDone"]["N"]),
        bytes_done=int(item["bytesDone"]["N"]),
        bytes_total=int(item["bytesTotal"]["N"]),
        plan=plan,
        missing_count=int(item["missingCount"]["N"]) if "missingCount" in item else None,
        missing=missing,
        failure=failure,
        wake_at=int(item["wakeAt"]["N"]) if "wakeAt" in item else None,
        sweeps=int(item["sweeps"]["N"]),
        reused_from=_text(item, "reusedFrom"),
        retry_of=_text(item, "retryOf"),
        heir=_text(item, "heir"),
    )


def plan_attributes(plan: PlanRef) -> "Item":
    item: Item = {
        "planDigest": _s(plan.digest),
        "uploadId": _s(plan.upload),
        "steps": _n(plan.steps),
    }
    if plan.home:
        item["planHome"] = _s(plan.home)
    return item


def missing_attributes(count: int, missing: tuple[int | str, ...] | None) -> "Item":
    item: Item = {"missingCount": _n(count)}
    if missing is not None:
        item["missing"] = _s(json.dumps(missing, ensure_ascii=False))
    return item


def failure_attribute(failure: Failure) -> "AttributeValueTypeDef":
    detail = cut(failure.detail, REASON_MAX)
    return _s(json.dumps([failure.slug, failure.title, detail], ensure_ascii=False))


def cut(text: str, size: int) -> str:
    """The text, cut so that it has no more than `size` bytes."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= size:
        return encoded.decode()
    return encoded[: size - len("…".encode())].decode(errors="ignore") + "…"


def key(job_id: str) -> "Item":
    return {"jobId": _s(job_id)}


def attribute(value: str | int) -> "AttributeValueTypeDef":
    return _s(value) if isinstance(value, str) else _n(value)


def _text(item: "Item", name: str) -> str | None:
    return item[name]["S"] if name in item else None


def _s(value: str) -> "AttributeValueTypeDef":
    return {"S": str(value)}


def _n(value: int) -> "AttributeValueTypeDef":
    return {"N": str(value)}
