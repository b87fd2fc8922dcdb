"""/metrics in Prometheus' text format and as OpenMetrics, and /health, for this machine only.

A scrape sees one state of the store, that of the last transaction. What depends on the time, as the
age of a job, is computed at the scrape.
https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import json
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import accumulate
from pathlib import Path
from socketserver import ThreadingMixIn
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, cast
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import (
    CounterMetricFamily,
    Exemplar,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.registry import Collector

from infra.observe import database, outbox, rows
from infra.observe.catalog import CATALOG, Kind, Metric
from infra.observe.labels import SIGNALS
from infra.observe.rows import Totals
from infra.observe.tally import SUM, WHOLE, Part, Series, bounds

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily
Bucket = tuple[str, float] | tuple[str, float, Exemplar]

_LATEST: Final = frozenset({"export_sweeper_last_run_timestamp_seconds"})
"""Gauges that are the largest of the stacks' values, and not their sum."""

_CLIENT_SECONDS: Final = 10
"""How long a client may take with a request."""


@dataclass(slots=True)
class Progress:
    """What the shipper is at. `followed` are the stacks that are there, by their numbers in the
    store. `read_until`: all lines up to then were counted, of each log group, in Unix seconds."""

    started_at: float
    followed: frozenset[int] = frozenset()
    read_until: dict[str, float] = field(default_factory=dict)

    def lag(self, now: float) -> float:
        """Returns the age of the oldest line that may not be counted yet, in seconds."""
        # A copy, at once: another thread adds to it.
        return max(now - min(list(self.read_until.values()), default=now), 0)


@dataclass(frozen=True, slots=True, eq=False)
class Metrics(Collector):
    """Reads the store at each scrape."""

    store: Path
    progress: Progress
    now: Callable[[], float]

    def collect(self) -> Iterator[Family]:
        """Yields all metrics of the catalog."""
        with database.reading(self.store) as sql:
            found = rows.totals(sql, self.progress.followed)
            waiting = outbox.waiting(sql)
        gauges = self._gauges(found, waiting)
        series = {
            metric.name: {Series(metric.name, one) for one in metric.starts} for metric in CATALOG
        }
        for one in [*gauges, *(part.series for part in found.amounts)]:
            if one.metric in series:  # another version may have counted others
                series[one.metric].add(one)
        for metric in CATALOG:
            there = sorted(series[metric.name])
            if metric.kind is Kind.GAUGE:
                yield _gauge(metric, there, gauges)
            elif metric.kind is Kind.COUNTER:
                yield _counter(metric, there, found)
            else:
                yield _histogram(metric, there, found)

    def _gauges(self, found: Totals, waiting: Mapping[str, int]) -> dict[Series, float]:
        now = self.now()
        queued_at = found.oldest_queued
        return {
            **{
                series: (found.largest if series.metric in _LATEST else found.sums)[series]
                for series in found.sums
            },
            Series("export_jobs_active", ()): found.active_jobs,
            Series("export_oldest_queued_job_seconds", ()): (
                0 if queued_at is None else max(now - queued_at / 1000, 0)
            ),
            **{
                Series("telemetry_outbox_rows", (signal,)): waiting.get(signal, 0)
                for signal in SIGNALS
            },
            Series("telemetry_lag_seconds", ()): self.progress.lag(now),
            Series("telemetry_started_timestamp_seconds", ()): self.progress.started_at,
        }


def _gauge(
    metric: Metric, there: Iterable[Series], gauges: Mapping[Series, float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
    for series in there:
        family.add_metric(series.labels, gauges[series])
    return family


def _counter(metric: Metric, there: Iterable[Series], found: Totals) -> CounterMetricFamily:
    family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
    for series in there:
        family.add_metric(series.labels, found.amounts.get(Part(series, WHOLE), 0))
    return family


def _histogram(metric: Metric, there: Iterable[Series], found: Totals) -> HistogramMetricFamily:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    for series in there:
        parts = [Part(series, bound) for bound in bounds(metric.name)]
        counts = accumulate(found.amounts.get(part, 0) for part in parts)
        buckets = [_bucket(part, count, found) for part, count in zip(parts, counts, strict=True)]
        family.add_metric(series.labels, buckets, found.amounts.get(Part(series, SUM), 0))
    return family


def _bucket(part: Part, count: float, found: Totals) -> Bucket:
    seen = found.exemplars.get(part)
    if seen is None:
        return part.name, count
    return part.name, count, Exemplar({"trace_id": seen.trace}, seen.value, seen.at / 1000)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Says nothing: a client that goes away is no error of ours."""


class _Handler(WSGIRequestHandler):
    timeout = _CLIENT_SECONDS

    def log_message(self, *_: object) -> None:
        """Says nothing: a scrape comes every few seconds."""


def app(metrics: Metrics) -> "WSGIApplication":
    """Returns the WSGI application with /metrics and /health."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(metrics)
    exposed = make_wsgi_app(registry)

    def answer(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return _json(start, HTTPStatus.METHOD_NOT_ALLOWED, {"error": "only GET and HEAD"})
        if environ["PATH_INFO"] == "/metrics":
            return cast("Iterable[bytes]", exposed(environ, start))
        if environ["PATH_INFO"] == "/health":
            return _json(start, HTTPStatus.OK, _health(metrics))
        return _json(start, HTTPStatus.NOT_FOUND, {"error": "there are /metrics and /health"})

    return answer


def _health(metrics: Metrics) -> dict[str, Any]:
    """Returns that the shipper counts, how far behind it is, and which log groups it reads."""
    progress = metrics.progress
    lag = round(progress.lag(metrics.now()), 3)
    return {"status": "ok", "lagSeconds": lag, "logGroups": sorted(progress.read_until)}


def _json(
    start: "StartResponse", status: HTTPStatus, content: Mapping[str, Any]
) -> Iterable[bytes]:
    body = json.dumps(content).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start(f"{status.value} {status.phrase}", headers)
    return [body]


@contextmanager
def served(listener: socket.socket, application: "WSGIApplication") -> Iterator[None]:
    """Serves on a socket that listens already, while the body runs. The socket stays open."""
    listener.settimeout(None)
    server = _Server(listener.getsockname()[:2], _Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.server_name, server.server_port = listener.getsockname()[:2]
    server.setup_environ()
    server.set_app(application)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
