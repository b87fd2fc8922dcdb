"""Sends the notices of a job that has ended, and keeps what came of each.

A notice is claimed before it is sent, and its outcome is written after. If everything dies in
between, the claim ends, and the notice is sent once more, with the same id.
"""

from contextlib import suppress
from functools import partial
from typing import Final

from chalicelib.announcing import mail, webhooks
from chalicelib.announcing.outcomes import NotDelivered, claimed, not_sent, recorded, sent
from chalicelib.errors import LonghaulError
from chalicelib.jobs.model import Job
from chalicelib.jobs.notices import Kind, Notice, State
from chalicelib.jobs.states import OPEN
from chalicelib.queue.messages import Message, Step
from chalicelib.queue.queue import DELAY_MAX
from chalicelib.services import Services

_SENDERS: Final = {Kind.WEBHOOK: webhooks.send, Kind.MAIL: mail.send}


def claim(job: Job, services: Services) -> tuple[str, tuple[Notice, ...]]:
    """Claims all notices of the job that are due: none while it is open. Returns (the API's URL,
    the claimed notices). Raises Unavailable."""
    if job.status in OPEN or not job.has_notices:
        return "", ()
    now = services.now()
    before: list[tuple[Notice, ...]] = []

    def attempt(known: tuple[Notice, ...]) -> tuple[Notice, ...]:
        before.append(known)
        return claimed(known, now)

    after = services.notices.change(job.job_id, attempt, now)
    if after is None:
        return "", ()
    changed = [one for one in after.notices if one not in before[-1]]
    for one in changed:
        if not one.is_unsent:
            _log(job, one, None, services)
    return after.base, tuple(one for one in changed if one.is_unsent)


def send(job: Job, mine: tuple[Notice, ...], base: str, services: Services) -> None:
    """Sends these notices, which this announcer has claimed. If one of them breaks, the others are
    sent all the same."""
    # Mail goes at once; a webhook may take as long as its receiver likes.
    for notice in sorted(mine, key=lambda one: one.kind is Kind.WEBHOOK):
        try:
            _SENDERS[notice.kind](notice, job, base, services)
            after = sent(notice)
        except NotDelivered as error:
            after = _not_sent(notice, error, services)
        except LonghaulError as error:
            after = _not_sent(notice, NotDelivered(error.detail), services)
        except Exception as error:  # a bug: the other tries are made, in case it is mended
            services.log.exception("notice broke", jobId=job.job_id, kind=notice.kind)
            reason = NotDelivered(f"internal error: {type(error).__name__}")
            after = _not_sent(notice, reason, services)
        _keep(job, notice, after, services)


def _not_sent(notice: Notice, error: NotDelivered, services: Services) -> Notice:
    return not_sent(notice, error, services.now(), services.random)


def _keep(job: Job, tried: Notice, after: Notice, services: Services) -> None:
    """Writes what came of a try, and has the next one made."""
    now = services.now()
    pause = None if after.next_at is None else max(after.next_at - now, 0) // 1000
    _log(job, after, pause, services)
    try:
        services.notices.change(job.job_id, partial(recorded, tried=tried, after=after), now)
    except LonghaulError as error:
        # The claim ends, and the notice is sent once more.
        services.log.warning("notice not kept", jobId=job.job_id, reason=error.detail)
        return
    except Exception:
        services.log.exception("notice not kept", jobId=job.job_id)
        return
    # The sweeper makes the tries that SQS cannot hold back for so long, and those that get lost.
    if pause is not None and pause < DELAY_MAX:
        with suppress(LonghaulError):
            again = Message(Step.ANNOUNCE, job.job_id)
            services.announcements.send([again], job.user_id or job.job_id, pause + 1)


def _log(job: Job, notice: Notice, pause: int | None, services: Services) -> None:
    is_sent = notice.state is State.SENT
    log = services.log.info if is_sent else services.log.warning
    log(
        "notice sent" if is_sent else "notice not sent",
        jobId=job.job_id,
        kind=notice.kind,
        state=notice.state,
        attempt=notice.attempts,
        reason=notice.last_error or None,
        seconds=pause,
    )
