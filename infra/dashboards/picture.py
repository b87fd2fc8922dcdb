"""Draws a dashboard from a real Prometheus, where no Grafana can run.

It reads the committed JSON, asks the same queries, and puts each panel where Grafana would. Panels
of Loki and Jaeger are left out.
"""

import re
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from json import loads
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from infra.console import complain, say
from infra.dashboards import drawing
from infra.dashboards.ask import Prometheus, Range, seconds
from infra.dashboards.drawing import FAINT, INK, Found
from infra.dashboards.panels import GRID
from infra.dashboards.values import NONE, text
from infra.dashboards.written import DASHBOARDS, FOLDER
from infra.errors import InfraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH: Final = 15.0
"""Inches."""
_UNIT: Final = 0.34
"""Inches: the height of one line of Grafana's grid (30 pixels)."""
_HEAD: Final = 0.55
_GAP: Final = 0.05
_DPI: Final = 100
_POINTS: Final = 60
"""The most points of a panel for each of its grid's columns."""
_CARD: Final = "#ffffff"
_PAGE: Final = "#f4f6f8"
_EDGE: Final = "#d5dce2"
_TITLE: Final = 0.38
"""Inches, for the title of a panel."""


@dataclass(frozen=True)
class Placed:
    """A panel, or the title of a row, and the line of the grid that it begins at."""

    panel: Mapping[str, Any]
    top: int


@dataclass(frozen=True)
class Page:
    """A picture under way. Places are in inches from the top left."""

    figure: "Figure"
    height: float

    def write(self, x: float, y: float, words: str, size: int) -> None:
        """Writes a title."""
        at = (x / _WIDTH, 1 - y / self.height)
        self.figure.text(*at, words, fontsize=size, fontweight="bold", color=INK, va="center")

    def aside(self, y: float, words: str) -> None:
        """Writes a few words at the right."""
        at = (1 - 0.1 / _WIDTH, 1 - y / self.height)
        self.figure.text(*at, words, fontsize=9, color=FAINT, ha="right", va="center")

    def card(self, it: Placed) -> "Axes":
        """Draws the empty card of a panel with its title. Returns the axes for what is within."""
        from matplotlib.patches import Rectangle

        grid, flat = it.panel["gridPos"], it.panel["type"] in ("stat", "table")
        left, top = grid["x"] / GRID * _WIDTH, _HEAD + it.top * _UNIT
        width, bottom = grid["w"] / GRID * _WIDTH, top + grid["h"] * _UNIT
        card = Rectangle(
            ((left + _GAP) / _WIDTH, 1 - (bottom - _GAP) / self.height),
            (width - 2 * _GAP) / _WIDTH,
            (bottom - top - 2 * _GAP) / self.height,
            transform=self.figure.transFigure,
            facecolor=_CARD,
            edgecolor=_EDGE,
            lw=0.8,
            zorder=-1,
        )
        self.figure.add_artist(card)
        self.write(left + 0.14, top + 0.2, it.panel["title"], 9)
        # Beside and below a chart are its scales, and its legend.
        aside, beyond, below = (0.1, 0.1, 0.12) if flat else (0.6, 0.42, 0.7)
        within = (
            (left + aside) / _WIDTH,
            1 - (bottom - below) / self.height,
            (width - aside - beyond) / _WIDTH,
            (bottom - top - _TITLE - below) / self.height,
        )
        return self.figure.add_axes(within, facecolor="none")


def save(prometheus: Prometheus, name: str, span: Range, path: Path) -> Path:
    """Draws the dashboard of this name into a PNG file. Raises InfraError if Prometheus does not
    answer, or refuses a query."""
    from matplotlib.figure import Figure

    board = loads((FOLDER / f"{name}.json").read_text())
    placed = _placed(board["panels"])
    height = _HEAD + _UNIT * max(it.top + it.panel["gridPos"]["h"] for it in placed)
    page = Page(Figure(figsize=(_WIDTH, height), dpi=_DPI, facecolor=_PAGE), height)
    begin, end = (datetime.fromtimestamp(at, UTC) for at in (span.start, span.end))
    page.write(0.1, _HEAD * 0.45, board["title"], 15)
    page.aside(_HEAD * 0.45, f"{begin:%Y-%m-%d %H:%M} to {end:%H:%M} UTC")
    for it in placed:
        if it.panel["type"] == "row":
            page.write(0.1, _HEAD + (it.top + 0.5) * _UNIT, it.panel["title"], 11)
        else:
            _draw(page.card(it), it.panel, prometheus, span)
    path.parent.mkdir(parents=True, exist_ok=True)
    page.figure.savefig(path, format="png", metadata={"Software": None})
    return path


