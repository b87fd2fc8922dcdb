"""Throws away what is left of jobs that have ended: all that somebody pays for.

A job that was cancelled is told to do so at once, by the step `discard`, so that an upload does not
wait for it. What was uploaded for one that has failed is kept for a while, for a retry to take over
(reuse.py). Whoever was at work at a job's end may still leave something behind: so the job stays in
the sweeper's index, which sends the step again when nobody can be at work any more. And it sends it
when an archive has expired.
"""

from collections.abc import Iterator
from dataclasses import replace

from chalicelib.jobs import takeover, wake, wake_index
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import OPEN, Status
from chalicelib.pipeline import plans
from chalicelib.pipeline.collaborators import Collaborators
from chalicelib.pipeline.watch import Watch


def discard(job: Job, stack: Collaborators, watch: Watch) -> None:
    """The step `discard`, of a job that has ended."""
    now = stack.now()
    is_anothers = job.reused_from is not None
    if job.plan and job.status is Status.FAILED:
        if now < job.updated_at + wake.DISCARD_AFTER_MS:
            return
        heir = _heir(job, stack)
        if heir and heir.plan is None and heir.status in OPEN:
            return  # it may yet take what it has claimed, or not: the sweeper asks again
        is_anothers = bool(heir and heir.plan and heir.plan.upload == job.plan.upload)
    status = job.status_at(now)
    if not is_anothers:
        _throw_away(job, status, stack, watch)
    if job.home != job.job_id:
        # What a twin had begun under the job's own id.
        _throw_away(replace(job, plan=None), status, stack, watch)
    if now >= job.updated_at + wake.SETTLED_AFTER_MS:
        left = status is Status.COMPLETED
        wake_index.discarded(stack.jobs, job, job.expires_at if left else None)


def _heir(failed: Job, stack: Collaborators) -> Job | None:
    """The job that has claimed what a failed one had uploaded. None: now nobody can any more."""
    heir = takeover.claim(stack.jobs, failed, takeover.NOBODY)
    return None if heir == takeover.NOBODY else stack.jobs.get(heir)


def _throw_away(job: Job, status: Status, stack: Collaborators, watch: Watch) -> None:
    """What lies where the job is at home, but the archive of one that has completed, and what was
    asked for: an export that has expired can be retried."""
    if status is not Status.COMPLETED or job.plan is None:
        # In this order: once the upload is gone, nobody can make the archive of it any more.
        if job.plan:
            stack.archive.abort_upload(job.archive_key, job.plan.upload)
        _abort_uploads(job.archive_key, stack, watch)
        stack.archive.delete(job.archive_key)
    _abort_uploads(job.prefix, stack, watch)
    if status is Status.EXPIRED:
        requests = f"{job.prefix}request-"
        found = _keys(job.prefix, stack)
        stack.archive.delete_all(key for key in found if not key.startswith(requests))
    elif job.plan:
        stack.archive.delete_all(_keys(plans.segments_prefix(job, job.plan.digest), stack))


def _abort_uploads(prefix: str, stack: Collaborators, watch: Watch) -> None:
    for upload in stack.archive.list_uploads(prefix):
        watch.keep()
        stack.archive.abort_upload(upload.key, upload.id)


def _keys(prefix: str, stack: Collaborators) -> Iterator[str]:
    return (found.key for found in stack.archive.list_objects(prefix))
