"""The tail of an archive at rest: the share of each segment, kept by who has built the segment.

    jobs/{job}/{digest}/tail-{n}    counts, lines and records of segment n's files (archive/tail.py)

It also says that a segment's CRC-32s are known: until it is there, what was streamed without one is
streamed again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final, TypeVar

from chalicelib.ahead import ahead
from chalicelib.archive import tail
from chalicelib.archive.tail import COUNTS_LENGTH, Counts, Share
from chalicelib.errors import SourceChanged, Unavailable
from chalicelib.jobs.model import Job
from chalicelib.pipeline import plans
from chalicelib.pipeline.plans import Index, Slice
from chalicelib.storage import Bucket

READS_AT_ONCE: Final = 16
"""Requests for shares under way at a time."""

_AHEAD_BYTES: Final = 32 * 1024**2
"""Of shares that were read and are not yet uploaded."""

T = TypeVar("T")


def share(index: Index, number: int, part: Slice, found: Mapping[int, int]) -> Share:
    """The share of the files whose headers are in the segment. `found` are the CRC-32s that were
    not planned, by their index in the slice. Raises Unavailable if one is not known."""
    files = []
    for i, (entry, offset) in enumerate(zip(part.entries, part.offsets, strict=True)):
        if offset < index.segments[number].start:
            continue  # it reaches into the segment
        crc32 = found.get(i, entry.crc32)
        if crc32 is None:
            raise Unavailable(f"the CRC-32 of {entry.key} is not known any more")
        files.append((entry, offset, crc32))
    return tail.share(files, first=index.segments[number].start == 0)


@dataclass(frozen=True, slots=True)
class Shares:
    """The shares of a plan's segments that are kept."""

    archive: Bucket
    job: Job
    index: Index

    def keep(self, number: int, made: Share) -> None:
        self.archive.write(self._key(number), made.to_bytes())

    def counts(self, number: int) -> Counts | None:
        """None if the segment's share is not kept."""
        try:
            body = self.archive.read_range(self._key(number), 0, COUNTS_LENGTH)
        except SourceChanged:
            return None
        return Counts.from_bytes(body)

    def counts_or_made(self, number: int) -> Counts:
        """Where a worker did not come to keep the share, it is made again, if the plan is enough
        for that. Raises Unavailable if not."""
        counts = self.counts(number)
        if counts is None:
            part = plans.load_slice(self.archive, self.job, self.index, number)
            made = share(self.index, number, part, {})
            self.keep(number, made)
            counts = made.counts
        return counts

    def read(self, number: int, start: int, length: int) -> bytes:
        """Bytes of the share. Raises Unavailable if it is gone."""
        if not length:
            return b""
        try:
            return self.archive.read_range(self._key(number), start, length)
        except SourceChanged as error:
            raise Unavailable(f"the tail of segment {number} is not there") from error

    def _key(self, number: int) -> str:
        return plans.key(self.job, self.index.digest, f"tail-{number}")


def render(
    shares: Shares, own: Mapping[int, Share], pool: Executor, tick: Callable[[], None]
) -> Iterator[bytes]:
    """The archive's bytes from its tail's start to its end, in chunks. `own` are shares that are
    not kept, but known to the caller; `pool`, of READS_AT_ONCE threads, outlives
    the generator. Raises Unavailable if one of the others is not there."""
    numbers = range(len(shares.index.segments))

    def counts(number: int) -> Counts:
        return own[number].counts if number in own else shares.counts_or_made(number)

    def lines(number: int) -> bytes:
        if number in own:
            return own[number].lines
        return shares.read(number, COUNTS_LENGTH, every[number].lines)

    def records(number: int) -> bytes:
        if number in own:
            return own[number].records
        return shares.read(number, COUNTS_LENGTH + every[number].lines, every[number].records)

    every = list(_ticking(ahead(pool, counts, numbers, READS_AT_ONCE), tick))
    largest = max(max(one.lines, one.records) for one in every)
    most = min(READS_AT_ONCE, 1 + _AHEAD_BYTES // max(largest, 1))
    yield from tail.render(
        shares.index.head,
        shares.index.tail_start,
        every,
        _ticking(ahead(pool, lines, numbers, most), tick),
        _ticking(ahead(pool, records, numbers, most), tick),
    )


def _ticking(items: Iterable[T], tick: Callable[[], None]) -> Iterator[T]:
    for item in items:
        tick()
        yield item
