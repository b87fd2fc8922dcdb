"""Does the step `announce`, which has a queue of its own: a slow receiver delays no export.

The write that ends a job says in the same item that this is untold. Whoever wrote it sends the
step; the sweeper sends it again until nothing is untold. First the bus is told, and the notices are
claimed. Then the record says that all is told. A crash before that write has all of it told once
more, with the same ids. A crash after it leaves claimed notices, for which the sweeper looks too.
"""

from collections.abc import Iterable
from itertools import repeat
from typing import Any, Final

from chalicelib.announcing import bus, delivery
from chalicelib.errors import LonghaulError, NothingToDo
from chalicelib.jobs import ends
from chalicelib.jobs.model import Job
from chalicelib.queue.messages import BadMessage, Step, from_body
from chalicelib.queue.queue import retry_delay
from chalicelib.queue.records import PartialFailure, Record, attempt, partial_failure
from chalicelib.services import Services
from chalicelib.settings import JOB_EVENTS

HIDDEN_SECONDS: Final = 150
"""How long a message is one announcer's alone: longer than the function runs. If that dies, the
message comes back when what it has claimed is free again (outcomes.CLAIM_MS)."""

_PASSES: Final = len(JOB_EVENTS)
"""Each pass may find an event that has come since the last."""


def handle(records: Iterable[Record], services: Services) -> PartialFailure:
    """Does the steps of these SQS records, all at the same time: most of the time an announcer
    waits for receivers, and one that hangs must not hold up the others. Returns which of the
    messages come again."""
    batch = list(records)
    with services.pools(max(len(batch), 1)) as pool:
        done = list(pool.map(_done, batch, repeat(services)))
    return partial_failure(
        record for record, is_done in zip(batch, done, strict=True) if not is_done
    )


def _done(record: Record, services: Services) -> bool:
    """Does the step of one SQS record. Returns whether its message can be deleted."""
    try:
        message = from_body(record["body"])
        if message.step is not Step.ANNOUNCE:
            raise BadMessage(f"step {message.step} does not belong to this queue")
    except BadMessage as error:
        services.log.error("message dropped", reason=str(error), id=record["messageId"])
        return True
    about: dict[str, Any] = {"jobId": message.job_id, "attempt": attempt(record)}
    _hide(record, HIDDEN_SECONDS, services)
    try:
        announce(message.job_id, services)
    except NothingToDo as nothing:
        services.log.info("announcement skipped", **about, reason=str(nothing))
        return True
    except LonghaulError as error:
        reason = error.detail
    except Exception as error:
        services.log.exception("announcement broke", **about)
        reason = f"internal error: {type(error).__name__}"
    else:
        return True
    delay = retry_delay(about["attempt"], services.random)
    services.log.warning("announcement retried", **about, reason=reason, seconds=delay)
    _hide(record, delay, services)
    return False


def _hide(record: Record, seconds: int, services: Services) -> None:
    """Hides the message. If that fails, it comes back when the queue says so, which is later."""
    try:
        services.announcements.hide(record["receiptHandle"], seconds)
    except LonghaulError as error:
        services.log.warning("message not hidden", id=record["messageId"], reason=error.detail)
    except Exception:
        services.log.exception("message not hidden", id=record["messageId"])


def announce(job_id: str, services: Services) -> None:
    """Tells all that is untold of the job, and sends its notices that are due. Raises NothingToDo
    if there is no such job; Unavailable if the table does not answer; and whatever has kept the bus
    from being told, or the record from saying so, when the notices have been sent all the same."""
    for _ in range(_PASSES):
        job = services.jobs.get(job_id)
        if job is None:
            raise NothingToDo("there is no such job")
        problem: Exception | None = None
        try:
            bus.tell(job, services)
        except Exception as error:  # noqa: BLE001 - raised below
            problem = error
        base, mine = delivery.claim(job, services)
        is_done = not job.untold
        if job.untold and not problem:
            try:
                is_done = _record_told(job, services)
            except Exception as error:  # noqa: BLE001 - raised below
                problem = error
        # Whatever went wrong: if they were left, nobody could send them before the claim ends.
        delivery.send(job, mine, base, services)
        if problem:
            raise problem
        if is_done:
            return


def _record_told(job: Job, services: Services) -> bool:
    """Has the record say that all is told. Returns whether it does: there may be more to tell.

    The line comes first: once the record says it, nobody comes back to write a line that is
    missing. So each end is logged at least once, whoever dies.
    """
    names = [event for event, _ in job.untold]
    at = ends.ended_at(job)
    end = {} if at is None or "ended" not in names else ends.facts(job, at)
    services.log.info("job announced", jobId=job.job_id, events=names, **end)
    return services.jobs.told(job) is not None
