"""The layout of an archive: which byte stands where, and which part of the upload brings it. Pure.

Entries in, plan out. The archive is STORED, so names and sizes alone give every offset:

    [header][bytes] [header][bytes] … | manifest header, manifest.json, central directory, end
     ------------- body ------------- | ----------------------- tail -------------------------

Cuts divide it into the parts of one S3 multipart upload. A part is either copied by S3 from a
source file (no byte of it passes through a worker) or streamed by a worker: headers and small
files. A copied part starts where at least MIN_PART of streamed bytes lie before it; where small
files do not fill those, the large file's own first bytes do.

Parts of the body are grouped into segments, each one bounded piece of work for one worker. The
final parts (what is left of the body after the last cut, and the tail) belong to the step
`finalize`, as they hold the CRC-32 of every entry.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from chalicelib.archive import format as zip_format
from chalicelib.archive import manifest
from chalicelib.archive.plan import Entry, Part, Plan, Segment, data_offset

MIB: Final = 1024**2
GIB: Final = 1024**3

# S3's limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
MIN_PART: Final = 5 * MIB
MAX_PART: Final = 5 * GIB
MAX_PARTS: Final = 10_000
MAX_ARCHIVE: Final = MAX_PARTS * MAX_PART  # 48.8 TiB

STREAM_PART: Final = 16 * MIB
"""Bytes of a streamed part, about: a worker holds a few such buffers at a time."""

STREAM_FILES: Final = 4_000
"""Files of a streamed part, about, where it has the MIN_PART of bytes that S3 wants."""

COPY_PART: Final = 512 * MIB
"""Bytes of a copied part, at most: S3 copies a part at one pace, so a large file is several
copies."""

COPY_MIN: Final = 16 * MIB
"""Bytes from which a file is copied. Below, a request to copy costs more than to stream the file.
At least twice MIN_PART: the first part of a file may have to be streamed."""

# What a worker is taken to do in a second, for the size of a segment. See docs/design.md.
_STREAMED_BYTES_PER_SECOND: Final = 60 * MIB
_SMALL_FILES_PER_SECOND: Final = 500
_COPIED_BYTES_PER_SECOND: Final = 1 * GIB
_COPIES_PER_SECOND: Final = 20
SEGMENT_SECONDS: Final = 20.0
"""The work in one segment: what a worker's death costs at most, and well below the function's
timeout."""

_SEGMENT_GROWTH: Final = (1, 2, 4, 8)
"""By how much more, where a nested archive would have too many segments."""


class ArchiveTooLarge(ValueError):
    """The archive would exceed what one S3 object can be."""


def lay_out(entries: Sequence[Entry], head: manifest.Head, *, max_parts: int = MAX_PARTS) -> Plan:
    """The plan for these entries. The same entries give the same plan.

    Small files are moved to where they fill the room before large ones; else the order is kept.
    `max_parts` bounds each upload. Raises ArchiveTooLarge when the archive would be too long for
    S3.
    """
    entries = tuple(_mortared(entries))
    offsets, tail_start = _offsets(entries)
    manifest_length = manifest.length(head, entries)
    size = tail_start + _tail_length(
        entries, offsets, tail_start, manifest.member(head, manifest_length)
    )
    if size > MAX_ARCHIVE:
        raise ArchiveTooLarge(f"the archive would have {size} bytes, and S3 takes {MAX_ARCHIVE}")
    body = list(_cut_body(entries, offsets, tail_start))
    final_start = body[-1].end if body else 0
    final_count = -(-(size - final_start) // STREAM_PART)
    nested = len(body) + final_count > max_parts
    segments = list(_group(entries, offsets, body, max_parts, SEGMENT_SECONDS))
    joins = 0
    if nested:
        segments, joins = _joined(entries, offsets, body, max_parts, final_count)
        body = [
            replace(part, number=index + 1)
            for segment in segments
            for index, part in enumerate(body[segment.first_part : segment.end_part])
        ]
    final = [
        Part((joins or len(body)) + 1 + i, start, min(STREAM_PART, size - start))
        for i, start in enumerate(range(final_start, size, STREAM_PART))
    ]
    parts = (*body, *final)
    segments.append(_segment(entries, offsets, parts, len(body), len(parts)))
    return Plan(entries, offsets, parts, tuple(segments), nested, tail_start, manifest_length, size)


def _mortared(entries: Sequence[Entry]) -> Iterator[Entry]:
    """The entries in an order in which small files lie, as far as they go, before each large one:
    there they fill the MIN_PART that S3 wants between two copied parts."""
    large = [entry for entry in entries if _copyable(entry)]
    if not large:
        yield from entries
        return
    small = (entry for entry in entries if not _copyable(entry))
    for entry in large:
        room = MIN_PART
        while room > 0 and (mortar := next(small, None)):
            yield mortar
            room -= data_offset(mortar, 0) + mortar.size
        yield entry
    yield from small


def _copyable(entry: Entry) -> bool:
    return entry.size >= COPY_MIN and entry.crc32 is not None


def _joined(
    entries: Sequence[Entry],
    offsets: Sequence[int],
    body: Sequence[Part],
    max_parts: int,
    final_count: int,
) -> tuple[list[Segment], int]:
    """The segments of a nested plan, with the parts of the archive's upload that they are copied
    into, and the number of these."""
    for growth in _SEGMENT_GROWTH:
        number = 1
        joined = []
        for segment in _group(entries, offsets, body, max_parts, SEGMENT_SECONDS * growth):
            joins = []
            start = segment.start
            for length in _even(segment.bytes, MAX_PART):
                joins.append(Part(number, start, length))
                number, start = number + 1, start + length
            joined.append(replace(segment, joins=tuple(joins)))
        if number - 1 + final_count <= max_parts:
            return joined, number - 1
    raise ArchiveTooLarge(
        f"the archive would need {number - 1 + final_count} parts, and S3 takes {max_parts}"
    )


def _offsets(entries: Sequence[Entry]) -> tuple[tuple[int, ...], int]:
    offsets = []
    at = 0
    for entry in entries:
        offsets.append(at)
        at = data_offset(entry, at) + entry.size
    return tuple(offsets), at


def _tail_length(
    entries: Sequence[Entry], offsets: Sequence[int], tail_start: int, listing: zip_format.Member
) -> int:
    directory_offset = tail_start + zip_format.local_header_length(listing) + listing.size
    directory_size = zip_format.central_header_length(listing, tail_start) + sum(
        zip_format.central_header_length(entry.member, offset)
        for entry, offset in zip(entries, offsets, strict=True)
    )
    end = zip_format.end_of_archive_length(len(entries) + 1, directory_size, directory_offset)
    return directory_offset + directory_size + end - tail_start


def _cut_body(entries: Sequence[Entry], offsets: Sequence[int], tail_start: int) -> Iterator[Part]:
    """The body's parts, in order. Less than MIN_PART may be left after the last for the final
    parts."""
    number = 1
    cut = files = 0
    for index, (entry, offset) in enumerate(zip(entries, offsets, strict=True)):
        start = data_offset(entry, offset)
        end = start + entry.size
        if _copyable(entry):
            copy_from = max(start, cut + MIN_PART)
            yield Part(number, cut, copy_from - cut)
            number, cut, files = number + 1, copy_from, 0
            for length in _even(end - copy_from, _copy_part(entry.size)):
                yield Part(number, cut, length, copied=index)
                number, cut = number + 1, cut + length
            continue
        full = end - cut > STREAM_PART or files >= STREAM_FILES
        if full and offset - cut >= MIN_PART:
            # Cut before the entry: a file that is streamed lies in one part. So its header can be
            # written when all of it was read, which is when its CRC-32 may be known at last.
            yield Part(number, cut, offset - cut)
            number, cut, files = number + 1, offset, 0
        files += 1
    if tail_start - cut >= MIN_PART:
        yield Part(number, cut, tail_start - cut)


def _copy_part(size: int) -> int:
    """How large the copied parts of a file of `size` bytes are: a very large one gets larger parts,
    so that as many as S3 takes suffice for any archive."""
    return min(max(COPY_PART, size // 64), MAX_PART)


def _even(length: int, limit: int) -> Iterator[int]:
    """`length` in as few pieces as `limit` allows, as even as can be; none is under half of `limit`
    where there is more than one."""
    pieces = -(-length // limit)
    for piece in range(pieces):
        yield length * (piece + 1) // pieces - length * piece // pieces


def _group(
    entries: Sequence[Entry],
    offsets: Sequence[int],
    parts: Sequence[Part],
    max_parts: int,
    most_seconds: float,
) -> Iterator[Segment]:
    first = 0
    seconds = 0.0
    for index, part in enumerate(parts):
        cost = _seconds(part, offsets)
        if seconds and (seconds + cost > most_seconds or index - first == max_parts):
            yield _segment(entries, offsets, parts, first, index)
            first, seconds = index, 0.0
        seconds += cost
    if parts:
        yield _segment(entries, offsets, parts, first, len(parts))


def _seconds(part: Part, offsets: Sequence[int]) -> float:
    """What a worker is taken to need for a part."""
    if part.copied is not None:
        return 1 / _COPIES_PER_SECOND + part.length / _COPIED_BYTES_PER_SECOND
    files = _first_at(offsets, part.end) - _first_at(offsets, part.start)
    return files / _SMALL_FILES_PER_SECOND + part.length / _STREAMED_BYTES_PER_SECOND


def _segment(
    entries: Sequence[Entry],
    offsets: Sequence[int],
    parts: Sequence[Part],
    first_part: int,
    end_part: int,
) -> Segment:
    start, end = parts[first_part].start, parts[end_part - 1].end
    # The entry before the first that begins behind `start` may reach into the segment.
    first_entry = max(_first_at(offsets, start + 1) - 1, 0)
    end_entry = _first_at(offsets, end)
    ends = [
        (data_offset(entries[i], offsets[i]) + entries[i].size, entries[i].crc32)
        for i in range(first_entry, end_entry)
    ]
    return Segment(
        first_part,
        end_part,
        first_entry,
        end_entry,
        start=start,
        bytes=end - start,
        files=sum(start < entry_end <= end for entry_end, _ in ends),
        unknown=any(crc32 is None and start < entry_end for entry_end, crc32 in ends),
    )


def _first_at(offsets: Sequence[int], position: int) -> int:
    """The index of the first entry whose header begins at `position` or after it."""
    return bisect_left(offsets, position)
