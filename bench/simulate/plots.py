"""Draws what the workers of a job do, second by second, and how much depends on which fact."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from bench.simulate.play import Played
from bench.simulate.sensitivity import Swing
from bench.simulate.world import World

START, WORK, ALONE, HALF, TWICE = "#c9ced6", "#2f6fb3", "#8a5fb5", "#5fa8a0", "#d98b4a"
_SHOWN = 8  # facts in a tornado chart
_DPI = 110


def timeline(title: str, played: Played, world: World, path: Path) -> None:
    """Draws one row for each worker. The planner's row is below them."""
    figure, axes = plt.subplots(figsize=(9, 4.5))
    planner = (-2, 1.6)
    planned = played.finding + played.planning
    axes.broken_barh([(0, world.cold_start)], planner, color=START)
    axes.broken_barh([(world.cold_start, planned - world.cold_start)], planner, color=ALONE)
    for shift in played.shifts:
        row = (shift.worker, 0.8)
        axes.broken_barh([(shift.began, shift.ready - shift.began)], row, color=START)
        axes.broken_barh([(shift.ready, shift.ended - shift.ready)], row, color=WORK)
    assembled = played.seconds - played.finalizing
    axes.broken_barh([(assembled, played.finalizing)], planner, color=ALONE)
    for label, color in (
        ("a worker's start, a segment's own requests", START),
        ("copying and streaming", WORK),
        ("plan, finalize", ALONE),
    ):
        axes.broken_barh([(0, 0)], (0, 0), color=color, label=label)
    axes.set(title=f"{title}: {played.seconds:.0f} s, modelled", xlabel="seconds", ylabel="worker")
    axes.legend(loc="upper left", frameon=False, fontsize=8)
    _finished(axes)
    figure.savefig(path, dpi=_DPI, bbox_inches="tight")
    plt.close(figure)


def tornado(swings: Mapping[str, Mapping[str, Sequence[Swing]]], path: Path) -> None:
    """Draws the facts that change each job's "seconds" and "dollars" most.

    `swings` are by the job's title, and then by value.
    """
    figure, grid = plt.subplots(len(swings), 2, figsize=(11, 2.4 * len(swings)), squeeze=False)
    for row, (title, by_value) in zip(grid, swings.items(), strict=True):
        for axes, (value, found) in zip(row, by_value.items(), strict=True):
            _tornado(axes, f"{title}: {value}", found[:_SHOWN])
    figure.suptitle("Modelled, with half (green) and twice (orange) of each fact")
    figure.tight_layout()
    figure.savefig(path, dpi=_DPI)
    plt.close(figure)


def _tornado(axes: Axes, title: str, swings: Sequence[Swing]) -> None:
    for place, swing in enumerate(reversed(swings)):
        for end, color in ((swing.half, HALF), (swing.twice, TWICE)):
            axes.barh(place, end - swing.now, left=swing.now, color=color, height=0.7)
    axes.set_yticks(range(len(swings)), [swing.fact for swing in reversed(swings)], fontsize=7)
    axes.set_title(title, fontsize=9)
    _finished(axes)


def _finished(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color="#eeeeee")
    axes.set_axisbelow(True)
