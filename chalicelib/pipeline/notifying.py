"""Has one more told of a job's end, or all of them once more.

Of an open job, first the notice is stored. Then the record says that there are notices, and that
write tells whether the job has ended by then. If it has, the notice is made due. Of a job that has
ended, first the record says it; then one write stores the notice and makes it due. So a job that
ends between any two of these writes tells it too. After a crash before the last one, the caller got
no answer, and repeats the request.
"""

from collections.abc import Sequence
from functools import partial

from chalicelib.announcing import asked
from chalicelib.announcing.again import added, due_now
from chalicelib.errors import NoNotifications, NotFound
from chalicelib.jobs.items import record_ttl
from chalicelib.jobs.model import Job
from chalicelib.jobs.notices import Notice, Notices
from chalicelib.jobs.request import Notify
from chalicelib.jobs.states import OPEN
from chalicelib.pipeline.telling import send_announcement
from chalicelib.services import Services


def notify(services: Services, job: Job, whom: Notify | None, base: str) -> tuple[Notice, ...]:
    """Has these told when the job ends, or now if it has ended; None: all who were to be told.
    `base` is the API's URL. Returns all notices of the job. Raises NoNotifications if there is
    nobody to tell, TooManyNotifications, NotFound if the job was deleted meanwhile, and
    Unavailable."""
    named = asked.named(job.job_id, whom)
    stored = partial(_stored, services, job, named, base)
    seen: Job | None = job
    if job.status in OPEN:
        known = stored(is_due=False)
        seen = services.jobs.expects_notices(job.job_id)
        if seen and seen.status in OPEN:
            return known.notices
    else:
        _check_named(services, job, named)
        seen = services.jobs.expects_notices(job.job_id)
    if seen is None:
        raise _deleted(services, job)
    known = stored(is_due=True)
    seen = services.jobs.get(job.job_id)
    if seen is None or seen.is_deleted:
        raise _deleted(services, job)
    send_announcement(services, seen)
    return known.notices


def _stored(
    services: Services, job: Job, named: Sequence[Notice], base: str, *, is_due: bool
) -> Notices:
    """Returns the notices of the job, after those that are named were added. `is_due`: those that
    are named, or all if none is, are to be sent now."""
    now = services.now()
    ids = {one.id for one in named} or None

    def changed(known: tuple[Notice, ...]) -> tuple[Notice, ...]:
        more = added(known, named)
        return due_now(more, ids, now) if is_due else more

    known = services.notices.change(job.job_id, changed, now)
    if known is None:
        _check_named(services, job, named)
        # Nobody yet, so that one write both adds a notice and makes it due.
        nobody = Notices(base=base, notices=())
        services.notices.create(job.job_id, nobody, record_ttl(job.expires_at))
        known = services.notices.change(job.job_id, changed, now)
    if known is None:
        raise _deleted(services, job)
    return known


def _check_named(services: Services, job: Job, named: Sequence[Notice]) -> None:
    """Raises NoNotifications if none is named, and the job has none."""
    known = None if named else services.notices.get(job.job_id)
    if not named and not (known and known.notices):
        raise NoNotifications("name a url, an email, or both")


def _deleted(services: Services, job: Job) -> NotFound:
    """Returns the error for a job that was deleted meanwhile, of which nothing is kept."""
    services.notices.forget(job.job_id, services.now())
    return NotFound(f"the job {job.job_id} has just been deleted")
