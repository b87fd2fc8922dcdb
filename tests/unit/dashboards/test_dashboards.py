"""The dashboards: what is committed, and what every panel must have."""

import json
import re
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import Dashboard

from infra.dashboards.panels import GRID
from infra.dashboards.queries import panels
from infra.dashboards.written import FOLDER, made

DASHBOARDS: dict[str, dict[str, Any]] = {
    name: json.loads(text) for name, text in sorted(made().items())
}
PANELS = [
    pytest.param(panel, id=f"{name}: {panel['title']}")
    for name, board in DASHBOARDS.items()
    for panel in panels(board)
]
UNITS = {
    value for name, value in vars(units).items() if isinstance(value, str) and name[0].isupper()
}
SOURCES = {"prometheus", "loki", "jaeger"}


def test_the_code_makes_what_is_committed() -> None:
    committed = {path.name: path.read_text() for path in FOLDER.glob("*.json")}

    assert made() == committed, "run python -m infra.dashboards"


def test_uids_are_those_that_links_and_bookmarks_have() -> None:
    assert {name: board["uid"] for name, board in DASHBOARDS.items()} == {
        "api.json": "longhaul-api",
        "job.json": "longhaul-job",
        "pipeline.json": "longhaul-pipeline",
        "scenario.json": "longhaul-scenario",
    }


@pytest.mark.parametrize("name", DASHBOARDS)
def test_no_two_panels_of_a_dashboard_have_the_same_title(name: str) -> None:
    titles = [panel["title"] for panel in panels(DASHBOARDS[name])]

    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("name", DASHBOARDS)
def test_sdk_reads_each_dashboard_and_writes_the_same(name: str) -> None:
    register_default_plugins()

    read = Dashboard.from_json(DASHBOARDS[name])

    written = json.loads(json.dumps(read, cls=JSONEncoder))
    assert _filled(written) == _filled(DASHBOARDS[name])


def _filled(it: Any) -> Any:
    """Returns it without what is empty: the SDK leaves that out at times."""
    if isinstance(it, dict):
        return {name: _filled(value) for name, value in it.items() if value != {}}
    return [_filled(one) for one in it] if isinstance(it, list) else it


@pytest.mark.parametrize("name", DASHBOARDS)
def test_each_dashboard_has_the_browsers_time_and_refreshes_itself(name: str) -> None:
    board = DASHBOARDS[name]

    assert board["timezone"] == "browser"
    assert board["refresh"] == "10s"
    assert board["time"]["from"].startswith("now-")
    assert "longhaul" in board["tags"]
    assert board["description"].endswith(".")


@pytest.mark.parametrize("name", DASHBOARDS)
def test_ids_are_unique_and_no_panel_is_on_another(name: str) -> None:
    all_of_it = DASHBOARDS[name]["panels"]
    ids = [panel["id"] for panel in all_of_it]
    cells = [
        (x, y)
        for grid in (panel["gridPos"] for panel in all_of_it)
        for x in range(grid["x"], grid["x"] + grid["w"])
        for y in range(grid["y"], grid["y"] + grid["h"])
    ]

    assert len(ids) == len(set(ids))
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) == GRID - 1
    # There is no hole either: each line of the grid is full.
    assert len(cells) == GRID * (1 + max(y for _, y in cells))


@pytest.mark.parametrize("panel", PANELS)
def test_each_panel_says_what_it_is_and_what_to_look_for(panel: dict[str, Any]) -> None:
    defaults = panel["fieldConfig"]["defaults"]

    assert panel["title"]
    assert len(panel["description"]) > len(panel["title"]) / 2
    assert panel["description"].endswith(".")
    assert defaults["noValue"]
    assert defaults["unit"] in UNITS
    assert panel["targets"]


@pytest.mark.parametrize("panel", PANELS)
def test_each_panel_asks_one_of_three_data_sources(panel: dict[str, Any]) -> None:
    source = panel["datasource"]

    assert source["uid"] in SOURCES
    assert source["type"] == source["uid"]
    assert all(target["datasource"] == source for target in panel["targets"])
    assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


@pytest.mark.parametrize("panel", PANELS)
def test_panels_over_time_have_a_least_interval(panel: dict[str, Any]) -> None:
    over_time = panel["type"] in ("timeseries", "heatmap")

    assert over_time == ("interval" in panel)
    if panel["datasource"]["uid"] == "prometheus":
        assert all(target["instant"] is not over_time for target in panel["targets"])


def test_job_dashboard_has_lines_beside_the_trace() -> None:
    by_title = {panel["title"]: panel for panel in panels(DASHBOARDS["job.json"])}
    log, trace = by_title["Log lines"], by_title["Trace"]

    assert (log["type"], trace["type"]) == ("logs", "traces")
    assert log["gridPos"]["y"] == trace["gridPos"]["y"]
    assert 'job="${job}"' in log["targets"][0]["expr"]
    assert trace["targets"][0]["query"] == "${job}"
    assert [it["name"] for it in DASHBOARDS["job.json"]["templating"]["list"]] == ["job"]


@pytest.mark.parametrize("name", ["scenario.json", "api.json", "pipeline.json"])
def test_from_each_dashboard_a_click_opens_a_job(name: str) -> None:
    links = [
        link["url"]
        for panel in panels(DASHBOARDS[name])
        for override in panel["fieldConfig"]["overrides"]
        for prop in override["properties"]
        if prop["id"] == "links"
        for link in prop["value"]
    ]

    assert links
    for url in links:
        assert url.startswith("/d/longhaul-job/job?var-job=${__value.text}&")


@pytest.mark.parametrize("name", ["scenario.json", "api.json"])
def test_metrics_lead_to_traces_by_exemplars(name: str) -> None:
    asked = [target for panel in panels(DASHBOARDS[name]) for target in panel["targets"]]

    exemplars = [target["expr"] for target in asked if target.get("exemplar")]

    assert len(exemplars) == 1
    assert "_bucket" in exemplars[0]


def test_limits_of_proxies_are_lines_and_lanes_have_bounds_of_buckets() -> None:
    by_title = {panel["title"]: panel for panel in panels(DASHBOARDS["scenario.json"])}
    durations = by_title["Duration of completed jobs, and what proxies allow"]
    steps = durations["fieldConfig"]["defaults"]["thresholds"]["steps"]

    assert [step["value"] for step in steps] == [None, 29, 60, 100]
    assert durations["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"] == {"mode": "dashed"}
    assert {title for title in by_title if re.search(r": \d+-\d+ s$", title)} == {
        "Fast: 10-15 s",
        "Medium: 30-60 s",
        "Slow: 60-120 s",
    }
