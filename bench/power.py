"""Finds how much memory the worker's function should have. Lambda gives CPU in proportion to it.

The worker runs once with each memory setting, with as much CPU as Lambda would give it
(cpu_limit.py): that is measured. The emulator has no TLS and no network of a function. These are
modelled with the facts of chalicelib/archive/costs.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bench import archives, ours, prices, processes
from bench.cases import Case
from bench.cpu_limit import limited
from bench.place import Place
from bench.points import Tuning
from chalicelib.archive import costs

SETTINGS: Final = (256, 512, 768, 1024, 1769, 3008)
"""Memory settings of the function, in MB."""

MB_OF_A_CPU: Final = 1769
"""Memory for which Lambda gives one whole CPU:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""

_TLS_CPU: Final = 1.7e-3 / 1024**2
"""CPU-seconds to read and write a byte over TLS: costs.BYTE_CPU without the CRC-32, which was
measured. Plain HTTP was measured as well and is in here again, so this is a little too much."""

GOOD_ENOUGH: Final = 1.1
"""A setting is good enough if it takes at most this many times the best time. More memory would
cost more than the time is worth."""


@dataclass(frozen=True, slots=True)
class OnAws:
    """The seconds and dollars of a run on AWS, as modelled."""

    seconds: float
    dollars: float


def measured(place: Place, case: Case, show: Callable[[str], None]) -> list[Tuning]:
    """Runs the worker once with each memory setting."""
    found = []
    for memory in SETTINGS:
        show(f"{memory} MB")
        with (
            processes.running("bench.worker:worker", place.environment) as worker,
            limited(worker.process.pid, memory / MB_OF_A_CPU),
        ):
            job_id, usage = ours.export(place, {"prefix": case.prefix, "fresh": True}, worker)
        archives.delete(place, ours.archive_key(job_id))
        found.append(Tuning(case.name, memory, usage))
    return found


def on_aws(tuning: Tuning) -> OnAws:
    """Returns what the model says of this run on AWS.

    Three things go on at the same time, and the slowest of them counts: the CPU (measured, plus
    TLS), the network, and the wait for requests.
    """
    usage, cpus = tuning.usage, tuning.memory_mb / MB_OF_A_CPU
    through = max(usage.bytes_in, usage.bytes_out)
    reads = usage.requests.get("s3:GetObject", 0) + usage.requests.get("s3:HeadObject", 0)
    copied = usage.requests.get("s3:UploadPartCopy", 0)
    seconds = max(
        (usage.cpu + through * _TLS_CPU) / cpus,
        through / costs.STREAM_RATE,
        reads * costs.READ_SECONDS / costs.READS_AT_ONCE,
        copied * costs.COPY_SECONDS / costs.COPIES_AT_ONCE,
    )
    return OnAws(seconds, prices.lambda_dollars(seconds, tuning.memory_mb))


def chosen(tunings: Sequence[Tuning]) -> int:
    """Returns the least memory in MB with which no case takes more than GOOD_ENOUGH times its best
    time."""
    cases = {tuning.case for tuning in tunings}
    best = {case: min(on_aws(one).seconds for one in tunings if one.case == case) for case in cases}
    return min(
        memory
        for memory in SETTINGS
        if all(
            on_aws(one).seconds <= GOOD_ENOUGH * best[one.case]
            for one in tunings
            if one.memory_mb == memory
        )
    )
