"""What an archive costs, in dollars and in seconds: the model that the layout decides by. Pure.

The objective is dollars + SECOND * the seconds until the archive is there. Prices are those of
us-east-1, on demand. Each fact is [cited], [measured] by us, or [assumed]. docs/design.md has the
decisions in one table. `make simulate` runs plans against these facts and more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Final

SECOND: Final = 0.01
"""Dollars that a second of waiting is worth: $36 an hour, about what an hour of somebody's work
costs. This value alone is a matter of taste; the rest follows."""

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
"""What a worker does at the same time (pipeline/assembly.py). It streams BUFFERS parts: one is
filled, one is uploaded, one is in between. It has READS_AT_ONCE requests for source bytes under
way, for READ_SIZE bytes each. It has S3 make COPIES_AT_ONCE copies, each of which costs the worker
no more than a waiting thread."""

JOINS_AT_ONCE: Final = 16
"""Copies under way at the same time while a worker has S3 copy a nested plan's segment into the
archive."""

STREAM_RATE: Final = 70e6
"""Bytes a second through one function, in and out at the same time. [cited] 15 GB in 212 s, in Rust
with 512 MB: https://rustysl.com/en/blog/beyond-s3-archive-streaming; Lambda's ~600 Mbit/s."""

PACK_RATE: Final = 17e6
"""Source bytes a second that one worker compresses, with zlib at level 6 and MEMORY_MB. [assumed]
text, on VCPUS of a core that compresses 30 MB a second."""

READ_SECONDS: Final = 0.03
"""Seconds until the first byte of a GET. [cited] p90 of 20 ms on EC2, for any size:
https://github.com/dvassallo/s3-benchmark; 10 ms more for a smaller machine [assumed]."""

READ_CPU: Final = 0.32e-3
"""CPU-seconds of a small GET over TLS. [measured] `python -m bench.simulate.measure`."""

BYTE_CPU: Final = 2.1e-3 / 1024**2
"""CPU-seconds of a byte: to receive it (1.0 ms a MiB) and send it (0.7 ms), both over TLS, and to
add it to a CRC-32 (0.4 ms). [measured] as above."""

COPY_RATE: Final = 80e6
"""Bytes a second of one UploadPartCopy. [cited] 512 MiB more take 6.5 s more, whatever the size:
https://github.com/awslabs/aws-c-s3/pull/288."""

COPY_SECONDS: Final = 0.25
"""Seconds before the first byte of a copy. [assumed] It is more than the 0.1 s of a PUT, and less
than the 2 s that the same table has for a whole copy and its two other requests."""

# -- the crowd of workers -----------------------------------------------------------------------
# [cited] https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html, standard mode
WORKERS_AT_FIRST: Final = 5
WORKERS_PER_SECOND: Final = 300 / 60

DIRECT_SEGMENTS: Final = 300
"""How many segments of a job go to workers directly, if the deployment does not say otherwise
(pipeline/sending.py). [cited] Lambda adds 1,000 workers of a function in ten seconds:
https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html. The others of an account's 1,000
are left to others."""

START_SECONDS: Final = 0.8
"""Seconds until a new worker begins. Lambda delivers the event (0.07 s [cited]:
https://bitesizedserverless.com/bite/serverless-messaging-latency-compared), makes the worker (0.25
s [assumed]), which imports modules and makes clients (0.27 s of CPU [measured])."""

INVOKE_SECONDS: Final = 0.03 / 16
"""Seconds that each segment adds while `plan` invokes workers, sixteen at a time. [assumed] An
invocation takes as long as a GET."""

SPLIT_SECONDS: Final = 2.0
"""How much longer a job takes because it is split: START_SECONDS, and the plan is read again. Half
of a second more [assumed] stands for chance: a job waits for the last of many workers."""

SEGMENT_SECONDS: Final = 0.2
"""Seconds of a segment's own requests, one after another: for its job, done segments, index and
slice, for the section of the tail, and to the table at its end. [assumed] six requests of 10 to 40
ms."""

SECTIONS_AT_ONCE: Final = 16
"""How many sections of the tail `finalize` reads at the same time."""

