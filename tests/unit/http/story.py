"""A job that moves while somebody waits for it, in a time that passes only by waiting."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.errors import LonghaulError
from chalicelib.jobs.model import Job
from chalicelib.services import Services
from tests.clock import Clock
from tests.unit.samples import NOW, some_services, some_settings

CONTEXT = {"resourcePath": "/v1/export", "path": "/api/v1/export", "domainName": "example.com"}

Chapter = tuple[float, Job | LonghaulError]
"""From so many seconds on, this is what a look at the job shows."""


class EmptyBucket:
    """What is left of a bucket whose objects have all expired."""

    def read(self, _: str) -> None:
        return None


@dataclass
class Story:
    """The table, the clock, and the pauses that were made."""

    chapters: Sequence[Chapter]
    clock: Clock = field(default_factory=lambda: Clock(NOW))
    read_ms: int = 0
    """What a look takes."""
    looks: int = 0
    pauses: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """How much time has passed."""
        return (self.clock.now - NOW) / 1000

    def get(self, job_id: str) -> Job | None:
        self.looks += 1
        self.clock.advance(seconds=self.read_ms / 1000)
        told = [what for since, what in self.chapters if since <= self.seconds]
        if isinstance(told[-1], LonghaulError):
            raise told[-1]
        return told[-1] if told[-1].job_id == job_id else None

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.pause(seconds)

    def services(self, **settings: str) -> Services:
        """The services of a stack whose only job this is."""
        bucket = EmptyBucket()
        return some_services(
            some_settings(**settings),
            jobs=self,
            sources={"default": bucket},
            archive=bucket,
            now=self.clock,
            pause=self.pause,
        )


def story_of(*chapters: Job | Chapter) -> Story:
    """The story of a job that moves at these times, the first of which is now."""
    return Story([one if isinstance(one, tuple) else (0, one) for one in chapters])
