"""The shipper with the lines of many jobs: `python -m bench.telemetry`. It needs no target.

Each phase runs in a process of its own, over the same file of lines. The floor is what no shipper
can leave out: json.loads of each line.
"""

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from typing import Final, TypedDict

import click
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from bench import results
from bench.log_lines import of_jobs
from bench.measure import cpu_seconds, peak_rss
from chalicelib.telemetry.endpoints import endpoints
from chalicelib.telemetry.lines import Line, read
from infra.console import complain, say, step
from infra.observe import store
from infra.observe.counting import Wanted
from infra.observe.exposition import Metrics, Progress
from infra.observe.follow import BATCH_LINES
from infra.observe.sender import sending
from infra.observe.store import Store
from infra.paths import REPOSITORY, STATE

JOBS: Final = 100_000
QUICK_JOBS: Final = 5_000

_OVERLAP_MS: Final = 30_000
"""How far back the log of a local target is read again (infra/observe/follow.py)."""

_MIB: Final = 1024**2
_DRAIN_SECONDS: Final = 300
_LOOK_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Found:
    """What a phase has used. Times are in seconds, sizes in bytes. `state` is the size of the
    store's files, `scrape` the time of a scrape of it."""

    lines: int
    seconds: float
    cpu: float
    peak_rss: int
    state: int = 0
    scrape: float = 0
    ended: int = 0
    sent: int = 0
    dropped: int = 0


class Said(TypedDict, total=False):
    """What the store of a phase says at its end, by the names of Found. A phase without a store has
    nothing to say."""

    scrape: float
    ended: int
    sent: int
    dropped: int


def floor(lines: Iterator[Line], _: Path, __: str) -> Said:
    """Reads the JSON of each line, and nothing else."""
    for line in lines:
        json.loads(line.text)
    return {}


def parse(lines: Iterator[Line], _: Path, __: str) -> Said:
    """Makes an event of each line."""
    for line in lines:
        read(line)
    return {}


def count(lines: Iterator[Line], folder: Path, _: str) -> Said:
    """Counts the lines into a store."""
    with store.opened(folder, Wanted(traces=False, logs=False), complain) as kept:
        _count(lines, kept)
        return _scraped(kept)


def ship(lines: Iterator[Line], folder: Path, url: str) -> Said:
    """Counts the lines into a store, and sends spans and records to a backend."""
    with store.opened(folder, Wanted(), complain) as kept:
        with sending(kept, endpoints({"OTLP_ENDPOINT": url}), complain):
            _count(lines, kept)
            deadline = time.monotonic() + _DRAIN_SECONDS
            while any(kept.oldest(signal) for signal in endpoints({"OTLP_ENDPOINT": url})):
                if time.monotonic() > deadline:
                    raise TimeoutError("the backend has not taken all of it")
                time.sleep(_LOOK_SECONDS)  # the other thread sends; this one only looks
        return _scraped(kept)


PHASES: Final[dict[str, Callable[[Iterator[Line], Path, str], Said]]] = {
    "floor": floor,
    "parse": parse,
    "count": count,
    "ship": ship,
}
TITLES: Final = {
    "floor": "the floor: `json.loads` of each line",
    "parse": "a line becomes an event",
    "count": "and is counted, once",
    "ship": "and goes out as spans and records, to a backend beside it",
}


def _count(lines: Iterator[Line], kept: Store) -> None:
    log = kept.log(kept.stack("bench"), "lines", 0, _OVERLAP_MS)
    while batch := list(islice(lines, BATCH_LINES)):
        kept.count(log, batch, batch[-1].at, batch[-1].at)


