"""Does the step `announce`, which has a queue of its own: a slow receiver delays no export.

The write that ends a job says in the same item that this is untold. Whoever wrote it sends the
step; the sweeper sends it again until nothing is untold. First the bus is told, and the notices are
claimed. Then the record says that all is told. A crash before that write has all of it told once
more, with the same ids. A crash after it leaves claimed notices, for which the sweeper looks too.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

from chalicelib.announcing import bus, delivery
from chalicelib.errors import LonghaulError, NothingToDo
from chalicelib.queue.messages import BadMessage, Step, from_body
from chalicelib.queue.queue import retry_delay
from chalicelib.queue.records import PartialFailure, Record, attempt, partial_failure
from chalicelib.services import Services

HIDDEN_SECONDS: Final = 120
"""How long a message is one announcer's alone: longer than the function runs."""

_PASSES: Final = 3
"""As many events there are. Each pass may find one that has come since the last."""


def handle(records: Iterable[Record], services: Services) -> PartialFailure:
    """Does the step of each SQS record. Returns which of the messages come again."""
    return partial_failure(record for record in records if not _done(record, services))


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
    with suppress(LonghaulError):
        services.announcements.hide(record["receiptHandle"], HIDDEN_SECONDS)
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
    with suppress(LonghaulError):
        services.announcements.hide(record["receiptHandle"], delay)
    return False


def announce(job_id: str, services: Services) -> None:
    """Tells all that is untold of the job, and sends its notices that are due. Raises NothingToDo
    if there is no such job; Unavailable or AccessDenied if the bus was not told, in which case the
    notices have been sent all the same."""
    for _ in range(_PASSES):
        job = services.jobs.get(job_id)
        if job is None:
            raise NothingToDo("there is no such job")
        problem = None
        try:
            bus.tell(job, services)
        except LonghaulError as error:
            problem = error
        base, mine = delivery.claim(job, services)
        is_done = not job.untold
        if job.untold and not problem:
            is_done = services.jobs.told(job) is not None
            if is_done:
                names = [event for event, _ in job.untold]
                services.log.info("job announced", jobId=job_id, events=names)
        delivery.send(job, mine, base, services)
        if problem:
            raise problem
        if is_done:
            return
