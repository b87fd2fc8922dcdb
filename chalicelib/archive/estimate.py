"""About how long an export takes, from the number of its files and their bytes. Pure.

Nobody knows the sizes of the single files yet, so all are taken to have the same one. The model is
that of `costs`, with what a job takes besides. docs/simulate.md says how far one can believe it;
tests/unit/archive/test_estimate.py holds it near the times that are modelled there.
"""

from math import ceil
from typing import Final

from chalicelib.archive import costs
from chalicelib.archive.scale import SCALE, SEGMENT_SECONDS, Scale

JOB_SECONDS: Final = 2.5
"""Of every job: a worker starts, plans, and completes the upload. `make simulate` plays a job of
one small file in 2.3."""

FILE_SECONDS: Final = 33e-6
"""Of each file: it is listed, laid out, and gets its line in the archive's directory. A million of
them take 33 s for that in bench/results/simulate.md, "Where the time goes"."""

_PREFIXES: Final = 4
"""In how many prefixes many files lie. [assumed] S3 answers each so many times a second."""

PACKING_SECONDS: Final = 1.0
"""How much longer a job takes because its files are compressed before it is planned: messages are
sent, and it is planned a second time [assumed]."""


def seconds(files: int, length: int, scale: Scale = SCALE, *, compressed: bool = False) -> int:
    """Returns about how many seconds an export of so many files and bytes takes on AWS; 0 without
    files. `compressed`: all files are."""
    if not files:
        return 0
    building = _packing(length, scale) if compressed else _assembling(files, length, scale)
    return ceil(JOB_SECONDS + files * FILE_SECONDS + building)


def _packing(length: int, scale: Scale) -> float:
    """Returns the seconds until the files are compressed, and until S3 has joined them. Nobody
    knows how long they are then, so they count as if they had become no shorter."""
    joined = ceil(length / costs.copy_part(length, scale.copy_part))
    copying = joined * costs.copying(length // joined, scale.rates) if joined else 0.0
    work = length / costs.PACK_RATE
    packing = min(work, costs.START_SECONDS + costs.ramp(work))  # all of it through the queue
    return PACKING_SECONDS + packing + _divided(copying, scale)


def _assembling(files: int, length: int, scale: Scale) -> float:
    """Returns the seconds until the workers have built the archive."""
    each, copying, writes = length / files, 0.0, 0
    if each >= scale.copy_min:
        # S3 copies all of a file but its beginning, which a worker streams.
        each -= scale.min_part
        parts = ceil(each / costs.copy_part(int(files * each), scale.copy_part))
        copying = files * parts * costs.copying(int(each / parts), scale.rates)
        length = files * scale.min_part
        writes = files * (parts + 1)
    # S3 does not answer any number of workers.
    answering = max(files / _PREFIXES / costs.READS_PER_SECOND, writes / costs.WRITES_PER_SECOND)
    return _divided(max(costs.streaming(files, length, scale.rates), copying), scale, answering)


def _divided(work: float, scale: Scale, least: float = 0.0) -> float:
    """Returns the seconds that `work` seconds of one worker take, if several share it: `least` at
    least."""
    one = min(scale.segment_seconds(work), SEGMENT_SECONDS)
    if one >= work:
        return work
    segments = work / one
    queued = max(segments - costs.DIRECT_SEGMENTS, 0)
    serial = segments * costs.SEGMENT_SERIAL_SECONDS
    building = max(one, least) + costs.ramp(queued * one)
    return costs.START_SECONDS + costs.SEGMENT_SECONDS + building + serial
