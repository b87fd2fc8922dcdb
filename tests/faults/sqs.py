"""A standard queue of SQS in memory, with its dead-letter queue.

Delivery is at least once and in any order: the caller chooses which visible message is handed out
next, and `show` has a message handed out again before its time. Each method with a name of
botocore's takes and returns what the method of the same name of a client does.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.faults.refusals import Exceptions, refused

Answer = dict[str, Any]

BATCH_MAX: Final = 10
BODY_MAX: Final = 1024**2  # bytes of all of a batch's messages
HIDDEN_MAX: Final = 12 * 3600
DELAY_MAX: Final = 900  # seconds

_NOISY_SHARE: Final = 0.1
_NOISY_FROM: Final = 30  # messages in flight
_RECENT: Final = 5 * 60_000  # ms


@dataclass(slots=True)
class Held:
    """A message in a queue. Times are in ms. `receipts` has all of its receipts so far.
    `hidden_for` is the number of seconds that a worker has hidden it for last."""

    id: str
    body: str
    group: str
    visible_at: int
    sent_at: int
    receives: int = 0
    received_at: int = 0
    hidden_for: int = 0
    receipts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class QueueState:
    visibility: int
    """The seconds that a message is hidden when it is received."""
    max_receives: int | None = None
    """How often a message is handed out before it becomes a dead letter; None: without limit."""
    messages: dict[str, Held] = field(default_factory=dict)
    counted: int = 0
    """The number of visible messages when they were counted last."""
    worked: list[tuple[int, str, int]] = field(default_factory=list)
    """Of each deleted message: when it was deleted, its group, and the ms from its receipt to
    then."""


class SQS:
    """`now` returns Unix time in ms. `changed(url, at)` is called with when a message will be
    visible. `refuses` says for each message whether it is refused. `delay` returns the ms until a
    new message is visible. `stale` says for each count whether it is an old one. `sent` counts
    messages by body."""

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
        stale: Callable[[], bool] = lambda: False,
    ) -> None:
        self.queues = dict(queues)
        self._now = now
        self._dead_letters = dead_letters
        self._changed = changed
        self._refuses = refuses
        self._delay = delay
        self._stale = stale
        self.sent = Counter[str]()
        self._received = 0

    # -- requests of a step ------------------------------------------------------------------------

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: Sequence[str]) -> Answer:
        """Counts are approximate: those of now, or those of the last call of `count`."""
        queue = self._queue("GetQueueAttributes", QueueUrl)
        count = queue.counted if self._stale() else self.count(QueueUrl)
        known = {
            "QueueArn": f"arn:{QueueUrl}",
            "ApproximateNumberOfMessages": str(count),
            "ApproximateNumberOfMessagesNotVisible": str(max(len(queue.messages) - count, 0)),
        }
        return {"Attributes": {name: known[name] for name in AttributeNames}}

    def send_message_batch(
        self,
        *,
        QueueUrl: str,
        Entries: Sequence[Mapping[str, Any]],
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
        elif not all(0 <= entry.get("DelaySeconds", 0) <= DELAY_MAX for entry in Entries):
            wrong = "InvalidParameterValue"
        if wrong:
            raise refused("SendMessageBatch", f"AWS.SimpleQueueService.{wrong}", 400)
        answer: Answer = {"Successful": []}
        for entry in Entries:
            if self._refuses():
                row = {"Id": entry["Id"], "Code": "InternalError", "SenderFault": False}
                answer.setdefault("Failed", []).append(row)
                continue
            message_id = self._put(QueueUrl, queue, entry)
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
        held.hidden_for = VisibilityTimeout
        self._changed(QueueUrl, held.visible_at)
        return {}

    # -- requests of Lambda's event source ---------------------------------------------------------

    def visible(self, url: str) -> list[Held]:
        """Returns the messages that can be handed out now, in any order. Those that were received
        too often become dead letters instead."""
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

    def count(self, url: str) -> int:
        """Returns how many messages can be handed out now."""
        queue = self.queues[url]
        queue.counted = sum(held.visible_at <= self._now() for held in queue.messages.values())
        return queue.counted

    def fair_order(self, url: str, messages: Iterable[Held]) -> list[Held]:
        """Returns the messages in the order of a fair queue: those of quiet groups first, then
        those of noisy groups, the one with the fewest messages in flight first.
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html"""
        queue, now = self.queues[url], self._now()
        in_flight = [
            one for one in queue.messages.values() if one.receives and one.visible_at > now
        ]
        flying = Counter(one.group for one in in_flight)
        working = Counter[str]()
        for one in in_flight:
            working[one.group] += now - one.received_at
        for at, group, ms in queue.worked:
            working[group] += ms if at > now - _RECENT else 0

        def place(held: Held) -> tuple[int, int]:
            many = flying[held.group] >= _NOISY_FROM
            is_noisy = (many and flying[held.group] > _NOISY_SHARE * flying.total()) or (
                working[held.group] > _NOISY_SHARE * working.total()
            )
            return (1 + flying[held.group] if is_noisy else 0, held.visible_at)

        return sorted(messages, key=place)

    def hand_out(self, url: str, held: Held) -> dict[str, Any]:
        """Receives this message. Returns its record in an SQS event."""
        self._received += 1
        held.receives += 1
        held.received_at = self._now()
        held.receipts.append(f"receipt-{self._received}")
        held.visible_at = self._now() + self.queues[url].visibility * 1000
        self._changed(url, held.visible_at)
        return {
            "messageId": held.id,
            "receiptHandle": held.receipts[-1],
            "body": held.body,
            "attributes": {
                "ApproximateReceiveCount": str(held.receives),
                "SentTimestamp": str(held.sent_at),
            },
        }

    def receive_message(
        self,
        *,
        QueueUrl: str,
        MaxNumberOfMessages: int = 1,
        MessageSystemAttributeNames: Sequence[str] = (),
    ) -> Answer:
        """Receives as any client does. The contract tests do so."""
        taken = self.visible(QueueUrl)[:MaxNumberOfMessages]
        records = [self.hand_out(QueueUrl, held) for held in taken]
        rows = [
            {
                "MessageId": record["messageId"],
                "ReceiptHandle": record["receiptHandle"],
                "Body": record["body"],
                "Attributes": record["attributes"],
            }
            for record in records
        ]
        return {"Messages": rows} if rows else {}

    def show(self, url: str, held: Held, at: int) -> None:
        """Makes a hidden message visible at this time."""
        held.visible_at = at
        self._changed(url, at)

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> Answer:
        queue = self._queue("DeleteMessage", QueueUrl)
        held = _by_receipt(queue, ReceiptHandle)
        if held:
            del queue.messages[held.id]
            queue.worked.append((self._now(), held.group, self._now() - held.received_at))
        return {}

    # -- within ------------------------------------------------------------------------------------

    def _put(self, url: str, queue: QueueState, entry: Mapping[str, Any]) -> str:
        body, group = entry["MessageBody"], entry.get("MessageGroupId", "")
        self.sent[body] += 1
        visible_at = self._now() + entry.get("DelaySeconds", 0) * 1000 + self._delay()
        held = Held(f"message-{self.sent.total()}", body, group, visible_at, self._now())
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
