"""Asynchronous invocations of the worker: Lambda's queue of events, which loses some, delivers some
twice, and others late.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
"""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

from chalicelib.queue.records import PartialFailure
from chalicelib.services import Services
from tests.faults.kinds import Faults, Kind
from tests.faults.lambdas import Lambdas, Record
from tests.faults.network import LATE_MAX
from tests.faults.refusals import Exceptions
from tests.faults.schedule import Schedule

FUNCTION: Final = "worker"
_COLD_START: Final = 800  # ms, at most
_TWICE_WITHIN: Final = 60_000  # ms


def segments_of(seed: int) -> int:
    """Returns how many segments of a job go directly in the run with this seed."""
    return Random(f"direct {seed}").choice((0, 1, 2, 100))


class Functions:
    """Stands for Lambda's client: takes an event, and calls the handler later."""

    exceptions = Exceptions

    def __init__(self, schedule: Schedule, faults: Faults) -> None:
        self._schedule = schedule
        self._faults = faults
        self._call: Callable[[Sequence[Record]], object] = lambda _: None
        self.running = 0
        """Events that were taken, and whose invocation has not ended."""

    def connect(
        self,
        lambdas: Lambdas,
        handler: Callable[[Sequence[Record], Services], PartialFailure],
        seconds: int,
    ) -> None:
        """From now on, events go to this handler, which is killed after so many seconds."""
        self._call = lambda records: lambdas.invoke(
            "direct", seconds, lambda services: handler(records, services)
        )

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:
        """Takes an event. Whatever comes of it, nobody is told."""
        if (FunctionName, InvocationType) != (FUNCTION, "Event"):
            raise ValueError(f"{InvocationType} of {FunctionName}")
        records = json.loads(Payload)["Records"]
        if not self._faults.strikes(Kind.EVENT_LOST):
            late = self._faults.strikes(Kind.EVENT_LATE)
            self._spawn(records, LATE_MAX if late else _COLD_START)
        if self._faults.strikes(Kind.EVENT_TWICE):
            self._spawn(records, _TWICE_WITHIN)
        return {"StatusCode": 202}

    def _spawn(self, records: Sequence[Record], within: int) -> None:
        self.running += 1
        delay = self._faults.random.randrange(within)
        self._schedule.spawn("direct", lambda: self._work(records), delay)

    def _work(self, records: Sequence[Record]) -> None:
        try:
            self._call(records)
        finally:
            self.running -= 1
