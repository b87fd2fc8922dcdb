"""A Prometheus with a past: what /metrics would have said, at each scrape, of known events.

No one waits: `promtool` makes the blocks of a database from OpenMetrics text.
https://prometheus.io/docs/prometheus/latest/storage/#backfilling-from-openmetrics-format
"""

import os
import shutil
import socket
import subprocess
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from infra.observe.catalog import METRICS, Kind, Metric
from tests.waiting import wait_for

SCRAPE = 5
"""Seconds."""


@dataclass(frozen=True)
class Event:
    """At a time, a metric changes: a counter or a gauge by `value`, or a histogram gets it."""

    at: float
    metric: str
    labels: tuple[str, ...]
    value: float


@dataclass(frozen=True)
class Job:
    """A job, and how it ended. Times are Unix seconds."""

    accepted: float
    seconds: float
    status: str

    @property
    def ended(self) -> float:
        return self.accepted + self.seconds


def events_of(jobs: Sequence[Job]) -> list[Event]:
    """Returns what the metrics of jobs say of these."""
    events = []
    for job in jobs:
        events += [
            Event(job.accepted, "export_jobs_accepted_total", (), 1),
            Event(job.accepted, "export_jobs_active", (), 1),
            Event(job.ended, "export_jobs_active", (), -1),
            Event(job.ended, "export_jobs_total", (job.status,), 1),
            Event(job.ended, "export_job_duration_seconds", (job.status,), job.seconds),
        ]
    return events


@contextmanager
def prometheus(folder: Path, events: Sequence[Event], end: float) -> Iterator[str]:
    """Starts a Prometheus that has scraped these events until `end`. Yields its URL."""
    begin = min(event.at for event in events)
    scrapes = range(int(begin // SCRAPE) * SCRAPE, int(end) + 1, SCRAPE)
    (folder / "past.txt").write_text("\n".join([*_exposed(events, scrapes), "# EOF\n"]))
    command = ["tsdb", "create-blocks-from", "openmetrics", "past.txt", "data"]
    subprocess.run([program("promtool"), *command], cwd=folder, check=True, capture_output=True)
    with running(folder, "scrape_configs: []\n") as url:
        yield url


@contextmanager
def running(folder: Path, configuration: str) -> Iterator[str]:
    """Starts Prometheus on a free port, with its data below `folder`. Yields its URL."""
    (folder / "prometheus.yml").write_text(configuration)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    options = [
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        "--storage.tsdb.retention.time=10y",
        "--enable-feature=exemplar-storage",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (
        (folder / "prometheus.log").open("w") as log,
        subprocess.Popen([program("prometheus"), *options], cwd=folder, stderr=log) as process,
    ):
        try:
            wait_for(lambda: _is_ready(url), 30, "Prometheus")
            yield url
        finally:
            process.terminate()


def program(name: str) -> str:
    """Returns where a program is. Skips the test where it is not, but not in CI."""
    place = shutil.which(name)
    if place is None:
        if os.environ.get("CI"):
            pytest.fail(f"there is no {name} here, and CI must have it")
        pytest.skip(f"there is no {name} here")
    return place


def _exposed(events: Sequence[Event], scrapes: Sequence[int]) -> Iterator[str]:
    by_metric: dict[str, list[Event]] = defaultdict(list)
    for event in sorted(events, key=lambda event: event.at):
        by_metric[event.metric].append(event)
    for name, metric in METRICS.items():
        own = by_metric.get(name, [])
        family = name.removesuffix("_total") if metric.kind is Kind.COUNTER else name
        yield f"# TYPE {family} {metric.kind}"
        starts = metric.starts or (((),) if not metric.labels else ())
        for labels in sorted({*starts, *(event.labels for event in own)}):
            mine = [event for event in own if event.labels == labels]
            pairs = [f'{key}="{value}"' for key, value in zip(metric.labels, labels, strict=True)]
            yield from _series(metric, pairs, mine, scrapes)


def _series(
    metric: Metric, pairs: list[str], events: list[Event], scrapes: Sequence[int]
) -> Iterator[str]:
    if metric.kind is not Kind.HISTOGRAM:
        values = [(event.at, event.value) for event in events]
        yield from _samples(metric.name, pairs, values, scrapes)
        return
    for bound in (*metric.buckets, float("inf")):
        low = f'le="{bound}"'.replace("inf", "+Inf")
        within = [(event.at, 1.0) for event in events if event.value <= bound]
        yield from _samples(f"{metric.name}_bucket", [*pairs, low], within, scrapes)
    yield from _samples(
        f"{metric.name}_sum", pairs, [(event.at, event.value) for event in events], scrapes
    )
    yield from _samples(f"{metric.name}_count", pairs, [(it.at, 1.0) for it in events], scrapes)


def _samples(
    name: str, pairs: list[str], changes: list[tuple[float, float]], scrapes: Sequence[int]
) -> Iterator[str]:
    """Yields what a series was at each scrape: the sum of all changes until then."""
    times = [at for at, _ in changes]
    sums = [0.0, *accumulate(value for _, value in changes)]
    for scrape in scrapes:
        yield f"{name}{{{','.join(pairs)}}} {sums[bisect_right(times, scrape)]} {scrape}"


def _is_ready(url: str) -> bool:
    try:
        with urlopen(f"{url}/-/ready", timeout=1) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
