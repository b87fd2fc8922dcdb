"""Draws panels with matplotlib, as Grafana would lay them out."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from infra.dashboards import palette
from infra.dashboards.ask import Range, Series
from infra.dashboards.panels import GRID
from infra.dashboards.values import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK: Final = "#22303c"
FAINT: Final = "#67747f"
_GRID: Final = "#e3e8ec"
_TICKS: Final = 12
"""Of a panel as wide as the dashboard."""
_FEW: Final = 4
"""One job alone is not drawn as dark as can be."""
_MINUTE: Final = 60
_LEGEND_LINES: Final = 3
"""A legend with more would cover what is below. It ends with a number."""
# The series that no panel names, one after the other.
_CYCLE: Final = (
    palette.SKY,
    palette.ORANGE,
    palette.GREEN,
    palette.PURPLE,
    palette.BLUE,
    palette.GREY,
    palette.VERMILION,
)
_DASHES: Final = ("-", "--", ":")
"""The eighth series has the first one's colour, but another line."""


@dataclass(frozen=True)
class Found:
    """What Prometheus said for a panel: named series, and single events as (time, value)."""

    series: Sequence[tuple[str, Series]]
    step: int
    exemplars: Sequence[tuple[float, float]] = ()


def over_time(axes: "Axes", panel: Mapping[str, Any], found: Found, span: Range) -> None:
    """Draws lines or stacked bars, and the panel's limits."""
    defaults = panel["fieldConfig"]["defaults"]
    custom = defaults.get("custom", {})
    colours = _colours(panel, [name for name, _ in found.series])
    times = _times(span, found.step)
    below = [0.0] * len(times)
    for number, (name, series) in enumerate(found.series):
        values = [series.points.get(at, math.nan) for at in times]
        if custom.get("drawStyle") == "bars":
            heights = [0.0 if math.isnan(value) else value for value in values]
            axes.bar(times, heights, found.step * 0.9, below, color=colours[name], label=name, lw=0)
            if custom["stacking"]["mode"] == "normal":
                below = [low + high for low, high in zip(below, heights, strict=True)]
        else:
            style = _DASHES[number // len(_CYCLE) % len(_DASHES)]
            axes.plot(times, values, style, color=colours[name], label=name, lw=1.6)
            alone = [at for at in range(len(values)) if _is_alone(values, at)]
            axes.plot(
                [times[at] for at in alone],
                [values[at] for at in alone],
                ".",
                color=colours[name],
                ms=5,
            )
            if custom.get("fillOpacity"):
                axes.fill_between(times, values, color=colours[name], alpha=0.25, lw=0)
    if found.exemplars:
        axes.scatter(
            [at for at, _ in found.exemplars],
            [value for _, value in found.exemplars],
            marker="D",
            s=14,
            color=INK,
            label="single jobs or requests",
            zorder=3,
        )
    axes.set_xlim(span.start, span.end)
    is_flat = not any(value for _, series in found.series for value in series.points.values())
    steps = defaults.get("thresholds", {}).get("steps", [])
    # Zeros alone: up to 1, or to a limit that is lower.
    flat = min(1.0, 1.2 * max((it["value"] for it in steps if it["value"]), default=1))
    highest = max(flat if is_flat else axes.get_ylim()[1], custom.get("axisSoftMax", 0))
    _limits(axes, defaults, highest)
    axes.set_ylim(0, max(highest, axes.get_ylim()[1]))
    _scales(axes, defaults["unit"])
    _time_scale(axes, span, panel["gridPos"]["w"])
    _legend(axes, max(1, panel["gridPos"]["w"] // 4))


def number(axes: "Axes", panel: Mapping[str, Any], found: Found) -> None:
    """Draws the numbers of a panel, large, side by side."""
    defaults = panel["fieldConfig"]["defaults"]
    axes.set_axis_off()
    if not found.series:
        nothing(axes, panel)
    for at, (name, series) in enumerate(found.series):
        value = next(iter(series.points.values()))
        x = (at + 0.5) / len(found.series)
        axes.text(
            x,
            0.6,
            text(value, defaults["unit"]),
            ha="center",
            va="center",
            fontsize=20,
            fontweight="bold",
            color=_step_colour(defaults, value),
        )
        axes.text(x, 0.2, name, ha="center", va="center", fontsize=8, color=FAINT)


def heat(axes: "Axes", panel: Mapping[str, Any], found: Found, span: Range) -> None:
    """Draws how many events fell into each bucket at each time: the darker, the more."""
    from matplotlib.ticker import MaxNLocator

    if not found.series:
        nothing(axes, panel)
        return
    buckets = sorted((float(series.labels["le"]), series) for _, series in found.series)
    times = _times(span, found.step)
    rows = []
    lower: Series | None = None
    for _, series in buckets:
        below = lower.points if lower else {}
        rows.append([_cell(series.points.get(at, 0) - below.get(at, 0)) for at in times])
        lower = series
    mesh = axes.pcolormesh(
        [*(at - found.step for at in times), times[-1]],
        range(len(rows) + 1),
        rows,
        cmap="cividis_r",
        vmin=0,
        vmax=max(_FEW, *(cell for row in rows for cell in row if not math.isnan(cell)), 0),
        edgecolors="white",
        linewidth=0.3,
    )
    axes.set_yticks(
        range(1, len(rows) + 1),
        [text(bound, "s") if math.isfinite(bound) else "longer" for bound, _ in buckets],
    )
    axes.set_xlim(span.start, span.end)
    _time_scale(axes, span, panel["gridPos"]["w"])
    bar = axes.figure.colorbar(mesh, ax=axes, pad=0.01, aspect=30)
    bar.ax.tick_params(labelsize=7, length=0, colors=FAINT)
    bar.ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    for edge in bar.ax.spines.values():
        edge.set_visible(False)


def table(axes: "Axes", panel: Mapping[str, Any], rows: Sequence[Sequence[str]]) -> None:
    """Draws a table. The first row has the titles."""
    axes.set_axis_off()
    if len(rows) < 2:  # noqa: PLR2004  (only titles)
        nothing(axes, panel)
        return
    drawn = axes.table(
        cellText=list(rows[1:]),
        colLabels=list(rows[0]),
        loc="upper left",
        cellLoc="left",
        colLoc="left",
        edges="",
    )
    drawn.auto_set_column_width(list(range(len(rows[0]))))
    drawn.auto_set_font_size(False)
    drawn.set_fontsize(8)
    for (row, _), cell in drawn.get_celld().items():
        cell.get_text().set_color(FAINT if row == 0 else INK)


def nothing(axes: "Axes", panel: Mapping[str, Any]) -> None:
    """Says what the panel says without data."""
    axes.set_axis_off()
    words = panel["fieldConfig"]["defaults"]["noValue"]
    axes.text(0.5, 0.5, words, ha="center", va="center", color=FAINT, transform=axes.transAxes)


def _cell(value: float) -> float:
    return value if value > 0 else math.nan  # an empty cell is white


def _times(span: Range, step: int) -> list[float]:
    begin, end = (int(at // step) * step for at in (span.start, span.end))
    return [float(at) for at in range(begin, end + 1, step)]


def _is_alone(values: Sequence[float], at: int) -> bool:
    """Whether no line goes to or from a value."""
    around = [values[i] for i in (at - 1, at + 1) if 0 <= i < len(values)]
    return not math.isnan(values[at]) and all(map(math.isnan, around))


def _colours(panel: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    """Returns a colour for each name: the panel's own, or the next one."""
    defaults = panel["fieldConfig"]["defaults"]
    fixed = defaults["color"].get("fixedColor")
    own = {
        override["matcher"]["options"]: prop["value"]["fixedColor"]
        for override in panel["fieldConfig"]["overrides"]
        for prop in override["properties"]
        if prop["id"] == "color"
    }
    return {
        name: own.get(name) or fixed or _CYCLE[at % len(_CYCLE)] for at, name in enumerate(names)
    }


def _step_colour(defaults: Mapping[str, Any], value: float) -> str:
    reached = [
        step["color"]
        for step in defaults["thresholds"]["steps"]
        if step["value"] is None or value >= step["value"]
    ]
    # Light on white would be hard to read.
    return palette.BLUE if reached[-1] == palette.SKY else str(reached[-1])


def _limits(axes: "Axes", defaults: Mapping[str, Any], highest: float) -> None:
    """Draws the limits as lines, but none so far up that the data would lie flat."""
    for step in defaults.get("thresholds", {}).get("steps", []):
        limit = step["value"]
        if limit is None or limit > 12 * highest:
            continue
        axes.axhline(limit, color=step["color"], ls=(0, (5, 3)), lw=1, zorder=0.5)
        axes.annotate(
            text(limit, defaults["unit"]),
            (1, limit),
            xycoords=("axes fraction", "data"),
            xytext=(2, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
            color=step["color"],
        )


def _scales(axes: "Axes", unit: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    whole = unit == "short" and axes.get_ylim()[1] > 1
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=whole))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: text(value, unit)))
    axes.grid(axis="y", color=_GRID, lw=0.7)
    axes.set_axisbelow(True)


def _time_scale(axes: "Axes", span: Range, columns: int) -> None:
    between = span.step(max(1, columns * _TICKS // GRID))
    first = math.ceil(span.start / between) * between
    ticks = range(first, int(span.end) + 1, between)
    pattern = "%H:%M:%S" if between < _MINUTE else "%H:%M"
    axes.set_xticks(
        list(ticks), [datetime.fromtimestamp(tick, UTC).strftime(pattern) for tick in ticks]
    )
    axes.tick_params(length=0, colors=FAINT, labelsize=7)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _legend(axes: "Axes", columns: int) -> None:
    handles, names = axes.get_legend_handles_labels()
    if not handles:
        return
    most = columns * _LEGEND_LINES
    if (more := len(names) - most) > 0:
        handles, names = handles[:most], names[:most]
        names[-1] += f", and {more} more"
    axes.legend(
        handles,
        names,
        loc="upper left",
        bbox_to_anchor=(-0.02, -0.1),
        ncols=columns,
        frameon=False,
        fontsize=7,
        labelcolor=INK,
        handlelength=1.2,
        columnspacing=1,
        borderaxespad=0.2,
    )
