"""A standard SQS queue, as Longhaul relies on it."""

from typing import Any

import pytest

from chalicelib.queue.queue import Queue
from tests.targets.contracts.bound import Bound
from tests.targets.rows import differs, row
from tests.waiting import wait_for

ARRIVAL_SECONDS = 20
"""A message arrives within this time, or never."""


def send(queue: Bound, *bodies: str) -> Any:
    entries = [
        {"Id": str(i), "MessageBody": body, "MessageGroupId": "one"}
        for i, body in enumerate(bodies)
    ]
    return queue.send_message_batch(Entries=entries)


def receive(queue: Bound) -> list[dict[str, Any]]:
    """Receives the messages that are visible now."""
    answer = queue.receive_message(
        MaxNumberOfMessages=10, MessageSystemAttributeNames=["ApproximateReceiveCount"]
    )
    return list(answer.get("Messages", []))


def received(queue: Bound) -> dict[str, Any]:
    """Waits until one message is visible, and receives it."""
    (message,) = wait_for(lambda: receive(queue), ARRIVAL_SECONDS, "a message")
    return dict(message)


def hide(queue: Bound, message: dict[str, Any], seconds: int) -> None:
    queue.change_message_visibility(
        ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=seconds
    )


@row("SQS", "a message is hidden while it is worked on, and then comes again")
def test_a_received_message_is_hidden_and_then_comes_again(queue: Bound) -> None:
    send(queue, "a")

    first, hidden = received(queue), receive(queue)
    hide(queue, first, 1)
    second = received(queue)

    assert not hidden
    counts = [it["Attributes"]["ApproximateReceiveCount"] for it in (first, second)]
    assert counts == ["1", "2"]
    assert second["MessageId"] == first["MessageId"]
    assert second["ReceiptHandle"] != first["ReceiptHandle"]


@row("SQS", "`ChangeMessageVisibility` makes that time longer or shorter")
def test_a_message_can_be_hidden_for_a_longer_or_shorter_time(queue: Bound) -> None:
    send(queue, "longer")
    longer = received(queue)
    hide(queue, longer, 1)
    hide(queue, longer, 3600)
    send(queue, "shorter")
    shorter = received(queue)
    hide(queue, shorter, 0)

    again = received(queue)

    assert (longer["Body"], shorter["Body"], again["Body"]) == ("longer", "shorter", "shorter")


def test_a_deleted_message_does_not_come_again(queue: Bound) -> None:
    send(queue, "a")
    message = received(queue)

    queue.delete_message(ReceiptHandle=message["ReceiptHandle"])
    send(queue, "b")

    assert received(queue)["Body"] == "b"


@row("SQS", "after `maxReceiveCount` attempts a message goes to the dead-letter queue")
def test_a_message_received_too_often_becomes_a_dead_letter(
    queue: Bound, dead_letters: Bound
) -> None:
    send(queue, "poison")
    for _ in range(2):
        hide(queue, received(queue), 0)

    assert not receive(queue)
    assert received(dead_letters)["Body"] == "poison"


def test_a_late_worker_does_not_disturb_the_next_one(queue: Bound) -> None:
    """SQS's answer to an old receipt differs between services, and has changed over time."""
    send(queue, "a")
    late = received(queue)
    hide(queue, late, 0)
    received(queue)

    Queue(queue.client, queue.name).hide(late["ReceiptHandle"], 60)


def test_hiding_a_deleted_message_is_not_an_error(queue: Bound) -> None:
    send(queue, "a")
    message = received(queue)
    queue.delete_message(ReceiptHandle=message["ReceiptHandle"])

    Queue(queue.client, queue.name).hide(message["ReceiptHandle"], 60)


@row(
    "SQS",
    "a message that is visible again is not hidden with its old receipt",
    ministack="hidden",
)
@differs(moto="hides it")
def test_an_old_receipt_does_not_hide_a_visible_message(queue: Bound) -> None:
    send(queue, "a")
    late = received(queue)
    hide(queue, late, 0)

    Queue(queue.client, queue.name).hide(late["ReceiptHandle"], 60)

    assert receive(queue)


@pytest.mark.parametrize(
    ("bodies", "wrong"),
    [
        ([], "EmptyBatchRequest"),
        (["x"] * 11, "TooManyEntriesInBatchRequest"),
        (["x" * 1024**2, "x"], "BatchRequestTooLong"),
    ],
    ids=["none", "eleven", "too long"],
)
def test_an_invalid_batch_of_messages_is_refused(
    queue: Bound, bodies: list[str], wrong: str
) -> None:
    entries = [{"Id": str(i), "MessageBody": body} for i, body in enumerate(bodies)]

    refused = queue.refuses("send_message_batch", Entries=entries)

    assert refused == (f"AWS.SimpleQueueService.{wrong}", 400)


def test_a_batch_with_a_repeated_id_is_refused(queue: Bound) -> None:
    entries = [{"Id": "a", "MessageBody": body} for body in ("1", "2")]

    refused = queue.refuses("send_message_batch", Entries=entries)

    assert refused == ("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", 400)


@row("SQS", "`ApproximateNumberOfMessages` counts the messages that wait, and no hidden ones")
def test_waiting_messages_are_counted(queue: Bound) -> None:
    counted = Queue(queue.client, queue.name).waiting
    send(queue, "hidden")
    received(queue)
    send(queue, "waits", "waits too")

    wait_for(lambda: counted() == 2, ARRIVAL_SECONDS, "a count of two")
