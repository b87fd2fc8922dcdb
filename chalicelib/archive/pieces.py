"""What a streamed part is made of. Pure.

A streamed part is a range of the archive; its pieces are headers, made here, and ranges of source
files, to be read. The tail (manifest, central directory, end) is rendered here too.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from chalicelib.archive import format as zip_format
from chalicelib.archive import manifest
from chalicelib.archive.plan import Entry, data_offset


@dataclass(frozen=True, slots=True)
class Piece:
    """A place in a part's buffer for one entry: its header at `header_at` (None: that lies in an
    earlier part), and `length` of its bytes from `source_start`, at `data_at`. `entry` is its
    index."""

    entry: int
    header_at: int | None
    data_at: int
    source_start: int
    length: int


def pieces(
    entries: Sequence[Entry], offsets: Sequence[int], start: int, end: int
) -> Iterator[Piece]:
    """The pieces of the bytes [start, end) of the body; cuts never lie within a header."""
    for index, (entry, offset) in enumerate(zip(entries, offsets, strict=True)):
        data = data_offset(entry, offset)
        data_end = data + entry.size
        if data_end <= start or offset >= end:
            continue
        first = max(data, start)
        yield Piece(
            entry=index,
            header_at=offset - start if offset >= start else None,
            data_at=first - start,
            source_start=first - data,
            length=min(data_end, end) - first,
        )


def tail(
    head: manifest.Head,
    tail_start: int,
    manifest_length: int,
    listed: Callable[[], Iterable[tuple[Entry, int, int]]],
) -> Iterator[bytes]:
    """The archive's bytes from `tail_start` to its end, in chunks.

    `listed` gives every (entry, offset, CRC-32) in archive order, and is called three times: the
    manifest is rendered for its CRC-32, then for its bytes, then the central directory is. So
    nothing of the size of the archive's list of files is held in memory.
    """
    member = manifest.member(head, manifest_length)
    manifest_crc32 = 0
    for chunk in _manifest(head, listed()):
        manifest_crc32 = zlib.crc32(chunk, manifest_crc32)
    header = zip_format.local_header(member, manifest_crc32)
    yield header
    yield from _manifest(head, listed())

    directory_offset = tail_start + len(header) + manifest_length
    directory_size = 0
    count = 1
    for entry, offset, crc32 in listed():
        record = zip_format.central_header(entry.member, crc32, offset)
        directory_size += len(record)
        count += 1
        yield record
    record = zip_format.central_header(member, manifest_crc32, tail_start)
    directory_size += len(record)
    yield record
    yield zip_format.end_of_archive(count, directory_size, directory_offset)


def _manifest(head: manifest.Head, listed: Iterable[tuple[Entry, int, int]]) -> Iterator[bytes]:
    return manifest.render(head, ((entry, crc32) for entry, _, crc32 in listed))
