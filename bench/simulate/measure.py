"""Measures how much CPU Longhaul's own code uses: `python -m bench.simulate.measure`.

Each figure is the least of several runs on one core of this machine. The figures stand in
chalicelib/archive/costs.py and in bench/simulate/world.py, marked [measured].
"""

import gzip
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from ssl import create_default_context
from typing import Final

from botocore.credentials import Credentials

from bench.simulate.stand_in import stand_in
from chalicelib.archive import costs, layout, names, tail
from chalicelib.archive.manifest import Head
from chalicelib.archive.plan import Entry
from chalicelib.pipeline import plans
from chalicelib.s3.fastpath import FastPath
from chalicelib.s3.wire import Wire

MIB: Final = 1024**2
RUNS: Final = 5
FILES: Final = 20_000
REQUESTS: Final = 400
_COLD_START: Final = """
import time
from app import worker
from chalicelib import aws
from chalicelib.s3 import clients
for client in (clients.s3, clients.fast_path, aws.dynamodb, aws.sqs):
    client()
print(time.process_time())
"""
_ENVIRONMENT: Final = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_DEFAULT_REGION": "us-east-1",
    **dict.fromkeys(("JOBS_TABLE", "SOURCE_BUCKET", "ARCHIVE_BUCKET"), "none"),
    **dict.fromkeys(("QUEUE_URL", "DEAD_LETTER_QUEUE_URL"), "http://localhost/none"),
    "PATH": "",
}


def cpu(work: Callable[[], object]) -> float:
    """Returns the CPU-seconds of this process for the work, the least of RUNS runs."""

    def once() -> float:
        started = time.process_time()
        work()
        return time.process_time() - started

    return min(once() for _ in range(RUNS))


def requests() -> dict[str, float]:
    """Returns the CPU-seconds of one request of each kind.

    The requests go through the fast path and over TLS. As many are under way at a time as in a
    worker.
    """
    with tempfile.TemporaryDirectory() as folder, stand_in(Path(folder)) as (url, certificate):
        fast = FastPath(
            wire=Wire(time.monotonic, create_default_context(cafile=certificate)),
            credentials=Credentials("none", "none"),
            region="us-east-1",
            endpoint=url,
            by_path=True,
            now=lambda: datetime.now(UTC),
        )
        body = bytearray(16 * MIB)
        buffers = [bytearray(4 * MIB) for _ in range(costs.READS_AT_ONCE)]

        def read(number: int, length: int) -> None:
            view = memoryview(buffers[number % len(buffers)])[:length]
            _check(is_answered=fast.read_into(view, "bucket", "key", 0, etag='"0"'))

        def copy(number: int) -> None:
            copied = fast.copy_part(
                "bucket",
                "key",
                "id",
                number + 1,
                source="source/key",
                etag='"0"',
                source_range="bytes=0-9",
            )
            _check(is_answered=copied is not None)

        def upload(number: int) -> None:
            uploaded = fast.upload_part("bucket", "key", "id", number + 1, body)
            _check(is_answered=uploaded is not None)

        def each(count: int, threads: int, request: Callable[[int], object]) -> float:
            with ThreadPoolExecutor(threads) as pool:
                return cpu(lambda: list(pool.map(request, range(count)))) / count

        return {
            "a GET of 10 kB": each(REQUESTS, 24, lambda number: read(number, 10_000)),
            "a GET of 200 kB": each(REQUESTS, 24, lambda number: read(number, 200_000)),
            "a GET of 4 MiB": each(48, 24, lambda number: read(number, 4 * MIB)),
            "a HEAD": each(REQUESTS, 32, lambda _: fast.head("bucket", "key")),
            "an UploadPartCopy": each(REQUESTS, 16, copy),
            "an UploadPart of 16 MiB": each(12, 3, upload),
            "a page of a listing": each(64, 16, lambda _: fast.list_page("bucket", "p", "")),
        }


def _check(*, is_answered: bool) -> None:
    """Raises RuntimeError if the fast path did not understand the answer."""
    if not is_answered:
        raise RuntimeError("the stand-in's answer was not understood")


def entries() -> dict[str, float]:
    """Returns the CPU-seconds of one entry in each stage of its way through Longhaul."""
    made = tuple(
        Entry(
            f"2024/file-{number:07d}.jpg",
            f"photos/2024/file-{number:07d}.jpg",
            f'"{hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()}"',
            10_000 + number,
            number,
            1_700_000_000,
        )
        for number in range(FILES)
    )
    head = Head("5f0c5d0e-0000-4000-8000-000000000000", 1_700_000_000)
    plan = layout.lay_out(made, head)
    packed = [plans.packed(plan, segment) for segment in plan.segments]

    def lines() -> tail.Section:
        files = list(zip(plan.entries, plan.offsets, range(FILES), strict=True))
        return tail.section(plan.form, files, first=True)

    return {
        "its name": cpu(lambda: list(names.unique_names(one.name for one in made))) / FILES,
        "laying it out": cpu(lambda: layout.lay_out(made, head)) / FILES,
        "storing it": cpu(lambda: [plans.packed(plan, one) for one in plan.segments]) / FILES,
        "reading it": cpu(lambda: [json.loads(gzip.decompress(one)) for one in packed]) / FILES,
        "its lines in the tail": cpu(lines) / FILES,
    }


def cold_start() -> float:
    """Returns the CPU-seconds of a new process until the worker's handler can start."""
    runs = (
        subprocess.run(
            [sys.executable, "-c", _COLD_START],
            env=_ENVIRONMENT,
            capture_output=True,
            check=True,
        )
        for _ in range(RUNS)
    )
    return min(float(run.stdout) for run in runs)


def main() -> None:
    """Prints all figures."""
    print(f"{'a new worker':28}{cold_start() * 1000:10.0f} ms")
    for name, seconds in requests().items():
        print(f"{name:28}{seconds * 1000:10.2f} ms")
    for name, seconds in entries().items():
        print(f"an entry: {name:18}{seconds * 1e6:10.1f} µs")


if __name__ == "__main__":
    main()
