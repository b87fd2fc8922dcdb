"""Finds jobs that have not moved and sends their next step again; ends those that never will. Has
thrown away what is left of jobs that have ended.

What makes it necessary: a crash between a write and the message that should follow it, a message
that was lost or given up while the job lives, a queue that was purged.

A job may also stand still because the queue is long. What it waits for is then in the queue, and to
send it once more only makes that longer; nor is it a reason to give the job up.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from chalicelib.errors import GivenUp, LonghaulError
from chalicelib.jobs import wake, wake_index
from chalicelib.jobs.model import Failure, Job
from chalicelib.jobs.states import OPEN
from chalicelib.log import logger
from chalicelib.pipeline.abandoned import abort_abandoned
from chalicelib.pipeline.collaborators import Collaborators
from chalicelib.pipeline.messages import Message, Step
from chalicelib.pipeline.steps import following

JOBS_A_RUN: Final = 500
"""Jobs of each kind looked at in one run: it must end within its minute."""

BACKLOG: Final = 10
"""Messages waiting in the queue from which on a job's own may be among them, however long it has
not moved: fewer are taken within seconds."""

BACKLOG_PATIENCE_MS: Final = 30 * 60_000
"""How much longer than else a job is left alone while there is a backlog."""

PAUSE_MAX_MS: Final = 3600 * 1000
"""A job is woken again when it has stood still twice as long, but never later than this."""

SWEEPS_MAX: Final = 8
"""How often a job is woken in vain, without a backlog, before it is given up: after some 4
hours."""


def sweep(stack: Collaborators) -> int:
    """Wakes the jobs that have stalled, and has what is left of others thrown away. Gives how many
    jobs."""
    is_calm = stack.queue.waiting() <= BACKLOG
    before = stack.now() - (0 if is_calm else BACKLOG_PATIENCE_MS)
    woken = _each_due(wake.OPEN_SHARDS, before, partial(_wake, stack, is_calm=is_calm), stack)
    woken += _each_due(wake.ENDED_SHARDS, before, partial(_discard, stack, is_calm=is_calm), stack)
    if stack.now() // 60_000 % 60 == 0:
        abort_abandoned(stack)
    return woken


def _each_due(
    shards: Sequence[int], before: int, treat: Callable[[Job], bool], stack: Collaborators
) -> int:
    """Treats the jobs of these shards that were due before then. Gives how many there was
    something to do for."""
    treated = 0
    due = wake_index.due(stack.jobs, shards, before)
    for job_id, _ in zip(due, range(JOBS_A_RUN), strict=False):
        try:
            job = stack.jobs.get(job_id)
            # The index lags behind: the job may have moved, or have just been woken.
            if job and job.wake_at is not None and job.wake_at < before:
                treated += treat(job)
        except LonghaulError as error:
            # It is woken when its time has come again.
            logger().warning("job not woken", extra={"jobId": job_id, "reason": error.detail})
        except Exception:  # noqa: BLE001 - one job must not keep the others waiting
            logger().exception("job not woken", extra={"jobId": job_id})
    return treated


def _wake(stack: Collaborators, job: Job, *, is_calm: bool) -> bool:
    if job.status not in OPEN:
        return False
    if is_calm and job.sweeps >= SWEEPS_MAX:
        detail = "it has not moved in spite of several tries; export again, or tell the operator"
        failure = Failure(GivenUp.slug, GivenUp.title, detail)
        stack.jobs.fail(job.job_id, stack.now(), failure)
        logger().error("job given up", extra={"jobId": job.job_id, "sweeps": job.sweeps})
        return False
    if not _claimed(stack, job, is_calm=is_calm):
        return False
    messages = following(job, stack)
    stack.queue.send(messages, job.user_id)
    logger().warning(
        "job woken",
        extra={"jobId": job.job_id, "stage": job.stage, "messages": len(messages)},
    )
    return True


def _discard(stack: Collaborators, job: Job, *, is_calm: bool) -> bool:
    if job.status in OPEN or not _claimed(stack, job, is_calm=is_calm):
        return False
    stack.queue.send([Message(Step.DISCARD, job.job_id)], job.user_id)
    return True


def _claimed(stack: Collaborators, job: Job, *, is_calm: bool) -> bool:
    """Whether it is this sweeper that the job is left to: no other has it, nor has it moved."""
    now = stack.now()
    wake_at = wake.wake_time(now + min(max(now - job.updated_at, 0), PAUSE_MAX_MS))
    return wake_index.claim(stack.jobs, job, now, wake_at, counted=is_calm)
