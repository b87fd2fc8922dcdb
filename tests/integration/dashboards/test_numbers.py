"""What the panels say of known jobs, asked of a real Prometheus; and the pictures of it."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from prometheus_client import CollectorRegistry, Histogram, start_http_server

from infra.dashboards.ask import Prometheus, Range
from infra.dashboards.picture import main
from infra.dashboards.queries import Asked, catalog
from infra.errors import InfraError
from infra.observe.catalog import METRICS
from tests.observe.backfill import SCRAPE, Event, Job, events_of, prometheus, running
from tests.waiting import wait_for

BEGIN = 1_700_000_000.0
END = BEGIN + 900
SPAN = Range(BEGIN + 60, END, SCRAPE)
# Before the range: it is in no number. Then one in each bucket, and two at its very bounds.
BEFORE = [Job(BEGIN + 1, 12, "completed"), Job(BEGIN + 3, 31, "failed")]
WITHIN = [
    Job(BEGIN + 90 + 20 * number, seconds, status)
    for number, (seconds, status) in enumerate(
        [
            (3.2, "completed"),
            (10.0, "completed"),
            (12.5, "completed"),
            (15.0, "failed"),
            (22.0, "completed"),
            (29.5, "completed"),
            (45.0, "completed"),
            (60.0, "cancelled"),
            (61.0, "completed"),
            (95.0, "failed"),
            (118.0, "completed"),
            (240.0, "completed"),
        ]
    )
]
ACTIVE = [Event(END - 10, "export_jobs_active", (), 1)]
SCENARIO = {(asked.panel, asked.ref): asked for asked in catalog() if asked.dashboard == "scenario"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prometheus")
    with prometheus(folder, [*events_of([*BEFORE, *WITHIN]), *ACTIVE], END) as url:
        yield url


def _asked(panel: str, ref: str = "A") -> Asked:
    return SCENARIO[panel, ref]


def _number(url: str, panel: str, ref: str = "A") -> float:
    asked = _asked(panel, ref)
    assert asked.instant
    (series,) = Prometheus(url).at_end(asked.expr, SPAN, 15)
    return next(iter(series.points.values()))


def _sums(url: str, panel: str, label: str, step: int = 15) -> dict[str, float]:
    """Returns what all bars of a panel are together, by the value of a label."""
    found = Prometheus(url).over(_asked(panel).expr, SPAN, step)
    return {series.labels[label]: sum(series.points.values()) for series in found}


@pytest.mark.parametrize(
    ("panel", "ref", "jobs"),
    [
        ("Accepted", "A", 12),
        ("Active jobs", "A", 1),
        ("Given up", "A", 0),
        ("Fast: 10-15 s", "A", 2),
        ("Medium: 30-60 s", "A", 2),
        ("Slow: 60-120 s", "A", 3),
        ("Longer than API Gateway waits (29 s)", "A", 6),
        ("Longer than API Gateway waits (29 s)", "B", 2),
        ("Longer than nginx waits (60 s)", "A", 4),
        ("Longer than Cloudflare waits (100 s)", "A", 1),
        ("Longer than Cloudflare waits (100 s)", "B", 2),
    ],
)
def test_each_number_is_that_of_the_jobs(server: str, panel: str, ref: str, jobs: int) -> None:
    assert _number(server, panel, ref) == jobs


def test_ended_jobs_are_counted_by_status(server: str) -> None:
    found = Prometheus(server).at_end(_asked("Ended").expr, SPAN, 15)

    assert {it.labels["status"]: next(iter(it.points.values())) for it in found} == {
        "completed": 9,
        "failed": 2,
        "cancelled": 1,
    }


@pytest.mark.parametrize("step", [5, 15, 60])
def test_bars_have_each_job_once_however_wide_they_are(server: str, step: int) -> None:
    # The first bar is of the step before the range begins.
    jobs = [job for job in [*BEFORE, *WITHIN] if job.ended > SPAN.start - step]

    assert _sums(server, "Ended, by status", "status", step) == Counter(it.status for it in jobs)


def test_a_bar_that_begins_before_prometheus_did_has_all_that_it_knows(server: str) -> None:
    hour = 3600

    found = Prometheus(server).at_end(_asked("Ended, by status").expr, SPAN, hour)

    assert sum(next(iter(it.points.values())) for it in found) == len([*BEFORE, *WITHIN])


@pytest.mark.parametrize(
    ("panel", "jobs"),
    [
        ("Fast downloads as they end", {"completed": 1, "failed": 1, "cancelled": 0}),
        ("Medium downloads as they end", {"completed": 1, "failed": 0, "cancelled": 1}),
        ("Slow downloads as they end", {"completed": 2, "failed": 1, "cancelled": 0}),
    ],
)
def test_lanes_have_their_jobs_and_no_others(server: str, panel: str, jobs: dict[str, int]) -> None:
    assert _sums(server, panel, "status") == jobs


def test_heat_map_has_each_job_in_its_bucket(server: str) -> None:
    cumulative = _sums(server, "Durations of all jobs", "le")

    assert [cumulative[le] for le in sorted(cumulative, key=float)] == [1, 2, 4, 6, 8, 9, 11, 12]


def test_prometheus_answers_each_query(server: str) -> None:
    for asked in catalog():
        if asked.language == "prometheus":
            ask = Prometheus(server).at_end if asked.instant else Prometheus(server).over

            ask(asked.expr, SPAN, 15)  # raises what Prometheus refuses


@pytest.mark.parametrize("dashboard", ["scenario", "api", "pipeline"])
def test_pictures_are_drawn(server: str, dashboard: str, tmp_path: Path) -> None:
    picture = tmp_path / "out.png"
    options = ["--prometheus", server, "--dashboard", dashboard, "--end", str(END)]

    drawn = CliRunner().invoke(main, [*options, "--last", "14m", str(picture)])

    assert drawn.exit_code == 0, drawn.output
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 30_000


def test_dashboard_without_metrics_has_no_picture(server: str, tmp_path: Path) -> None:
    picture = tmp_path / "out.png"

    drawn = CliRunner().invoke(main, ["--prometheus", server, "--dashboard", "job", str(picture)])

    assert drawn.exit_code == 1
    assert not picture.exists()


def test_a_refused_query_and_a_wrong_address_are_named(server: str) -> None:
    with pytest.raises(InfraError, match="parse error"):
        Prometheus(server).at_end("sum(", SPAN, 15)
    with pytest.raises(InfraError, match="No answer from Prometheus at"):
        Prometheus("http://127.0.0.1:9/").at_end("up", SPAN, 15)


def test_single_jobs_are_found_behind_the_lines(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    metric = METRICS["export_job_duration_seconds"]
    histogram = Histogram(
        metric.name, metric.help, metric.labels, buckets=metric.buckets, registry=registry
    )
    histogram.labels("completed").observe(44.5, {"trace_id": "ab" * 16})
    shipper, thread = start_http_server(0, "127.0.0.1", registry)
    scraped = (
        "scrape_configs: [{job_name: longhaul, scrape_interval: 1s, static_configs: "
        f"[{{targets: ['127.0.0.1:{shipper.server_port}']}}]}}]\n"
    )
    asked = _asked("Duration of completed jobs, and what proxies allow")
    try:
        with running(tmp_path, scraped) as url:
            server, now = Prometheus(url), time.time()
            span = Range(now - 60, now + 60, 1)
            found = wait_for(lambda: server.exemplars(asked.expr, span, 15), 20, "an exemplar")
            scrape = server.scrape_seconds()
    finally:
        shipper.shutdown()
        shipper.server_close()
        thread.join()

    assert [value for _, value in found] == [44.5]
    assert scrape == 1
