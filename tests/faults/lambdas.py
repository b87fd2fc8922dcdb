"""Lambda as this stack uses it: functions that are killed at their timeout, and event sources that
feed them from queues."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from chalicelib.errors import LonghaulError
from chalicelib.pipeline.collaborators import Collaborators
from tests.faults.kinds import Faults, Kind
from tests.faults.network import Invocation, Network
from tests.faults.schedule import Death, Schedule
from tests.faults.sqs import SQS, Held

T = TypeVar("T")
Record = dict[str, Any]

CLOCK_OFF_MAX: Final = 90_000  # ms
REPEATED_WITHIN: Final = 60_000  # ms
_COLD_START: Final = 800  # ms, at most


class Lambdas:
    """`broke` is told of an error that no function may end with."""

    def __init__(
        self,
        schedule: Schedule,
        network: Network,
        faults: Faults,
        stack: Collaborators,
        broke: Callable[[str], None],
    ) -> None:
        self._schedule = schedule
        self._network = network
        self._faults = faults
        self._stack = stack
        self._broke = broke
        self._count = 0

    def invoke(self, name: str, seconds: int, work: Callable[[Collaborators], T]) -> T | Exception:
        """What `work` gives, on the caller's task; what it raised; TimeoutError if it died."""
        schedule, task = self._schedule, self._schedule.current
        self._count += 1
        invocation = Invocation(f"{name}-{self._count}", schedule.now + seconds * 1000)
        if self._faults.strikes(Kind.CLOCK_OFF):
            invocation.clock_off = self._faults.random.randint(-CLOCK_OFF_MAX, CLOCK_OFF_MAX)
            invocation.clock_off_from = schedule.now + self._faults.random.randrange(20_000)

        def now() -> int:
            off = schedule.now >= invocation.clock_off_from
            return schedule.now + (invocation.clock_off if off else 0)

        self._network.invocations[task] = invocation
        try:
            return work(replace(self._stack, now=now))
        except LonghaulError as error:
            self._network.log(f"{invocation.name} raises {error!r}")
            return error
        except Death:
            if task.killed:
                raise
            return TimeoutError()
        except Exception as error:  # noqa: BLE001 - a finding
            self._broke(f"{invocation.name} raises {error!r}")
            return error
        finally:
            del self._network.invocations[task]


class EventSource:
    """Feeds one function from one queue, `batch` messages an invocation, `most` invocations at a
    time. A message is deleted when the function has taken it; `taken` is told before. `order` says
    which message comes first."""

    def __init__(
        self,
        schedule: Schedule,
        faults: Faults,
        lambdas: Lambdas,
        sqs: SQS,
        *,
        url: str,
        name: str,
        seconds: int,
        batch: int,
        most: int,
        handler: Callable[[Sequence[Record], Collaborators], dict[str, Any] | None],
        taken: Callable[[Record], None],
        order: Callable[[Iterable[Held]], list[Held]],
    ) -> None:
        self._schedule = schedule
        self._faults = faults
        self._lambdas = lambdas
        self._sqs = sqs
        self._url = url
        self._name = name
        self._seconds = seconds
        self._batch = batch
        self._free = most
        self._handler = handler
        self._taken = taken
        self._order = order

    def poke(self) -> None:
        """Hands out what is visible, as far as there is anybody free to take it."""
        while self._free and (visible := self._sqs.visible(self._url)):
            visible = self._order(visible)
            if len(visible) > 1 and self._faults.strikes(Kind.REORDERED):
                self._faults.random.shuffle(visible)
            records = []
            for held in visible[: self._batch]:
                records.append(self._sqs.hand_out(self._url, held))
                if self._faults.strikes(Kind.REPEATED):
                    soon = self._schedule.now + self._faults.random.randrange(REPEATED_WITHIN)
                    self._sqs.show(self._url, held, soon)
            self._free -= 1
            self._schedule.spawn(
                self._name,
                lambda records=records: self._work(records),  # type: ignore[misc]
                self._faults.random.randrange(_COLD_START),
            )

    def _work(self, records: Sequence[Record]) -> None:
        try:
            answer = self._lambdas.invoke(
                self._name, self._seconds, lambda stack: self._handler(records, stack)
            )
            if isinstance(answer, Exception):
                return  # the messages come back when they are visible again
            failures = (answer or {}).get("batchItemFailures", [])
            again = {row["itemIdentifier"] for row in failures}
            for record in records:
                if record["messageId"] in again:
                    continue
                self._taken(record)
                if self._faults.strikes(Kind.NOT_DELETED):
                    continue
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=record["receiptHandle"])
        finally:
            self._free += 1
            self._schedule.at(self._schedule.now, self.poke)
