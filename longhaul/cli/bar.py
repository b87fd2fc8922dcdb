"""A bar on a terminal, which takes what room there is."""

from types import TracebackType
from typing import Final, Self

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, TextColumn

from longhaul.cli.screen import TITLE_WIDTH

WIDE: Final = 70
"""Columns from which on there is room for words beside the bar."""

# What is beside the bar must not change in length, or the bar would with it.
_TEXT_WIDTH: Final = 38


class _Progress(Progress):
    """Leaves room for the ^C that a terminal writes behind it. Without that, ^C would go into a
    line of its own, which would be erased in the bar's place."""

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
    """A step that draws itself; gone from the screen when it is over."""

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
        self._task = self._progress.add_task(title, total=None, percent="     ", text="")
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
            percent=f"{done * 100 // total:3} %" if total else "     ",
            text=f"{text:<{self._width}}",
            description=title or None,
        )

    def say(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)
