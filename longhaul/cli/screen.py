"""Prints to standard error for people: bars on a terminal, lines in a pipe, or nothing.

Standard output is for the answers of commands. This module never writes there.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from longhaul.cli import words
from longhaul.cli.task import TITLE_WIDTH, Task, percent
from longhaul.errors import RateLimited, TooManyJobs
from longhaul.printable import shown

if TYPE_CHECKING:
    from longhaul.errors import LonghaulError

LINE_SECONDS: Final = 3.0
"""The shortest time between two lines of one task in a pipe. A shorter task prints only its end."""

_NOTICE_SECONDS: Final = 30.0

_TOO_MANY_JOBS: Final = (
    "You have too many open exports. `longhaul list` shows them, `longhaul cancel JOB` ends one."
)


class Screen:
    """Standard error, for one run of the program."""

    def __init__(self, *, quiet: bool) -> None:
        self._is_quiet = quiet
        self._task: Task | None = None
        self._noticed = (0.0, "")
        self._is_limit_told = False

    def say(self, text: str = "") -> None:
        """Prints one line, unless the screen is quiet."""
        if self._is_quiet:
            return
        if self._task:
            self._task.say(text)
        else:
            echo(text)

    def notice(self, error: "LonghaulError", seconds: float) -> None:
        """Prints an error that is retried. Repeats the same text only after some time."""
        if isinstance(error, RateLimited):
            if not self._is_limit_told:
                self._is_limit_told = True
                self.say(f"The API limits how often you may ask. Going on in {seconds:.0f} s.")
            return
        now = time.monotonic()
        text = _TOO_MANY_JOBS if isinstance(error, TooManyJobs) else str(error)
        if text != self._noticed[1] or now - self._noticed[0] >= _NOTICE_SECONDS:
            self._noticed = (now, text)
            self.say(shown(f"{text} {'Trying again.' if seconds else 'Going on.'}"))

    @contextmanager
    def task(self, title: str, *, has_output: bool = False) -> Iterator[Task]:
        """Shows how far the body is, and then its result. With `has_output`, the body writes to
        standard output, perhaps on the same terminal: a bar would stand in its lines."""
        started = time.monotonic()
        with self._drawn(title, has_output=has_output) as task:
            self._task = task
            try:
                yield task
            finally:
                self._task = None
        if task.result:
            mark = f"{click.style('✓', fg='green')} " if is_live() else ""
            took = words.duration(time.monotonic() - started)
            self.say(f"{mark}{title:<{TITLE_WIDTH}} {task.result}  {took}")

    @contextmanager
    def _drawn(self, title: str, *, has_output: bool) -> Iterator[Task]:
        if self._is_quiet:
            yield _Silence()
        elif has_output or not is_live():
            yield _Lines(title)
        else:
            from longhaul.cli.bar import Bar  # Here, because rich takes a while to import.

            with Bar(title) as bar:
                yield bar


class _Silence:
    """A task that prints nothing."""

    result = ""

    def show(self, done: int, total: int, text: str, title: str = "") -> None:
        """Prints nothing."""

    def say(self, text: str) -> None:
        """Prints nothing."""


class _Lines:
    """A task that prints a line every few seconds, and never the same line twice."""

    def __init__(self, title: str) -> None:
        self.result = ""
        self._title = title
        self._last = ""
        self._printed_at = time.monotonic()

    def show(self, done: int, total: int, text: str, title: str = "") -> None:
        now = time.monotonic()
        if now - self._printed_at < LINE_SECONDS:
            return
        line = f"{title or self._title:<{TITLE_WIDTH}} {percent(done, total)}  {text}".rstrip()
        if line != self._last:
            self._last, self._printed_at = line, now
            echo(line)

    def say(self, text: str) -> None:
        echo(text)


def echo(text: str) -> None:
    """Prints one line on standard error, in colour if standard error shows colour."""
    click.echo(text, err=True, color=has_colour())


def is_live() -> bool:
    """Whether standard error is a terminal that can redraw lines."""
    return sys.stderr.isatty() and os.environ.get("TERM", "") not in ("dumb", "unknown")


def has_colour() -> bool:
    """Whether standard error shows colour and the user wants it (https://no-color.org)."""
    return is_live() and not os.environ.get("NO_COLOR")
