"""What a person sees on standard error: bars on a terminal, lines in a pipe, or nothing.

Standard output is for what a command answers, and this module never writes there.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

import click

from longhaul.cli import words
from longhaul.errors import TooManyJobs
from longhaul.printable import shown

if TYPE_CHECKING:
    from longhaul.errors import LonghaulError

LINE_SECONDS: Final = 3.0
"""How often one step may say in a pipe how far it is. What is over sooner says how it ended."""

TITLE_WIDTH: Final = len("Finalizing")

_NOTICE_SECONDS: Final = 30.0

_TOO_MANY_JOBS: Final = (
    "Too many exports of yours are open; "
    "`longhaul list` shows them, `longhaul cancel JOB` ends one."
)


class Step(Protocol):
    """Something that takes a while."""

    result: str
    """How it ended, once it has ended well; stays on the screen, with the time it took."""

    def show(self, done: int, total: int, text: str, title: str = "") -> None:
        """Says that `done` of `total` bytes are there (a total of 0 is not known yet), and `text`
        beside it. `title` is what is being done just now."""

    def say(self, text: str) -> None:
        """One line that stays."""


class Screen:
    """Standard error, for one run of the program."""

    def __init__(self, *, quiet: bool) -> None:
        self._is_quiet = quiet
        self._step: Step | None = None
        self._noticed = (0.0, "")

    def say(self, text: str = "") -> None:
        """One line, unless nobody wants to hear of anything."""
        if self._is_quiet:
            return
        if self._step:
            self._step.say(text)
        else:
            echo(text)

    def notice(self, error: "LonghaulError", seconds: float) -> None:
        """Says that something went wrong that is not the end; the same thing now and then only."""
        now = time.monotonic()
        what = _TOO_MANY_JOBS if isinstance(error, TooManyJobs) else str(error)
        if what != self._noticed[1] or now - self._noticed[0] >= _NOTICE_SECONDS:
            self._noticed = (now, what)
            self.say(shown(f"{what} {'Trying again.' if seconds else 'Going on.'}"))

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Shows how far the body is, and what came of it."""
        started = time.monotonic()
        with self._drawn(title) as step:
            self._step = step
            try:
                yield step
            finally:
                self._step = None
        if step.result:
            mark = f"{click.style('✓', fg='green')} " if is_live() else ""
            took = words.duration(time.monotonic() - started)
            self.say(f"{mark}{title:<{TITLE_WIDTH}} {step.result}  {took}")

    @contextmanager
    def _drawn(self, title: str) -> Iterator[Step]:
        if self._is_quiet:
            yield _Silence()
        elif not is_live():
            yield _Lines(title)
        else:
            from longhaul.cli.bar import Bar

            with Bar(title) as bar:
                yield bar


class _Silence:
    result = ""

    def show(self, done: int, total: int, text: str, title: str = "") -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        """Nothing."""


class _Lines:
    """A line now and then, and never the same one twice."""

    def __init__(self, title: str) -> None:
        self.result = ""
        self._title = title
        self._last = ""
        self._said_at = time.monotonic()

    def show(self, done: int, total: int, text: str, title: str = "") -> None:
        now = time.monotonic()
        if now - self._said_at < LINE_SECONDS:
            return
        percent = f"{done * 100 // total:3} %" if total else "     "
        line = f"{title or self._title:<{TITLE_WIDTH}} {percent}  {text}".rstrip()
        if line != self._last:
            self._last, self._said_at = line, now
            echo(line)

    def say(self, text: str) -> None:
        echo(text)


def echo(text: str) -> None:
    """One line on standard error, in colour if that can be seen."""
    click.echo(text, err=True, color=has_colour())


def is_live() -> bool:
    """Whether standard error is a screen on which lines can be drawn anew."""
    return sys.stderr.isatty() and os.environ.get("TERM", "") not in ("dumb", "unknown")


def has_colour() -> bool:
    """Whether colour is seen there, and wanted (https://no-color.org)."""
    return is_live() and not os.environ.get("NO_COLOR")
