"""All queries of the committed dashboards, as Grafana would send them."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.dashboards.written import FOLDER

_VARIABLES: Final = {"path": ".+", "job": "0" * 32}
"""What stands for the dashboards' own variables where nobody has chosen: all routes, no job."""


@dataclass(frozen=True)
class Asked:
    """A query of a panel."""

    dashboard: str
    panel: str
    ref: str
    language: str
    """`prometheus`, `loki` or `jaeger`."""
    expr: str
    """As in the dashboard: with variables such as `$__rate_interval`."""
    instant: bool
    """Whether it is asked for the end of the time range alone."""


def catalog(folder: Path = FOLDER) -> list[Asked]:
    """Returns all queries of the dashboards in `folder`, in the order of the panels; those of
    annotations and of variables too."""
    return [
        asked
        for path in sorted(folder.glob("*.json"))
        for asked in _of(path.stem, json.loads(path.read_text()))
    ]


def panels(dashboard: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields all panels of a dashboard but its rows, also those within collapsed rows."""
    for panel in dashboard["panels"]:
        if panel["type"] != "row":
            yield panel
        yield from panel.get("panels", [])


def runnable(
    expr: str,
    interval: str = "1m",
    window: str = "1h",
    variables: Mapping[str, str] = _VARIABLES,
) -> str:
    """Returns the query as Grafana sends it.

    `interval` stands for `$__interval` and `$__rate_interval`. It must be at least four scrapes
    long, as Grafana's is. `window` is the time range. Raises KeyError for an unknown variable.
    """
    values = {
        **variables,
        "__interval": interval,
        "__rate_interval": interval,
        "__range": window,
    }
    return re.sub(r"\$\{?(\w+)\}?", lambda found: values[found[1]], expr)


def _of(name: str, dashboard: Mapping[str, Any]) -> Iterator[Asked]:
    for panel in panels(dashboard):
        for target in panel["targets"]:
            language = target["datasource"]["type"]
            expr = target.get("expr") or target.get("query") or target.get("tags")
            instant = bool(target.get("instant"))
            yield Asked(name, panel["title"], target["refId"], language, expr, instant)
    for note in dashboard.get("annotations", {}).get("list", []):
        if "expr" in note:
            title = f"annotation {note['name']}"
            yield Asked(name, title, "A", "prometheus", note["expr"], instant=False)
