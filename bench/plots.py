"""Draws the results. The colours are those of Okabe and Ito, which colour-blind people can tell
apart."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import fill
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from bench.cases import Case
from bench.contenders import CONTENDERS, Contender
from bench.growth import AXES
from bench.measure import Usage
from bench.power import chosen, on_aws
from bench.results import Results, median, rounds, target_name
from chalicelib.batches import batched

BLUE: Final = "#0072B2"
ORANGE: Final = "#E69F00"
GREEN: Final = "#009E73"
GREY: Final = "#999999"
_COLOURS: Final = {"ours": BLUE, "peer": ORANGE, "floor": GREY}

_WIDTH: Final = 10.0  # inches
_DOTS: Final = 160  # per inch
_COLUMNS: Final = 3
"""How many cases are side by side, and their titles do not touch."""

_TITLE_CHARACTERS: Final = 28
"""The most characters in a line of a title that is as wide as its column."""

_STYLE: Final[Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.axisbelow": True,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


def bars(results: Results, cases: Sequence[Case], to: Path) -> None:
    """Draws the median wall and CPU time of each contender, case by case."""
    bands = list(batched(cases, _COLUMNS))
    with _figure(to, 5.4 * len(bands)) as figure:
        figure.suptitle(_measured(results))
        grid = figure.subplots(2 * len(bands), _COLUMNS, squeeze=False)
        for number, band in enumerate(bands):
            wall, cpu = grid[2 * number : 2 * number + 2]
            _row(wall, results, band, lambda usage: usage.seconds)
            _row(cpu, results, band, lambda usage: usage.cpu)
            for case, above, below in zip(band, wall, cpu, strict=False):
                above.set_title(fill(case.title, _TITLE_CHARACTERS))
                above.set_xlabel("wall time, s")
                below.set_xlabel("CPU time of the worker, s")


def growth(results: Results, to: Path) -> None:
    """Draws the worker's time, CPU and memory against the archive's bytes and files."""
    with _figure(to, 4.0) as figure:
        figure.suptitle(f"{_measured(results)}: Longhaul's worker")
        for place, axis in zip(figure.subplots(1, len(AXES)), AXES, strict=True):
            points = [point for point in results.growth if point.axis == axis]
            x = [point.x for point in points]
            place.loglog(x, [point.usage.seconds for point in points], "o-", color=BLUE)
            place.loglog(x, [point.usage.cpu for point in points], "s-", color=ORANGE)
            memory = [point.usage.peak_rss / 1024**3 for point in points]
            place.loglog(x, memory, "^-", color=GREEN)
            last = points[-1]
            linear = [last.usage.seconds * value / last.x for value in x]
            place.loglog(x, linear, ":", color=GREY)
            place.set_ylim(bottom=0.01)
            place.legend(
                ["wall, s", "CPU, s", "peak RSS, GiB", "linear"], frameon=False, loc="upper left"
            )
            place.grid(visible=True, which="major", color="#DDDDDD")
            place.set_xlabel(
                "bytes of the archive, in 4 files" if axis == "bytes" else "files of 10 kB each"
            )


def power(results: Results, cases: Sequence[Case], to: Path) -> None:
    """Draws the worker's time and cost against the memory of its function."""
    tunings, titles = results.tunings, {case.name: case.title for case in cases}
    with _figure(to, 3.8) as figure:
        figure.suptitle("Longhaul's worker: measured here, and modelled for AWS")
        tuned = list(dict.fromkeys(tuning.case for tuning in tunings))
        grid = figure.subplots(1, len(tuned), squeeze=False)
        for place, case in zip(grid[0], tuned, strict=True):
            of_case = [tuning for tuning in tunings if tuning.case == case]
            memory = [tuning.memory_mb for tuning in of_case]
            here = [tuning.usage.seconds for tuning in of_case]
            there = [on_aws(tuning) for tuning in of_case]
            place.plot(memory, here, "o:", color=GREY, label="here, seconds (measured)")
            seconds = [one.seconds for one in there]
            place.plot(memory, seconds, "o-", color=BLUE, label="on AWS, seconds (modelled)")
            place.set_ylim(bottom=0)
            place.set_xlabel("memory of the function, MB")
            place.set_title(titles[case])
            place.axvline(chosen(tunings), color="#DDDDDD", linewidth=6, zorder=0)
            cost = place.twinx()
            cost.spines["right"].set_visible(True)
            micro = [one.dollars * 1e6 for one in there]
            cost.plot(memory, micro, "s-", color=ORANGE, label="on AWS, millionths of a $")
            cost.set_ylim(bottom=0)
            drawn = [*place.get_lines()[:2], *cost.get_lines()]
            labels = [str(line.get_label()) for line in drawn]
        figure.legend(drawn, labels, loc="outside lower center", ncols=len(drawn), frameon=False)


def _measured(results: Results) -> str:
    about = results.circumstances
    return f"Measured on {target_name(about.target)}, {rounds(about.rounds)}"


def _row(
    row: Sequence[Axes], results: Results, band: Sequence[Case], value: Callable[[Usage], float]
) -> None:
    """Draws one value of some cases side by side. A contender that was measured in none of them has
    no line."""
    shown = [
        one
        for one in reversed(CONTENDERS)
        if not one.for_many_files
        and any(value(run.usage) for case in band for run in results.of(case.name, one.name))
    ]
    for column, place in enumerate(row):
        if column >= len(band):
            place.set_axis_off()
            continue
        _bars(place, results, band[column], shown, value)
        place.tick_params(labelleft=column == 0)


def _bars(
    place: Axes,
    results: Results,
    case: Case,
    shown: Sequence[Contender],
    value: Callable[[Usage], float],
) -> None:
    measured = [results.of(case.name, one.name) for one in shown]
    values = [median(runs, lambda run: value(run.usage)) if runs else 0.0 for runs in measured]
    colours = [_COLOURS[contender.kind] for contender in shown]
    drawn = place.barh([one.title for one in shown], values, color=colours, height=0.7)
    labels = [f"{one:.2f}" if one else "not measured" for one in values]
    place.bar_label(drawn, labels, padding=3, fontsize=8)
    place.set_xlim(0, max(values) * 1.25 or 1)
    place.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:g}"))
    place.grid(visible=True, axis="x", color="#DDDDDD")


@contextmanager
def _figure(to: Path, height: float) -> Iterator[Figure]:
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, height), dpi=_DOTS, layout="constrained")
        yield figure
        # The picture has no date inside, so the same figures make the same file.
        figure.savefig(to, metadata={"Software": None})
