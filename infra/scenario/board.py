"""Shows all runs while they run: a bar for each on a terminal, a line for each event in a pipe."""

import time
from collections.abc import Sequence
from concurrent.futures import Future, wait

from rich.progress import BarColumn, Progress, TaskID, TextColumn

from infra.console import console
from infra.scenario.runs import ONE_REQUEST, Run

_DRAW_SECONDS = 0.2
_TEXT_WIDTH = 45


def show(runs: Sequence[Run], under_way: Sequence[Future[None]], timeout_seconds: float) -> None:
    """Draws the runs until the futures are done, or one of them has failed."""
    live = console.is_terminal
    progress = Progress(
        TextColumn("{task.fields[mark]} {task.description}"),
        BarColumn(bar_width=None, complete_style="cyan", finished_style="dim"),
        TextColumn("{task.fields[text]}"),
        console=console,
        expand=True,
        disable=not live,
    )
    tasks = [
        progress.add_task(f"{run.profile.name:<6} {run.way:<12}", total=1, text="", mark=" ")
        for run in runs
    ]
    said = [0] * len(runs)
    with progress:
        done = False
        while not done:
            done = not wait(under_way, _DRAW_SECONDS).not_done or any(map(_has_failed, under_way))
            for run, task in zip(runs, tasks, strict=True):
                _draw(progress, task, run, timeout_seconds)
            if not live:
                said = [_say(run, count) for run, count in zip(runs, said, strict=True)]


def _draw(progress: Progress, task: TaskID, run: Run, timeout_seconds: float) -> None:
    """A job's bar shows how far it is. One request does not say: its bar shows the time."""
    if run.way == ONE_REQUEST:
        waited = (run.ended or time.monotonic()) - run.began
        share = 1.0 if run.ended else min(waited / timeout_seconds, 1)
    else:
        share = run.percent / 100
    mark = " " if run.ended is None else "[green]✓[/]" if run.succeeded else "[red]✗[/]"
    colour = "dim" if run.ended is None else "green" if run.succeeded else "red"
    text = f"[{colour}]{run.text:<{_TEXT_WIDTH}}[/]"
    progress.update(task, completed=share, text=text, mark=mark)


def _say(run: Run, count: int) -> int:
    """Prints the lines of a run after the first `count`. Returns how many there are now."""
    told = run.told[count:]
    for seconds, text in told:
        console.print(
            f"  {seconds:5.1f} s  {run.profile.name:<6} {run.way:<12} {text}", soft_wrap=True
        )
    return count + len(told)


def _has_failed(future: Future[None]) -> bool:
    return future.done() and future.exception() is not None
