"""The sizes that a layout is made with: S3's limits, and what follows from the costs. Pure.

docs/design.md has a table of how they follow. tests/unit/archive/test_costs.py checks that they do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chalicelib.archive import costs

MIB: Final = 1024**2
GIB: Final = 1024**3

# S3's limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
MIN_PART: Final = 5 * MIB
MAX_PART: Final = 5 * GIB
MAX_PARTS: Final = 10_000
MAX_ARCHIVE: Final = MAX_PARTS * MAX_PART  # 48.8 TiB

MOST_ARCHIVES: Final = 1000
"""The most archives of an export: each has a message, an upload and a link of its own."""

COPY_MIN: Final = max(MIN_PART, int(costs.copy_break_even(MIN_PART, mortared=True)))
"""Bytes from which S3 may copy a file. A copy is cheaper than a stream from fewer bytes on, but S3
takes no smaller part."""

SEGMENT_SECONDS: Final = 60.0
"""The most seconds of work in one segment: what the death of a worker costs. They are well below
the function's timeout. Most segments have far less: see costs.segment_seconds."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The sizes of a layout, in bytes unless this says otherwise.

    `min_part`, `max_part` and `max_parts` (a count) are S3's limits of an upload. A streamed part
    has about `stream_part` bytes or `stream_files` files. `copy_part` is the most that a part
    copied by S3 has, if few parts are copied; in a larger archive it is more (`costs.copy_part`).
    `copy_min` is the least file that S3 copies. `rates` are the bytes a second that the work is
    computed with. `segment_seconds` takes an archive's seconds of work, and returns how many of
    them one segment has. `most_segment_seconds` is the most that it may have.
    """

    min_part: int = MIN_PART
    max_part: int = MAX_PART
    max_parts: int = MAX_PARTS
    stream_part: int = costs.STREAM_PART
    stream_files: int = costs.STREAM_FILES
    copy_part: int = costs.COPY_PART
    copy_min: int = COPY_MIN
    rates: costs.Rates = costs.RATES
    segment_seconds: Callable[[float], float] = costs.segment_seconds
    most_segment_seconds: float = SEGMENT_SECONDS


SCALE: Final = Scale()
"""The sizes that archives are laid out with."""
