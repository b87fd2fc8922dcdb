"""What a streamed part is made of. Pure.

A streamed part is a range of the archive. Its pieces are headers, which a worker makes, and ranges
of source files, which a worker reads.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.archive.formats import Format
from chalicelib.archive.plan import Entry, data_offset


@dataclass(frozen=True, slots=True)
class Piece:
    """One entry's place in a part's buffer. `entry` is the entry's index. Its header goes to
    `header_at`; None: the header lies in an earlier part. `length` of its bytes, from
    `source_start`, go to `data_at`."""

    entry: int
    header_at: int | None
    data_at: int
    source_start: int
    length: int


def pieces(
    form: Format, entries: Sequence[Entry], offsets: Sequence[int], start: int, end: int
) -> Iterator[Piece]:
    """Yields the pieces of the bytes [start, end) of the body. No cut lies within a header. Bytes
    that no piece covers are padding, which is zeros."""
    for index, (entry, offset) in enumerate(zip(entries, offsets, strict=True)):
        data = data_offset(form, entry, offset)
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
