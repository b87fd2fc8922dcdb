"""/metrics as Prometheus reads it, and /health."""

import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client.openmetrics import parser as openmetrics

from bench.log_lines import of_jobs
from chalicelib.telemetry.lines import Line
from infra import daemon
from infra.observe import database, exposition, store
from infra.observe.catalog import CATALOG, Kind
from infra.observe.counting import Wanted
from infra.observe.exposition import Metrics, Progress
from infra.observe.store import Store
from tests.unit.observe.scrapes import parsed, scrape, value

NOW = 1_790_000_100.0
LINES = tuple(
    Line(str(number), written.at, written.function, written.text)
    for number, written in enumerate(of_jobs(40))
)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Store]:
    with store.opened(tmp_path, Wanted(traces=False, logs=False), print) as opened:
        yield opened


@pytest.fixture
def url(kept: Store) -> Iterator[str]:
    progress = Progress(started_at=NOW - 60, followed=frozenset({1}))
    progress.read_until = {"1 /aws/lambda/w": NOW - 3, "1 /aws/lambda/a": NOW - 1}
    application = exposition.app(Metrics(kept.path, progress, lambda: NOW))
    with daemon.listen([0]) as listener, exposition.served(listener, application):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def put(kept: Store, lines: tuple[Line, ...] = LINES) -> None:
    kept.count(kept.log(kept.stack("arn"), "group", 0, 30_000), lines, 0, int(NOW * 1000))


def get(url: str, accept: str = "") -> tuple[str, str]:
    """Returns the type of the content, and the content."""
    request = urllib.request.Request(url, headers={"Accept": accept} if accept else {})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def test_before_the_first_line_all_that_is_known_is_there_with_0(kept: Store) -> None:
    found = scrape(kept.path)

    for metric in CATALOG:
        suffix = "_count" if metric.kind is Kind.HISTOGRAM else ""
        for labels in metric.starts:
            assert (
                value(found, metric.name + suffix, **dict(zip(metric.labels, labels, strict=True)))
                == 0
            )
    for name in ("export_jobs_active", "export_oldest_queued_job_seconds", "telemetry_lag_seconds"):
        assert value(found, name) == 0


def test_a_gauge_that_nobody_has_said_is_not_there(kept: Store) -> None:
    names = {name for name, _ in scrape(kept.path)}

    assert not names & {"export_queue_messages", "export_open_jobs_in_table"}


def test_a_scrape_has_the_text_format_and_its_types(kept: Store, url: str) -> None:
    put(kept)
    media_type, text = get(f"{url}/metrics")

    assert media_type.startswith("text/plain; version=0.0.4")
    for metric in CATALOG:
        assert f"# TYPE {metric.name} {metric.kind}\n" in text
        assert f"# HELP {metric.name} {metric.help}\n" in text
    assert value(parsed(text), "export_jobs_accepted_total") == 40


def test_openmetrics_has_an_exemplar_with_the_trace_of_a_job(kept: Store, url: str) -> None:
    put(kept)
    media_type, text = get(f"{url}/metrics", "application/openmetrics-text; version=1.0.0")

    assert media_type.startswith("application/openmetrics-text")
    read = openmetrics.text_string_to_metric_families
    families = {one.name: one for one in read(text)}  # type: ignore[no-untyped-call]
    samples = families["export_job_duration_seconds"].samples
    traces = {sample.exemplar.labels["trace_id"] for sample in samples if sample.exemplar}
    assert traces
    assert traces <= {
        json.loads(line.text)["trace"] for line in LINES if '"job ended"' in line.text
    }


def test_the_buckets_of_a_histogram_are_cumulative(kept: Store) -> None:
    put(kept)
    found = scrape(kept.path)

    for metric in CATALOG:
        if metric.kind is not Kind.HISTOGRAM:
            continue
        for labels in {labels for name, labels in found if name == f"{metric.name}_count"}:
            counts = [
                found[f"{metric.name}_bucket", tuple(sorted((*labels, ("le", bound))))]
                for bound in (*(str(float(one)) for one in metric.buckets), "+Inf")
            ]
            assert counts == sorted(counts)
            assert counts[-1] == found[f"{metric.name}_count", labels]


def test_a_scrape_sees_what_is_committed_and_waits_for_nobody(kept: Store, url: str) -> None:
    put(kept)
    with closing(database.connect(kept.path)) as writer, database.transaction(writer):
        writer.execute("UPDATE amounts SET amount = 7")
        assert value(parsed(get(f"{url}/metrics")[1]), "export_jobs_accepted_total") == 40


def test_the_age_of_the_oldest_job_grows_from_scrape_to_scrape(kept: Store) -> None:
    put(kept, tuple(line for line in LINES if '"job accepted"' in line.text))

    first = value(scrape(kept.path, now=NOW), "export_oldest_queued_job_seconds")
    assert first == pytest.approx(100)
    second = value(scrape(kept.path, now=NOW + 7), "export_oldest_queued_job_seconds")
    assert second == pytest.approx(107)


def test_the_sum_of_two_stacks_is_shown_but_only_of_those_that_are_there(kept: Store) -> None:
    swept = json.dumps({"message": "swept", "openJobs": 5, "waiting": 2})
    line = Line("1", 1_790_000_000_000, "Sweeper", swept)
    for arn in ("one", "two", "gone"):
        kept.count(kept.log(kept.stack(arn), "group", 0, 30_000), [line], 0, 0)
    found = scrape(kept.path, Progress(started_at=0, followed=frozenset({1, 2})))

    assert value(found, "export_sweeper_runs_total") == 3
    assert value(found, "export_open_jobs_in_table") == 10
    assert value(found, "export_queue_messages", queue="exports") == 4
    assert value(found, "export_sweeper_last_run_timestamp_seconds") == 1_790_000_000


def test_an_older_value_of_a_gauge_does_not_replace_a_newer_one(kept: Store) -> None:
    for at, open_jobs in ((2_000, 7), (1_000, 3)):
        text = json.dumps({"message": "swept", "openJobs": open_jobs})
        put(kept, (Line(str(at), at, "Sweeper", text),))

    assert value(scrape(kept.path), "export_open_jobs_in_table") == 7


def test_the_lag_is_that_of_the_log_that_is_furthest_behind(url: str) -> None:
    found = parsed(get(f"{url}/metrics")[1])

    assert value(found, "telemetry_lag_seconds") == 3
    assert value(found, "telemetry_started_timestamp_seconds") == NOW - 60


def test_health_says_what_is_read_and_how_far_behind_it_is(url: str) -> None:
    assert json.loads(get(f"{url}/health")[1]) == {
        "status": "ok",
        "lagSeconds": 3.0,
        "logGroups": ["1 /aws/lambda/a", "1 /aws/lambda/w"],
    }


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/", 404), ("POST", "/metrics", 405)]
)
def test_anything_else_is_refused(url: str, method: str, path: str, status: int) -> None:
    request = urllib.request.Request(url + path, method=method)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    with refused.value as error:
        assert error.code == status


def test_a_client_that_says_nothing_keeps_no_other_one_waiting(url: str) -> None:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))):
        assert "export_jobs_active" in get(f"{url}/metrics")[1]


def test_the_socket_stays_open_for_whoever_made_it(kept: Store) -> None:
    application = exposition.app(Metrics(kept.path, Progress(started_at=0), lambda: NOW))
    with daemon.listen([0]) as listener:
        with exposition.served(listener, application):
            pass
        assert listener.fileno() >= 0
    assert threading.active_count() < 50
