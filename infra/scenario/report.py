"""Prints how the runs ended, as a table."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from infra.demo.words import shown
from infra.scenario.runs import Run

# As in infra.console: standard output is for what the command answers.
_answer = Console(highlight=False)


def table(runs: Sequence[Run]) -> None:
    """Prints a row for each run."""
    drawn = Table(box=None, padding=(0, 0, 0, 2), pad_edge=True)
    for title in ("profile", "way", "outcome"):
        drawn.add_column(title, no_wrap=True)
    for title in ("ended\nafter", "longest\nrequest", "requests"):
        drawn.add_column(title, justify="right")
    for run in runs:
        drawn.add_row(*row(run))
    _answer.print()
    _answer.print(drawn)


def row(run: Run) -> tuple[str, str, str, str, str, str]:
    """Returns the cells of a run that has ended."""
    colour = "green" if run.succeeded else "red"
    longest = max((request.seconds for request in run.requests), default=0)
    return (
        run.profile.name,
        run.way,
        f"[{colour}]{outcome(run)}[/]",
        f"{(run.ended or run.began) - run.began:.1f} s",
        f"{longest:.1f} s",
        str(len(run.requests)),
    )


def outcome(run: Run) -> str:
    """Returns in a few words how a run ended."""
    if run.succeeded:
        return "archive, checked"
    late = (run.worked_until or 0) - (run.ended or 0)
    return f"{run.requests[-1].status}; {late:.1f} s more for nobody"


def picture(path: Path) -> None:
    """Prints where the plot is."""
    _answer.print(f"\n  Timeline  [bold]{shown(path)}[/]", soft_wrap=True)