SEGMENT_WRITES: Final = 4
TABLE_WRITES_PER_SECOND: Final = 1000
"""What a segment writes to its job's record and beside it, and what DynamoDB takes a second for one
key. [cited]
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"""

SEGMENT_SERIAL_SECONDS: Final = (
    READ_SECONDS / SECTIONS_AT_ONCE + SEGMENT_WRITES / TABLE_WRITES_PER_SECOND
)
"""Seconds that each segment adds. `finalize` reads the segment's section of the tail. Segments that
end at the same time wait for each other's writes."""

SEGMENT_DOLLARS: Final = LAMBDA_REQUEST + S3_WRITE + 3 * S3_READ + 4 * TABLE_WRITE + 2 * TABLE_READ
"""Dollars of a segment's own requests. S3_WRITE is for the section of the tail. S3_READ is for
index, slice, and what `finalize` reads of the section."""

READS_PER_SECOND: Final = 5500
WRITES_PER_SECOND: Final = 3500
"""Requests a second that S3 answers for a prefix. [cited]
https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html"""

_READS_MARGIN: Final = 2.0
"""How many times as many requests a crowd of workers may make: S3 answers more for a prefix that is
busy for a while. [assumed]"""

_TYPICAL_WORK: Final = 100.0
"""Seconds of one worker's work, for which the sizes below are computed: 7 GB streamed."""

_ROUNDING: Final = 1.5
"""How many times larger than the best size a file's copied parts may be. All copied parts of a file
have the same size. With this limit, their number is the one that brings them nearest to the best
size."""

COPY_PART: Final = int(_ROUNDING * COPY_RATE * COPY_SECONDS) // 1024**2 * 1024**2
"""The most bytes of a copied part, if few parts are copied: S3 copies such a part in about the time
that it takes to begin. A larger archive takes copy_part()."""

STREAM_PART: Final = 16 * 1024**2
"""About how many bytes a streamed part has. Larger parts make fewer requests. Smaller parts let a
worker's uploads begin sooner and end sooner. The best size, stream_part(), is 5.8 MiB for a segment
of _TYPICAL_WORK. Twice that costs a tenth of a second of the segment's one. But a part of that
size, with S3's least part on top, has room for two files that are just too small to be copied
alone. So ten thousand of these files need no nested plan, which copies all bytes twice. BUFFERS
parts fit into memory beside 100 MiB of interpreter, botocore and plan."""

STREAM_FILES: Final = 1000
"""About how many files a streamed part has. The part's PUT then costs 1 % of its files' GETs, so
more files would save nothing."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Bytes a second: `stream` through one worker, `copy` of one UploadPartCopy, `pack` compressed
    by one worker."""

    stream: float = STREAM_RATE
    copy: float = COPY_RATE
    pack: float = PACK_RATE


RATES: Final = Rates()

# -- what follows from them ---------------------------------------------------------------------


def streaming(files: int, length: int, rates: Rates = RATES) -> float:
    """Returns the seconds that one worker takes to stream `length` bytes of `files` files. The
    slowest of network, requests and CPU decides."""
    return max(
        length / rates.stream,
        files * READ_SECONDS / READS_AT_ONCE,
        (files * READ_CPU + length * BYTE_CPU) / VCPUS,
    )


def packing(files: int, length: int, rates: Rates = RATES) -> float:
    """Returns the seconds that one worker takes to pack `length` bytes of `files` files."""
    return max(length / rates.pack, streaming(files, length, rates))


def copying(length: int, rates: Rates = RATES) -> float:
    """Returns the seconds of one worker that a copy of `length` bytes takes. The worker has many
    copies under way."""
    return (COPY_SECONDS + length / rates.copy) / COPIES_AT_ONCE


def joining(length: int, rates: Rates = RATES) -> float:
    """Returns the seconds that a nested plan's worker waits, at the end of its segment, until S3
    has copied `length` bytes of the segment into the archive."""
    return length / rates.copy / JOINS_AT_ONCE


