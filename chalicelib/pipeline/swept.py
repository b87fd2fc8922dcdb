"""What the sweeper tells of each run: what it has done, and how much there is to do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chalicelib import emf
from chalicelib.errors import LonghaulError
from chalicelib.jobs.wake import OPEN_SHARDS
from chalicelib.services import Services

COUNT_WITHIN_MS: Final = 25_000
"""A run that has taken longer counts nothing any more. It must write its line within its 55
seconds."""

PAGES_MAX: Final = 5
"""The most pages of each shard on which open jobs are counted: at most 1 MB each, and 128 read
units."""

METRICS: Final[dict[str, emf.Unit]] = {
    "openJobs": "Count",
    "waiting": "Count",
    "deadLetters": "Count",
    "woken": "Count",
}
DIMENSIONS: Final = ((),)


@dataclass(slots=True)
class Run:
    """A run of the sweeper, which began at `begun` (Unix time in ms). It has counted the messages
    that wait in the two queues before it did anything; None: it could not."""

    begun: int
    waiting: int | None = None
    announcements_waiting: int | None = None
    woken: int = 0
    given_up: int = 0
    discarded: int = 0
    announced_again: int = 0

    @property
    def treated(self) -> int:
        """For how many jobs a step was sent."""
        return self.woken + self.discarded + self.announced_again


def tell(services: Services, run: Run) -> None:
    """Counts what is left to do, and writes the line of this run. A count that fails is null."""
    open_jobs = _counted(
        services, run, "jobs", lambda: services.due_jobs.count(OPEN_SHARDS, PAGES_MAX)
    )
    letters = services.dead_letters
    dead = _counted(services, run, "dead letters", letters.held) if letters else None
    now = services.now()
    facts: dict[str, object] = {
        "openJobs": open_jobs,
        "waiting": run.waiting,
        "announcementsWaiting": run.announcements_waiting,
        "deadLetters": dead,
        "woken": run.woken,
        "givenUp": run.given_up,
        "discarded": run.discarded,
        "announcedAgain": run.announced_again,
        "ms": now - run.begun,
    }
    namespace = services.settings.metric_namespace
    facts |= emf.block(namespace, now, facts, METRICS, DIMENSIONS)
    services.log.info("swept", **facts)


def _counted(services: Services, run: Run, what: str, count: Callable[[], int]) -> int | None:
    if services.now() - run.begun > COUNT_WITHIN_MS:
        return None
    try:
        return count()
    except LonghaulError as error:
        services.log.warning("not counted", what=what, reason=error.detail)
    except Exception:
        services.log.exception("not counted", what=what)
    return None
