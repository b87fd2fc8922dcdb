"""The queue in memory does what SQS documents. (Moto keeps real time, so it is no measure here.)"""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.faults.sqs import SQS, QueueState


class Clock:
    now = 0

    def __call__(self) -> int:
        return self.now


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


def test_a_message_that_was_received_is_hidden_and_then_comes_again(sqs: SQS, clock: Clock) -> None:
    send(sqs, "a")

    first, hidden = receive(sqs), receive(sqs)
    clock.now = 30_000
    second = receive(sqs)

    assert hidden == []
    assert first[0]["attributes"]["ApproximateReceiveCount"] == "1"
    assert second[0]["attributes"]["ApproximateReceiveCount"] == "2"
    assert second[0]["messageId"] == first[0]["messageId"]
    assert second[0]["receiptHandle"] != first[0]["receiptHandle"]


def test_a_message_that_was_deleted_does_not_come_again(sqs: SQS, clock: Clock) -> None:
    send(sqs, "a")
    [record] = receive(sqs)

    sqs.delete_message(QueueUrl="queue", ReceiptHandle=record["receiptHandle"])
    clock.now = 30_000

    assert receive(sqs) == []


def test_a_message_can_be_hidden_longer_and_shorter(sqs: SQS, clock: Clock) -> None:
    send(sqs, "longer", "shorter")
    longer, shorter = receive(sqs)
    hide(sqs, longer, 60)
    hide(sqs, shorter, 5)

    clock.now = 30_000

    assert [record["body"] for record in receive(sqs)] == ["shorter"]


def test_a_message_that_was_received_too_often_goes_to_the_dead_letters(
    sqs: SQS, clock: Clock
) -> None:
    send(sqs, "a")
    for _ in range(2):
        assert receive(sqs)
        clock.now += 30_000

    assert receive(sqs) == []
    assert [record["body"] for record in receive(sqs, "dead")] == ["a"]


def test_a_message_that_is_visible_again_cannot_be_hidden(sqs: SQS, clock: Clock) -> None:
    send(sqs, "a")
    [record] = receive(sqs)
    clock.now = 30_000

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


@pytest.mark.parametrize(
    ("bodies", "wrong"),
    [
        ([], "EmptyBatchRequest"),
        (["x"] * 11, "TooManyEntriesInBatchRequest"),
        (["x" * 1024**2, "x"], "BatchRequestTooLong"),
    ],
)
def test_a_batch_that_sqs_does_not_take_is_refused(sqs: SQS, bodies: list[str], wrong: str) -> None:
    with pytest.raises(ClientError) as error:
        send(sqs, *bodies)

    assert code(error) == f"AWS.SimpleQueueService.{wrong}"


def test_a_batch_may_be_taken_in_part(clock: Clock) -> None:
    refusals = iter([False, True])
    queues = {"queue": QueueState(30), "dead": QueueState(30)}
    sqs = SQS(queues, clock, dead_letters="dead", refuses=lambda: next(refusals))

    answer = send(sqs, "a", "b")

    assert [row["Id"] for row in answer["Successful"]] == ["0"]
    assert [row["Id"] for row in answer["Failed"]] == ["1"]
    assert [record["body"] for record in receive(sqs)] == ["a"]


def test_a_message_can_come_though_it_is_hidden(sqs: SQS, clock: Clock) -> None:
    send(sqs, "a")
    receive(sqs)
    [held] = sqs.queues["queue"].messages.values()

    sqs.show("queue", held, 1_000)
    clock.now = 1_000

    assert [record["body"] for record in receive(sqs)] == ["a"]
