"""A progress bar on a terminal. It uses the whole width of the terminal."""

from types import TracebackType
from typing import Final, Self

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, TextColumn

from longhaul.cli.task import TITLE_WIDTH, percent

WIDE: Final = 70
"""From this number of columns on, there is room for text beside the bar."""

# The text beside the bar has a fixed width. If not, the length of the bar would change with it.
_TEXT_WIDTH: Final = 38


class _Progress(Progress):
    """Leaves room at the end of the line for the ^C that a terminal prints.

    Without that room, ^C would begin a new line, and rich would erase that line instead of the bar.
    """

    def get_renderable(self) -> RenderableType:
        return _Narrower(super().get_renderable())


class _Narrower:
    def __init__(self, content: RenderableType) -> None:
        self._content = content

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from console.render(
            self._content, options.update(max_width=options.max_width - len("^C"))
        )


class Bar:
    """A task with a progress bar. The bar disappears when the task is over."""

    def __init__(self, title: str) -> None:
        self.result = ""
        self._console = Console(stderr=True, highlight=False)
        self._width = min(_TEXT_WIDTH, max(self._console.width - WIDE // 2, 0))
        is_wide = self._console.width >= WIDE
        columns: list[ProgressColumn] = [
            SpinnerColumn("dots"),
            TextColumn(f"{{task.description:<{TITLE_WIDTH}}}", markup=False),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[percent]}"),
        ]
        if is_wide:
            columns.append(TextColumn("{task.fields[text]}", style="dim", markup=False))
        self._progress = _Progress(*columns, console=self._console, expand=True, transient=True)
        self._task = self._progress.add_task(title, total=None, percent=percent(0, 0), text="")
        self.show(0, 0, "")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def show(self, done: int, total: int, text: str, title: str = "") -> None:
        self._progress.update(
            self._task,
            completed=done,
            total=total or None,
            percent=percent(done, total),
            text=f"{text:<{self._width}}",
            description=title or None,
        )

    def say(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)
