"""Finds jobs that have not moved and sends their next step again; ends those that never will.

What makes it necessary: a crash between a write and the message that should follow it, a message
that was lost or given up while the job lives, a queue that was purged.
"""

from typing import Final

from chalicelib.errors import LonghaulError
from chalicelib.jobs.model import Failure, Job
from chalicelib.jobs.states import OPEN
from chalicelib.jobs.store import wake_time
from chalicelib.log import logger
from chalicelib.pipeline.collaborators import Collaborators
from chalicelib.pipeline.messages import Message, Step
from chalicelib.pipeline.steps import INLINE_STEPS, assemble_messages
from chalicelib.pipeline.worker import fail

JOBS_A_RUN: Final = 500
"""Jobs looked at in one run: it must end within its minute."""

SWEEPS_MAX: Final = 8
"""How often a job is woken in vain, at growing intervals, before it is given up: after some 4
hours."""


def sweep(stack: Collaborators) -> int:
    """Wakes the jobs that have stalled. Gives how many."""
    woken = 0
    for job_id, _ in zip(stack.jobs.stalled(stack.now()), range(JOBS_A_RUN), strict=False):
        try:
            job = stack.jobs.get(job_id)
            if job and job.status in OPEN:
                woken += _wake(job, stack)
        except LonghaulError as error:
            # It is woken when its time has come again.
            logger().warning("job not woken", extra={"jobId": job_id, "reason": error.detail})
        except Exception:  # noqa: BLE001 - one job must not keep the others waiting
            logger().exception("job not woken", extra={"jobId": job_id})
    return woken


def _wake(job: Job, stack: Collaborators) -> bool:
    now = stack.now()
    if job.wake_at is None or job.wake_at >= now:
        return False  # the index lags behind: it has moved, or has just been woken
    if job.sweeps >= SWEEPS_MAX:
        detail = "it has not moved in spite of several tries; export again, or tell the operator"
        fail(job.job_id, Failure("given-up", "The job was given up", detail), stack)
        logger().error("job given up", extra={"jobId": job.job_id, "sweeps": job.sweeps})
        return False
    later = wake_time(now) + 60_000 * (2**job.sweeps - 1)
    if not stack.jobs.claim_sweep(job, now, later):
        return False  # another sweeper has it, or it has moved
    messages = _next(job, stack)
    stack.queue.send(messages, job.user_id)
    logger().warning(
        "job woken",
        extra={"jobId": job.job_id, "stage": job.stage, "messages": len(messages)},
    )
    return True


def _next(job: Job, stack: Collaborators) -> list[Message]:
    if job.plan is None or job.plan.steps <= INLINE_STEPS:
        return [Message(Step.PLAN, job.job_id)]
    left = set(range(job.plan.steps)) - stack.segments.done(job.job_id)
    return list(assemble_messages(job, sorted(left))) or [Message(Step.FINALIZE, job.job_id)]
