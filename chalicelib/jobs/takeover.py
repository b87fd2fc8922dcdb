"""A job that takes over what another one has made: a finished archive, or an upload.

What a failed job has uploaded goes to one heir: the first that claims it. That is a job that
retries it or, when nobody does for a while, nobody: then it is thrown away.
"""

from dataclasses import replace
from typing import Final

from chalicelib.aws import translated
from chalicelib.jobs import items
from chalicelib.jobs.model import Job, PlanRef
from chalicelib.jobs.states import Stage, Status, origins
from chalicelib.jobs.store import JobStore

NOBODY: Final = "nobody"
"""The heir of what is to be thrown away."""

_UNPLANNED: Final = "attribute_not_exists(planDigest)"


def share(jobs: JobStore, job: Job, maker: Job, plan: PlanRef, now: int) -> Job | None:
    """processing → completed, with the archive that another job has made by this plan. None if the
    job has a plan, or is not processing.

    One write: at no time is the job open, and to be cancelled or failed, with an archive that is
    not its own to throw away.
    """
    return jobs.update(
        job.job_id,
        now,
        {
            **_plan_attributes(maker, plan),
            "status": items.attribute(Status.COMPLETED),
            "stage": items.attribute(Stage.DONE),
            "filesDone": items.attribute(maker.files_done),
            "bytesDone": items.attribute(maker.bytes_done),
            "reusedFrom": items.attribute(maker.job_id),
        },
        while_in=origins(Status.COMPLETED),
        into=Status.COMPLETED,
        wake_at=maker.expires_at,
        condition=_UNPLANNED,
    )


def claim(jobs: JobStore, failed: Job, heir: str) -> str:
    """Who gets what a failed job has uploaded: this heir, or the one that was first."""
    try:
        with translated("claim an upload"):
            jobs.client.update_item(
                TableName=jobs.table,
                Key=items.key(failed.job_id),
                UpdateExpression="SET heir = :heir",
                ConditionExpression="attribute_exists(jobId) AND attribute_not_exists(heir)",
                ExpressionAttributeValues={":heir": items.attribute(heir)},
            )
    except jobs.client.exceptions.ConditionalCheckFailedException:
        current = jobs.get(failed.job_id)
        return (current and current.heir) or NOBODY
    return heir


def adopt(jobs: JobStore, job: Job, failed: Job, plan: PlanRef, now: int) -> Job | None:
    """Fixes a failed job's plan, whose upload this one has claimed, as the plan of a job that has
    none yet. None if it has one, or is not processing."""
    return jobs.update(
        job.job_id,
        now,
        {
            **_plan_attributes(failed, plan),
            "stage": items.attribute(Stage.ASSEMBLING),
            "startedAt": items.attribute(now),
        },
        while_in={Status.PROCESSING},
        condition=_UNPLANNED,
    )


def _plan_attributes(maker: Job, plan: PlanRef) -> "items.Item":
    """What a job has with another one's plan. That one's expiry too: S3 counts an archive's days
    from when its upload was opened."""
    return {
        **items.plan_attributes(replace(plan, home=maker.home)),
        **items.missing_attributes(maker.missing_count or 0, maker.missing),
        "totalFiles": items.attribute(maker.total_files),
        "bytesTotal": items.attribute(maker.bytes_total),
        "expiresAt": items.attribute(maker.expires_at),
        "ttl": items.attribute((maker.expires_at + items.RECORD_GRACE_MS) // 1000),
    }
