"""What a person sees while a command runs: live on a terminal, plain lines in a pipe."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

# Standard output is kept for what a command answers: a URL, JSON, log lines.
console = Console(stderr=True, highlight=False)

_TITLE_WIDTH = len("Start localstack")

Note = Callable[[str], None]
"""Says how far a step is, or how it ended. The last note stays on the screen."""


@contextmanager
def step(title: str) -> Iterator[Note]:
    """Shows `title` while the body works. Then shows its last note, and how long it took."""
    started = time.monotonic()
    last = ""

    with console.status(f"{title}…", spinner="dots") as status:

        def note(text: str) -> None:
            nonlocal last
            last = text
            status.update(f"{title}… [dim]{text}[/]")

        yield note

    seconds = time.monotonic() - started
    console.print(
        f"[green]✓[/] {title:<{_TITLE_WIDTH}} [dim]{last}  {seconds:.1f} s[/]", soft_wrap=True
    )


def counted(number: int, noun: str) -> str:
    """Returns a number with what it counts. Examples: 1 job; 2,000 jobs."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def say(text: str) -> None:
    """Prints a line that is not a step."""
    console.print(text, soft_wrap=True)


def complain(text: str) -> None:
    """Prints why a command could not do its work."""
    console.print(f"[bold red]✗[/] {escape(text)}", soft_wrap=True)
