"""SQS, without any function."""

import json
from typing import TYPE_CHECKING, Final

from tests.targets.cloud import Cloud, refusal, seen
from tests.targets.rows import row

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

WAIT_SECONDS = 2


def receive(cloud: Cloud, queue: str) -> "list[MessageTypeDef]":
    """The message that the queue has now, if it shows one."""
    answer = cloud.sqs.receive_message(
        QueueUrl=queue, WaitTimeSeconds=WAIT_SECONDS, MessageSystemAttributeNames=["All"]
    )
    return answer.get("Messages", [])


@row("SQS", "a message is hidden while it is worked on, and then comes again")
def test_a_message_comes_again(cloud: Cloud) -> None:
    queue = cloud.queue(VisibilityTimeout="3")
    cloud.sqs.send_message(QueueUrl=queue, MessageBody="again")

    first = receive(cloud, queue)
    hidden = cloud.sqs.receive_message(QueueUrl=queue).get("Messages", [])
    second = seen(lambda: receive(cloud, queue), within=10)

    assert not hidden
    assert [it["Attributes"]["ApproximateReceiveCount"] for it in first + second] == ["1", "2"]


@row("SQS", "`ChangeMessageVisibility` makes that time longer or shorter")
def test_the_time_can_be_changed(cloud: Cloud) -> None:
    queue = cloud.queue(VisibilityTimeout="3600")
    cloud.sqs.send_message(QueueUrl=queue, MessageBody="again")
    (message,) = receive(cloud, queue)

    cloud.sqs.change_message_visibility(
        QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
    )

    assert receive(cloud, queue)


@row("SQS", "`ApproximateNumberOfMessages` counts those that wait, and no hidden ones")
def test_waiting_messages_are_counted(cloud: Cloud) -> None:
    name: Final = "ApproximateNumberOfMessages"
    queue = cloud.queue(VisibilityTimeout="3600")
    for _ in range(3):
        cloud.sqs.send_message(QueueUrl=queue, MessageBody="waits")
    hidden = len(receive(cloud, queue))

    def waiting() -> int:
        answer = cloud.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[name])
        return int(answer["Attributes"][name])

    assert hidden
    assert seen(lambda: waiting() == 3 - hidden, within=10)


@row("SQS", "after `maxReceiveCount` attempts a message goes to the dead-letter queue")
def test_a_message_is_given_up(cloud: Cloud) -> None:
    dead = cloud.queue()
    arn = cloud.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
    policy = {"deadLetterTargetArn": arn["Attributes"]["QueueArn"], "maxReceiveCount": 2}
    queue = cloud.queue(VisibilityTimeout="0", RedrivePolicy=json.dumps(policy))
    cloud.sqs.send_message(QueueUrl=queue, MessageBody="poison")

    attempts = [len(receive(cloud, queue)) for _ in range(3)]

    assert attempts == [1, 1, 0]
    assert [it["Body"] for it in receive(cloud, dead)] == ["poison"]


@row("SQS", "a standard queue takes a `MessageGroupId` (fair queues)")
def test_a_message_may_have_a_group(cloud: Cloud) -> None:
    queue = cloud.queue()
    cloud.sqs.send_message(QueueUrl=queue, MessageBody="mine", MessageGroupId="me")

    (message,) = receive(cloud, queue)

    assert message["Attributes"]["MessageGroupId"] == "me"


@row("SQS", "a message may have 1 MiB")
def test_a_message_may_be_large_but_not_too_large(cloud: Cloud) -> None:
    queue = cloud.queue()

    fits = refusal(cloud.sqs.send_message, QueueUrl=queue, MessageBody="x" * 1024**2)
    too_large = refusal(cloud.sqs.send_message, QueueUrl=queue, MessageBody="x" * (1024**2 + 1))

    assert (fits, too_large) == (None, "InvalidParameterValue")
