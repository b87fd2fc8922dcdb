"""What an archive costs, in dollars and in seconds: the model that the layout decides by. Pure.

The objective is dollars + SECOND * the seconds until the archive is there. Prices are those of
us-east-1, on demand. Each fact is [cited], [measured] by us, or [assumed]; docs/design.md has the
decisions in one table, and `make simulate` plays plans against these and more facts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Final

SECOND: Final = 0.01
"""Dollars that a second of waiting is worth: $36 an hour, about what an hour of somebody's work
costs. The one taste in here; the rest follows."""

# -- prices, in dollars -------------------------------------------------------------------------
# [cited] https://aws.amazon.com/s3/pricing/ (PUT, COPY, POST, LIST; GET, HEAD; DELETE is free)
S3_WRITE: Final = 0.005 / 1000
S3_READ: Final = 0.0004 / 1000
# [cited] https://aws.amazon.com/lambda/pricing/
LAMBDA_GB_SECOND: Final = 0.0000166667
LAMBDA_GB_SECOND_ARM: Final = 0.0000133334
LAMBDA_REQUEST: Final = 0.20 / 1e6
# [cited] https://aws.amazon.com/sqs/pricing/ (standard queue; a batch of ten is one request)
SQS_REQUEST: Final = 0.40 / 1e6
# [cited] https://aws.amazon.com/dynamodb/pricing/on-demand/ (1 KB written, 4 KB read)
TABLE_WRITE: Final = 0.625 / 1e6
TABLE_READ: Final = 0.125 / 1e6

# -- a worker -----------------------------------------------------------------------------------
MEMORY_MB: Final = 1024
"""The worker's memory setting, as in .chalice/config.json."""

VCPUS: Final = MEMORY_MB / 1769
"""[cited] https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""

BUFFERS: Final = 3
READS_AT_ONCE: Final = 24
READ_SIZE: Final = 4 * 1024**2
COPIES_AT_ONCE: Final = 16
"""What a worker does at a time (pipeline/assembly.py): streamed parts, and requests for source
bytes, of how many bytes each; and copies by S3, which cost a worker no more than a waiting
thread. Of the streamed parts one is filled, one is uploaded, one is in between."""

JOINS_AT_ONCE: Final = 16
"""Copies at a time when a worker has S3 copy a nested plan's segment into the archive."""

STREAM_RATE: Final = 70e6
"""Bytes a second through one function, in and out at once. [cited] 15 GB in 212 s, in Rust with
512 MB: https://rustysl.com/en/blog/beyond-s3-archive-streaming; Lambda's ~600 Mbit/s."""

READ_SECONDS: Final = 0.03
"""Until a GET's first byte. [cited] p90 of 20 ms on EC2, of any size:
https://github.com/dvassallo/s3-benchmark; 10 ms more for a smaller machine [assumed]."""

READ_CPU: Final = 0.32e-3
"""CPU-seconds of a small GET over TLS. [measured] `python -m bench.simulate.measure`."""

BYTE_CPU: Final = 2.1e-3 / 1024**2
"""CPU-seconds of a byte on its way in (1.0 ms a MiB) and out (0.7 ms), both over TLS, and into a
CRC-32 (0.4 ms). [measured] as above."""

COPY_RATE: Final = 80e6
"""Bytes a second of one UploadPartCopy. [cited] 512 MiB more take 6.5 s more, whatever the size:
https://github.com/awslabs/aws-c-s3/pull/288."""

COPY_SECONDS: Final = 0.25
"""Seconds before the first byte of a copy. [assumed] between a PUT's 0.1 s and the 2 s that the
same table has for a whole copy with its two more requests."""

# -- the crowd of workers -----------------------------------------------------------------------
# [cited] https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html, standard mode
WORKERS_AT_FIRST: Final = 5
WORKERS_PER_SECOND: Final = 300 / 60

