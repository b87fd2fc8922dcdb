"""Draws the scenario: a bar for each request, and a line for nginx's timeout."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.scenario.profiles import Scale
from infra.scenario.runs import ONE_REQUEST, Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE: Final = (10.0, 4.6)
_DPI: Final = 110
_GOOD: Final = "#1a7f5a"
_BAD: Final = "#c5352b"
_IDLE: Final = "#dfe5ea"
_INK: Final = "#22303c"
_FAINT: Final = "#67747f"
_HEIGHT: Final = 0.5
_SHORTEST: Final = 1 / 300
"""The least width of a request that one can still see, as a part of the picture's width."""
_ROOM: Final = 1 / 10
"""The width of a word with a mark on each side, as a part of the picture's width."""


def save(runs: Sequence[Run], scale: Scale, path: Path) -> Path:
    """Draws the runs from top to bottom into a PNG file at `path`."""
    from matplotlib.figure import Figure

    path.parent.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")
    axes = figure.subplots()
    width = max(_end(run) for run in runs)
    places = [-(place + place // 2 * 0.45) for place in range(len(runs))]
    for run, place in zip(runs, places, strict=True):
        _row(axes, run, place, width)
    _limit(axes, scale, places[-1])
    axes.set_yticks(places, [f"{run.profile.name}: {run.way}" for run in runs])
    axes.set_xlim(0, width * 1.36)
    axes.set_xticks([tick for tick in axes.get_xticks() if tick <= width])
    axes.set_ylim(places[-1] - 0.75, 1.0)
    axes.set_xlabel(_seconds(scale), color=_FAINT)
    axes.tick_params(length=0, colors=_INK)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title(
        "The same slow downloads behind nginx, as one request and as a job",
        loc="left",
        color=_INK,
        fontweight="bold",
    )
    figure.savefig(path, format="png", metadata={"Software": None})
    return path


def _row(axes: "Axes", run: Run, place: float, width: float) -> None:
    colour = _GOOD if run.succeeded else _BAD
    bottom = place - _HEIGHT / 2
    end = (run.ended or run.began) - run.began
    if run.worked_until is not None:
        rest = run.worked_until - run.began - end
        axes.broken_barh(
            [(end, rest)], (bottom, _HEIGHT), facecolor="none", edgecolor=_BAD, hatch="////", lw=0
        )
    if run.way != ONE_REQUEST:
        axes.broken_barh([(0, end)], (place - 0.04, 0.08), facecolor=_IDLE)
    bars = [
        (request.start - run.began, max(request.seconds, width * _SHORTEST))
        for request in run.browser.requests
    ]
    axes.broken_barh(bars, (bottom, _HEIGHT), facecolor=colour)
    if run.closed is not None and run.reopened is not None:
        closed, reopened = run.closed - run.began, run.reopened - run.began
        axes.broken_barh([(closed, reopened - closed)], (bottom, _HEIGHT), facecolor=_IDLE)
        if reopened - closed > width * _ROOM:
            middle = (closed + reopened) / 2
            axes.text(middle, place, "closed", ha="center", va="center", color=_FAINT, fontsize=9)
        axes.plot([closed], [place], marker="x", color=_INK, ms=7, mew=1.8)
        axes.plot([reopened], [place], marker=">", color=_INK, ms=6)
    axes.text(
        _end(run) + width * 0.012,
        place,
        _words(run),
        va="center",
        color=colour,
        fontsize=9,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},  # over nginx's line
    )


def _limit(axes: "Axes", scale: Scale, lowest: float) -> None:
    at = scale.timeout_seconds
    axes.plot([at, at], [lowest - 0.5, 0.5], color=_BAD, ls="--", lw=1, zorder=0.5)
    axes.text(at, 0.6, f" nginx gives up after {at:.1f} s", color=_BAD, fontsize=9, ha="center")


def _words(run: Run) -> str:
    if not run.succeeded:
        return f"{run.requests[-1].status}, and {_more(run):.0f} s of work for nobody"
    longest = max(request.seconds for request in run.requests)
    return f"archive; longest request {longest:.1f} s"


def _more(run: Run) -> float:
    return (run.worked_until or 0) - (run.ended or 0)


def _end(run: Run) -> float:
    return max(run.ended or 0, run.worked_until or 0) - run.began


def _seconds(scale: Scale) -> str:
    faster = "" if scale.factor == 1 else f" (times are {scale.factor:g} of real ones)"
    return f"seconds{faster};  each bar is a request;  x browser closed,  ▸ opened again"