def ramp(work: float) -> float:
    """Returns the seconds that the crowd of workers takes for `work` seconds of one worker's work,
    if it is well divided, and if all of it goes through the queue. They are the t of
    WORKERS_AT_FIRST * t + WORKERS_PER_SECOND * t² / 2 = work."""
    return (workers(work) - WORKERS_AT_FIRST) / WORKERS_PER_SECOND


def workers(work: float) -> float:
    """Returns how many workers the queue has when `work` seconds of work are done."""
    return sqrt(WORKERS_AT_FIRST**2 + 2 * WORKERS_PER_SECOND * work)


def most_workers(work: float, files: int, prefixes: int) -> float:
    """Returns how many workers S3 can keep busy with `work` seconds of work, which reads or copies
    files of so many prefixes. More would be paid for waiting."""
    return _READS_MARGIN * READS_PER_SECOND * max(prefixes, 1) * work / max(files, 1)


def segment_seconds(work: float) -> float:
    """Returns how much of an archive's `work` one segment should have, both in seconds of one
    worker. This is all of the work if a job that is not split ends sooner.

    All segments begin at the same time, so with segments of s seconds the job takes s. Each of the
    work / s segments adds its serial seconds and its dollars, those of its worker's start included.
    The sum is least if s² is work * what one segment adds. There are no more than DIRECT_SEGMENTS,
    because others would begin later. And none has less work than START_SECONDS, so that no more is
    paid for workers' starts than for their work.
    """
    gigabyte = MEMORY_MB / 1024 * LAMBDA_GB_SECOND
    adds = (
        SEGMENT_SERIAL_SECONDS
        + INVOKE_SECONDS
        + (SEGMENT_DOLLARS + (START_SECONDS + SEGMENT_SECONDS) * gigabyte) / SECOND
    )
    best = max(sqrt(work * adds), work / DIRECT_SEGMENTS, START_SECONDS)
    if best >= work:
        return work
    split = SPLIT_SECONDS + best + adds * work / best
    return best if split < work else work


def copy_part(copied: int, least: int, divided: Callable[[float], float] = segment_seconds) -> int:
    """Returns the most bytes that a copied part should have, if S3 copies `copied` bytes of the
    archive. `divided` is `segment_seconds`, or what is used in its place.

    Smaller parts make more requests. Each request has a price, and takes COPY_SECONDS of one of the
    workers' places for copies. With larger parts, the last copy ends later. The sum is least at the
    square root of copied * COPY_SECONDS * COPY_RATE * what a request adds. `least` is _ROUNDING
    times the bytes that COPY_RATE brings in COPY_SECONDS.
    """
    begun = least / _ROUNDING
    work = copied / begun * COPY_SECONDS / COPIES_AT_ONCE
    crowd = max(work / divided(work), 1.0) if work else 1.0
    adds = 1 / (COPIES_AT_ONCE * crowd) + S3_WRITE / SECOND / COPY_SECONDS
    return max(least, int(_ROUNDING * sqrt(copied * begun * adds)))


def stream_part() -> float:
    """Returns the best size of a streamed part, in bytes. It is the square root of half of a
    segment's bytes * STREAM_RATE * what a request costs in seconds of a worker. Half, because the
    first part is only read and the last part only written."""
    in_segment = segment_seconds(_TYPICAL_WORK) * STREAM_RATE
    return sqrt(in_segment * STREAM_RATE * S3_WRITE / _worker_second() / 2)


def streamed_byte() -> float:
    """Returns the dollars that a byte costs if it goes through a worker, in a job of
    _TYPICAL_WORK."""
    return _worker_second() / STREAM_RATE + S3_READ / READ_SIZE + S3_WRITE / STREAM_PART


def copy_break_even(min_part: int, *, mortared: bool) -> float:
    """Returns the bytes from which it is cheaper to copy a file than to stream it.

    To copy the file takes a HEAD and a copy, and the part before it is cut short. That part has the
    small files before the file (`mortared`), or else the file's own first `min_part` bytes.
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
    """Returns the dollars of a second of one worker among the others: its GB-second, and its share
    of the waiting."""
    return MEMORY_MB / 1024 * LAMBDA_GB_SECOND + SECOND / workers(_TYPICAL_WORK)
