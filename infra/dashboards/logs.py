"""Panels of log lines (Loki) and of traces (Jaeger), and the links between them."""

import json
from collections.abc import Sequence
from typing import Final

from grafana_foundation_sdk.builders import common, logs, loki, table
from grafana_foundation_sdk.builders.dashboard import Panel
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.runtime import UnknownDataquery
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as models

from infra.dashboards.panels import JAEGER, LOKI, About, link, titled

OURS: Final = '{service_name="longhaul"}'
"""The stream of all that the functions say. Loki takes `service_name` as a label by itself."""

TO_JOB: Final = "/d/longhaul-job/job?var-job=${__value.text}&${__url_time_range}"
"""A click on a job's digest or on its trace id opens the dashboard of that job."""

_MOST_LINES: Final = 500


def lines(about: About, logql: str) -> logs.Panel:
    """Returns the log lines themselves, oldest first, each with all that it says."""
    return (
        titled(logs.Panel(), about, LOKI)
        .show_time(True)
        .wrap_log_message(True)
        .enable_log_details(True)
        .sort_order(kinds.LogsSortOrder.ASCENDING)
        .dedup_strategy(kinds.LogsDedupStrategy.NONE)
        .with_target(_target(logql))
    )


def facts(about: About, logql: str, columns: Sequence[tuple[str, str]]) -> table.Panel:
    """Returns a table of what log lines say: a row for each line, newest first, and columns of
    (field, unit). The columns `job` and `trace_id` are links to the dashboard of the job."""
    names = ["Time", *(name for name, _ in columns)]
    panel = (
        titled(table.Panel(), about, LOKI)
        .sort_by([common.TableSortByFieldState().display_name("Time").desc(True)])
        .with_target(_target(logql))
        .with_transformation(
            models.DataTransformerConfig(
                "extractFields", options={"source": "labels", "format": "json", "replace": False}
            )
        )
        .with_transformation(
            models.DataTransformerConfig(
                "filterFieldsByName", options={"include": {"names": names}}
            )
        )
        .with_transformation(
            models.DataTransformerConfig(
                "organize", options={"indexByName": {name: at for at, name in enumerate(names)}}
            )
        )
    )
    for name, unit in columns:
        properties = [models.DynamicConfigValue("unit", unit)]
        if name in ("job", "trace_id"):
            properties.append(
                models.DynamicConfigValue("links", [link("This job", TO_JOB).build()])
            )
        panel.override_by_name(name, properties)
    return panel


def trace(about: About, trace_id: str) -> Builder[models.Panel]:
    """Returns a trace: its spans, one below the other, over time."""
    panel = titled(Panel().type("traces").options({}), about, JAEGER)
    return panel.with_target(_Jaeger({"query": trace_id}))


def found(about: About, tags: dict[str, str]) -> Builder[models.Panel]:
    """Returns a table of the traces with a span that has these tags."""
    search = {
        "queryType": "search",
        "service": "longhaul",
        # Jaeger's data source wants the tags as logfmt.
        "tags": " ".join(f"{name}={json.dumps(value)}" for name, value in tags.items()),
        "limit": 20,
    }
    panel = titled(table.Panel().show_header(True), about, JAEGER)
    return panel.with_target(_Jaeger(search))


class _Jaeger(Builder[Dataquery]):
    """A query of Jaeger, which the SDK does not have. With no `queryType`, `query` is a trace id.
    https://grafana.com/docs/grafana/latest/datasources/jaeger/query-editor/"""

    def __init__(self, said: dict[str, object]) -> None:
        self._said = said

    def build(self) -> Dataquery:
        """Returns the query as Grafana stores it."""
        return UnknownDataquery({"refId": "A", "datasource": JAEGER.to_json(), **self._said})


def _target(logql: str) -> loki.Dataquery:
    return (
        loki.Dataquery()
        .expr(logql)
        .query_type("range")
        .max_lines(_MOST_LINES)
        .ref_id("A")
        .datasource(LOKI)
    )
