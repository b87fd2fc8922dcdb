"""Has one more told of a job's end, or all of them once more.

First the notice is stored. Then the record says that there are notices, and that write tells
whether the job has ended by then. If it has, the notice is made due. So a job that ends between any
two of these writes tells it too. After a crash between them nothing is due that was not before: the
caller got no answer, and repeats the request.
"""

from collections.abc import Sequence
from functools import partial

from chalicelib.announcing import asked
from chalicelib.announcing.again import added, due_now
from chalicelib.errors import NoNotices, NotFound
from chalicelib.jobs.items import record_ttl
from chalicelib.jobs.model import Job
from chalicelib.jobs.notices import Notice, Notices
from chalicelib.jobs.request import Notify
from chalicelib.jobs.states import OPEN
from chalicelib.pipeline.telling import send_announcement
from chalicelib.services import Services


def notify(services: Services, job: Job, whom: Notify | None, base: str) -> tuple[Notice, ...]:
    """Has these told when the job ends, or now if it has ended; None: all who were to be told.
    `base` is the API's URL. Returns all notices of the job. Raises NoNotices if there is nobody to
    tell, TooManyNotices, NotFound if the job was deleted meanwhile, and Unavailable."""
    named = asked.named(job.job_id, whom)
    known = _stored(services, job, named, base)
    now = services.now()
    seen = services.jobs.expects_notices(job.job_id)
    if seen is None:
        services.notices.forget(job.job_id, now)
        raise _deleted(job)
    if seen.status in OPEN:
        return known.notices
    ids = {one.id for one in named} or None
    due = services.notices.change(job.job_id, partial(due_now, ids=ids, now=now), now)
    if due is None:
        raise _deleted(job)
    send_announcement(services, seen)
    return due.notices


def _stored(services: Services, job: Job, named: Sequence[Notice], base: str) -> Notices:
    """Returns the notices of the job, after those that are named were added. None of them is due
    yet."""

    def change() -> Notices | None:
        return services.notices.change(job.job_id, partial(added, named=named), services.now())

    known = change()
    if known is None and not named:
        raise NoNotices("name a url, an email, or both")
    if known is None:
        new = Notices(base=base, notices=tuple(named))
        services.notices.create(job.job_id, new, record_ttl(job.expires_at))
        known = change()  # another request may have been first
    if known is None:
        raise _deleted(job)
    return known


def _deleted(job: Job) -> NotFound:
    return NotFound(f"the job {job.job_id} has just been deleted")
