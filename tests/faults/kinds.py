"""The kinds of faults, and when they happen."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final


class Kind(StrEnum):
    """What goes wrong. The first group happens to requests of a function to a service."""

    THROTTLED = "throttled"
    SERVER_ERROR = "server error before the effect"
    NO_CONNECTION = "no connection"
    ERROR_AFTER = "server error after the effect"
    LOST_ANSWER = "answer lost after the effect"
    RESENT = "answer lost, request sent again by botocore"
    LATE = "timeout, and the effect later"
    CRASH_BEFORE = "crash before a request"
    CRASH_AFTER = "crash after a request"
    PAUSED_BEFORE = "paused before a request"
    PAUSED_AFTER = "paused after a request"
    BODY_CUT = "body cut short"
    BODY_BROKEN = "connection lost in a body"

    BATCH_REFUSED = "entry of a batch refused"
    LEFT_OVER = "items of a batch left over"
    DELAYED = "message delivered late"
    REPEATED = "message delivered again while hidden"
    REORDERED = "message not delivered in order"
    NOT_DELETED = "acknowledgement lost"
    TIMED_OUT = "killed at the function's timeout"
    CLOCK_OFF = "clock wrong"
    SWEEP_MISSED = "sweeper not run"
    OVERWRITTEN = "source overwritten"
    DELETED = "source deleted"
    RESTLESS = "source overwritten just before a request"
    FORGOTTEN = "version of a source deleted for good"
    LOCKED = "source becomes unreadable"
    UNLOCKED = "source becomes readable"
    KEY_THROTTLED = "key of a source throttled for a while"
    CANCELLED = "cancel requested"
    POSTED_AGAIN = "POST repeated with its Idempotency-Key"
    LIMITED = "POST refused, too many jobs open"
    ASKED_AGAIN = "the same export requested by another POST"
    RETRIED = "retry requested"
    REMOVED = "job deleted"
    ERASED = "user erased"
    DENIED = "permission to write archives taken away for a while"
    PURGED = "queue purged"
    TAMPERED = "part of an upload replaced by somebody else"
    DEPLOYED = "another version deployed"
    GARBAGE = "message of garbage"
    EVENT_REFUSED = "event refused by the bus"
    BUS_DENIED = "permission to tell the bus taken away for a while"
    NOT_TAKEN = "webhook not taken by its receiver"
    TOLD_AGAIN = "somebody told of a job, or all once more"
    OPTED_OUT = "mail not wanted any more"
    EVENT_LOST = "invocation taken by Lambda and lost"
    EVENT_LATE = "invocation delivered late"
    EVENT_TWICE = "invocation delivered twice"


OF_REQUESTS: Final = tuple(Kind)[:11]
OF_BODIES: Final = (*OF_REQUESTS, Kind.BODY_CUT, Kind.BODY_BROKEN)
SINGLE: Final = (
    *OF_BODIES,
    Kind.BATCH_REFUSED,
    Kind.DELAYED,
    Kind.REPEATED,
    Kind.NOT_DELETED,
    Kind.CLOCK_OFF,
    Kind.EVENT_REFUSED,
    Kind.EVENT_LOST,
    Kind.EVENT_TWICE,
)
"""The kinds that happen in a run with few faults."""

_SELDOM: Final = 8
"""How many times likelier a fault is that has few places: there are about ten requests for each
message."""

_OF_WRITES: Final = 3
"""How many times likelier a fault is at a request that changes something."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A fault that will happen at the first place for its kind from number `place` on. If
    `writing`, only requests that change something are counted as places."""

    place: int
    kind: Kind
    writing: bool


class Faults:
    """Decides what goes wrong where. `healed`: nothing goes wrong from now on.

    A run has either a storm or few faults. In a storm each kind has a rate, which is drawn for the
    run; many rates are zero. Few faults happen at one place each: they find what the many retries
    of a storm hide. With `only`, the run has these faults: the number of a place, and the kind.
    """

    def __init__(self, random: Random, only: Sequence[tuple[int, Kind]] | None = None) -> None:
        self.random = random
        self.counts: Counter[Kind] = Counter()
        self.healed = False
        self.few = random.random() < 0.4 or only is not None
        self._rates: dict[Kind, float] = {}
        self._coming: list[Coming] = []
        self._places = Counter[bool]()
        if self.few:
            self._coming = [_drawn(random) for _ in range(random.randrange(4))]
            if only is not None:
                self._coming = [Coming(place, kind, writing=False) for place, kind in only]
        else:
            severity = 10 ** random.uniform(-3, -1)
            self._rates = {
                kind: severity * random.random() * (1 if kind in OF_BODIES else _SELDOM)
                for kind in Kind
                if random.random() < 0.5
            }

    def strikes(self, *kinds: Kind, writing: bool = False) -> Kind | None:
        """Returns which of these kinds happens here, if any, and counts it. `writing`: the request
        changes something, so a fault can do more harm."""
        if self.healed:
            return None
        kind = self._struck(kinds, writing=writing)
        if kind:
            self.counts[kind] += 1
        return kind

    def _struck(self, kinds: Sequence[Kind], *, writing: bool) -> Kind | None:
        self._places[False] += 1
        self._places[True] += writing
        if self.few:
            for coming in self._coming:
                due = coming.place <= self._places[coming.writing] and writing >= coming.writing
                if due and coming.kind in kinds:
                    self._coming.remove(coming)
                    return coming.kind
            return None
        chance = self.random.random() / (_OF_WRITES if writing else 1)
        for kind in kinds:
            chance -= self._rates.get(kind, 0.0)
            if chance < 0:
                return kind
        return None


def _drawn(random: Random) -> Coming:
    # A job makes some 30 to 300 requests, of which 10 to 50 change something.
    if random.random() < 0.6:
        return Coming(random.randint(1, 50), random.choice(OF_REQUESTS), writing=True)
    return Coming(int(10 ** random.uniform(0, 2.3)), random.choice(SINGLE), writing=False)