def _scraped(kept: Store) -> Said:
    """Returns how long a scrape takes, and what it says."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Metrics(kept.path, Progress(0, frozenset({1})), time.time))
    began = time.monotonic()
    text = generate_latest(registry).decode()
    took = time.monotonic() - began
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0) + sample.value
    return {
        "scrape": took,
        "ended": int(sums["export_jobs_total"]),
        "sent": int(sums["telemetry_sent_total"]),
        "dropped": int(sums["telemetry_dropped_total"]),
    }


def _phase(name: str, file: Path, folder: Path, url: str) -> Found:
    """Runs a phase in this process."""
    seen = 0

    def lines() -> Iterator[Line]:
        nonlocal seen
        with file.open() as rows:
            for row in rows:
                seen += 1
                at, function, text = row.rstrip("\n").split("\t", 2)
                yield Line(str(seen), int(at), function, text)

    began, cpu = time.monotonic(), cpu_seconds()
    said = PHASES[name](lines(), folder, url)
    took, cpu = time.monotonic() - began, cpu_seconds() - cpu
    size = sum(one.stat().st_size for one in folder.glob("*"))
    return Found(seen, took, cpu, peak_rss(), size, **said)


def measured(jobs: int, folder: Path, show: Callable[[str], None]) -> dict[str, Found]:
    """Measures each phase in a process of its own."""
    file = folder / "lines"
    show("writing the lines")
    with file.open("w") as rows:
        for line in of_jobs(jobs):
            rows.write(f"{line.at}\t{line.function}\t{line.text}\n")
    found = {}
    with _sink() as (url, bytes_taken):
        for name in PHASES:
            show(TITLES[name].replace("`", ""))
            state = folder / name
            state.mkdir()
            found[name] = _in_a_process(name, file, state, url)
        show(f"{bytes_taken() / _MIB:.0f} MiB of OTLP")
    return found


def _in_a_process(name: str, file: Path, folder: Path, url: str) -> Found:
    command = [sys.executable, "-m", "bench.telemetry", "--phase", name]
    command += [str(file), str(folder), url]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr}")
    return Found(**json.loads(done.stdout))


@contextmanager
def _sink() -> Iterator[tuple[str, Callable[[], int]]]:
    """Runs a backend that takes everything and keeps nothing. Yields its URL, and what tells how
    many bytes it has taken."""
    taken = [0]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken[0] += len(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", lambda: taken[0]
    finally:
        server.shutdown()
        server.server_close()


def page(about: results.Circumstances, jobs: int, found: Mapping[str, Found]) -> str:
    """Returns the results as a page of Markdown."""
    base, whole = found["floor"], found["ship"]
    lines = [
        f"# The shipper, {about.date}",
        "",
        f"{about.cores} cores, {about.ram_gib} GiB RAM, {about.system}, Python {about.python}; "
        f"commit {about.commit}; load average {about.load} at the start.",
        f"{base.lines:,} lines of {jobs:,} jobs at once, as the functions write them. How to read "
        "this: [docs/bench.md](../../docs/bench.md).",
        "",
        "| | lines/s | wall s | CPU s | CPU, floor = 1 | peak RSS MiB | state MiB |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {TITLES[name]} | {one.lines / one.seconds:,.0f} | {one.seconds:.1f} | {one.cpu:.1f} "
        f"| {one.cpu / base.cpu:.1f} | {one.peak_rss / _MIB:.0f} | {one.state / _MIB:.0f} |"
        for name, one in found.items()
    ]
    lines += [
        "",
        f"{whole.ended:,.0f} jobs have ended, says /metrics; a scrape took "
        f"{whole.scrape * 1000:.0f} ms. {whole.sent:,.0f} spans and records were sent, "
        f"{whole.dropped:,.0f} dropped.",
    ]
    return "\n".join(lines) + "\n"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="Fewer jobs: half a minute.")
@click.option("--phase", nargs=4, hidden=True)
def main(*, quick: bool, phase: tuple[str, str, str, str] | None) -> None:
    """Measures the shipper with the lines of 100,000 jobs."""
    if phase is not None:
        name, file, state, url = phase
        click.echo(json.dumps(asdict(_phase(name, Path(file), Path(state), url))))
        return
    about = results.circumstances("none", 1, 0, quick=quick)
    jobs = QUICK_JOBS if quick else JOBS
    folder = STATE / "bench" / "telemetry"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        with step("Shipper") as show:
            found = measured(jobs, folder, show)
    finally:
        shutil.rmtree(folder)
    wrong = {name: found[name].ended for name in ("count", "ship") if found[name].ended != jobs}
    if wrong:
        complain(f"Of {jobs:,} jobs, it has counted {wrong}.")
        sys.exit(1)
    written = page(about, jobs, found)
    if not quick:
        (results.RESULTS / "telemetry.md").write_text(written)
    click.echo(written)
    say("Each job's end was counted once.")


if __name__ == "__main__":
    main()
