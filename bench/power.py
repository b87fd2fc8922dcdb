"""How much memory the worker's function should have: Lambda gives CPU in proportion to it.

The worker runs once for each memory setting, with the share of a CPU that Lambda would give it
(share.py): that is measured. What the emulator does not have is modelled: the encryption of TLS and
the function's network, by the facts of chalicelib/archive/costs.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bench import archives, ours, prices, processes
from bench.cases import Case
from bench.place import Place
from bench.points import Tuning
from bench.share import limited
from chalicelib.archive import costs

SETTINGS: Final = (256, 512, 768, 1024, 1769, 3008)
"""Memory in MB."""

MB_OF_A_CPU: Final = 1769
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""

_TLS_CPU: Final = 1.7e-3 / 1024**2
"""CPU-seconds of a byte's way in and out over TLS: costs.BYTE_CPU without the CRC-32, which is in
what was measured. So is plain HTTP's share: this is a little too much."""

GOOD_ENOUGH: Final = 1.1
"""Times the fastest setting's time: what more memory saves beyond this is not worth its price."""


@dataclass(frozen=True, slots=True)
class OnAws:
    """What it comes to there, in seconds and dollars, as modelled."""

    seconds: float
    dollars: float


def tuned(place: Place, case: Case, note: Callable[[str], None]) -> list[Tuning]:
    """Runs the worker once under each setting."""
    found = []
    for memory in SETTINGS:
        note(f"{memory} MB")
        with (
            processes.running("bench.worker:worker", place.environment) as worker,
            limited(worker.process.pid, memory / MB_OF_A_CPU),
        ):
            job_id, usage = ours.export(place, {"prefix": case.prefix, "fresh": True}, worker)
        archives.delete(place, ours.archive_key(job_id))
        found.append(Tuning(case.name, memory, usage))
    return found


def on_aws(tuning: Tuning) -> OnAws:
    """The slowest of three: the CPU (what was measured, and TLS), the network, and the requests
    that are waited for. All three are under way at the same time."""
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
    """The least memory with which every case takes at most GOOD_ENOUGH times its best time."""
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
