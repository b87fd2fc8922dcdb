"""A standard queue of SQS in memory, with its dead-letter queue.

At least once, in any order: which of the visible messages is handed out next is `choose`'s to say,
and a message can be handed out again before its time (`show`). Each method with a name of
botocore's takes and gives what the method of that name of a client does.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.faults.refusals import Exceptions, refused

Answer = dict[str, Any]

BATCH_MAX: Final = 10
BODY_MAX: Final = 1024**2  # bytes of all of a batch's messages
HIDDEN_MAX: Final = 12 * 3600


@dataclass(slots=True)
class Held:
    """A message in a queue. Times are ms; `receipts` are all that were ever given for it."""

    id: str
    body: str
    group: str
    visible_at: int
    receives: int = 0
    receipts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class QueueState:
    visibility: int
    """Seconds that a message is hidden when it is received."""
    max_receives: int | None = None
    """How often a message is handed out before it goes to the dead letters; None: for ever."""
    messages: dict[str, Held] = field(default_factory=dict)


class SQS:
    """`now` gives Unix time in ms. `changed(url, at)` is told when a message will be visible."""

    exceptions = Exceptions

    def __init__(
        self,
        queues: Mapping[str, QueueState],
        now: Callable[[], int],
        *,
        dead_letters: str,
        changed: Callable[[str, int], None] = lambda *_: None,
        refuses: Callable[[], bool] = lambda: False,
        delay: Callable[[], int] = lambda: 0,
    ) -> None:
        self.queues = dict(queues)
        self._now = now
        self._dead_letters = dead_letters
        self._changed = changed
        self._refuses = refuses
        self._delay = delay
        self._sent = 0
        self._received = 0

    # -- what a step asks -----------------------------------------------------------------------

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> Answer:
        self._queue("GetQueueAttributes", QueueUrl)
        return {"Attributes": dict.fromkeys(AttributeNames, "")}

    def send_message_batch(
        self,
        *,
        QueueUrl: str,
        Entries: Sequence[Mapping[str, str]],
    ) -> Answer:
        queue = self._queue("SendMessageBatch", QueueUrl)
        ids = [entry["Id"] for entry in Entries]
        wrong = None
        if not ids:
            wrong = "EmptyBatchRequest"
        elif len(ids) > BATCH_MAX:
            wrong = "TooManyEntriesInBatchRequest"
        elif len(set(ids)) < len(ids):
            wrong = "BatchEntryIdsNotDistinct"
        elif sum(len(entry["MessageBody"].encode()) for entry in Entries) > BODY_MAX:
            wrong = "BatchRequestTooLong"
        if wrong:
            raise refused("SendMessageBatch", f"AWS.SimpleQueueService.{wrong}", 400)
        answer: Answer = {"Successful": []}
        for entry in Entries:
            if self._refuses():
                row = {"Id": entry["Id"], "Code": "InternalError", "SenderFault": False}
                answer.setdefault("Failed", []).append(row)
                continue
            message_id = self._put(
                QueueUrl, queue, entry["MessageBody"], entry.get("MessageGroupId", "")
            )
            answer["Successful"].append({"Id": entry["Id"], "MessageId": message_id})
        return answer

    def change_message_visibility(
        self,
        *,
        QueueUrl: str,
        ReceiptHandle: str,
        VisibilityTimeout: int,
    ) -> Answer:
        name = "ChangeMessageVisibility"
        queue = self._queue(name, QueueUrl)
        if not 0 <= VisibilityTimeout <= HIDDEN_MAX:
            raise refused(name, "InvalidParameterValue", 400)
        held = _by_receipt(queue, ReceiptHandle)
        if held is None:
            raise refused(
                name,
                "InvalidParameterValue",
                400,
                "Message does not exist or is not available for visibility timeout change.",
            )
        if held.visible_at <= self._now():
            raise refused(name, "AWS.SimpleQueueService.MessageNotInflight", 400)
        held.visible_at = self._now() + VisibilityTimeout * 1000
        self._changed(QueueUrl, held.visible_at)
        return {}

    # -- what Lambda's event source does --------------------------------------------------------

    def visible(self, url: str) -> list[Held]:
        """The messages that can be handed out now, the oldest first. Those that were received too
        often go to the dead letters instead."""
        queue = self.queues[url]
        found = []
        for held in [one for one in queue.messages.values() if one.visible_at <= self._now()]:
            if queue.max_receives is not None and held.receives >= queue.max_receives:
                del queue.messages[held.id]
                held.receives, held.receipts, held.visible_at = 0, [], self._now()
                self.queues[self._dead_letters].messages[held.id] = held
                self._changed(self._dead_letters, held.visible_at)
            else:
                found.append(held)
        return found

    def hand_out(self, url: str, held: Held) -> dict[str, Any]:
        """Receives this message: the record of an SQS event."""
        self._received += 1
        held.receives += 1
        held.receipts.append(f"receipt-{self._received}")
        held.visible_at = self._now() + self.queues[url].visibility * 1000
        self._changed(url, held.visible_at)
        return {
            "messageId": held.id,
            "receiptHandle": held.receipts[-1],
            "body": held.body,
            "attributes": {"ApproximateReceiveCount": str(held.receives)},
        }

    def show(self, url: str, held: Held, at: int) -> None:
        """Has the message handed out again at this time, though it is hidden."""
        held.visible_at = at
        self._changed(url, at)

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> Answer:
        queue = self._queue("DeleteMessage", QueueUrl)
        held = _by_receipt(queue, ReceiptHandle)
        if held:
            del queue.messages[held.id]
        return {}

    # -- within ---------------------------------------------------------------------------------

    def _put(self, url: str, queue: QueueState, body: str, group: str) -> str:
        self._sent += 1
        held = Held(f"message-{self._sent}", body, group, self._now() + self._delay())
        queue.messages[held.id] = held
        self._changed(url, held.visible_at)
        return held.id

    def _queue(self, operation: str, url: str) -> QueueState:
        if url not in self.queues:
            raise refused(operation, "AWS.SimpleQueueService.NonExistentQueue", 400)
        return self.queues[url]


def _by_receipt(queue: QueueState, receipt: str) -> Held | None:
    held: Iterable[Held] = queue.messages.values()
    return next((one for one in held if receipt in one.receipts), None)
