"""Aborts uploads that nobody will complete: the worker that opened one has died, or has lost S3's
answer, before it could record the upload.

S3's lifecycle would abort them too, but only between one day and two later.
"""

from typing import Final

from chalicelib.jobs import places
from chalicelib.jobs.states import OPEN, Status
from chalicelib.jobs.store import NOBODY
from chalicelib.services import Services

ABANDONED_AFTER_MS: Final = 3600 * 1000
"""An upload is looked at when it has been open for this long: no function runs longer than a
quarter of that."""


def abort_abandoned(services: Services) -> int:
    """Looks at all uploads to the archive bucket. Returns how many were aborted."""
    aborted = 0
    opened_before = services.now() - ABANDONED_AFTER_MS
    for upload in services.archive.list_uploads():
        job_id = places.job_of(upload.key)
        if job_id and upload.opened < opened_before and not _wanted(job_id, services):
            services.archive.abort_upload(upload.key, upload.id)
            aborted += 1
            services.log.warning("upload aborted", key=upload.key, jobId=job_id)
    return aborted


def _wanted(job_id: str, services: Services) -> bool:
    """Returns whether an upload of the job is still wanted. The job, or a retry that has taken the
    upload over, may still complete it, or throw it away in the step `discard`."""
    job = services.jobs.get(job_id)
    if job is None or job.status is Status.COMPLETED:
        return False
    if job.status in OPEN or job.wake_at is not None:
        return True
    return job.heir is not None and job.heir != NOBODY and _wanted(job.heir, services)
