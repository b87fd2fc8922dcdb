"""Messages that the queue has given up: their jobs fail, with the reason of the last try."""

from collections.abc import Iterable

from chalicelib.errors import GivenUp, LonghaulError
from chalicelib.jobs.model import Failure
from chalicelib.log import logger
from chalicelib.pipeline.collaborators import Collaborators
from chalicelib.pipeline.messages import BadMessage, from_body
from chalicelib.pipeline.worker import Record, partial_failure


def bury(records: Iterable[Record], stack: Collaborators) -> dict[str, list[dict[str, str]]]:
    """Ends the job of each dead letter. Gives Lambda's partial batch response: a letter that cannot
    be handled stays where it is, to come again, and keeps no other one there."""
    failed = []
    for record in records:
        try:
            _bury(record, stack)
        except LonghaulError as error:
            about = {"id": record["messageId"], "reason": error.detail}
            logger().warning("dead letter put off", extra=about)
            failed.append(record)
        except Exception:  # noqa: BLE001 - a bug, which must not keep the others from their end
            logger().exception("dead letter not handled", extra={"id": record["messageId"]})
            failed.append(record)
    return partial_failure(failed)


def _bury(record: Record, stack: Collaborators) -> None:
    try:
        message = from_body(record["body"])
    except BadMessage as error:
        logger().error("dead letter", extra={"reason": str(error), "id": record["messageId"]})
        return
    reason = stack.jobs.last_note(message.job_id) or "its worker died each time"
    detail = f"the step {message.step} was tried several times and given up: {reason}"
    failure = Failure(GivenUp.slug, GivenUp.title, detail)
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
