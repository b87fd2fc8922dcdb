"""Sends the segments of a planned job: some to workers directly, the others through the queue.

What is handed over directly has a net: the step `watch`, a message of the queue that is held back.
It sends to the queue what nobody has done and nobody is at work on. While somebody is, it is sent
again. The sweeper is the second net.
"""

from typing import Final

from chalicelib.errors import NothingToDo
from chalicelib.jobs.model import Job, PlanRef
from chalicelib.pipeline.lease import LEASE_SECONDS
from chalicelib.queue.messages import Message, Step
from chalicelib.services import Services

WATCH_SECONDS: Final = 30
"""How long `watch` is held back. A segment takes a few seconds, and a new worker one."""

CALM: Final = 10
"""Messages in the queue. While more of them wait, no job goes past them: the queue serves users
fairly, and Lambda would not."""


def send_segments(job: Job, plan: PlanRef, messages: list[Message], services: Services) -> None:
    """Sends the messages of a job's segments. Raises Unavailable; some may have been sent then."""
    direct = _direct(messages, services)
    if direct:
        # First: if this worker dies now, the net is there.
        _send_watch(job, plan, 1 + max(message.which for message in direct), services)
    refused = services.direct.send(direct) if direct else []
    if refused:
        services.log.warning("workers not invoked", jobId=job.job_id, segments=len(refused))
    services.queue.send([*refused, *messages[len(direct) :]], job.user_id)


def watch(job: Job, message: Message, services: Services) -> None:
    """Does the step `watch` of an open job, whose first segments were handed over directly. Raises
    NothingToDo if all that is left is in the queue, or if the job has another plan."""
    plan = job.plan
    if plan and plan.digest != message.plan:
        raise NothingToDo("the job was planned again")
    done = services.segments.done(job, plan) if plan else frozenset()
    left = [number for number in range(message.which) if number not in done]
    if plan and not left and len(done) < plan.segments:
        raise NothingToDo("the queue has what is left")
    # Each worker reports its progress every second.
    if services.now() - job.updated_at < LEASE_SECONDS * 1000:
        services.queue.send([message], job.user_id, WATCH_SECONDS)
        return
    services.queue.send(_unsent(job, plan, left), job.user_id)
    services.log.warning("segments sent again", jobId=job.job_id, segments=len(left))


def put_into_queue(job: Job | None, message: Message, services: Services, seconds: int) -> None:
    """Has a step that was handed over directly come again, from the queue. Raises Unavailable."""
    user = job.user_id if job else message.job_id
    services.queue.send([message.again()], user or message.job_id, seconds)


def _direct(messages: list[Message], services: Services) -> list[Message]:
    """Returns the first of the messages, which are to go directly."""
    most = services.settings.direct_segments if services.direct.function else 0
    assembles = [one for one in messages[:most] if one.step is Step.ASSEMBLE]
    if not assembles or services.queue.waiting() > CALM:
        return []
    return assembles


def _send_watch(job: Job, plan: PlanRef, segments: int, services: Services) -> None:
    net = Message(Step.WATCH, job.job_id, segments, plan=plan.digest)
    services.queue.send([net], job.user_id, WATCH_SECONDS)


def _unsent(job: Job, plan: PlanRef | None, left: list[int]) -> list[Message]:
    """Returns what to send for a job at which nobody is at work."""
    if plan is None:  # a worker has taken the plan away, and died before it sent `plan`
        return [Message(Step.PLAN, job.job_id)]
    assembles = [Message(Step.ASSEMBLE, job.job_id, number, plan=plan.digest) for number in left]
    return assembles or [Message(Step.FINALIZE, job.job_id, plan=plan.digest)]
