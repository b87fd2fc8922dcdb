"""Finds jobs that have not moved, and sends their next step again. Gives up jobs that will never
move. Sends `discard` for ended jobs of which something is left, and `announce` for what was not
told.

This repairs a crash between a write and the message that should follow it, a message that was lost
or given up while the job lives, and a queue that was purged.

A job may also stand still because the queue is long. The message that it waits for is then in the
queue, and a second one only makes the queue longer. Nor is that a reason to give the job up.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from chalicelib.errors import LonghaulError
from chalicelib.jobs import places, wake
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import OPEN
from chalicelib.pipeline import endings
from chalicelib.pipeline.abandoned import abort_abandoned
from chalicelib.pipeline.planning import following
from chalicelib.pipeline.swept import Run, tell
from chalicelib.queue.messages import Message, Step
from chalicelib.services import Services

JOBS_A_RUN: Final = 500
"""The most jobs of each kind that one run looks at: it must end within its minute."""

BACKLOG: Final = 10
"""Messages in the queue. While more of them wait, a job's own message may be among them, however
long the job has not moved. Fewer are taken within seconds."""

BACKLOG_PATIENCE_MS: Final = 30 * 60_000
"""How much longer a job is left alone while there is a backlog."""

PAUSE_MAX_MS: Final = 3600 * 1000
"""A job is woken again when it has stood still for twice as long, or after this time if that is
sooner."""

SWEEPS_MAX: Final = 8
"""How often a job is woken in vain, without a backlog, before it is given up: that takes some 4
hours."""


def sweep(services: Services) -> int:
    """Wakes the jobs that have stalled, and sends `discard` for ended jobs of which something is
    left. Before that, sends `announce` for what was not told, which takes seconds at most. Returns
    for how many jobs it sent a step."""
    run = Run(services.now())
    _announce_due(services, run)
    _sweep_jobs(services, run)
    if services.now() // 60_000 % 60 == 0:
        abort_abandoned(services)
    tell(services, run)
    return run.treated


def _sweep_jobs(services: Services, run: Run) -> None:
    run.waiting = services.queue.waiting()
    is_calm = run.waiting <= BACKLOG
    before = services.now() - (0 if is_calm else BACKLOG_PATIENCE_MS)
    wake_up = partial(_wake, services, run, is_calm=is_calm)
    throw_away = partial(_discard, services, run, is_calm=is_calm)
    _each_due(wake.OPEN_SHARDS, before, wake_up, services)
    _each_due(wake.ENDED_SHARDS, before, throw_away, services)


def _announce_due(services: Services, run: Run) -> None:
    """Sends `announce` for what is due and was not told. Raises nothing: the next run goes on."""
    try:
        now = services.now()
        run.announcements_waiting = services.announcements.waiting()
        if run.announcements_waiting > BACKLOG:
            now -= BACKLOG_PATIENCE_MS
        for item, _ in zip(services.due_announcements.due(now), range(JOBS_A_RUN), strict=False):
            run.announced_again += _announced_again(item, services)
    except LonghaulError as error:
        services.log.warning("announcements not sent", reason=error.detail)
    except Exception:
        services.log.exception("announcements not sent")


def _announced_again(item: str, services: Services) -> bool:
    """Takes what is due, and sends `announce`. Returns whether it did."""
    job_id = places.job_of_item(item)
    try:
        if not services.due_announcements.take(item, services.now()):
            return False
        services.announcements.send([Message(Step.ANNOUNCE, job_id)], job_id)
    except LonghaulError as error:
        # It is due again after ANNOUNCE_AGAIN_MS.
        services.log.warning("announcement not sent", jobId=job_id, reason=error.detail)
        return False
    except Exception:
        services.log.exception("announcement not sent", jobId=job_id)
        return False
    services.log.info("announcement sent again", jobId=job_id)
    return True


def _each_due(
    shards: Sequence[int], before: int, treat: Callable[[Job], None], services: Services
) -> None:
    """Treats the jobs of these shards that were due before `before`."""
    due = services.due_jobs.due(shards, before)
    for job_id, _ in zip(due, range(JOBS_A_RUN), strict=False):
        try:
            job = services.jobs.get(job_id)
            # The index lags behind: the job may have moved, or have just been woken.
            if job and job.wake_at is not None and job.wake_at < before:
                treat(job)
        except LonghaulError as error:
            # The job is woken when it is due the next time.
            services.log.warning("job not woken", jobId=job_id, reason=error.detail)
        except Exception:
            services.log.exception("job not woken", jobId=job_id)


def _wake(services: Services, run: Run, job: Job, *, is_calm: bool) -> None:
    if job.status not in OPEN:
        return
    if is_calm and job.sweeps >= SWEEPS_MAX:
        detail = "it has not moved in spite of several tries; export again, or tell the operator"
        run.given_up += endings.give_up(services, job.job_id, detail) is not None
        return
    if not _taken(services, job, is_calm=is_calm):
        return
    messages = following(job, services)
    services.queue.send(messages, job.user_id)
    services.log.warning(
        "job woken", jobId=job.job_id, stage=job.stage, messages=len(messages), sweeps=job.sweeps
    )
    run.woken += 1


def _discard(services: Services, run: Run, job: Job, *, is_calm: bool) -> None:
    if job.status in OPEN or not _taken(services, job, is_calm=is_calm):
        return
    services.queue.send([Message(Step.DISCARD, job.job_id)], job.user_id or job.job_id)
    run.discarded += 1


def _taken(services: Services, job: Job, *, is_calm: bool) -> bool:
    """Takes the job for this sweeper. Returns False if another sweeper has taken it, or if it has
    moved."""
    now = services.now()
    wake_at = wake.wake_time(now + min(max(now - job.updated_at, 0), PAUSE_MAX_MS))
    return services.due_jobs.take(job, now, wake_at, counted=is_calm)
