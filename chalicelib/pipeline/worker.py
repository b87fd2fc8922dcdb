"""Does the steps that SQS events bring. What succeeds is acknowledged, and what fails comes
again."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from chalicelib.errors import LonghaulError, NothingToDo, Unavailable
from chalicelib.pipeline import endings, steps
from chalicelib.queue.messages import BadMessage, Message, from_body
from chalicelib.queue.queue import retry_delay
from chalicelib.queue.records import PartialFailure, Record, attempt, partial_failure
from chalicelib.services import Services


def handle(records: Iterable[Record], services: Services) -> PartialFailure:
    """Does the step of each SQS record. Returns which of the messages come again."""
    return partial_failure(record for record in records if not _done(record, services))


def _done(record: Record, services: Services) -> bool:
    """Does the step of one SQS record. Returns whether its message can be deleted."""
    try:
        message = from_body(record["body"])
    except BadMessage as error:
        # No worker can ever work on it. Another try would only cost time.
        services.log.error("message dropped", reason=str(error), id=record["messageId"])
        return True
    about: dict[str, Any] = {
        "jobId": message.job_id,
        "step": message.step,
        "segment": message.number,
        "attempt": attempt(record),
        "id": record["messageId"],
    }
    started, started_cpu = services.now(), services.cpu_seconds()
    try:
        steps.run(message, services, record["receiptHandle"], about["attempt"])
    except NothingToDo as nothing:
        outcome = "step skipped"
        about["reason"] = str(nothing)
    except LonghaulError as error:
        if error.retryable:
            return _retried(error.detail, message, record, services, about)
        try:
            endings.fail(services, message.job_id, error)
        except Unavailable as unavailable:
            return _retried(unavailable.detail, message, record, services, about)
        outcome = "step failed"
        about["reason"] = error.detail
    except Exception as error:
        # A bug, or a service's answer that nobody foresaw. The step is tried a few more times, and
        # then the dead letters' handler ends the job.
        services.log.exception("step broke", **about)
        reason = f"internal error: {type(error).__name__}"
        return _retried(reason, message, record, services, about)
    else:
        outcome = "step done"
    about["ms"] = services.now() - started
    about["cpuMs"] = int((services.cpu_seconds() - started_cpu) * 1000)
    services.log.info(outcome, **about)
    return True


def _retried(
    reason: str, message: Message, record: Record, services: Services, about: dict[str, Any]
) -> bool:
    """Has the message come again after a pause. Returns False: it cannot be deleted."""
    delay = retry_delay(about["attempt"], services.random)
    services.log.warning("step retried", **{**about, "reason": reason, "seconds": delay})
    with suppress(Unavailable):
        services.jobs.record_reason(message.job_id, reason)
    with suppress(Unavailable):  # then the message comes back when its lease ends
        services.queue.hide(record["receiptHandle"], delay)
    return False
