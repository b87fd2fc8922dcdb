"""Handles messages that the queue has given up: their jobs fail, with the reason of the last
try."""

from collections.abc import Iterable

from chalicelib.errors import LonghaulError
from chalicelib.pipeline import endings
from chalicelib.queue.messages import BadMessage, Step, from_body
from chalicelib.queue.records import PartialFailure, Record, partial_failure
from chalicelib.services import Services


def bury(records: Iterable[Record], services: Services) -> PartialFailure:
    """Ends the job of each dead letter. Returns the letters that could not be handled, which come
    again. A letter that fails does not keep another one in the queue."""
    failed = []
    for record in records:
        try:
            _bury(record, services)
        except LonghaulError as error:
            services.log.warning("dead letter retried", id=record["messageId"], reason=error.detail)
            failed.append(record)
        except Exception:
            services.log.exception("dead letter not handled", id=record["messageId"])
            failed.append(record)
    return partial_failure(failed)


def _bury(record: Record, services: Services) -> None:
    try:
        message = from_body(record["body"])
    except BadMessage as error:
        services.log.error("dead letter dropped", reason=str(error), id=record["messageId"])
        return
    if message.step is Step.ANNOUNCE:
        # The job has not failed: only nobody was told of it yet. The sweeper sends the step again.
        services.log.error("dead letter dropped", reason="not announced", jobId=message.job_id)
        return
    reason = services.jobs.last_reason(message.job_id) or "its worker died each time"
    detail = f"the step {message.step} was tried several times and given up: {reason}"
    endings.give_up(services, message.job_id, detail)
    services.log.error("dead letter buried", jobId=message.job_id, step=message.step, reason=reason)
