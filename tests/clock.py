"""A clock for tests: time stands still until a test moves it."""

from collections.abc import Callable
from dataclasses import dataclass, field

START = 1_780_000_000_000
"""2026-05-28T20:26:40Z, in ms since 1970."""


@dataclass(slots=True)
class Clock:
    """A call returns the time, in ms. `pause` stands for time.sleep.

    During each pause, the first action that is left in `meanwhile` happens.
    """

    now: int = 0
    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def __call__(self) -> int:
        return self.now

    @property
    def seconds(self) -> float:
        """The time in seconds, as time.monotonic returns it."""
        return self.now / 1000

    def advance(self, *, seconds: float = 0, days: float = 0) -> None:
        self.now += round((seconds + days * 24 * 3600) * 1000)

    def pause(self, seconds: float) -> None:
        self.advance(seconds=seconds)
        if self.meanwhile:
            self.meanwhile.pop(0)()
