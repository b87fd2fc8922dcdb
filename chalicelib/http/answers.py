"""A job as the API shows it. Pure."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from chalicelib.http.problems import type_uri
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import Stage, Status

Answer = dict[str, Any]

RECONNECT_MIN_MS: Final = 500
"""Firefox waits at least this long."""

_MESSAGES = {
    Status.QUEUED: "Waiting for a worker.",
    Status.COMPLETED: "The archive is ready.",
    Status.FAILED: "The export failed.",
    Status.CANCELLED: "The export was cancelled.",
    Status.EXPIRED: "The archive has expired.",
}


def accepted(job: Job, base: str) -> Answer:
    """The answer to a request that made (or found) this job."""
    url = job_url(job, base)
    return {
        "jobId": job.job_id,
        "status": job.status,
        "totalFiles": job.total_files,
        "message": "The export is queued; follow statusUrl."
        if job.status is Status.QUEUED
        else "This export was asked for before; follow statusUrl.",
        "statusUrl": url,
        "sseUrl": f"{url}/progress",
        "downloadUrl": f"{url}/download",
    }


def job_answer(job: Job, now: int, base: str, missing: Sequence[int | str] | None) -> Answer:
    """Everything there is to know of a job at this time. `missing` is the whole list, or None where
    it is too long to be told here."""
    status = job.status_at(now)
    result = None
    if status in (Status.COMPLETED, Status.EXPIRED):
        ready = status is Status.COMPLETED
        result = {
            "s3Key": job.archive_key,
            "fileSize": job.bytes_total,
            "processedFiles": job.files_done,
            "totalFiles": job.total_files,
            "missing": None if missing is None else list(missing),
            "downloadUrl": f"{job_url(job, base)}/download?redirect=true" if ready else None,
            **({"reusedFrom": job.reused_from} if job.reused_from else {}),
        }
    error = None
    if job.failure:
        error = {
            "type": type_uri(job.failure.slug),
            "title": job.failure.title,
            "detail": job.failure.detail,
        }
    return {
        "jobId": job.job_id,
        "filename": job.filename,
        "status": status,
        "progress": {
            "percent": job.percent,
            "currentFile": job.files_done,
            "totalFiles": job.total_files,
            "bytesDone": job.bytes_done,
            "bytesTotal": job.bytes_total,
            "stage": job.stage,
            "message": _message(job, status),
            "etaSeconds": job.eta_seconds,
        },
        "result": result,
        "error": error,
        "createdAt": iso(job.created_at),
        "updatedAt": iso(job.updated_at),
        "expiresAt": iso(job.expires_at),
        **({"retryOf": job.retry_of} if job.retry_of else {}),
    }


def state_id(job: Job, now: int) -> str:
    """Names the state that the job is in, as far as a watcher cares. Two ids are equal if nothing
    has happened between.

    Progress does not go back, so no state comes twice. What is not in it (`updatedAt`,
    `etaSeconds`) changes with each sign of life, of each worker.
    """
    seen = (
        *(job.job_id, job.status_at(now), job.stage),
        *(job.files_done, job.total_files, job.bytes_done, job.bytes_total),
    )
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:16]


def reconnect_after(job: Job, now: int, longest: int) -> int:
    """Milliseconds until a watcher should look again, `longest` at most.

    The tenth part of the time that the next thing worth seeing may take: the job's end or, where
    nobody knows when that is, as long again as the job has not moved.
    """
    expected = job.eta_seconds
    if expected is None:
        expected = max((now - job.updated_at) // 1000, 10)
    return min(max(expected * 100, RECONNECT_MIN_MS), longest)


def job_url(job: Job, base: str) -> str:
    return f"{base}/v1/export/{job.job_id}"


def _message(job: Job, status: Status) -> str:
    if status is not Status.PROCESSING:
        return _MESSAGES[status]
    if job.stage is Stage.PLANNING:
        return f"Looking up {job.total_files} files." if job.total_files else "Listing the files."
    if job.stage is Stage.READING:
        return "Reading large files to find out their checksums."
    if job.stage is Stage.FINALIZING:
        return "Completing the archive."
    return f"Building the archive: {job.files_done} of {job.total_files} files."


def iso(moment: int) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return (
        datetime.fromtimestamp(moment / 1000, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )
