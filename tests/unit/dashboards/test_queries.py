"""Every query of the dashboards is one, and asks for what the shipper gives."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.daemon import exclusively
from infra.dashboards.queries import Asked, catalog, runnable
from infra.paths import STATE
from tests import promql
from tests.observe.backfill import program

GRAMMAR = Path(__file__).resolve().parents[2] / "observe" / "logql"
CATALOG = catalog()
PROMQL = [asked for asked in CATALOG if asked.language == "prometheus"]
LOGQL = [asked for asked in CATALOG if asked.language == "loki"]


def _name(asked: Asked) -> str:
    return f"{asked.dashboard}: {asked.panel} {asked.ref}"


def test_catalog_has_queries_of_all_dashboards_and_languages() -> None:
    assert {asked.dashboard for asked in CATALOG} == {"scenario", "api", "pipeline", "job"}
    assert {asked.language for asked in CATALOG} == {"prometheus", "loki", "jaeger"}
    assert len(PROMQL) > 60


def test_no_two_queries_have_the_same_dashboard_panel_and_letter() -> None:
    places = [(asked.dashboard, asked.panel, asked.ref) for asked in CATALOG]

    assert len(set(places)) == len(places)


def test_variables_of_grafana_are_replaced() -> None:
    expr = 'rate(x{path=~"$path",y="${job}"}[$__rate_interval]) - x offset $__interval'

    assert runnable(expr, "2m", variables={"path": "/a", "job": "b"}) == (
        'rate(x{path=~"/a",y="b"}[2m]) - x offset 2m'
    )
    assert runnable("x[$__range]", "1m", "7h") == "x[7h]"


def test_a_variable_that_nobody_has_is_an_error() -> None:
    with pytest.raises(KeyError, match="region"):
        runnable('x{region="$region"}')


@pytest.mark.parametrize("asked", PROMQL, ids=_name)
def test_each_query_asks_for_metrics_and_labels_that_there_are(asked: Asked) -> None:
    assert promql.complaints(runnable(asked.expr)) == []


@pytest.mark.parametrize(
    ("expr", "complaint"),
    [
        ("sum(export_jobs)", "there is no metric export_jobs"),
        ("export_job_duration_seconds", "there is no metric export_job_duration_seconds"),
        ('rate(export_jobs_total{state="failed"}[5m])', "export_jobs_total has no label state"),
        ("sum by (route) (http_requests_total)", "http_requests_total has no label route"),
        ('export_jobs_total{status="done"}', "export_jobs_total: status is never done"),
        (
            'export_job_duration_seconds_bucket{le=~"29([.]0)?"}',
            "export_job_duration_seconds_bucket: le is never 29([.]0)?",
        ),
    ],
)
def test_a_query_of_something_else_is_noticed(expr: str, complaint: str) -> None:
    assert promql.complaints(expr) == [complaint]


def test_no_window_is_fixed_and_none_is_shorter_than_four_scrapes() -> None:
    # $__interval may be as short as one scrape, in which nothing has a rate, but a least value.
    least = r"min_over_time\([^\[]*\[\$__interval\]"
    windows = {
        window
        for asked in PROMQL
        for window in re.findall(r"\[(.*?)\]", re.sub(least, "", asked.expr.replace("[.]", "")))
    }
    assert windows == {"$__rate_interval", "$__range"}


def test_prometheus_itself_takes_all_queries(tmp_path: Path) -> None:
    promtool = program("promtool")
    rules = [
        {"record": f"dashboards:query:{number}", "expr": runnable(asked.expr)}
        for number, asked in enumerate(PROMQL)
    ]
    # JSON is YAML.
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "d", "rules": rules}]}))

    checked = subprocess.run(
        [promtool, "check", "rules", "rules.yml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr
    assert f"SUCCESS: {len(PROMQL)} rules found" in checked.stdout


# -- LogQL -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def grammar() -> Path:
    """Grafana's grammar of LogQL, installed as its lock says; once for all checkouts' runs."""
    npm = program("npm")
    place = STATE / "logql"
    with exclusively(place.with_suffix(".lock")):
        made_from = (GRAMMAR / "package-lock.json").read_text()
        stamp = place / "made-from"
        if not stamp.exists() or stamp.read_text() != made_from:
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(GRAMMAR / name, place)
            quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            subprocess.run([npm, "ci", *quiet], cwd=place, check=True, capture_output=True)
            stamp.write_text(made_from)
        # Node finds packages beside the program.
        shutil.copy(GRAMMAR / "parse.mjs", place)
    return place


def _parsed(grammar: Path, queries: list[str]) -> list[dict[str, Any]]:
    answer = subprocess.run(
        [program("node"), "parse.mjs"],
        cwd=grammar,
        input=json.dumps(queries),
        capture_output=True,
        text=True,
        check=True,
    )
    parsed: list[dict[str, Any]] = json.loads(answer.stdout)
    return parsed


def test_grafanas_grammar_parses_all_logql(grammar: Path) -> None:
    queries = [runnable(asked.expr) for asked in LOGQL]

    parsed = _parsed(grammar, queries)

    assert len(LOGQL) >= 6
    assert [one["wrong"] for one in parsed] == [[]] * len(queries)
    assert all("Selector" in one["nodes"] for one in parsed)


def test_grafanas_grammar_refuses_what_is_no_logql(grammar: Path) -> None:
    for one in _parsed(grammar, ['{a="b"} | x >>= 3', '{a="b"', 'sum by (x) rate({a="b"})']):
        assert one["wrong"]
