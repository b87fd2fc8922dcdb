"""Lambda in the simulation: functions that are killed at their timeout, and event sources that call
them with messages."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from chalicelib.errors import LonghaulError
from chalicelib.services import Services
from tests.faults.kinds import Faults, Kind
from tests.faults.network import Invocation, Network
from tests.faults.schedule import Death, Schedule
from tests.faults.sqs import SQS, Held

T = TypeVar("T")
Record = dict[str, Any]

CLOCK_OFF_MAX: Final = 90_000  # ms
REPEATED_WITHIN: Final = 60_000  # ms
BOTH_VERSIONS: Final = 20_000  # ms, at most
_COLD_START: Final = 800  # ms, at most


class Lambdas:
    """Runs functions. `says` is called with what must not happen, such as an error that a function
    does not catch."""

    def __init__(
        self,
        schedule: Schedule,
        network: Network,
        faults: Faults,
        services: Services,
        says: Callable[[str], None],
    ) -> None:
        self._schedule = schedule
        self._network = network
        self._faults = faults
        self._services = services
        self.says = says
        self._count = 0
        self._deployed: tuple[int, Services] | None = None

    def deploy(self, **seams: Any) -> None:
        """Replaces these seams of the functions' services. For some time invocations of both
        versions begin. An invocation that has begun keeps its version."""
        self._deployed = self._schedule.now, replace(self._services, **seams)

    def version(self) -> Services:
        """Returns the services of an invocation that begins now."""
        if self._deployed is None:
            return self._services
        since, services = self._deployed
        is_new = self._schedule.now - since > self._faults.random.randrange(BOTH_VERSIONS)
        return services if is_new else self._services

    @property
    def invocation(self) -> Invocation | None:
        """The invocation that runs in the caller's task."""
        return self._network.invocation

    def invoke(self, name: str, seconds: int, work: Callable[[Services], T]) -> T | Exception:
        """Calls `work` in the caller's task. Returns its result, or the error that it raised, or
        TimeoutError if it died."""
        schedule, task = self._schedule, self._schedule.current
        self._count += 1
        deadline = schedule.now + seconds * 1000
        invocation = Invocation(f"{name}-{self._count}", schedule.now, deadline)
        if self._faults.strikes(Kind.CLOCK_OFF):
            invocation.clock_off = self._faults.random.randint(-CLOCK_OFF_MAX, CLOCK_OFF_MAX)
            invocation.clock_off_from = schedule.now + self._faults.random.randrange(20_000)

        def now() -> int:
            off = schedule.now >= invocation.clock_off_from
            return schedule.now + (invocation.clock_off if off else 0)

        self._network.invocations[task] = invocation
        try:
            return work(replace(self.version(), now=now))
        except LonghaulError as error:
            self._network.log(f"{invocation.name} raises {error!r}")
            return error
        except Death:
            if task.killed:
                raise
            return TimeoutError()
        except Exception as error:  # noqa: BLE001 - a finding
            self.says(f"{invocation.name} raises {error!r}")
            return error
        finally:
            del self._network.invocations[task]


class EventSource:
    """Calls one function with the messages of one queue: `batch` messages in an invocation, and at
    most `most` invocations at a time.

    A message is deleted when the function has acknowledged it. `taken` is called before that.
    `order` sorts the messages. `lease` is the number of seconds for which a function at work hides
    its message. `is_work` says whether a message's body names a job that this work is for.
    """

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
        handler: Callable[[Sequence[Record], Services], dict[str, Any] | None],
        taken: Callable[[Record], None],
        order: Callable[[Iterable[Held]], list[Held]],
        lease: int,
        is_work: Callable[[str], bool],
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
        self._lease = lease
        self._is_work = is_work
        self._at_work: dict[str, Invocation] = {}
        self._repeated: set[str] = set()

    def poke(self) -> None:
        """Starts invocations for the visible messages, as many as may run at a time."""
        while self._free and (visible := self._sqs.visible(self._url)):
            visible = self._order(visible)
            if len(visible) > 1 and self._faults.strikes(Kind.REORDERED):
                self._faults.random.shuffle(visible)
            records = []
            for held in visible[: self._batch]:
                self._check_lease(held)
                records.append(self._sqs.hand_out(self._url, held))
                if self._faults.strikes(Kind.REPEATED):
                    self._repeated.add(held.id)
                    soon = self._schedule.now + self._faults.random.randrange(REPEATED_WITHIN)
                    self._sqs.show(self._url, held, soon)
            self._free -= 1
            self._schedule.spawn(
                self._name,
                lambda records=records: self._work(records),  # type: ignore[misc]  # a lambda's default has no type
                self._faults.random.randrange(_COLD_START),
            )

    def _check_lease(self, held: Held) -> None:
        """The message of a worker without faults must stay hidden. If another worker gets it too,
        the work is done twice for nothing."""
        worker = self._at_work.get(held.id)
        is_well = worker is not None and not worker.dead and not worker.faults
        # A worker that gives up a try hides the message for less time.
        is_kept = held.hidden_for == self._lease and held.id not in self._repeated
        if worker and is_well and is_kept and self._is_work(held.body):
            self._lambdas.says(f"{worker.name} is at work on {held.id}, which is handed out again")

    def _handle(self, records: Sequence[Record], services: Services) -> dict[str, Any] | None:
        invocation = self._lambdas.invocation
        if invocation and not invocation.clock_off:
            self._at_work |= {record["messageId"]: invocation for record in records}
        return self._handler(records, services)

    def _work(self, records: Sequence[Record]) -> None:
        try:
            answer = self._lambdas.invoke(
                self._name, self._seconds, lambda services: self._handle(records, services)
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
            for record in records:
                self._at_work.pop(record["messageId"], None)
            self._free += 1
            self._schedule.at(self._schedule.now, self.poke)
