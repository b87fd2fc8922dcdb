"""The shipper as a process: killed under load, with a backend that is down, and after a burst."""

import json
import random
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from bench.log_lines import Written, of_jobs
from chalicelib.telemetry.lines import Line
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
