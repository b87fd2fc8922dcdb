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


def seconds(files: int, length: int, scale: Scale = SCALE) -> int:
    """Returns about how many seconds an export of so many files and bytes takes on AWS; 0 without
    files."""
    if not files:
        return 0
    return ceil(JOB_SECONDS + files * FILE_SECONDS + _assembling(files, length, scale))


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
    work = max(costs.streaming(files, length, scale.rates), copying)
    one = min(scale.segment_seconds(work), SEGMENT_SECONDS)
    if one >= work:
        return work
    segments = work / one
    queued = max(segments - costs.DIRECT_SEGMENTS, 0)
    serial = segments * costs.SEGMENT_SERIAL_SECONDS
    # S3 does not answer any number of workers.
    answering = max(files / _PREFIXES / costs.READS_PER_SECOND, writes / costs.WRITES_PER_SECOND)
    building = max(one, answering) + costs.ramp(queued * one)
    return costs.START_SECONDS + costs.SEGMENT_SECONDS + building + serial
