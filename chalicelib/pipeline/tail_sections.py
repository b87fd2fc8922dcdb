"""Keeps the tail of an archive in S3: one section for each segment. The worker that has built the
segment writes it.

A section that is kept also means that the CRC-32s of its files are known. Until it is there, what
was streamed without a CRC-32 is streamed again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final, TypeVar

from chalicelib.archive import tail
from chalicelib.archive.costs import SECTIONS_AT_ONCE
from chalicelib.archive.plan import Entry
from chalicelib.archive.tail import COUNTS_LENGTH, Counts, Made, Section
from chalicelib.errors import SourceChanged, Unavailable, shortened
from chalicelib.jobs import places
from chalicelib.pipeline import packs, plans
from chalicelib.pipeline.plans import Index, Slice
from chalicelib.pools import ahead
from chalicelib.s3.archive_bucket import ArchiveBucket

_AHEAD_BYTES: Final = 32 * 1024**2
"""The most bytes of sections that were read and are not yet uploaded."""

T = TypeVar("T")


def section(
    archive: ArchiveBucket, index: Index, number: int, of: Slice, found: Mapping[int, int]
) -> Section:
    """Returns the section of the files whose headers are in segment `number`, whose slice is `of`.
    `found` are the CRC-32s that the plan does not have, by index in the slice. `archive` has what
    is known of packed files. Raises Unavailable if a CRC-32 is not known."""
    files: list[tuple[Entry, int, int] | Made] = []
    rows = packs.Rows(archive)
    for i, (entry, offset) in enumerate(zip(of.entries, of.offsets, strict=True)):
        if offset < index.segments[number].start:
            continue  # the header is in an earlier segment
        if entry.packed:
            files.append(rows.made(index.form, entry, offset))
            continue
        crc32 = found.get(i, entry.crc32)
        if crc32 is None:
            raise Unavailable(f"the CRC-32 of {shortened(entry.key)} is not known any more")
        files.append((entry, offset, crc32))
    return tail.section(index.form, files, first=index.segments[number].start == 0)


@dataclass(frozen=True, slots=True)
class Sections:
    """The sections of a plan that are kept under the job `home`."""

    archive: ArchiveBucket
    home: str
    index: Index

    def keep(self, number: int, made: Section) -> None:
        """Writes the section of a segment."""
        self.archive.write(self._key(number), made.to_bytes())

    def counts(self, number: int) -> Counts | None:
        """Returns the counts of a section; None if it is not kept."""
        try:
            body = self.archive.read_range(self._key(number), 0, COUNTS_LENGTH)
        except SourceChanged:
            return None
        return Counts.from_bytes(body)

    def counts_or_made(self, number: int) -> Counts:
        """Returns the counts of a section. If the section is not kept, because its worker died
        before, makes it from the plan and keeps it. Raises Unavailable if the plan does not have
        all CRC-32s."""
        counts = self.counts(number)
        if counts is None:
            of = plans.load_slice(self.archive, self.home, self.index, number)
            made = section(self.archive, self.index, number, of, {})
            self.keep(number, made)
            counts = made.counts
        return counts

    def read(self, number: int, start: int, length: int) -> bytes:
        """Returns bytes of the section. Raises Unavailable if it is gone."""
        if not length:
            return b""
        try:
            return self.archive.read_range(self._key(number), start, length)
        except SourceChanged as error:
            raise Unavailable(f"the tail of segment {number} is not there") from error

    def _key(self, number: int) -> str:
        return places.tail_section(self.home, self.index.digest, number)


def render(
    sections: Sections,
    own: Mapping[int, Section],
    pool: Executor,
    tick: Callable[[], None],
    write_index: Callable[[int, Iterator[bytes]], None],
) -> Iterator[bytes]:
    """Yields the archive's bytes from its tail's start to its end, in chunks. Before that, calls
    `write_index` with the length of the index beside it and its chunks, if its format has one.

    `own` are the sections that the caller has and that are not kept, by segment. `pool` has
    SECTIONS_AT_ONCE threads, and must outlive the generator. Raises Unavailable if one of the other
    sections is not there.
    """
    index = sections.index
    numbers = range(len(index.segments))

    def counts(number: int) -> Counts:
        return own[number].counts if number in own else sections.counts_or_made(number)

    def lines(number: int) -> bytes:
        if number in own:
            return own[number].lines
        return sections.read(number, COUNTS_LENGTH, every[number].lines)

    def records(number: int) -> bytes:
        if number in own:
            return own[number].records
        return sections.read(number, COUNTS_LENGTH + every[number].lines, every[number].records)

    every = list(_ticking(ahead(pool, counts, numbers, SECTIONS_AT_ONCE), tick))
    largest = max(max(one.lines, one.records) for one in every)
    most = min(SECTIONS_AT_ONCE, 1 + _AHEAD_BYTES // max(largest, 1))
    all_records = _ticking(ahead(pool, records, numbers, most), tick)
    about = index.form, index.head, index.tail_start, every
    if index.form.RECORDS_BESIDE:
        write_index(*tail.beside(*about, all_records))
    yield from tail.render(
        *about, lines=_ticking(ahead(pool, lines, numbers, most), tick), records=all_records
    )


def _ticking(items: Iterable[T], tick: Callable[[], None]) -> Iterator[T]:
    for item in items:
        tick()
        yield item
