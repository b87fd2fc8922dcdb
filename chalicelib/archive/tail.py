"""The tail of an archive: manifest, central directory, end. Pure.

A file's lines in it need its CRC-32, which is known to who has written its header. So each
segment's worker renders the lines of its own files: its share of the tail. The last step only puts
the shares one after another, and the CRC-32 of the manifest together from those of its parts. So it
parses nothing, and holds no list of all files.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Final, Self

from chalicelib.archive import crc, manifest
from chalicelib.archive import format as zip_format
from chalicelib.archive.plan import Entry

_COUNTS = Struct("<QQQI")
COUNTS_LENGTH: Final = _COUNTS.size


@dataclass(frozen=True, slots=True)
class Counts:
    """Of a share: how many files, bytes of the manifest's lines and of the directory's records, and
    the lines' CRC-32."""

    files: int
    lines: int
    records: int
    crc32: int

    def to_bytes(self) -> bytes:
        """COUNTS_LENGTH bytes."""
        return _COUNTS.pack(self.files, self.lines, self.records, self.crc32)

    @classmethod
    def from_bytes(cls, body: bytes) -> Self:
        return cls(*_COUNTS.unpack(body))


@dataclass(frozen=True, slots=True)
class Share:
    """What the tail says of some files that follow one another: `lines` of the manifest, `records`
    of the central directory."""

    counts: Counts
    lines: bytes
    records: bytes

    def to_bytes(self) -> bytes:
        """Counts, lines and records."""
        return self.counts.to_bytes() + self.lines + self.records


def share(files: Sequence[tuple[Entry, int, int]], *, first: bool) -> Share:
    """The share of these (entry, offset, CRC-32); `first` of the archive's, or not."""
    lines = b"".join(manifest.lines(((entry, crc32) for entry, _, crc32 in files), first=first))
    records = b"".join(
        zip_format.central_header(entry.member, crc32, offset) for entry, offset, crc32 in files
    )
    return Share(Counts(len(files), len(lines), len(records), zlib.crc32(lines)), lines, records)


def render(
    head: manifest.Head,
    tail_start: int,
    counts: Sequence[Counts],
    lines: Iterable[bytes],
    records: Iterable[bytes],
) -> Iterator[bytes]:
    """The archive's bytes from `tail_start` to its end, in chunks.

    `counts` are those of all shares in order. `lines`, and then `records`, are gone through once:
    those of all shares, in pieces of any size.
    """
    before, after = manifest.opening(head), manifest.closing(head)
    length = len(before) + sum(one.lines for one in counts) + len(after)
    member = manifest.member(head, length)
    crc32 = crc.combined(
        [
            (zlib.crc32(before), len(before)),
            *((one.crc32, one.lines) for one in counts),
            (zlib.crc32(after), len(after)),
        ]
    )
    header = zip_format.local_header(member, crc32)
    yield header + before
    yield from lines
    yield after
    directory_offset = tail_start + len(header) + length
    yield from records
    record = zip_format.central_header(member, crc32, tail_start)
    directory_size = sum(one.records for one in counts) + len(record)
    files = sum(one.files for one in counts) + 1
    yield record + zip_format.end_of_archive(files, directory_size, directory_offset)
