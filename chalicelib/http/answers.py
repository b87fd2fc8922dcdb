"""A job as the API shows it. Pure."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from chalicelib.archive.manifest import Skipped, skipped_of
from chalicelib.http.problems import type_uri
from chalicelib.instants import iso
from chalicelib.jobs.model import Job
from chalicelib.jobs.remedies import blamed, remedies
from chalicelib.jobs.states import Stage, Status

Answer = dict[str, Any]

RECONNECT_MIN_MS: Final = 500
"""Firefox waits at least this long before it connects again."""

_MESSAGES = {
    Status.QUEUED: "Waiting for a worker.",
    Status.COMPLETED: "The archive is ready.",
    Status.FAILED: "The export failed.",
    Status.CANCELLED: "The export was cancelled.",
    Status.EXPIRED: "The archive has expired.",
}


def accepted(job: Job, base: str) -> Answer:
    """Returns the answer to a request that has made this job, or found it."""
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
        "downloadUrl": _download_url(url),
        "linkUrl": f"{url}/download",
        "traceId": job.root_span.trace,
    }


def job_answer(
    job: Job,
    now: int,
    base: str,
    missing: Sequence[int | str] | None,
    unreadable: Sequence[Skipped] | None,
) -> Answer:
    """Returns all that the API says of a job at the time `now`. `missing` and `unreadable` are the
    whole lists; None if a list is too long for this answer, which then has neither: an empty list
    beside a long one would say that nothing was left out."""
    status = job.status_at(now)
    result = None
    if status in (Status.COMPLETED, Status.EXPIRED):
        url, ready = job_url(job, base), status is Status.COMPLETED
        skipped = _skipped(missing, unreadable)
        result = {
            "s3Key": job.archive_key,
            "fileSize": job.bytes_total,
            "processedFiles": job.files_done,
            "totalFiles": job.total_files,
            "missing": None if missing is None or skipped is None else list(missing),
            "skipped": skipped,
            "downloadUrl": _download_url(url) if ready else None,
            "linkUrl": f"{url}/download" if ready else None,
            "indexUrl": f"{url}/download?index=true&redirect=true"
            if ready and job.format == "tar"
            else None,
            **({"reusedFrom": job.reused_from} if job.reused_from else {}),
        }
    error = None
    if job.failure:
        error = {
            "type": type_uri(job.failure.slug),
            "title": job.failure.title,
            "detail": job.failure.detail,
            **_mending(job),
        }
    files_done, bytes_done, bytes_total = job.shown
    return {
        "jobId": job.job_id,
        "filename": job.filename,
        "format": job.format,
        "archives": job.archives,
        "status": status,
        "progress": {
            "percent": job.percent,
            "currentFile": files_done,
            "totalFiles": job.total_files,
            "bytesDone": bytes_done,
            "bytesTotal": bytes_total,
            "stage": job.stage,
            "message": _message(job, status),
            "etaSeconds": job.eta_seconds,
        },
        "result": result,
        "error": error,
        "createdAt": iso(job.created_at),
        "updatedAt": iso(job.updated_at),
        "expiresAt": iso(job.expires_at),
        "traceId": job.root_span.trace,
        **({"retryOf": job.retry_of} if job.retry_of else {}),
    }


def _download_url(url: str) -> str:
    """Returns the URL of which a GET leads to the archive's bytes. `url` is the job's. The name
    means this in each answer."""
    return f"{url}/download?redirect=true"


def _skipped(
    missing: Sequence[int | str] | None, unreadable: Sequence[Skipped] | None
) -> list[Answer] | None:
    if missing is None or unreadable is None:
        return None
    return [asdict(one) for one in (*skipped_of(missing), *unreadable)]


def _mending(job: Job) -> Answer:
    """Returns what can be done about the job's failure, and which files are to blame."""
    count, files = blamed(job)
    return {
        "remedies": list(remedies(job)),
        "affectedFiles": count,
        "affected": None if files is None else [asdict(one) for one in files],
    }


def state_id(job: Job, now: int) -> str:
    """Returns the id of the job's state, as far as a watcher cares. Two ids are equal if nothing
    has happened in between.

    Progress goes back only when a job is planned again, which is counted. So no state comes twice,
    unless the job is renamed and gets its name back.
    `updatedAt` and `etaSeconds` are not in the id: they change with each sign of life, of each
    worker.
    """
    seen = (
        *(job.job_id, job.status_at(now), job.stage),
        *(*job.shown, job.total_files, job.percent, job.archives, job.changes),
        job.filename,
    )
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:16]


def reconnect_after(job: Job, now: int, longest: int) -> int:
    """Returns the milliseconds until a watcher should look again, `longest` at most.

    This is a tenth of the time until the job's end. If nobody knows when the job ends, it is a
    tenth of the time since the job moved last, which counts as 10 seconds at least.
    """
    expected = job.eta_seconds
    if expected is None:
        expected = max((now - job.updated_at) // 1000, 10)
    return min(max(expected * 100, RECONNECT_MIN_MS), longest)


def job_url(job: Job, base: str) -> str:
    return f"{base}/v1/export/{job.job_id}"


def _message(job: Job, status: Status) -> str:  # noqa: PLR0911 - one answer for each stage
    if status is not Status.PROCESSING:
        return _MESSAGES[status]
    begins = job.stage is Stage.PLANNING or (job.stage is Stage.COMPRESSING and not job.bytes_done)
    if job.changes and begins:
        return "Planning again: a file has changed, or cannot be read."
    if job.stage is Stage.PLANNING:
        files = "1 file" if job.total_files == 1 else f"{job.total_files} files"
        return f"Looking up {files}." if job.total_files else "Listing the files."
    if job.stage is Stage.READING:
        return "Reading large files to find out their checksums."
    if job.stage is Stage.FINALIZING:
        return "Completing the archive." if job.archives == 1 else "Completing the last archive."
    files_done, *_ = job.shown
    if job.stage is Stage.COMPRESSING:
        return f"Compressing the files: {files_done} of {job.total_files}."
    what = "the archive" if job.archives == 1 else f"{job.archives} archives"
    if job.packing:
        return f"Putting {what} together."
    return f"Building {what}: {files_done} of {job.total_files} files."
