"""Erases a user: deletes all of their jobs, the open ones too, and how much they have exported.

It finds the jobs by an index that lags behind, usually by less than a second. A job that the user
makes at the same time may be left. So take the user's access away first, and erase again a minute
later.
"""

from dataclasses import dataclass
from typing import Final

from chalicelib.jobs.model import Job
from chalicelib.jobs.states import OPEN
from chalicelib.pipeline import deleting, endings
from chalicelib.services import Services

JOBS_A_CALL: Final = 100
"""The most jobs that one call deletes."""

SECONDS_A_CALL: Final = 15
"""A call begins no other job after this time: API Gateway waits 29 s for an answer."""

_PAGE: Final = 25
"""Jobs that are read at a time."""


@dataclass(frozen=True, slots=True)
class Erased:
    """`more`: the call has stopped before the end of the list. Call again."""

    deleted_jobs: int
    more: bool


def erase_user(services: Services, user_id: str, most: int = JOBS_A_CALL) -> Erased:
    """Deletes the jobs of this user, at most `most` of them. Open jobs are cancelled before. May be
    called again at any time, also after a crash.

    Raises Unavailable or AccessDenied if a service does. Some jobs are deleted then.
    """
    until = services.now() + SECONDS_A_CALL * 1000
    deleted = 0
    after: tuple[int, str] | None = None
    while True:
        page = services.user_jobs.page(user_id, _PAGE, after)
        for job in page.jobs:
            if deleted >= most or services.now() >= until:
                return Erased(deleted, more=True)
            deleted += _delete(services, job)
        if page.next is None:
            services.quotas.forget_user(user_id, services.now())
            return Erased(deleted, more=False)
        if services.now() >= until:
            return Erased(deleted, more=True)
        after = page.next


def _delete(services: Services, job: Job) -> bool:
    if job.status in OPEN:
        endings.cancel(services, job.job_id)  # None: it has ended by itself
    return deleting.delete(services, job)
