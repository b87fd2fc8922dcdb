"""A queue of steps: sends them, and hides a message while a worker is at work on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Final

from chalicelib.aws import error_code, translated
from chalicelib.batches import batched
from chalicelib.errors import Unavailable
from chalicelib.jobs.model import user_mark
from chalicelib.queue.messages import Message

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

BATCH: Final = 10
"""The most messages of one SendMessageBatch.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""

DELAY_MAX: Final = 900
"""The most seconds that SQS holds a message back.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""

_NOT_OURS: Final = frozenset(
    {"MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue"}
)
"""What SQS answers for a message that is visible again, or was deleted.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html"""

RETRY_FIRST_SECONDS: Final = 2
RETRY_MAX_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue, reached through one client. `batch` is the most messages that one request
    sends."""

    client: "SQSClient"
    url: str
    batch: int = BATCH

    def check(self) -> None:
        """Raises Unavailable or AccessDenied if the queue cannot be reached."""
        with translated("reach the queue"):
            self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])

    def waiting(self) -> int:
        """Returns about how many messages wait to be taken, as of a minute ago.
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/confirm-queue-is-empty.html"""
        return self._count("ApproximateNumberOfMessages")

    def held(self) -> int:
        """Returns about how many messages the queue has: those that wait, and those that were taken
        and not deleted."""
        return self._count("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")

    def _count(self, *names: "QueueAttributeNameType") -> int:
        with translated("look at the queue"):
            answer = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    def send(self, messages: Iterable[Message], user_id: str, seconds: int = 0) -> None:
        """Sends all of the messages, to be handed out after `seconds` (DELAY_MAX at most). Raises
        Unavailable; some of them may have been sent then.

        The user is the message group, so that SQS serves users fairly
        (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html).
        """
        more: Any = {"DelaySeconds": seconds} if seconds else {}
        more["MessageGroupId"] = user_mark(user_id)
        for batch in batched(messages, self.batch):
            entries: Any = [
                {"Id": str(i), "MessageBody": message.to_body(), **more}
                for i, message in enumerate(batch)
            ]
            try:
                with translated("send a step"):
                    answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)
            except self.client.exceptions.ClientError as error:  # for example, the queue is gone
                code = error_code(error)
                raise Unavailable(f"could not send a step: {code}", code=code) from error
            if answer.get("Failed"):
                code = answer["Failed"][0]["Code"]
                raise Unavailable(f"could not send a step: {code}", code=code)

    def hide(self, receipt: str, seconds: int) -> None:
        """Hides the message for that many seconds from now on, if this worker still has it. If the
        worker was slower than its lease, a twin may have the message, or be done with it."""
        try:
            with translated("extend a message"):
                self.client.change_message_visibility(
                    QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=seconds
                )
        except self.client.exceptions.ClientError as error:
            if error_code(error).rpartition(".")[2] not in _NOT_OURS:
                raise


def retry_delay(receives: int, random: Random) -> int:
    """Returns the seconds until a failed step is tried again. They grow exponentially, and their
    upper half is random. `receives` is how often SQS has handed the message out."""
    ceiling = min(RETRY_MAX_SECONDS, RETRY_FIRST_SECONDS * 2 ** max(receives - 1, 0))
    return random.randint(-(-ceiling // 2), ceiling)
