"""Does the steps that SQS events bring, and those that were handed over directly. What succeeds is
acknowledged, and what fails comes again."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from chalicelib.errors import LonghaulError, NothingToDo, Unavailable
from chalicelib.jobs import ends
from chalicelib.pipeline import endings, steps
from chalicelib.pipeline.attempts import Attempt
from chalicelib.pipeline.lease import Lease
from chalicelib.pipeline.sending import put_into_queue
from chalicelib.queue.messages import BadMessage, from_body
from chalicelib.queue.queue import retry_delay
from chalicelib.queue.records import PartialFailure, Record, partial_failure
from chalicelib.services import Services

_BUG: Final = LonghaulError.slug


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
    # A step that was handed over directly has no message.
    lease = Lease(services, message.job_id, record.get("receiptHandle"))
    begun, cpu = services.now(), services.cpu_seconds()
    attempt = Attempt(message, record, lease, begun, cpu, services.is_cold())
    try:
        steps.run(message, lease, attempt.number)
    except NothingToDo as nothing:
        services.log.info("step skipped", **attempt.ended(), reason=str(nothing))
    except LonghaulError as error:
        return _failed(attempt, error)
    except Exception as error:
        # A bug, or a service's answer that nobody foresaw. The step is tried a few more times, and
        # then the dead letters' handler ends the job.
        services.log.exception("step broke", **attempt.names())
        return _retried(attempt, f"internal error: {type(error).__name__}", _BUG)
    else:
        services.log.info("step done", **attempt.ended())
    return True


def _failed(attempt: Attempt, error: LonghaulError) -> bool:
    """Ends the job with this error, unless another try may succeed. Returns whether the message can
    be deleted."""
    services, lease = attempt.lease.services, attempt.lease
    if error.retryable:
        return _put_off(attempt, error)
    try:
        ended = endings.fail(services, lease.job_id, error)
    except Unavailable as unavailable:
        return _put_off(attempt, unavailable)
    if ended:
        lease.job = ended
    elif lease.job is None or ends.ended_at(lease.job) is None:
        with suppress(LonghaulError):  # then the line does not know the end
            lease.look()
    services.log.info("step failed", **attempt.ended(), reason=error.detail, why=error.slug)
    return True


def _put_off(attempt: Attempt, error: LonghaulError) -> bool:
    code = error.code if isinstance(error, Unavailable) else ""
    return _retried(attempt, error.detail, error.slug, code)


def _retried(attempt: Attempt, reason: str, why: str, code: str = "") -> bool:
    """Has the step come again after a pause. Returns False: a message cannot be deleted."""
    services, lease = attempt.lease.services, attempt.lease
    delay = retry_delay(attempt.number, services.random)
    with suppress(Unavailable):
        # The answer has the record: if the job has ended meanwhile, the line knows when.
        lease.job = services.jobs.record_reason(lease.job_id, reason) or lease.job
    of_service = {"code": code} if code else {}
    services.log.warning(
        "step retried", **attempt.ended(), reason=reason, why=why, **of_service, seconds=delay
    )
    with suppress(Unavailable):  # then the message comes back when its lease ends, or `watch` does
        if lease.receipt:
            services.queue.hide(lease.receipt, delay)
        else:
            put_into_queue(lease.job, attempt.message, services, delay)
    return False
