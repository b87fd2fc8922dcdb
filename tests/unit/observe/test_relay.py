"""The way from a container to /metrics, and to nothing else."""

import gzip
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from infra import daemon
from infra.observe import relay

BODY = gzip.compress(b"export_jobs_active 3\n")
OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Shipper(BaseHTTPRequestHandler):
    """Answers as the shipper does for a Prometheus that takes OpenMetrics, compressed."""

    def do_GET(self) -> None:
        assert self.headers["Accept"] == OPEN_METRICS
        assert self.headers["Accept-Encoding"] == "gzip"
        self.send_response(200)
        self.send_header("Content-Type", OPEN_METRICS)
        self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def shipper() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Shipper) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/metrics"
        server.shutdown()


@contextmanager
def listening() -> Iterator[tuple[socket.socket, str]]:
    with daemon.listen([0]) as listener:
        yield listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


def ask(url: str) -> tuple[bytes, str, str]:
    headers = {"Accept": OPEN_METRICS, "Accept-Encoding": "gzip"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as answer:
        return answer.read(), answer.headers["Content-Type"], answer.headers["Content-Encoding"]


def test_a_scrape_has_the_shippers_own_answer() -> None:
    with shipper() as metrics, listening() as (listener, url), relay.running(listener, metrics):
        assert ask(f"{url}/metrics") == (BODY, OPEN_METRICS, "gzip")


@pytest.mark.parametrize("path", ["/", "/health", "/metricsx", "/metrics/"])
def test_nothing_else_is_answered(path: str) -> None:
    with shipper() as metrics, listening() as (listener, url), relay.running(listener, metrics):
        with pytest.raises(urllib.error.HTTPError) as refused:
            ask(url + path)
        with refused.value:
            assert refused.value.code == 404


def test_without_a_shipper_the_scrape_fails() -> None:
    with listening() as (_, nobody):
        pass
    with listening() as (listener, url), relay.running(listener, f"{nobody}/metrics"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            ask(f"{url}/metrics")
        with refused.value:
            assert refused.value.code == 502
