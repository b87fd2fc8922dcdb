"""The end of a job: every final status is written here, and nowhere else. So is what comes after:
that a job was deleted.

Each function makes one conditional write. If there are several writers at the same time, one wins,
and only that one logs the line `job ended`. Anything else that must happen once at a job's end
belongs in `_ended`. Each function raises Unavailable or AccessDenied if the table does.
"""

from typing import Final

from chalicelib import emf
from chalicelib.archive.manifest import Skipped
from chalicelib.errors import GivenUp, JobFailed, LonghaulError, SourceFault
from chalicelib.jobs import ends
from chalicelib.jobs.model import Failure, Job, PlanRef, Progress
from chalicelib.jobs.states import Status
from chalicelib.jobs.store import NOT_BLAMED, Blamed
from chalicelib.pipeline.telling import send_announcement
from chalicelib.services import Services

METRICS: Final[dict[str, emf.Unit]] = {
    "ended": "Count",
    "secondsTotal": "Seconds",
    "bytesCopied": "Bytes",
    "bytesStreamed": "Bytes",
    "givenUp": "Count",
}
DIMENSIONS: Final = (("status",), ())


def complete(  # noqa: PLR0913 - the facts of an archive
    services: Services, job: Job, plan: PlanRef, done: Progress, *, expires_at: int, wake_at: int
) -> Job | None:
    """processing → completed: the archive of this plan is there, whole. Returns the job; None if
    another writer was first. Times are Unix time in ms."""
    now = services.now()
    ended = services.jobs.complete(job, plan, now, expires_at, done=done, wake_at=wake_at)
    return _ended(services, ended)


def complete_with(
    services: Services, job: Job, built_by: Job, plan: PlanRef, *, wake_at: int
) -> Job | None:
    """processing → completed, with the archive that another job has built. Returns the job; None if
    another writer was first, or if the job has got a plan of its own meanwhile. `wake_at` is Unix
    time in ms."""
    now = services.now()
    return _ended(services, services.jobs.complete_with(job, built_by, plan, now, wake_at=wake_at))


def fail(services: Services, job_id: str, error: LonghaulError) -> Job | None:
    """queued or processing → failed, with the error as its reason. Returns the job; None if another
    writer was first."""
    failure = Failure(error.slug, error.title, error.detail)
    failed = services.jobs.fail(job_id, services.now(), failure, _blamed(error))
    return _ended(services, failed)


def _blamed(error: LonghaulError) -> Blamed:
    """Returns the files that are to blame for a failure, as far as the error knows them."""
    if isinstance(error, SourceFault) and error.key:
        return Blamed(unreadable=(Skipped(error.key, error.reason, error.why),))
    if isinstance(error, JobFailed):
        return Blamed(error.missing, error.unreadable)
    return NOT_BLAMED


def give_up(services: Services, job_id: str, detail: str) -> Job | None:
    """queued or processing → failed: all tries were in vain. Returns the job; None if another
    writer was first."""
    return fail(services, job_id, GivenUp(detail))


def cancel(services: Services, job_id: str) -> Job | None:
    """queued or processing → cancelled. Returns the job; None if another writer was first."""
    return _ended(services, services.jobs.cancel(job_id, services.now()))


def delete(services: Services, job: Job) -> Job | None:
    """completed, failed or cancelled → deleted. Returns the tombstone, which is all that is left of
    the record; None if another writer was first, or if the job has not ended."""
    deleted = services.jobs.delete(job, services.now())
    if deleted:
        services.log.info("job deleted", jobId=deleted.job_id, status=deleted.status)
    return deleted


def _ended(services: Services, job: Job | None) -> Job | None:
    """Logs once that the job has ended, and has it announced, if this writer has ended it. Returns
    the job."""
    if job is None:
        return None
    log = services.log.warning if job.status is Status.FAILED else services.log.info
    log("job ended", **facts(services, job))
    send_announcement(services, job)
    return job


def facts(services: Services, job: Job) -> dict[str, object]:
    """Returns what the line `job ended` says. docs/operations.md explains each fact."""
    at = ends.ended_at(job) or job.updated_at
    line = {
        "jobId": job.job_id,
        "userId": job.user_id,
        **ends.facts(job, at),
        "detail": job.failure.detail if job.failure else None,
        "filesMissing": 0 if job.has_blamed else job.missing_count or 0,
        "filesSkipped": job.skipped_count,
        "attempts": job.attempts + 1,
        "changes": job.changes,
        "reused": job.reused_from is not None,
    }
    namespace = services.settings.metric_namespace
    if namespace:
        line |= {"ended": 1, "givenUp": int(line["reason"] == GivenUp.slug)}
        line |= emf.block(namespace, at, line, METRICS, DIMENSIONS)
    return line
