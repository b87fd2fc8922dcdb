"""Panels, each with a title, a unit, a word on what to look for, and what it says without data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from grafana_foundation_sdk.builders import (
    common,
    dashboard,
    heatmap,
    logs,
    prometheus,
    stat,
    table,
    timeseries,
)
from grafana_foundation_sdk.builders.dashboard import DashboardLink, FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from infra.dashboards import palette

PROMETHEUS: Final = models.DataSourceRef(type_val="prometheus", uid="prometheus")
LOKI: Final = models.DataSourceRef(type_val="loki", uid="loki")
JAEGER: Final = models.DataSourceRef(type_val="jaeger", uid="jaeger")

GRID: Final = 24
"""The width of a dashboard. https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/
view-dashboard-json-model/#panel-size-and-position"""
MIN_INTERVAL: Final = "5s"
"""No step is shorter. A scrape is not either (prometheus.yml)."""
BAR_INTERVAL: Final = "15s"
"""The least width of a bar, so that one can see it and compare it."""
MINUTE: Final = "1m"
"""For what seldom happens: within a shorter step, a line would be all gaps."""
_FEW: Final = 3
"""Bars of 1 do not fill the panel."""
_DENSE: Final = 25
"""How much of the area under a line is filled, in percent."""


@dataclass(frozen=True)
class About:
    """What a panel is, for the people who read it."""

    title: str
    unit: str
    """One of Grafana's units, such as `s` and `bytes`."""
    look: str
    """What to look for."""
    width: int
    height: int = 8
    none: str = "Nothing yet"
    """In place of the data, if there is none."""


@dataclass(frozen=True)
class Query:
    """A query of PromQL, and the name of what it gives: `{{label}}` stands for a label's value."""

    expr: str
    name: str = "__auto"
    exemplar: bool = False
    """Whether the panel shows single events, with the way to their traces."""


@dataclass(frozen=True)
class Limit:
    """From `value` on, in the panel's unit, a value has this colour."""

    value: float
    colour: str = palette.BAD


P = TypeVar(
    "P", stat.Panel, timeseries.Panel, heatmap.Panel, table.Panel, logs.Panel, dashboard.Panel
)


def titled(panel: P, about: About, source: models.DataSourceRef) -> P:
    """Returns the panel with its words, its size and its data source."""
    return (
        panel.title(about.title)
        .description(about.look)
        .unit(about.unit)
        .no_value(about.none)
        .span(about.width)
        .height(about.height)
        .datasource(source)
    )


def lines(
    about: About, *queries: Query, names: Sequence[str] = (), limits: Sequence[Limit] = ()
) -> timeseries.Panel:
    """Returns lines over time. `names` get colours of their own, in this order."""
    panel = (
        _timeseries(about, queries, limits)
        .interval(MIN_INTERVAL)
        .line_width(2)
        .fill_opacity(0)
        .show_points(kinds.VisibilityMode.AUTO)
    )
    return _coloured(panel, names)


def area(about: About, *queries: Query, limits: Sequence[Limit] = ()) -> timeseries.Panel:
    """Returns one line over time, with the area below it."""
    panel = lines(about, *queries, limits=limits).fill_opacity(_DENSE)
    return panel.color_scheme(_fixed(palette.SKY))


def bars(
    about: About, *queries: Query, names: Sequence[str] = (), limits: Sequence[Limit] = ()
) -> timeseries.Panel:
    """Returns stacked bars: numbers of events, one bar a step."""
    panel = (
        _timeseries(about, queries, limits)
        .interval(BAR_INTERVAL)
        .draw_style(kinds.GraphDrawStyle.BARS)
        .axis_soft_max(_FEW)
        .decimals(0)
        .line_width(0)
        .fill_opacity(90)
        .stacking(common.StackingConfig().mode(kinds.StackingMode.NORMAL).group("A"))
    )
    return _coloured(panel, names)


