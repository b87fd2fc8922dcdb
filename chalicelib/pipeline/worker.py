"""Takes steps from SQS events: what succeeds is acknowledged, what fails is left for another
try."""

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from chalicelib.errors import JobEnded, LonghaulError, Unavailable
from chalicelib.jobs.model import Failure
from chalicelib.log import logger
from chalicelib.pipeline import steps
from chalicelib.pipeline.collaborators import Collaborators
from chalicelib.pipeline.messages import BadMessage, Message, from_body
from chalicelib.pipeline.queue import retry_delay

Record = Mapping[str, Any]


def work(records: Iterable[Record], stack: Collaborators) -> dict[str, list[dict[str, str]]]:
    """Does the step of each SQS record. Gives Lambda's partial batch response: the messages to try
    again. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"""
    return partial_failure(record for record in records if not _done(record, stack))


def partial_failure(failed: Iterable[Record]) -> dict[str, list[dict[str, str]]]:
    """Says that these messages are to come again, and no others."""
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


def _done(record: Record, stack: Collaborators) -> bool:
    """Whether the message can be deleted."""
    receives = int(record["attributes"]["ApproximateReceiveCount"])
    try:
        message = from_body(record["body"])
    except BadMessage as error:
        # It cannot be worked on now or ever; trying again would only cost others time.
        logger().error("message dropped", extra={"reason": str(error), "id": record["messageId"]})
        return True
    about: dict[str, Any] = {
        "jobId": message.job_id,
        "step": message.step,
        "segment": message.segment,
        "attempt": receives,
        "id": record["messageId"],
    }
    started, started_cpu = time.monotonic(), time.process_time()
    try:
        steps.run(message, stack, record["receiptHandle"])
    except JobEnded as ended:
        outcome = "nothing to do"
        about["reason"] = str(ended)
    except LonghaulError as error:
        if error.retryable:
            return _put_off(error.detail, message, record, stack, about)
        try:
            failure = Failure(error.slug, error.title, error.detail)
            stack.jobs.fail(message.job_id, stack.now(), failure)
        except Unavailable as unavailable:
            return _put_off(unavailable.detail, message, record, stack, about)
        outcome = "job failed"
        about["reason"] = error.detail
    except Exception as error:  # noqa: BLE001 - the queue tries it again
        # A bug, or a service's answer that nobody foresaw: the queue gives it a few more tries, and
        # the dead letters' handler ends the job.
        logger().exception("step broke", extra=about)
        return _put_off(f"internal error: {type(error).__name__}", message, record, stack, about)
    else:
        outcome = "step done"
    about["ms"] = int((time.monotonic() - started) * 1000)
    about["cpuMs"] = int((time.process_time() - started_cpu) * 1000)
    logger().info(outcome, extra=about)
    return True


def _put_off(
    reason: str, message: Message, record: Record, stack: Collaborators, about: dict[str, Any]
) -> bool:
    delay = retry_delay(about["attempt"])
    logger().warning("step put off", extra={**about, "reason": reason, "seconds": delay})
    with suppress(Unavailable):
        stack.jobs.note(message.job_id, reason)
    with suppress(Unavailable):  # then the message comes back when its lease ends
        stack.queue.hide(record["receiptHandle"], delay)
    return False
