"""The tail of an archive: manifest, directory, end. Pure.

What the tail says of a file needs the file's CRC-32. Only the worker that writes the file's header
knows that. So each segment's worker renders the lines and records of its own files: its section of
the tail. The last step puts the sections one after another, and combines the CRC-32 of the manifest
from theirs. It parses nothing, and holds no list of all files.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from struct import Struct
from typing import Final, Self

from chalicelib.archive import crc, manifest
from chalicelib.archive.formats import Format
from chalicelib.archive.member import Member
from chalicelib.archive.plan import Entry
from chalicelib.archive.sums import NO_SUM, Sum, summed

_COUNTS = Struct("<QQQIQQI")
COUNTS_LENGTH: Final = _COUNTS.size


@dataclass(frozen=True, slots=True)
class Counts:
    """How many files a section has, how many bytes of manifest lines and of directory records, the
    CRC-32 of the lines, and how many bytes of ETags. `sum` is of what the segment has of the
    archive before it was compressed, if it was as a whole."""

    files: int
    lines: int
    records: int
    crc32: int
    etags: int = 0
    sum: Sum = NO_SUM

    def to_bytes(self) -> bytes:
        """Returns COUNTS_LENGTH bytes."""
        about = self.files, self.lines, self.records, self.crc32, self.etags
        return _COUNTS.pack(*about, *self.sum)

    @classmethod
    def from_bytes(cls, body: bytes) -> Self:
        """Returns the counts that COUNTS_LENGTH bytes hold."""
        *about, length, crc32 = _COUNTS.unpack(body)
        return cls(*[*about, Sum(length, crc32)])


@dataclass(frozen=True, slots=True)
class Section:
    """What the tail says of some consecutive files: `lines` of the manifest, `records` of the
    directory. `etags` are those of the segment's parts of the archive's upload, in order; empty:
    they are not known."""

    counts: Counts
    lines: bytes
    records: bytes
    etags: tuple[str, ...] = ()

    def with_etags(self, etags: Iterable[str]) -> "Section":
        """Returns the section with these ETags."""
        known = tuple(etags)
        counts = replace(self.counts, etags=len(_joined(known)))
        return replace(self, counts=counts, etags=known)

    def to_bytes(self) -> bytes:
        """Returns counts, ETags, lines and records, one after another."""
        return self.counts.to_bytes() + _joined(self.etags) + self.lines + self.records

    @classmethod
    def from_bytes(cls, body: bytes) -> Self:
        """Returns the section that `to_bytes` has made these bytes of."""
        counts = Counts.from_bytes(body[:COUNTS_LENGTH])
        lines = COUNTS_LENGTH + counts.etags
        records = lines + counts.lines
        etags = etags_of(body[COUNTS_LENGTH:lines])
        return cls(counts, body[lines:records], body[records:], etags)


def etags_of(body: bytes) -> tuple[str, ...]:
    """Returns the ETags that stand in these bytes of a section."""
    return tuple(body.decode().split("\n")) if body else ()


def _joined(etags: Iterable[str]) -> bytes:
    return "\n".join(etags).encode()


@dataclass(frozen=True, slots=True)
class Made:
    """What the tail says of a run of packed files, ready made. Its lines follow another one."""

    files: int
    lines: bytes
    records: bytes
    sum: Sum = NO_SUM


def section(
    form: Format,
    files: Sequence[tuple[Entry, int, int] | Made],
    *,
    first: bool,
    archive: int | None = None,
) -> Section:
    """Returns the section of these files, each of which is (entry, offset, CRC-32), or a run of
    them ready made. `first`: they begin with the first file of all. `archive` is the number of the
    archive that they are in, if there are several."""
    lines, records, count = [], [], 0
    for one in files:
        if isinstance(one, Made):
            lines.append(manifest.as_first(one.lines) if first else one.lines)
            records.append(one.records)
            count += one.files
            first = first and not one.files
            continue
        entry, offset, crc32 = one
        lines.extend(manifest.lines([(entry, crc32)], first=first, archive=archive))
        records.append(form.record(entry.member, crc32, offset))
        count, first = count + 1, False
    own_lines, own_records = b"".join(lines), b"".join(records)
    whole = summed(one.sum for one in files if isinstance(one, Made))
    lengths = len(own_lines), len(own_records)
    counts = Counts(count, *lengths, zlib.crc32(own_lines), sum=whole)
    return Section(counts, own_lines, own_records)


def render(  # noqa: PLR0913 - all that a tail is made of
    form: Format,
    head: manifest.Head,
    tail_start: int,
    counts: Sequence[Counts],
    *,
    lines: Iterable[bytes],
    records: Iterable[bytes],
    others: int = 0,
) -> Iterator[bytes]:
    """Yields the archive's bytes from `tail_start` to its end, in chunks.

    `counts` are those of all sections, in order. The first `others` of them are of files in other
    archives, which the manifest lists too. `lines` are those of all sections, and `records` those
    of this archive's, in chunks of any size. Each is iterated once, `lines` first.
    `records` are not iterated if the format has them beside the archive.
    """
    before, after = manifest.opening(head), manifest.closing(head)
    member, crc32 = _listing(head, counts)
    header = form.header(member, crc32)
    padding = form.padding(member.size)
    directory_offset = tail_start + len(header) + member.size + padding
    own = counts[others:]
    record, directory_size = b"", 0
    if form.RECORDS_BESIDE:
        records = ()
    else:
        record = form.record(member, crc32, tail_start)
        directory_size = sum(one.records for one in own) + len(record)
    files = sum(one.files for one in own) + 1
    end = record + form.end(files, directory_size, directory_offset)
    chunks = chain((header + before,), lines, (after + bytes(padding),), records, (end,))
    size = directory_offset - tail_start + directory_size + len(end) - len(record)
    yield from form.wrapped(chunks, size, summed(one.sum for one in own))


def beside(  # noqa: PLR0913 - all that an index is made of
    form: Format,
    head: manifest.Head,
    tail_start: int,
    counts: Sequence[Counts],
    *,
    records: Iterable[bytes],
    others: int = 0,
) -> tuple[int, Iterator[bytes]]:
    """Returns the index that stands beside an archive of a format which has one: its length in
    bytes, and its bytes in chunks. What it is made of is that of `render`."""
    member, crc32 = _listing(head, counts)
    record = form.record(member, crc32, tail_start)
    own = sum(one.records for one in counts[others:])
    return own + len(record), chain(records, (record,))


def _listing(head: manifest.Head, counts: Sequence[Counts]) -> tuple[Member, int]:
    """Returns the manifest as a member of the archive, and its CRC-32."""
    before, after = manifest.opening(head), manifest.closing(head)
    length = len(before) + sum(one.lines for one in counts) + len(after)
    crc32 = crc.combined(
        [
            (zlib.crc32(before), len(before)),
            *((one.crc32, one.lines) for one in counts),
            (zlib.crc32(after), len(after)),
        ]
    )
    return manifest.member(head, length), crc32


def render_bare(form: Format, tail_start: int, counts: Counts, records: bytes) -> Iterator[bytes]:
    """Yields the bytes from `tail_start` to the end of an archive without a manifest, in chunks.
    `counts` and `records` are those of all its files."""
    if form.RECORDS_BESIDE:
        records = b""
    end = form.end(counts.files, len(records), tail_start)
    yield from form.wrapped((records, end), len(records) + len(end), counts.sum)


def length(
    form: Format, files: int, directory_size: int, tail_start: int, listing: Member | None
) -> int:
    """Returns the length in bytes of the tail of an archive of so many files, whose records have
    `directory_size` bytes. `listing` is its manifest; None: it has none."""
    at = tail_start
    if listing:
        at += form.header_length(listing) + listing.size + form.padding(listing.size)
        directory_size += form.record_length(listing, tail_start)
        files += 1
    if form.RECORDS_BESIDE:
        directory_size = 0
    end = form.end_length(files, directory_size, at)
    return form.wrapped_length(at + directory_size + end - tail_start)
