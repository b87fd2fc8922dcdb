"""Aborts uploads that nobody will complete: those that were opened, and whose opener died or lost
the answer before it could note them.

S3 would do so itself, by the bucket's lifecycle, but some time between one day and two after.
"""

import re
from typing import Final

from chalicelib.jobs.states import OPEN, Status
from chalicelib.jobs.takeover import NOBODY
from chalicelib.log import logger
from chalicelib.pipeline.collaborators import Collaborators

ABANDONED_AFTER_MS: Final = 3600 * 1000
"""An upload is looked at when it has been open so long: a function runs a quarter of that."""

_JOB_OF_KEY: Final = re.compile(r"(?:archives|jobs)/([0-9a-f-]{36})[./]")


def abort_abandoned(stack: Collaborators) -> int:
    """Looks at all uploads to the archive bucket. Gives how many were aborted."""
    aborted = 0
    opened_before = stack.now() - ABANDONED_AFTER_MS
    for upload in stack.archive.list_uploads():
        job_id = _JOB_OF_KEY.match(upload.key)
        if job_id and upload.opened < opened_before and not _wanted(job_id[1], stack):
            stack.archive.abort_upload(upload.key, upload.id)
            aborted += 1
            logger().warning("upload abandoned", extra={"key": upload.key, "jobId": job_id[1]})
    return aborted


def _wanted(job_id: str, stack: Collaborators) -> bool:
    """Whether somebody may still complete an upload of the job's, or throw it away: the job itself,
    or a retry that has taken it over."""
    job = stack.jobs.get(job_id)
    if job is None or job.status is Status.COMPLETED:
        return False
    if job.status in OPEN or job.wake_at is not None:
        return True
    return job.heir is not None and job.heir != NOBODY and _wanted(job.heir, stack)
