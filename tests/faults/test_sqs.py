"""What only the queue in memory does, and errors that SQS documents but seldom returns.

tests/targets/contracts has the rest.
"""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clock import Clock
from tests.faults.sqs import SQS, QueueState


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sqs(clock: Clock) -> SQS:
    queues = {"queue": QueueState(30, max_receives=2), "dead": QueueState(30)}
    return SQS(queues, clock, dead_letters="dead")


def send(sqs: SQS, *bodies: str) -> Any:
    entries = [{"Id": str(i), "MessageBody": body} for i, body in enumerate(bodies)]
    return sqs.send_message_batch(QueueUrl="queue", Entries=entries)


def receive(sqs: SQS, url: str = "queue") -> list[dict[str, Any]]:
    return [sqs.hand_out(url, held) for held in sqs.visible(url)]


def hide(sqs: SQS, record: dict[str, Any], seconds: int) -> None:
    sqs.change_message_visibility(
        QueueUrl="queue", ReceiptHandle=record["receiptHandle"], VisibilityTimeout=seconds
    )


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


def test_a_message_that_is_visible_again_cannot_be_hidden(sqs: SQS, clock: Clock) -> None:
    send(sqs, "a")
    [record] = receive(sqs)
    clock.advance(seconds=30)

    with pytest.raises(ClientError) as error:
        hide(sqs, record, 10)

    assert code(error) == "AWS.SimpleQueueService.MessageNotInflight"


def test_a_message_that_was_deleted_cannot_be_hidden(sqs: SQS) -> None:
    send(sqs, "a")
    [record] = receive(sqs)
    sqs.delete_message(QueueUrl="queue", ReceiptHandle=record["receiptHandle"])

    with pytest.raises(ClientError) as error:
        hide(sqs, record, 10)

    assert code(error) == "InvalidParameterValue"


def test_a_batch_may_be_accepted_in_part(clock: Clock) -> None:
    refusals = iter([False, True])
    queues = {"queue": QueueState(30), "dead": QueueState(30)}
    sqs = SQS(queues, clock, dead_letters="dead", refuses=lambda: next(refusals))

    answer = send(sqs, "a", "b")

    assert [row["Id"] for row in answer["Successful"]] == ["0"]
    assert [row["Id"] for row in answer["Failed"]] == ["1"]
    assert [record["body"] for record in receive(sqs)] == ["a"]


def test_a_message_may_be_handed_out_though_it_is_hidden(sqs: SQS, clock: Clock) -> None:
    send(sqs, "a")
    receive(sqs)
    [held] = sqs.queues["queue"].messages.values()

    sqs.show("queue", held, 1_000)
    clock.advance(seconds=1)

    assert [record["body"] for record in receive(sqs)] == ["a"]


def test_a_message_is_held_back_for_its_delay(sqs: SQS, clock: Clock) -> None:
    entry = {"Id": "0", "MessageBody": "a", "DelaySeconds": 900}
    sqs.send_message_batch(QueueUrl="queue", Entries=[entry])

    clock.now += 899_999
    before = receive(sqs)
    clock.now += 1

    assert before == []
    assert [record["body"] for record in receive(sqs)] == ["a"]


@pytest.mark.parametrize("seconds", [-1, 901])
def test_a_message_cannot_be_held_back_for_longer(sqs: SQS, seconds: int) -> None:
    entry = {"Id": "0", "MessageBody": "a", "DelaySeconds": seconds}

    with pytest.raises(ClientError) as refused:
        sqs.send_message_batch(QueueUrl="queue", Entries=[entry])

    assert code(refused) == "AWS.SimpleQueueService.InvalidParameterValue"
