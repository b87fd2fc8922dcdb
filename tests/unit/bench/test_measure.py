"""What a process uses is its own, and adds up."""

import json
import subprocess
import sys

from bench.measure import Usage, measured
from bench.traffic import Traffic
from infra.paths import REPOSITORY

MIB = 1024**2
_PEAK = "from bench.measure import peak_rss; print(peak_rss())"


def test_two_runs_add_up_but_for_the_peak() -> None:
    first = Usage(1, 0.5, 100, 10, 20, {"s3:GetObject": 2, "s3:PutObject": 1})
    second = Usage(2, 0.25, 80, 1, 2, {"s3:GetObject": 3})

    assert first + second == Usage(3, 0.75, 100, 11, 22, {"s3:GetObject": 5, "s3:PutObject": 1})


def test_usage_survives_json() -> None:
    usage = Usage(1, 0.5, 100, 10, 20, {"s3:GetObject": 2})
    stored = {
        "seconds": 1,
        "cpu": 0.5,
        "peak_rss": 100,
        "bytes_in": 10,
        "bytes_out": 20,
        "requests": {"s3:GetObject": 2},
    }

    assert Usage.from_json(json.loads(json.dumps(stored))) == usage


def test_the_body_s_cpu_is_measured() -> None:
    with measured(Traffic()) as box:
        sum(range(2_000_000))

    assert 0 < box.usage.cpu <= box.usage.seconds * 2


def test_a_process_does_not_have_the_peak_of_the_one_that_started_it() -> None:
    ours = bytearray(200 * MIB)

    peak = int(subprocess.check_output([sys.executable, "-c", _PEAK], cwd=REPOSITORY))

    assert peak < len(ours)