SPLIT_SECONDS: Final = 2.0
"""What a job takes longer for being split: a new worker's start, 0.25 s [assumed] and 0.27 s of CPU
to import and to make clients [measured]; two more messages, and the plan read again [assumed]."""

SEGMENT_SECONDS: Final = 0.2
"""A segment's own requests, one after another: its message, job, index, slice, parts, and the table
at its end. [assumed] seven requests of 10 to 40 ms."""

SECTIONS_AT_ONCE: Final = 16
"""Sections of the tail that `finalize` reads at a time."""

SEGMENT_SERIAL_SECONDS: Final = 3 * READ_SECONDS / SECTIONS_AT_ONCE
"""What each segment adds to `finalize`, which reads counts, lines and records of its section of the
tail."""

SEGMENT_DOLLARS: Final = (
    3 * SQS_REQUEST + LAMBDA_REQUEST + 2 * S3_WRITE + 5 * S3_READ + 4 * TABLE_WRITE + 2 * TABLE_READ
)
"""A segment's own requests. S3_WRITE is for ListParts and its section of the tail; S3_READ for
plan, slice, and what `finalize` reads of that section."""

MOST_SEGMENTS: Final = 1000
"""Of a job: as many as Lambda lets an account run at a time. More would queue."""

_TYPICAL_WORK: Final = 100.0
"""Seconds of one worker for which the sizes below are worked out: 7 GB streamed."""

_ROUNDING: Final = 1.5
"""By how much a file's copied parts may be larger than would be best. They are of one size, so with
this at most there are as many as come nearest to that."""

COPY_PART: Final = int(_ROUNDING * COPY_RATE * COPY_SECONDS) // 1024**2 * 1024**2
"""Bytes of a copied part at most, where a few suffice: S3 copies it about as long as it takes to
begin. In a larger archive it is copy_part()."""

STREAM_PART: Final = 16 * 1024**2
"""Bytes of a streamed part, about. Larger ones make fewer requests; smaller ones let a worker's
uploads begin sooner and end sooner: stream_part() is 7.5 MiB for a segment of _TYPICAL_WORK. Twice
that costs an eighth of a second of the segment's 1.7. But then, with the least part that S3 takes
on top, it has two files that are hardly too small to be copied alone, and ten thousand of these
need no nested plan, which copies all bytes twice. BUFFERS of it fit into memory beside 100 MiB of
interpreter, botocore and plan."""

STREAM_FILES: Final = 1000
"""Files of a streamed part, about: its PUT then costs 1 % of its GETs, so more would save
nothing."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Bytes a second: `stream` through one worker, `copy` of one UploadPartCopy."""

    stream: float = STREAM_RATE
    copy: float = COPY_RATE


RATES: Final = Rates()

# -- what they come to --------------------------------------------------------------------------


def streaming(files: int, length: int, rates: Rates = RATES) -> float:
    """Returns the seconds in which one worker streams `length` bytes of `files` files: those of the
    network, of the requests or of the CPU, whichever is slowest."""
    return max(
        length / rates.stream,
        files * READ_SECONDS / READS_AT_ONCE,
        (files * READ_CPU + length * BYTE_CPU) / VCPUS,
    )


def copying(length: int, rates: Rates = RATES) -> float:
    """Returns the seconds that a copy of `length` bytes takes of one worker, which has many under
    way."""
    return (COPY_SECONDS + length / rates.copy) / COPIES_AT_ONCE


def joining(length: int, rates: Rates = RATES) -> float:
    """Returns the seconds that the worker of a nested plan then waits until S3 has copied `length`
    bytes of its segment into the archive."""
    return length / rates.copy / JOINS_AT_ONCE


def ramp(work: float) -> float:
    """Returns the seconds in which the crowd of workers does `work` seconds of one worker's work,
    if it is well divided: WORKERS_AT_FIRST * t + WORKERS_PER_SECOND * t² / 2 = work."""
    return (workers(work) - WORKERS_AT_FIRST) / WORKERS_PER_SECOND


