"""Throws away what is left of jobs that have ended: all that somebody pays for.

A job that was cancelled or has failed is told to do so at once, by the step `discard`, so that an
upload does not wait for it. Whoever was at work then may still leave something behind: so the job
stays in the sweeper's index, which sends the step again when nobody can be at work any more. And it
sends it when an archive has expired.
"""

from chalicelib.jobs import wake, wake_index
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import Status
from chalicelib.pipeline import plans
from chalicelib.pipeline.collaborators import Collaborators


def discard(job: Job, stack: Collaborators) -> None:
    """The step `discard`, of a job that has ended."""
    now = stack.now()
    status = job.status_at(now)
    if status is not Status.COMPLETED:
        # In this order: once the upload is gone, nobody can make the archive of it any more.
        if job.plan:
            stack.archive.abort_upload(job.archive_key, job.plan.upload)
        _abort_uploads(job.archive_key, stack)
        stack.archive.delete(job.archive_key)
    _abort_uploads(job.prefix, stack)
    if status is Status.EXPIRED:
        _delete_objects(job.prefix, stack)
    elif job.plan:
        _delete_objects(plans.segments_prefix(job, job.plan.digest), stack)
    if now >= job.updated_at + wake.SETTLED_AFTER_MS:
        left = status is Status.COMPLETED
        wake_index.discarded(stack.jobs, job, job.expires_at if left else None)


def _abort_uploads(prefix: str, stack: Collaborators) -> None:
    for upload in stack.archive.list_uploads(prefix):
        stack.archive.abort_upload(upload.key, upload.id)


def _delete_objects(prefix: str, stack: Collaborators) -> None:
    stack.archive.delete_all(found.key for found in stack.archive.list_objects(prefix))