def _draw(axes: "Axes", panel: Mapping[str, Any], prometheus: Prometheus, span: Range) -> None:
    kind = panel["type"]
    step = span.step(panel["gridPos"]["w"] * _POINTS, panel.get("interval", "1s"))
    if kind == "table":
        drawing.table(axes, panel, _rows(panel, prometheus, span, step))
        return
    ask = prometheus.at_end if kind == "stat" else prometheus.over
    found = Found(
        [
            (_named(target["legendFormat"], series.labels), series)
            for target in panel["targets"]
            for series in ask(target["expr"], span, step)
        ],
        step,
        [
            exemplar
            for target in panel["targets"]
            if target["exemplar"]
            for exemplar in prometheus.exemplars(target["expr"], span, step)
        ],
    )
    if kind == "stat":
        drawing.number(axes, panel, found)
    elif kind == "heatmap":
        drawing.heat(axes, panel, found, span)
    elif found.series:
        drawing.over_time(axes, panel, found, span)
    else:
        drawing.nothing(axes, panel)


def _rows(
    panel: Mapping[str, Any], prometheus: Prometheus, span: Range, step: int
) -> list[list[str]]:
    """Returns the titles and the rows of a table: its queries side by side, by their labels."""
    organize = panel["transformations"][-1]["options"]
    titles = organize["renameByName"]
    labels = [name for name in organize["indexByName"] if name not in titles]
    columns = []
    for target in panel["targets"]:
        found = prometheus.at_end(target["expr"], span, step)
        columns.append({_key(it.labels, labels): next(iter(it.points.values())) for it in found})
    units = {
        override["matcher"]["options"]: prop["value"]
        for override in panel["fieldConfig"]["overrides"]
        for prop in override["properties"]
        if prop["id"] == "unit"
    }
    keys = sorted(columns[0], key=lambda key: -columns[-1].get(key, 0))
    most = panel["gridPos"]["h"] - 2
    return [
        [*labels, *titles.values()],
        *(
            [
                *key,
                *(
                    text(column[key], units[title]) if key in column else NONE
                    for column, title in zip(columns, titles.values(), strict=True)
                ),
            ]
            for key in keys[:most]
        ),
    ]


def _key(given: Mapping[str, str], labels: Sequence[str]) -> tuple[str, ...]:
    return tuple(given.get(label, "") for label in labels)


def _named(pattern: str, labels: Mapping[str, str]) -> str:
    """Returns the name of a series, as `legendFormat` says."""
    if pattern == "__auto":
        return ", ".join(labels.values())
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found[1], ""), pattern)


def _placed(panels: Sequence[Mapping[str, Any]]) -> list[Placed]:
    """Returns the panels of Prometheus, and the rows that have some, without holes."""
    rows: list[tuple[Mapping[str, Any], list[Mapping[str, Any]]]] = []
    for panel in panels:
        if panel["type"] == "row":
            rows.append((panel, []))
        elif panel["datasource"]["uid"] == "prometheus":
            rows[-1][1].append(panel)
    placed, top = [], 0
    for row, below in rows:
        if not below:
            continue
        up = row["gridPos"]["y"] - top
        placed += [Placed(it, it["gridPos"]["y"] - up) for it in (row, *below)]
        top = max(it.top + it.panel["gridPos"]["h"] for it in placed)
    if not placed:
        raise InfraError("This dashboard asks nothing of Prometheus, so there is nothing to draw.")
    return placed


@click.command()
@click.option("--prometheus", "url", required=True, help="The base of its URL.")
@click.option("--dashboard", type=click.Choice(list(DASHBOARDS)), required=True)
@click.option("--last", default="15m", show_default=True, help="The time range, up to --end.")
@click.option("--end", type=float, help="In Unix seconds; now, if nothing is said.")
@click.argument("picture", type=click.Path(path_type=Path, dir_okay=False))
def main(url: str, dashboard: str, last: str, end: float | None, picture: Path) -> None:
    """Draws a dashboard from what Prometheus has."""
    until = time.time() if end is None else end
    try:
        prometheus = Prometheus(url)
        span = Range(until - seconds(last), until, prometheus.scrape_seconds())
        say(str(save(prometheus, dashboard, span, picture)))
    except (InfraError, OSError) as error:
        complain(str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
