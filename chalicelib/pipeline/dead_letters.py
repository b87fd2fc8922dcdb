"""Messages that the queue has given up: their jobs fail, with the reason of the last try."""

from collections.abc import Iterable

from chalicelib.jobs.model import Failure
from chalicelib.log import logger
from chalicelib.pipeline.collaborators import Collaborators
from chalicelib.pipeline.messages import BadMessage, from_body
from chalicelib.pipeline.worker import Record


def bury(records: Iterable[Record], stack: Collaborators) -> None:
    """Ends the job of each dead letter."""
    for record in records:
        try:
            message = from_body(record["body"])
        except BadMessage as error:
            logger().error("dead letter", extra={"reason": str(error), "id": record["messageId"]})
            continue
        reason = stack.jobs.last_note(message.job_id) or "its worker died each time"
        detail = f"the step {message.step} was tried several times and given up: {reason}"
        failure = Failure("given-up", "The job was given up", detail)
        job = stack.jobs.fail(message.job_id, stack.now(), failure)
        logger().error(
            "dead letter",
            extra={
                "jobId": message.job_id,
                "step": message.step,
                "reason": reason,
                "ended": bool(job),
            },
        )
