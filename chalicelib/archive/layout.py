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
from dataclasses import dataclass
from typing import Final

from chalicelib.archive import format as zip_format
from chalicelib.archive import manifest

MIB: Final = 1024**2
GIB: Final = 1024**3

# S3's limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
MIN_PART: Final = 5 * MIB
MAX_PART: Final = 5 * GIB
MAX_PARTS: Final = 10_000
MAX_ARCHIVE: Final = MAX_PARTS * MAX_PART  # 48.8 TiB

STREAM_PART: Final = 16 * MIB
"""Bytes of a streamed part, about: a worker holds a few such buffers at a time."""

COPY_PART: Final = 512 * MIB
"""Bytes of a copied part, at most: S3 copies one part at one pace, so a large file is several
copies."""

COPY_MIN: Final = 16 * MIB
"""Bytes from which a file is copied. Below, one request to copy costs more than to stream the
file."""

_SCALES: Final = (1, 2, 4)
"""Where 10,000 parts are too few, these three grow by such a factor, until they suffice. No
further: a worker's memory bounds a streamed part."""

# What a worker is taken to do in a second, for the size of a segment. See docs/design.md.
_STREAMED_BYTES_PER_SECOND: Final = 60 * MIB
_SMALL_FILES_PER_SECOND: Final = 250
_COPIED_BYTES_PER_SECOND: Final = 1 * GIB
_COPIES_PER_SECOND: Final = 20
SEGMENT_SECONDS: Final = 20.0
"""The work in one segment. What a worker's death costs at most; well below the function's
timeout."""


class ArchiveTooLarge(ValueError):
    """The archive would exceed what one S3 object, or one multipart upload, can be."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A source file's place in an archive.

    `size` counts bytes, `modified` is Unix time in seconds, `crc32` is None where S3 does not know
    it.
    """

    name: str
    key: str
    etag: str
    size: int
    crc32: int | None
    modified: int

    @property
    def member(self) -> zip_format.Member:
        return zip_format.Member(self.name.encode(), self.size, self.modified)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the upload: bytes [start, start + length) of the archive.

    `copied` is the index of the entry that the whole part is copied from, None for a streamed part.
    """

    number: int
    start: int
    length: int
    copied: int | None = None

    @property
    def end(self) -> int:
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of parts that one worker invocation builds: parts[first_part:end_part] of the plan,
    which need entries[first_entry:end_entry]. `files` counts the entries whose last byte is in the
    run; `unknown` says that some of its entries' CRC-32s are found out while they are streamed."""

    first_part: int
    end_part: int
    first_entry: int
    end_entry: int
    bytes: int
    files: int
    unknown: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """The exact layout of one archive.

    `offsets[i]` is where entry i's local header begins. The last segment is the final one: it ends
    with the tail, which begins at `tail_start`. `size` is the archive's length in bytes.
    """

    entries: tuple[Entry, ...]
    offsets: tuple[int, ...]
    parts: tuple[Part, ...]
    segments: tuple[Segment, ...]
    tail_start: int
    manifest_length: int
    size: int


def lay_out(entries: Sequence[Entry], head: manifest.Head, *, max_parts: int = MAX_PARTS) -> Plan:
    """The plan for these entries, in this order. The same entries give the same plan.

    Raises ArchiveTooLarge when the archive would be too long, or would need more than `max_parts`
    parts however large these are made.
    """
    offsets, tail_start = _offsets(entries)
    manifest_length = manifest.length(head, entries)
    size = tail_start + _tail_length(
        entries, offsets, tail_start, manifest.member(head, manifest_length)
    )
    if size > MAX_ARCHIVE:
        raise ArchiveTooLarge(f"the archive would have {size} bytes, and S3 takes {MAX_ARCHIVE}")
    for scale in _SCALES:
        stream_part = STREAM_PART * scale
        body = list(_cut_body(entries, offsets, tail_start, scale))
        final_start = body[-1].end if body else 0
        final = [
            Part(len(body) + 1 + i, start, min(stream_part, size - start))
            for i, start in enumerate(range(final_start, size, stream_part))
        ]
        if len(body) + len(final) <= max_parts:
            break
    else:
        raise ArchiveTooLarge(
            f"the archive would need {len(body) + len(final)} parts, and S3 takes {max_parts}"
        )
    parts = (*body, *final)
    segments = (
        *_group(entries, offsets, body),
        _segment(entries, offsets, parts, len(body), len(parts)),
    )
    return Plan(tuple(entries), offsets, parts, segments, tail_start, manifest_length, size)


