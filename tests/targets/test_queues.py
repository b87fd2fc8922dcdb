"""SQS, without functions: what is not in `contracts/`."""

from typing import TYPE_CHECKING

from tests.targets.cloud import Cloud, refusal
from tests.targets.rows import row

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

WAIT_SECONDS = 2


def receive(cloud: Cloud, queue: str) -> "list[MessageTypeDef]":
    """Returns the message that the queue has now, if there is one."""
    answer = cloud.sqs.receive_message(
        QueueUrl=queue, WaitTimeSeconds=WAIT_SECONDS, MessageSystemAttributeNames=["All"]
    )
    return answer.get("Messages", [])


@row("SQS", "a standard queue takes a `MessageGroupId` (fair queues)")
def test_a_message_can_have_a_group(cloud: Cloud) -> None:
    queue = cloud.queue()
    cloud.sqs.send_message(QueueUrl=queue, MessageBody="mine", MessageGroupId="me")

    (message,) = receive(cloud, queue)

    assert message["Attributes"]["MessageGroupId"] == "me"


@row("SQS", "a message may have 1 MiB")
def test_a_message_can_have_one_mebibyte_and_no_more(cloud: Cloud) -> None:
    queue = cloud.queue()

    fits = refusal(cloud.sqs.send_message, QueueUrl=queue, MessageBody="x" * 1024**2)
    too_large = refusal(cloud.sqs.send_message, QueueUrl=queue, MessageBody="x" * (1024**2 + 1))

    assert (fits, too_large) == (None, "InvalidParameterValue")
