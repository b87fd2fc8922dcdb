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

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from chalicelib.archive import costs, manifest, mortar, segmenting
from chalicelib.archive import format as zip_format
from chalicelib.archive.plan import Entry, Part, Plan

MIB: Final = 1024**2
GIB: Final = 1024**3

# S3's limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
MIN_PART: Final = 5 * MIB
MAX_PART: Final = 5 * GIB
MAX_PARTS: Final = 10_000
MAX_ARCHIVE: Final = MAX_PARTS * MAX_PART  # 48.8 TiB

# What follows from the prices and facts in costs.py; docs/design.md has the table, and a test holds
# that they do.
STREAM_PART: Final = costs.STREAM_PART
STREAM_FILES: Final = costs.STREAM_FILES
COPY_PART: Final = costs.COPY_PART

COPY_MIN: Final = max(MIN_PART, int(costs.copy_break_even(MIN_PART, mortared=True)))
"""Bytes from which a file may be copied. To copy is cheaper than to stream from less on, but S3
takes no smaller part."""

SEGMENT_SECONDS: Final = 60.0
"""The work in one segment, at most: what a worker's death costs, well below the function's timeout.
Most have far less: costs.segment_seconds."""

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
    for copied in mortar.choices(
        entries, mortar.Sizes(MIN_PART, COPY_MIN, STREAM_PART * 7 // 8, max_parts)
    ):
        cut = _cut(entries, copied, head, max_parts)
        if not cut.nested:
            break
    del copied  # of a million files, it takes as much as the plan of a hundred thousand
    return _grouped(cut, max_parts)


class _Cut(NamedTuple):
    """An archive that is cut into parts, but not yet grouped into segments. `copy_part` is as large
    as a part that S3 copies should be."""

    entries: tuple[Entry, ...]
    edges: Sequence[int]
    body: list[Part]
    copy_part: int
    size: int
    nested: bool

    @property
    def final_start(self) -> int:
        return self.body[-1].end if self.body else 0

    @property
    def final_count(self) -> int:
        return -(-(self.size - self.final_start) // STREAM_PART)


def _cut(
    entries: Sequence[Entry], copied: frozenset[int], head: manifest.Head, max_parts: int
) -> _Cut:
    order = mortar.ordered(entries, copied, MIN_PART)
    to_copy = bytes(index in copied for index in order)
    entries = tuple(entries[index] for index in order)
    edges, directory_size = _edges(entries)
    listing = manifest.member(head, manifest.length(head, entries))
    size = edges[-1] + _tail_length(len(entries), directory_size, edges[-1], listing)
    if size > MAX_ARCHIVE:
        raise ArchiveTooLarge(f"the archive would have {size} bytes, and S3 takes {MAX_ARCHIVE}")
    all_copied = sum(entry.size for entry, copy in zip(entries, to_copy, strict=True) if copy)
    best = costs.copy_part(all_copied, COPY_PART)

    def cut(copy_part: int, *, nested: bool) -> _Cut:
        body = list(_cut_body(entries, edges, to_copy, min(copy_part, MAX_PART)))
        return _Cut(entries, edges, body, best, size, nested)

    if 2 * len(copied) < max_parts:  # each takes two parts, however large
        for copy_part in (best, 4 * best, MAX_PART):  # rather large copies than a nested plan
            made = cut(copy_part, nested=False)
            if len(made.body) + made.final_count <= max_parts:
                return made
            del made  # before another one takes as much memory
    return cut(best, nested=True)


def _grouped(cut: _Cut, max_parts: int) -> Plan:
    works = segmenting.works(cut.body, cut.edges, nested=cut.nested)
    seconds = min(costs.segment_seconds(segmenting.seconds(works)), SEGMENT_SECONDS)
    body, joins = cut.body, list[list[Part]]()
    if cut.nested:
        runs, joins = _joined(cut, works, seconds, max_parts)
        for run in runs:  # in place: there may be millions
            for number, index in enumerate(run, 1):
                body[index] = replace(body[index], number=number)
    else:
        runs = list(segmenting.grouped(works, seconds, max_parts))
    first_final = (joins[-1][-1].number if joins else len(body)) + 1
    final = [
        Part(first_final + i, start, min(STREAM_PART, cut.size - start))
        for i, start in enumerate(range(cut.final_start, cut.size, STREAM_PART))
    ]
    parts = (*body, *final)
    runs.append(range(len(body), len(parts)))
    segments = [segmenting.segment(cut.entries, cut.edges, parts, run) for run in runs]
    for number, joined in enumerate(joins):
        segments[number] = replace(segments[number], joins=tuple(joined))
    return Plan(
        entries=cut.entries,
        offsets=tuple(cut.edges[:-1]),
        parts=parts,
        segments=tuple(segments),
        nested=cut.nested,
        tail_start=cut.edges[-1],
        size=cut.size,
    )


def _edges(entries: Sequence[Entry]) -> tuple[list[int], int]:
    """Where the entries' local headers begin, and last where the body ends; and the bytes that
    their records take in the central directory."""
    edges = []
    at = directory_size = 0
    for entry in entries:
        member = entry.member
        edges.append(at)
        directory_size += zip_format.central_header_length(member, at)
        at += zip_format.local_header_length(member) + entry.size
    return [*edges, at], directory_size


def _tail_length(
    entries: int, directory_size: int, tail_start: int, listing: zip_format.Member
) -> int:
    directory_offset = tail_start + zip_format.local_header_length(listing) + listing.size
    directory_size += zip_format.central_header_length(listing, tail_start)
    end = zip_format.end_of_archive_length(entries + 1, directory_size, directory_offset)
    return directory_offset + directory_size + end - tail_start


def _cut_body(
    entries: Sequence[Entry], edges: Sequence[int], to_copy: Sequence[int], copy_part: int
) -> Iterator[Part]:
    """The body's parts, in order. Less than MIN_PART may be left after the last for the final
    parts."""
    number = 1
    cut = files = 0
    for index, (entry, copy) in enumerate(zip(entries, to_copy, strict=True)):
        offset, end = edges[index], edges[index + 1]
        copy_from = max(end - entry.size, cut + MIN_PART)
        if copy and end - copy_from >= MIN_PART:
            yield Part(number, cut, copy_from - cut)
            number, cut, files = number + 1, copy_from, 0
            for length in _even(end - copy_from, copy_part):
                yield Part(number, cut, length, copied=index)
                number, cut = number + 1, cut + length
            continue
        full = end - cut > STREAM_PART + MIN_PART or files >= STREAM_FILES
        if full and offset - cut >= MIN_PART:
            # Cut before the entry: a file that is streamed lies in one part. So its header can be
            # written when all of it was read, which is when its CRC-32 may be known at last.
            yield Part(number, cut, offset - cut)
            number, cut, files = number + 1, offset, 0
        files += 1
    if edges[-1] - cut >= MIN_PART:
        yield Part(number, cut, edges[-1] - cut)


def _even(length: int, limit: int) -> Iterator[int]:
    """`length` in as few pieces as `limit` allows, as even as can be; none is under half of `limit`
    where there is more than one."""
    pieces = -(-length // limit)
    for piece in range(pieces):
        yield length * (piece + 1) // pieces - length * piece // pieces


def _joined(
    cut: _Cut, works: segmenting.Works, seconds: float, max_parts: int
) -> tuple[list[range], list[list[Part]]]:
    """The runs of parts that are a nested plan's segments and, for each, the parts of the archive's
    upload that it is copied into: as small as there are part numbers for, as S3 then copies more
    of them at a time."""
    for growth in _SEGMENT_GROWTH:
        runs = list(segmenting.grouped(works, seconds * growth, max_parts))
        spare = max(max_parts - cut.final_count - len(runs), 1)
        limit = min(max(cut.copy_part, -(-cut.final_start // spare)), MAX_PART)
        number, joins = 1, []
        for run in runs:
            start, parts = cut.body[run.start].start, []
            for length in _even(cut.body[run.stop - 1].end - start, limit):
                parts.append(Part(number, start, length))
                number, start = number + 1, start + length
            joins.append(parts)
        needed = number - 1 + cut.final_count
        if needed <= max_parts:
            return runs, joins
    raise ArchiveTooLarge(f"the archive would need {needed} parts, and S3 takes {max_parts}")