def data_offset(entry: Entry, offset: int) -> int:
    """Where the entry's own bytes begin, its local header beginning at `offset`."""
    return offset + zip_format.local_header_length(entry.member)


def _offsets(entries: Sequence[Entry]) -> tuple[tuple[int, ...], int]:
    offsets = []
    at = 0
    for entry in entries:
        offsets.append(at)
        at = data_offset(entry, at) + entry.size
    return tuple(offsets), at


def _tail_length(
    entries: Sequence[Entry],
    offsets: Sequence[int],
    tail_start: int,
    listing: zip_format.Member,
) -> int:
    directory_offset = tail_start + zip_format.local_header_length(listing) + listing.size
    directory_size = zip_format.central_header_length(listing, tail_start) + sum(
        zip_format.central_header_length(entry.member, offset)
        for entry, offset in zip(entries, offsets, strict=True)
    )
    end = zip_format.end_of_archive_length(len(entries) + 1, directory_size, directory_offset)
    return directory_offset + directory_size + end - tail_start


def _cut_body(
    entries: Sequence[Entry], offsets: Sequence[int], tail_start: int, scale: int
) -> Iterator[Part]:
    """The body's parts, in order. Less than MIN_PART may be left after the last for the final
    parts."""
    stream_part, copy_min = STREAM_PART * scale, COPY_MIN * scale
    copy_part = min(COPY_PART * scale**2, MAX_PART)
    number = 1
    cut = 0
    for index, (entry, offset) in enumerate(zip(entries, offsets, strict=True)):
        start = data_offset(entry, offset)
        end = start + entry.size
        copy_from = max(start, cut + MIN_PART)
        # Without its CRC-32 an entry's header can only be written once all of it was read, so such
        # a one is streamed and stays in one part.
        known = entry.crc32 is not None
        if known and entry.size >= copy_min and end - copy_from >= MIN_PART:
            yield Part(number, cut, copy_from - cut)
            number, cut = number + 1, copy_from
            for length in _even(end - copy_from, copy_part):
                yield Part(number, cut, length, copied=index)
                number, cut = number + 1, cut + length
        elif end - cut > stream_part and offset - cut >= MIN_PART:
            # Cut before the entry, so that as few small files as may be lie in two parts.
            yield Part(number, cut, offset - cut)
            number, cut = number + 1, offset
        while known and end - cut >= 2 * stream_part:
            yield Part(number, cut, stream_part)
            number, cut = number + 1, cut + stream_part
    if tail_start - cut >= MIN_PART:
        yield Part(number, cut, tail_start - cut)


def _even(length: int, limit: int) -> Iterator[int]:
    """`length` in as few pieces as `limit` allows, as even as can be; none is under half of `limit`
    where there is more than one."""
    pieces = -(-length // limit)
    for piece in range(pieces):
        yield length * (piece + 1) // pieces - length * piece // pieces


def _group(
    entries: Sequence[Entry], offsets: Sequence[int], parts: Sequence[Part]
) -> Iterator[Segment]:
    first = 0
    seconds = 0.0
    for index, part in enumerate(parts):
        cost = _seconds(part, offsets)
        if seconds and seconds + cost > SEGMENT_SECONDS:
            yield _segment(entries, offsets, parts, first, index)
            first, seconds = index, 0.0
        seconds += cost
    if parts:
        yield _segment(entries, offsets, parts, first, len(parts))


def _seconds(part: Part, offsets: Sequence[int]) -> float:
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
        bytes=end - start,
        files=sum(start < entry_end <= end for entry_end, _ in ends),
        unknown=any(crc32 is None and start < entry_end for entry_end, crc32 in ends),
    )


def _first_at(offsets: Sequence[int], position: int) -> int:
    """The index of the first entry whose header begins at `position` or after it."""
    return bisect_left(offsets, position)