def number(about: About, *queries: Query, limits: Sequence[Limit] = ()) -> stat.Panel:
    """Returns one large number for each query, as it is at the end of the time range."""
    panel = (
        titled(stat.Panel(), about, PROMETHEUS)
        .thresholds(_thresholds(limits, palette.SKY))
        .color_scheme(FieldColor().mode(models.FieldColorModeId.THRESHOLDS))
        .color_mode(kinds.BigValueColorMode.VALUE)
        .graph_mode(kinds.BigValueGraphMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
    )
    if len(queries) > 1 or queries[0].name != "__auto":
        panel.text_mode(kinds.BigValueTextMode.VALUE_AND_NAME)
    for letter, query in zip("ABCDEFGH", queries, strict=False):
        panel.with_target(_target(query, letter).instant())
    return panel


def heat(about: About, query: Query) -> heatmap.Panel:
    """Returns a heat map of a histogram's buckets over time: the darker, the more."""
    return (
        titled(heatmap.Panel(), about, PROMETHEUS)
        .interval(BAR_INTERVAL)
        .calculate(False)
        .color(
            heatmap.HeatmapColorOptions()
            .mode(HeatmapColorMode.SCHEME)
            .scheme("Cividis")  # made for all kinds of colour vision
            .reverse(True)
            .steps(32)
        )
        .y_axis(heatmap.YAxisConfig().unit("s").axis_label("duration"))
        .cell_values(heatmap.CellValues().unit(about.unit).decimals(0))
        .exemplars_color(palette.BAD)
        .show_legend()
        .show_tooltip()
        .with_target(_target(query, "A").format(PromQueryFormat.HEATMAP).range())
    )


@dataclass(frozen=True)
class Column:
    """A column of a table: an instant query, its title and its unit."""

    title: str
    expr: str
    unit: str


def by_label(about: About, labels: Sequence[str], columns: Sequence[Column]) -> table.Panel:
    """Returns a table: a row for each set of the labels' values, largest last column first."""
    panel = titled(table.Panel(), about, PROMETHEUS).sort_by(
        [common.TableSortByFieldState().display_name(columns[-1].title).desc(True)]
    )
    letters = "ABCDEFGH"[: len(columns)]
    for letter, column in zip(letters, columns, strict=True):
        target = _target(Query(column.expr), letter).format(PromQueryFormat.TABLE).instant()
        panel.with_target(target)
        properties = [models.DynamicConfigValue("unit", column.unit)]
        if column.unit == "short":
            properties.append(models.DynamicConfigValue("decimals", 0))
        panel.override_by_name(column.title, properties)
    named = {f"Value #{letter}": it.title for letter, it in zip(letters, columns, strict=True)}
    order = {name: at for at, name in enumerate([*labels, *named])}
    panel.with_transformation(models.DataTransformerConfig("merge", options={}))
    return panel.with_transformation(
        models.DataTransformerConfig(
            "organize",
            options={
                "excludeByName": {"Time": True},
                "indexByName": order,
                "renameByName": named,
            },
        )
    )


def link(title: str, url: str) -> DashboardLink:
    """Returns a link from a value."""
    return DashboardLink(title).url(url).target_blank(False)


def _timeseries(
    about: About, queries: Sequence[Query], limits: Sequence[Limit]
) -> timeseries.Panel:
    panel = (
        titled(timeseries.Panel(), about, PROMETHEUS)
        .min(0)
        .color_scheme(FieldColor().mode(models.FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
        .tooltip(
            common.VizTooltipOptions()
            .mode(kinds.TooltipDisplayMode.MULTI)
            .sort(kinds.SortOrder.DESCENDING)
        )
    )
    if limits:
        panel.thresholds(_thresholds(limits, "transparent"))
        panel.thresholds_style(
            common.GraphThresholdsStyleConfig().mode(kinds.GraphTresholdsStyleMode.DASHED)
        )
    for letter, query in zip("ABCDEFGH", queries, strict=False):
        panel.with_target(_target(query, letter).range())
    return panel


def _legend(*, named: bool) -> common.VizLegendOptions:
    """Where the number of series is open, colours alone would not tell them apart."""
    legend = common.VizLegendOptions().show_legend(True).placement(kinds.LegendPlacement.BOTTOM)
    if named:
        return legend.display_mode(kinds.LegendDisplayMode.LIST).calcs([])
    legend.display_mode(kinds.LegendDisplayMode.TABLE).calcs(["lastNotNull", "max"])
    return legend.sort_by("Max").sort_desc(True)


def _target(query: Query, letter: str) -> prometheus.Dataquery:
    return (
        prometheus.Dataquery()
        .expr(query.expr)
        .legend_format(query.name)
        .exemplar(query.exemplar)
        .ref_id(letter)
        .datasource(PROMETHEUS)
    )


def _thresholds(limits: Sequence[Limit], base: str) -> ThresholdsConfig:
    steps = [models.Threshold(None, base)]
    steps += [models.Threshold(it.value, it.colour) for it in limits]
    return ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def _fixed(colour: str) -> FieldColor:
    return FieldColor().mode(models.FieldColorModeId.FIXED).fixed_color(colour)


def _coloured(panel: timeseries.Panel, names: Sequence[str]) -> timeseries.Panel:
    panel.legend(_legend(named=bool(names)))
    for name, colour in palette.of(names).items():
        value = {"mode": "fixed", "fixedColor": colour}
        panel.override_by_name(name, [models.DynamicConfigValue("color", value)])
    return panel
