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

FILE_SECONDS: Final = 35e-6
"""Of each file: it is listed, laid out, and gets its line in the archive's directory. A million of
them take 33 s for that in bench/results/simulate.md, "Where the time goes"."""

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
    return PACKING_SECONDS + _divided(length / costs.PACK_RATE, scale) + _divided(copying, scale)


def _assembling(files: int, length: int, scale: Scale) -> float:
    """Returns the seconds until the workers have built the archive."""
    each, copying = length / files, 0.0
    if each >= scale.copy_min:
        # S3 copies all of a file but its beginning, which a worker streams.
        each -= scale.min_part
        parts = ceil(each / costs.copy_part(int(files * each), scale.copy_part))
        copying = files * parts * costs.copying(int(each / parts), scale.rates)
        length = files * scale.min_part
    return _divided(max(costs.streaming(files, length, scale.rates), copying), scale)


def _divided(work: float, scale: Scale) -> float:
    """Returns the seconds that `work` seconds of one worker take, if several share it."""
    one = min(scale.segment_seconds(work), SEGMENT_SECONDS)
    if one >= work:
        return work
    segments = work / one
    return (
        costs.SPLIT_SECONDS
        + costs.ramp(work + segments * costs.SEGMENT_SECONDS)
        + one / 2
        + segments * costs.SEGMENT_SERIAL_SECONDS
    )
