"""Throws away what is left of jobs that have ended: all that somebody pays for.

If a job was cancelled, its step `discard` is sent at once, so that its upload goes soon. What was
uploaded for a failed job is kept for a while, so that a retry can take it over (reuse.py). A worker
that was at work when a job ended may still leave something behind. So the job stays in the
sweeper's index, and the sweeper sends the step again when no worker can be at work any more. It
also sends the step when an archive has expired.
"""

from collections.abc import Iterator
from dataclasses import replace

from chalicelib.jobs import places, wake
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import OPEN, Status
from chalicelib.jobs.store import NOBODY
from chalicelib.pipeline.lease import Lease
from chalicelib.services import Services


def discard(job: Job, services: Services, lease: Lease) -> None:
    """Does the step `discard`, of a job that has ended."""
    now = services.now()
    is_anothers = job.reused_from is not None
    if job.plan and job.status is Status.FAILED:
        if now < job.updated_at + wake.DISCARD_AFTER_MS:
            return
        heir = _heir(job, services)
        if heir and heir.plan is None and heir.status in OPEN:
            return  # it may still take what it has claimed: the sweeper asks again
        is_anothers = bool(heir and heir.plan and heir.plan.upload == job.plan.upload)
    status = job.status_at(now)
    if not is_anothers:
        _throw_away(job, status, services, lease)
    if job.home != job.job_id:
        # What was begun under the job's own id: by a twin, or before it was planned again.
        _throw_away(replace(job, plan=None), status, services, lease)
    if now >= job.updated_at + wake.SETTLED_AFTER_MS:
        is_kept = status is Status.COMPLETED
        services.due_jobs.settle(job, job.expires_at if is_kept else None)


def _heir(failed: Job, services: Services) -> Job | None:
    """Returns the job that has claimed what a failed one has uploaded. None: nobody has, and from
    now on nobody can."""
    heir = services.jobs.claim(failed, NOBODY)
    return None if heir == NOBODY else services.jobs.get(heir)


def _throw_away(job: Job, status: Status, services: Services, lease: Lease) -> None:
    """Throws away what is stored at the job's home. Keeps the archive of a job that has completed.
    Always keeps the request: an export that has expired can be retried."""
    folder = places.folder(job.home)
    if status is not Status.COMPLETED or job.plan is None:
        # In this order: once the upload is gone, nobody can make the archive of it any more.
        if job.plan:
            services.archive.abort_upload(job.archive_key, job.plan.upload)
        _abort_uploads(job.archive_key, services, lease)
        services.archive.delete(job.archive_key)
    _abort_uploads(folder, services, lease)
    if status is Status.EXPIRED:
        keys = (key for key in _keys(folder, services) if not places.is_request(key))
        services.archive.delete_all(keys)
    elif job.plan or job.was_replanned:
        keys = (key for key in _keys(folder, services) if places.is_segment(key))
        services.archive.delete_all(keys)


def _abort_uploads(prefix: str, services: Services, lease: Lease) -> None:
    for upload in services.archive.list_uploads(prefix):
        lease.keep()
        services.archive.abort_upload(upload.key, upload.id)


def _keys(prefix: str, services: Services) -> Iterator[str]:
    return (found.key for found in services.archive.list_objects(prefix))
