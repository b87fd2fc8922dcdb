"""The shipper as a process: killed under load, with a backend that is down, and after a burst."""

import json
import random
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import psutil
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.log_lines import Written, of_jobs
from chalicelib.telemetry.lines import Line
from infra import daemon
from infra.paths import REPOSITORY
from tests.unit.observe import naive
from tests.unit.observe.fake_logs import GROUPS
from tests.unit.observe.scrapes import Scrape, parsed, value
from tests.unit.observe.shipped import LINES
from tests.waiting import wait_for

ANNOUNCER = "/aws/lambda/real-w"


def as_logged(written: Written) -> str:
    return json.dumps([written.at, GROUPS.get(written.function, ANNOUNCER), written.text]) + "\n"


@contextmanager
def shipper(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Runs a shipper. Yields the process and its URL."""
    command = [sys.executable, "-m", "tests.unit.observe.shipped", str(folder), *options]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, f"http://127.0.0.1:{process.stdout.readline().strip()}/metrics"
        finally:
            process.terminate()
            process.wait(30)


def seen(url: str) -> Scrape:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return parsed(answer.read().decode())


def lines_of(found: Scrape) -> float:
    return sum(amount for (name, _), amount in found.items() if name == "telemetry_lines_total")


def counted(url: str, lines: float) -> Callable[[], bool]:
    return lambda: lines_of(seen(url)) >= lines


@pytest.mark.slow
def test_killed_ten_times_under_load_it_counts_each_end_once(tmp_path: Path) -> None:
    lines = list(of_jobs(1_500))
    lines.sort(key=lambda line: line.at)
    texts = [as_logged(line) for line in lines]
    draw, stop = random.Random(14), Event()

    def write() -> None:
        with (tmp_path / LINES).open("a") as file:
            for first in range(0, len(texts), 50):
                file.write("".join(texts[first : first + 50]))
                file.flush()
                if stop.wait(0.05):
                    return

    (tmp_path / LINES).touch()
    writer = Thread(target=write)
    writer.start()
    try:
        for _ in range(10):
            with shipper(tmp_path) as (process, url):
                before = lines_of(seen(url))
                if writer.is_alive():
                    wait_for(counted(url, before + 1), 30, "a line to be counted")
                stop.wait(draw.uniform(0, 0.4))
                process.kill()
        writer.join()
        with shipper(tmp_path) as (_, url):
            wait_for(counted(url, len(lines)), 120, "all lines to be counted")
            found = seen(url)
    finally:
        stop.set()
        writer.join()

    right = naive.count(
        Line(str(number), line.at, line.function, line.text) for number, line in enumerate(lines)
    )
    assert lines_of(found) == len(lines)
    for status in naive.ALL:
        assert value(found, "export_jobs_total", status=status) == right.jobs[status]
    assert value(found, "export_jobs_accepted_total") == right.accepted
    assert value(found, "export_bytes_total", way="copied") == right.copied
    assert value(found, "export_jobs_active") == len(right.active)


@pytest.mark.slow
def test_a_backend_that_comes_up_late_gets_each_span_and_record_once(tmp_path: Path) -> None:
    lines = list(of_jobs(60))
    (tmp_path / LINES).write_text("".join(as_logged(line) for line in lines))
    with socket.socket() as bound:
        bound.bind((daemon.HOST, 0))  # So far nobody listens.
        url = f"http://{daemon.HOST}:{bound.getsockname()[1]}"
        with shipper(tmp_path, url) as (_, metrics):
            wait_for(counted(metrics, len(lines)), 60, "all lines to be counted")
            assert value(seen(metrics), "telemetry_sent_total", signal="logs") == 0
            with backend(bound) as (spans, records):
                wait_for(lambda: len(records) >= len(lines), 60, "all records")
                wait_for(lambda: not waiting(metrics), 60, "an empty outbox")
                found = seen(metrics)

    assert len(records) == len(lines)
    assert len(spans) == len(set(spans)) > len(lines)
    assert value(found, "telemetry_sent_total", signal="logs") == len(records)
    assert value(found, "telemetry_sent_total", signal="traces") == len(spans)


@pytest.mark.slow
def test_a_burst_is_counted_whole_in_bounded_memory(tmp_path: Path) -> None:
    text = json.dumps({"level": "INFO", "message": "versions not listed", "bucket": "b" * 400})
    with (tmp_path / LINES).open("w") as file:
        file.writelines(
            json.dumps([1_790_000_000_000 + number // 50, GROUPS["Worker"], text]) + "\n"
            for number in range(60_000)
        )
    with shipper(tmp_path, "http://127.0.0.1:9") as (process, metrics):
        wait_for(counted(metrics, 60_000), 120, "all lines to be counted")
        found = seen(metrics)
        # The lines of the fake log are in the same process: 60 MB of this.
        peak = psutil.Process(process.pid).memory_info().rss

    assert lines_of(found) == 60_000
    assert waiting(metrics_now=found) == 60_000
    assert peak < 250 * 2**20


@contextmanager
def backend(bound: socket.socket) -> Iterator[tuple[list[bytes], list[str]]]:
    """Runs a backend on the socket. Yields the ids of spans, and the records' bodies, as they
    come."""
    spans: list[bytes] = []
    records: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces":
                traces = ExportTraceServiceRequest.FromString(body)
                spans.extend(
                    span.span_id
                    for of_resource in traces.resource_spans
                    for scope in of_resource.scope_spans
                    for span in scope.spans
                )
            else:
                logs = ExportLogsServiceRequest.FromString(body)
                records.extend(
                    record.body.string_value
                    for of_resource in logs.resource_logs
                    for scope in of_resource.scope_logs
                    for record in scope.log_records
                )
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(bound.getsockname(), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = bound
    server.server_activate()
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield spans, records
    finally:
        server.shutdown()
        thread.join()


def waiting(url: str = "", metrics_now: Scrape | None = None) -> float:
    """Returns how many spans and records wait."""
    found = metrics_now or seen(url)
    return sum(amount for (name, _), amount in found.items() if name == "telemetry_outbox_rows")
