"""The values that the labels of metrics may have: few, and known. Pure."""

from enum import StrEnum
from typing import Final

from chalicelib.errors import JobFailed, LonghaulError
from chalicelib.jobs.states import Status
from chalicelib.queue.messages import Step
from chalicelib.telemetry.lines import Level
from chalicelib.telemetry.otlp import Signal

OTHER: Final = "other"
"""Stands for a value that is not known. So no line can make a label of its own."""

FUNCTIONS: Final = ("APIHandler", "Worker", "Announcer", "DeadLetters", "Sweeper", "Telemetry")
"""The functions, by their names in the template."""

STATUSES: Final = (Status.COMPLETED.value, Status.FAILED.value, Status.CANCELLED.value)
STEPS: Final = tuple(step.value for step in Step if step is not Step.ANNOUNCE)
OUTCOMES: Final = ("done", "skipped", "retried", "failed")
WAYS: Final = ("copied", "streamed")
FINDINGS: Final = ("woken", "given_up", "discarded", "announced_again")
LETTERS: Final = ("buried", "dropped", "retried")
LEVELS: Final = tuple(level.value for level in Level)
SIGNALS: Final = tuple(signal.value for signal in Signal)
RATE_LIMIT: Final = "rate_limit"


class Dropped(StrEnum):
    """Why something was not sent, or not even read."""

    REFUSED = "refused"
    """The backend answered that it will never take it."""
    REJECTED = "rejected"
    """The backend took the rest of the request (`partial_success` of OTLP)."""
    OUTBOX_FULL = "outbox_full"
    """The backend was down for too long. The oldest are dropped."""
    UNREADABLE = "unreadable"
    """More lines in one millisecond than the log can be asked for. This one is of lines."""


def slugs(of: type[LonghaulError]) -> set[str]:
    """Returns the slugs of an error and of all that are kinds of it."""
    return {of.slug}.union(*(slugs(one) for one in of.__subclasses__()))


JOB_FAILURES: Final = tuple(sorted(slugs(JobFailed)))
"""Every reason for which a job can fail: the slugs of chalicelib/errors.py."""
