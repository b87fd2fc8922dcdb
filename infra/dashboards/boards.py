"""What all dashboards have: names, links between them, time, alerts; and the order of panels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.builders.dashboard import (
    AnnotationQuery,
    Dashboard,
    DashboardLink,
    Row,
)
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as models

from infra.dashboards import palette
from infra.dashboards.panels import PROMETHEUS

TAG: Final = "longhaul"


@dataclass(frozen=True)
class Section:
    """A row of a dashboard: a title, and the panels below it."""

    title: str
    panels: Sequence[Builder[models.Panel]]


def board(name: str, about: str, since: str) -> Dashboard:
    """Returns a dashboard without panels. Its uid is `longhaul-NAME`; it shows the time `since`."""
    return (
        Dashboard(f"Longhaul: {name}")
        .uid(f"{TAG}-{name}")
        .description(about)
        .tags([TAG])
        .timezone("browser")
        .refresh("10s")
        .time(since, "now")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .link(
            DashboardLink("Longhaul")
            .type(models.DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .as_dropdown(False)
            .keep_time(True)
        )
    )


def with_alerts(dashboard: Dashboard) -> Dashboard:
    """Marks the times at which an alert fired on each panel over time."""
    return dashboard.annotation(
        AnnotationQuery()
        .name("Alerts")
        .datasource(PROMETHEUS)
        .enable(True)
        .icon_color(palette.BAD)
        .expr('ALERTS{alertstate="firing"}')
    )


def filled(dashboard: Dashboard, sections: Sequence[Section]) -> models.Dashboard:
    """Returns the dashboard with its panels, from top to bottom and from left to right."""
    number = 0
    for section in sections:
        number += 1
        dashboard.with_row(Row(section.title).id(number))
        for panel in section.panels:
            number += 1
            made = panel.build()
            made.id_val = number
            dashboard.with_panel(_Made(made))
    return dashboard.build()


class _Made(Builder[models.Panel]):
    def __init__(self, panel: models.Panel) -> None:
        self._panel = panel

    def build(self) -> models.Panel:
        return self._panel
