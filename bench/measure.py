"""Measures what a process uses while it works: time, CPU, memory, requests and bytes."""

import resource
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from bench.traffic import Traffic

_STATUS: Final = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used. Times are in seconds; `cpu` is user and system time together.

    `peak_rss` is in bytes: the most since the process started. `bytes_in` and `bytes_out` are those
    of files (bench/traffic.py). `requests` counts by kind, as in "s3:GetObject".
    """

    seconds: float = 0.0
    cpu: float = 0.0
    peak_rss: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    requests: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "Usage") -> "Usage":
        """Returns the usage of both, one after the other."""
        kinds = sorted({*self.requests, *other.requests})
        return Usage(
            self.seconds + other.seconds,
            self.cpu + other.cpu,
            max(self.peak_rss, other.peak_rss),
            self.bytes_in + other.bytes_in,
            self.bytes_out + other.bytes_out,
            {kind: self.requests.get(kind, 0) + other.requests.get(kind, 0) for kind in kinds},
        )

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Reads what `dataclasses.asdict` has made."""
        return cls(**stored)


@dataclass(slots=True)
class Measured:
    """Holds the usage of a `with` block, once the block has ended."""

    usage: Usage = field(default_factory=Usage)


@contextmanager
def measured(traffic: Traffic) -> Iterator[Measured]:
    """Measures the `with` block. The usage is there when the block has ended."""
    result = Measured()
    traffic.take()
    started, cpu = time.monotonic(), cpu_seconds()
    yield result
    seconds, cpu = time.monotonic() - started, cpu_seconds() - cpu
    sent = traffic.take()
    result.usage = Usage(
        seconds, cpu, peak_rss(), sent.bytes_in, sent.bytes_out, dict(sorted(sent.requests.items()))
    )


def cpu_seconds() -> float:
    """Returns the user and system time of this process, of all its threads, in seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_rss() -> int:
    """Returns the most memory that this process has had resident, in bytes.

    On Linux this is not ru_maxrss: a new process inherits that value from its parent.
    """
    if _STATUS.exists():
        lines = _STATUS.read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) * 1024
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest if sys.platform == "darwin" else highest * 1024
