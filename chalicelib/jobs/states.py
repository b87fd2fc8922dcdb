"""The state machine of a job. Pure.

    queued ──► processing ──► completed ──► (expired)
       │            │
       └────────────┴──► failed | cancelled

No status ever goes back. `expired` is not stored: when a job completes, the time at which it
expires is fixed. So nobody has to move it there.
"""

from enum import StrEnum
from typing import Final


class Status(StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Stage(StrEnum):
    """What is being done for a job."""

    QUEUED = "queued"
    PLANNING = "planning"
    READING = "reading"
    COMPRESSING = "compressing"
    ASSEMBLING = "assembling"
    FINALIZING = "finalizing"
    DONE = "done"


_NEXT: Final[dict[Status, frozenset[Status]]] = {
    Status.QUEUED: frozenset({Status.PROCESSING, Status.FAILED, Status.CANCELLED}),
    Status.PROCESSING: frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED}),
    Status.COMPLETED: frozenset({Status.EXPIRED}),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.EXPIRED: frozenset(),
}

OPEN: Final = frozenset({Status.QUEUED, Status.PROCESSING})
"""A job with one of these statuses is not over: something will still happen to it."""


def may_become(current: Status, target: Status) -> bool:
    """Returns whether a job may go from one status to the other."""
    return target in _NEXT[current]


def origins(target: Status) -> frozenset[Status]:
    """Returns the statuses from which a job may go to `target`: the condition of that write."""
    return frozenset(status for status, following in _NEXT.items() if target in following)
