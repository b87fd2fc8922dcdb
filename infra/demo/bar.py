"""A step of the demo with a bar: live on a terminal, a line a second in a pipe."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn

from infra.console import console

_LINE_SECONDS = 1.0
_SHORT_SECONDS = 0.1
_SMALL_BYTES = 1e5
_TITLE_WIDTH = len("Start localstack")  # as the steps of infra.console
# The bar fills the rest of the line. It would jump if the text beside it changed its length.
_TEXT_WIDTH = 35


class Bar:
    """A bar on the screen, which the body of `bar` draws."""

    def __init__(self, title: str, progress: Progress) -> None:
        self._title = title
        self.last = ""
        self.started = time.monotonic()
        self._said = self.started
        self._progress = progress
        self._task = progress.add_task(title, total=None, text=" " * _TEXT_WIDTH)

    def show(self, done: int, total: int, text: str, *, title: str | None = None) -> None:
        """Shows `done` of `total`, and `text` beside it. A total of 0 is not known yet."""
        self.last = text
        self._progress.update(
            self._task,
            completed=done,
            total=total or None,
            text=f"{text:<{_TEXT_WIDTH}}",
            description=title,
        )
        if not console.is_terminal and time.monotonic() - self._said >= _LINE_SECONDS:
            self._said = time.monotonic()
            percent = f"{done / total:4.0%}" if total else "    "
            console.print(
                f"  {title or self._title:<{_TITLE_WIDTH}} {percent}  {text}", soft_wrap=True
            )

    def end(self, text: str) -> None:
        """Sets the text that stays on the screen when the step has ended well."""
        self.last = text


@contextmanager
def bar(title: str) -> Iterator[Bar]:
    """Shows a bar while the body works. Then shows its last text, and how long it took."""
    progress = Progress(
        SpinnerColumn("dots"),
        TextColumn(f"{{task.description:<{_TITLE_WIDTH}}}", markup=False),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TextColumn("{task.fields[text]}", style="dim", markup=False),
        console=console,
        expand=True,
        transient=True,
        disable=not console.is_terminal,
    )
    with progress:
        drawn = Bar(title, progress)
        yield drawn
    console.print(finished(title, drawn.last, time.monotonic() - drawn.started), soft_wrap=True)


def finished(title: str, text: str, seconds: float) -> str:
    """Returns the line that stays on the screen when a step has ended well."""
    time_taken = f"{seconds * 1000:.0f} ms" if seconds < _SHORT_SECONDS else f"{seconds:.1f} s"
    return f"[green]✓[/] {title:<{_TITLE_WIDTH}} [dim]{text}  {time_taken}[/]"


def megabytes(count: int) -> str:
    """Returns an amount as `193.5 MB`, and a small one in kB."""
    return f"{count / 1e6:.1f} MB" if count >= _SMALL_BYTES else f"{count / 1e3:.1f} kB"
