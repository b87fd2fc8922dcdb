"""Keeps the tail of an archive in S3: one section for each segment. The worker that has built the
segment writes it.

A section that is kept also means that the CRC-32s of its files are known. Until it is there, what
was streamed without a CRC-32 is streamed again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
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

_WHOLE_BYTES: Final = 32 * 1024**2
"""The longest tail whose sections are all held at the same time. Files with names of average length
take 300 bytes of it, so it has those of a hundred thousand files."""

T = TypeVar("T")


def section(
    archive: ArchiveBucket, index: Index, number: int, of: Slice, found: Mapping[int, int]
) -> Section:
    """Returns the section of the files whose headers are in segment `number`, whose slice is `of`.
    `found` are the CRC-32s that the plan does not have, by index in the slice. `archive` has what
    is known of packed files. Raises Unavailable if a CRC-32 is not known."""
    files: list[tuple[Entry, int, int] | Made] = []
    rows, place = packs.Rows(archive), index.archive_of(number)
    for i, (entry, offset) in enumerate(zip(of.entries, of.offsets, strict=True)):
        if offset < index.segments[number].start:
            continue  # the header is in an earlier segment
        if entry.packed:
            files.append(rows.made(index.form, entry, offset, place))
            continue
        crc32 = found.get(i, entry.crc32)
        if crc32 is None:
            raise Unavailable(f"the CRC-32 of {shortened(entry.key)} is not known any more")
        files.append((entry, offset, crc32))
    return tail.section(index.form, files, first=number == 0, archive=place)


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
        return self.counts(number) or self._made(number).counts

    def whole_or_made(self, number: int) -> Section:
        """Returns a section, with one request. Makes it as `counts_or_made` does."""
        body = self.archive.read(self._key(number))
        return Section.from_bytes(body) if body else self._made(number)

    def _made(self, number: int) -> Section:
        of = plans.load_slice(self.archive, self.home, self.index, number)
        made = section(self.archive, self.index, number, of, {})
        self.keep(number, made)
        return made

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


@dataclass(slots=True)
class Tail:
    """The tail of an archive, as `render` yields its bytes.

    `own` are the sections that the caller has and that are not kept, by segment. `etags` has those
    of the parts of each segment, by segment. They are complete when the last byte is rendered. A
    segment is left out if its ETags are not kept. `pool` has SECTIONS_AT_ONCE threads, and must
    outlive the rendering. `tick` is called often. `write_index` is called before the first byte, if
    the format has an index beside each archive: with the segment that the archive is (None: this
    one), and the length of the index and its chunks. Threads of the pool call it too.
    """

    sections: Sections
    own: dict[int, Section]
    pool: Executor
    tick: Callable[[], None]
    write_index: Callable[[int | None, int, Iterator[bytes]], None]
    etags: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def render(self) -> Iterator[bytes]:
        """Yields the archive's bytes from its tail's start to its end, in chunks. Raises
        Unavailable if a section is not there.

        If all sections together are small, each is read with one request, and held. Else its
        counts, its lines and its records are read when they are needed."""
        index = self.sections.index
        numbers = range(len(index.segments))
        if index.size - index.tail_start <= _WHOLE_BYTES:
            absent = [number for number in numbers if number not in self.own]
            whole = self._ahead(self.sections.whole_or_made, absent, SECTIONS_AT_ONCE)
            self.own |= zip(absent, whole, strict=True)
        every = list(self._ahead(self._counts, numbers, SECTIONS_AT_ONCE))
        for number, one in self.own.items():
            self._keep_etags(number, one.etags)

        def lines(number: int) -> bytes:
            if number in self.own:
                return self.own[number].lines
            of_etags = every[number].etags
            body = self.sections.read(number, COUNTS_LENGTH, of_etags + every[number].lines)
            self._keep_etags(number, tail.etags_of(body[:of_etags]))
            return body[of_etags:]

        def records(number: int) -> bytes:
            if number in self.own:
                return self.own[number].records
            counts = every[number]
            start = COUNTS_LENGTH + counts.etags + counts.lines
            return self.sections.read(number, start, counts.records)

        largest = max(max(one.lines, one.records) for one in every)
        most = min(SECTIONS_AT_ONCE, 1 + _AHEAD_BYTES // max(largest, 1))
        others = len(index.volumes)
        own_records = self._ahead(records, numbers[others:], most)
        about = index.form, index.head, index.tail_start, every
        if index.form.RECORDS_BESIDE:

            def write_other(number: int) -> None:
                self.write_index(number, every[number].records, iter((records(number),)))

            for _ in self._ahead(write_other, numbers[:others], most):
                pass  # each archive has an index of its own
            self.write_index(None, *tail.beside(*about, records=own_records, others=others))
        yield from tail.render(
            *about,
            lines=self._ahead(lines, numbers, most),
            records=own_records,
            others=others,
        )

    def _counts(self, number: int) -> Counts:
        one = self.own.get(number)
        return one.counts if one else self.sections.counts_or_made(number)

    def _keep_etags(self, number: int, etags: tuple[str, ...]) -> None:
        if etags:
            self.etags[number] = etags

    def _ahead(self, work: Callable[[int], T], numbers: Iterable[int], most: int) -> Iterator[T]:
        for item in ahead(self.pool, work, numbers, most):
            self.tick()
            yield item
