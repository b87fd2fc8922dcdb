"""The usage of a process is its own, and usages add up."""

import json
import subprocess
import sys

from bench.measure import Usage, measured
from bench.traffic import Traffic
from infra.paths import REPOSITORY

MIB = 1024**2
_PEAK = "from bench.measure import peak_rss; print(peak_rss())"


def test_usages_add_up_but_the_peak_is_the_higher_one() -> None:
    first = Usage(1, 0.5, 100, 10, 20, {"s3:GetObject": 2, "s3:PutObject": 1})
    second = Usage(2, 0.25, 80, 1, 2, {"s3:GetObject": 3})

    assert first + second == Usage(3, 0.75, 100, 11, 22, {"s3:GetObject": 5, "s3:PutObject": 1})


def test_a_usage_is_the_same_after_json() -> None:
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


def test_the_cpu_time_of_the_block_is_measured() -> None:
    with measured(Traffic()) as result:
        sum(range(2_000_000))

    assert 0 < result.usage.cpu <= result.usage.seconds * 2


def test_a_process_does_not_have_the_peak_of_its_parent() -> None:
    ours = bytearray(200 * MIB)

    peak = int(subprocess.check_output([sys.executable, "-c", _PEAK], cwd=REPOSITORY))

    assert peak < len(ours)
