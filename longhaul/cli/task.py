"""What a command shows while it works: the small interface that a bar and plain lines implement."""

from typing import Final, Protocol

TITLE_WIDTH: Final = len("Finalizing")
"""Columns for a title: the longest one."""


class Task(Protocol):
    """Something that takes a while, and shows how far it is."""

    result: str
    """How it ended. Empty until it has succeeded. Stays on the screen, with the time it took."""

    def show(self, done: int, total: int, text: str, title: str = "") -> None:
        """Shows that `done` of `total` bytes are done, with `text` beside it.

        A `total` of 0 means that it is unknown. `title` says what is being done now.
        """

    def say(self, text: str) -> None:
        """Prints one line that stays."""


def percent(done: int, total: int) -> str:
    """Example: " 41 %". Blank, with the same width, while the total is unknown."""
    return f"{done * 100 // total:3} %" if total else "     "