def workers(work: float) -> float:
    """Returns how many workers there are when `work` seconds of work are done."""
    return sqrt(WORKERS_AT_FIRST**2 + 2 * WORKERS_PER_SECOND * work)


def segment_seconds(work: float) -> float:
    """Returns how much of the archive's `work`, in seconds of one worker, a segment should have:
    all of it where a job that is not split is there sooner.

    In segments of s seconds it takes ramp(work) + s / 2, as the workers end within s of each other,
    and each of the work / s segments adds its serial seconds, its dollars, and its own requests,
    which the crowd does side by side. The sum is least where s² / 2 is work * what one adds.
    """
    adds = (
        SEGMENT_SERIAL_SECONDS
        + SEGMENT_DOLLARS / SECOND
        + SEGMENT_SECONDS * (1 / workers(work) + MEMORY_MB / 1024 * LAMBDA_GB_SECOND / SECOND)
    )
    best = max(sqrt(2 * work * adds), work / MOST_SEGMENTS)
    if best >= work:
        return work
    split = SPLIT_SECONDS + ramp(work) + best / 2 + adds * work / best
    return best if split < work else work


def copy_part(copied: int, least: int, divided: Callable[[float], float] = segment_seconds) -> int:
    """Returns how many bytes a copied part has at most, where S3 copies `copied` bytes of the
    archive. `divided` is `segment_seconds`, or what stands for it.

    Smaller parts make more requests, each of COPY_SECONDS in one of the workers' places for copies
    and of a price; larger ones make the last copy end later. The sum is least at the root of
    copied * COPY_SECONDS * COPY_RATE * what a request adds, and `least` is _ROUNDING of what
    COPY_RATE brings in COPY_SECONDS.
    """
    begun = least / _ROUNDING
    work = copied / begun * COPY_SECONDS / COPIES_AT_ONCE
    crowd = 1.0 if divided(work) >= work else workers(work)
    adds = 1 / (COPIES_AT_ONCE * crowd) + S3_WRITE / SECOND / COPY_SECONDS
    return max(least, int(_ROUNDING * sqrt(copied * begun * adds)))


def stream_part() -> float:
    """Returns the bytes of a streamed part: the root of a segment's bytes * STREAM_RATE * what a
    request costs in seconds of a worker, halved, as the first part is only read and the last only
    written."""
    in_segment = segment_seconds(_TYPICAL_WORK) * STREAM_RATE
    return sqrt(in_segment * STREAM_RATE * S3_WRITE / _worker_second() / 2)


def streamed_byte() -> float:
    """Returns the dollars of a byte that goes through a worker, in a job of _TYPICAL_WORK."""
    return _worker_second() / STREAM_RATE + S3_READ / READ_SIZE + S3_WRITE / STREAM_PART


def copy_break_even(min_part: int, *, mortared: bool) -> float:
    """Returns the bytes from which a file is cheaper copied than streamed.

    To copy it takes a HEAD and a copy, and cuts the part before it short: that of the small files
    which lie there (`mortared`), or one of the file's own first `min_part` bytes.
    """
    copy = S3_READ + S3_WRITE + COPY_SECONDS / COPIES_AT_ONCE * _worker_second()
    before = (
        S3_WRITE * (1 - min_part / STREAM_PART)
        if mortared
        else S3_WRITE + min_part * (streamed_byte() - S3_WRITE / STREAM_PART)
    )
    saved = streamed_byte() - _worker_second() / COPY_RATE / COPIES_AT_ONCE
    return (copy + before) / saved


def _worker_second() -> float:
    """Returns the dollars of a second of one worker among the others: its GB-second, and its part
    of the waiting."""
    return MEMORY_MB / 1024 * LAMBDA_GB_SECOND + SECOND / workers(_TYPICAL_WORK)
