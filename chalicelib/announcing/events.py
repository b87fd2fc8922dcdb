"""What an event says of a job. Pure.

The same fields are the `data` of a webhook. docs/events.md explains each, and
docs/events/job-v1.json is the schema.
"""

from typing import Any, Final
from uuid import UUID, uuid5

from chalicelib.instants import iso
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import Status
from chalicelib.settings import Inclusion, JobEvent

SOURCE: Final = "longhaul"
VERSION: Final = "1"

DETAIL_TYPE: Final[dict[JobEvent, str]] = {
    "accepted": "Longhaul Job Accepted",
    "started": "Longhaul Job Started",
    "ended": "Longhaul Job Ended",
}

_STATUS: Final[dict[JobEvent, Status]] = {
    "accepted": Status.QUEUED,
    "started": Status.PROCESSING,
}
"""The status that the event is about. The job may be further by the time it is told."""

_IDS: Final = UUID("a0f5f6c1-6a5e-4f57-9d6c-3a0f7b1c2e44")


def event_id(job_id: str, event: JobEvent) -> str:
    """Returns the event's id. It is the same each time the event is told."""
    return str(uuid5(_IDS, f"{job_id} {event}"))


def detail(
    job: Job, event: JobEvent, at: int, *, includes: tuple[Inclusion, ...] = (), base: str = ""
) -> dict[str, Any]:
    """Returns what is told. `at` is when it happened, in Unix time in ms. `base` is the API's URL,
    for the link; empty: it is not known. Nothing is told of the user of a deleted job."""
    told: dict[str, Any] = {
        "version": VERSION,
        "id": event_id(job.job_id, event),
        "jobId": job.job_id,
        "userId": job.user_id or None,
        "status": _STATUS.get(event, job.status),
        "time": iso(at),
        "createdAt": iso(job.created_at),
        "retryOf": job.retry_of,
        "deleted": job.is_deleted,
    }
    if event == "ended":
        has_archive = job.status is Status.COMPLETED
        told |= {
            "reason": job.failure.slug if job.failure else None,
            "files": job.files_done if has_archive else 0,
            "filesSkipped": job.skipped_count,
            "bytes": job.bytes_total if has_archive else 0,
            "reused": has_archive and job.reused_from is not None,
            "expiresAt": iso(job.expires_at) if has_archive and not job.is_deleted else None,
        }
        # Only of jobs whose requests have asked for it: what others tell stays as it was.
        if job.format != "zip":
            told["format"] = job.format
        if has_archive and job.archives > 1:
            told["archives"] = job.archives
        if "detail" in includes:
            told["detail"] = job.failure.detail if job.failure else None
    if "filename" in includes:
        told["filename"] = job.filename or None
    if "link" in includes:
        told["link"] = page_url(base, job.job_id) if base else None
    return told


def page_url(base: str, job_id: str) -> str:
    """Returns the URL of the job's page. It says nothing to those who may not see the job."""
    return f"{base}/#/jobs/{job_id}"
