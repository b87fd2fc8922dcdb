"""The layout of an archive: which byte is where, and which part of the upload holds it. Pure.

Entries go in, a plan comes out. Files are stored as they are, so every offset follows from names
and sizes alone:

    [header][bytes] [header][bytes] … | manifest header, manifest.json, directory, end
     ------------- body ------------- | --------------------- tail -------------------

Cuts divide the archive into the parts of one S3 multipart upload. S3 copies a part from a source
file (then no byte of it passes through a worker), or a worker streams the part: headers and small
files. At least `min_part` streamed bytes lie before a file's first copied part. If small files do
not fill this room, the large file's own first bytes do.

The parts of the body are grouped into segments. Each is a bounded piece of work for one worker. The
final parts are what is left of the body after the last cut, and the tail. They belong to the step
`finalize`, because the tail holds the CRC-32 of every entry.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from chalicelib.archive import costs, manifest, mortar, segments, tail
from chalicelib.archive.formats import ZIP, Format
from chalicelib.archive.member import Member
from chalicelib.archive.plan import Entry, Part, Plan, extent, padding, record_length
from chalicelib.archive.scale import MAX_ARCHIVE, SCALE, Scale

_SEGMENT_GROWTH: Final = (1, 2, 4, 8)
"""How many times larger segments become if a nested archive would have too many of them."""

_LOOKED_AT: Final = 5_000
"""Of about this many files it is counted how many prefixes they lie in."""


class ArchiveTooLarge(ValueError):
    """The archive would be larger than one S3 object can be."""


class Cut(NamedTuple):
    """An archive that is cut into parts, but not yet grouped into segments. `copy_part` is how many
    bytes a part that S3 copies should have."""

    form: Format
    scale: Scale
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
        return -(-(self.size - self.final_start) // self.scale.stream_part)

    def final(self, first: int) -> Iterator[Part]:
        """Yields the final parts: what is left after the last cut of the body, and the tail.
        `first` is the number of the first of them."""
        most = self.scale.stream_part
        for number, start in enumerate(range(self.final_start, self.size, most), first):
            yield Part(number, start, min(most, self.size - start))


def lay_out(
    entries: Sequence[Entry], head: manifest.Head, scale: Scale = SCALE, form: Format = ZIP
) -> Plan:
    """Returns the plan for these entries. It is always the same for the same entries.

    Small files are moved to where they fill the room before large ones. The order is kept
    otherwise. Raises ArchiveTooLarge if S3 takes no object of that size.
    """
    plain = (entry for entry in entries if not entry.packed)
    packed = sum(entry.packed.lines for entry in entries if entry.packed)
    listing = manifest.member(head, manifest.length(head, plain, packed))
    return grouped(cut(entries, listing, scale, form))


def cut(entries: Sequence[Entry], listing: Member | None, scale: Scale, form: Format) -> Cut:
    """Returns the archive of these entries, cut into parts. `listing` is its manifest; None: it has
    none. Raises ArchiveTooLarge."""
    sizes = mortar.Sizes(
        scale.min_part, scale.copy_min, scale.stream_part * 7 // 8, scale.max_parts
    )
    for copied in mortar.choices(entries, sizes):
        made = _cut(entries, copied, listing, scale, form)
        if not made.nested:
            break
    del copied  # for a million files it takes as much memory as the plan of a hundred thousand
    return made


def _cut(
    entries: Sequence[Entry],
    copied: frozenset[int],
    listing: Member | None,
    scale: Scale,
    form: Format,
) -> Cut:
    order = mortar.ordered(form, entries, copied, scale.min_part)
    to_copy = bytes(index in copied for index in order)
    entries = tuple(entries[index] for index in order)
    edges, directory_size = _edges(form, entries)
    files = sum(entry.files for entry in entries)
    size = edges[-1] + tail.length(form, files, directory_size, edges[-1], listing)
    if size > MAX_ARCHIVE:
        raise ArchiveTooLarge(f"the archive would have {size} bytes, and S3 takes {MAX_ARCHIVE}")
    all_copied = sum(entry.size for entry, copy in zip(entries, to_copy, strict=True) if copy)
    best = costs.copy_part(all_copied, scale.copy_part, scale.segment_seconds)

    def with_parts(copy_part: int, *, nested: bool) -> Cut:
        body = list(_cut_body(form, replace(scale, copy_part=copy_part), entries, edges, to_copy))
        return Cut(form, scale, entries, edges, body, best, size, nested)

    if 2 * len(copied) < scale.max_parts:  # each copied file takes two parts at least
        # Large copies are better than a nested plan.
        for copy_part in (best, 4 * best, scale.max_part):
            made = with_parts(copy_part, nested=False)
            if len(made.body) + made.final_count <= scale.max_parts:
                return made
            del made  # before the next one takes as much memory
    return with_parts(best, nested=True)


def _prefixes(entries: Sequence[Entry]) -> int:
    """Returns about how many prefixes the files lie in: some thousand files say it."""
    some = entries[:: 1 + len(entries) // _LOOKED_AT]
    return len({entry.key.rpartition("/")[0] for entry in some})


def grouped(cut: Cut) -> Plan:
    """Returns the plan of an archive, which is that of one upload. Raises ArchiveTooLarge."""
    scale = cut.scale
    works = segments.part_seconds(cut.body, cut.edges, scale.rates, nested=cut.nested)
    work = segments.total(works)
    seconds = scale.segment_seconds(work)
    if seconds < work:
        most = costs.most_workers(work, len(cut.entries), _prefixes(cut.entries))
        seconds = max(seconds, work / most)
    seconds = min(seconds, scale.most_segment_seconds)
    body, joins = cut.body, list[list[Part]]()
    if cut.nested:
        runs, joins = _joined(cut, works, seconds)
        for run in runs:  # in place: there may be millions of parts
            for number, index in enumerate(run, 1):
                body[index] = replace(body[index], number=number)
    else:
        runs = list(segments.grouped(works, seconds, scale.max_parts))
    parts = (*body, *cut.final((joins[-1][-1].number if joins else len(body)) + 1))
    runs.append(range(len(body), len(parts)))
    made = [segments.segment(cut.form, cut.entries, cut.edges, parts, run) for run in runs]
    for number, joined in enumerate(joins):
        made[number] = replace(made[number], joins=tuple(joined))
    return Plan(
        form=cut.form,
        entries=cut.entries,
        offsets=tuple(cut.edges[:-1]),
        parts=parts,
        segments=tuple(made),
        nested=cut.nested,
        tail_start=cut.edges[-1],
        size=cut.size,
    )


def _edges(form: Format, entries: Sequence[Entry]) -> tuple[list[int], int]:
    """Returns (edges, length of the directory's records in bytes). The edges are where each entry's
    header begins, and last where the body ends."""
    edges = []
    at, directory_size = len(form.BEGINNING), 0
    for entry in entries:
        edges.append(at)
        directory_size += record_length(form, entry, at)
        at += extent(form, entry)
    return [*edges, at], directory_size


def _cut_body(
    form: Format,
    scale: Scale,
    entries: Sequence[Entry],
    edges: Sequence[int],
    to_copy: Sequence[int],
) -> Iterator[Part]:
    """Yields the body's parts, in order. Fewer than `min_part` bytes may be left after the last
    one. They go into the final parts."""
    min_part, most = scale.min_part, min(scale.copy_part, scale.max_part)
    number = 1
    cut = files = 0
    for index, (entry, copy) in enumerate(zip(entries, to_copy, strict=True)):
        offset = edges[index]
        data_end = edges[index + 1] - padding(form, entry)
        copy_from = data_end - entry.size
        if copy_from > cut:  # a packed run may begin at a cut: nothing is streamed before it
            copy_from = max(copy_from, cut + min_part)
        if copy and data_end - copy_from >= min_part:
            if copy_from > cut:
                yield Part(number, cut, copy_from - cut)
                number += 1
            cut, files = copy_from, 0
            for length in _even(data_end - copy_from, most):
                yield Part(number, cut, length, copied=index)
                number, cut = number + 1, cut + length
            continue
        full = data_end - cut > scale.stream_part + min_part or files >= scale.stream_files
        if full and offset - cut >= min_part:
            # Cut before the entry, so that a streamed file lies in one part. Then its header can be
            # written after the whole file was read: its CRC-32 may not be known before.
            yield Part(number, cut, offset - cut)
            number, cut, files = number + 1, offset, 0
        files += 1
    if edges[-1] - cut >= min_part:
        yield Part(number, cut, edges[-1] - cut)


def _even(length: int, limit: int) -> Iterator[int]:
    """Yields the lengths of as few pieces as `limit` allows, as even as possible. If there is more
    than one piece, each has at least half of `limit`."""
    pieces = -(-length // limit)
    for piece in range(pieces):
        yield length * (piece + 1) // pieces - length * piece // pieces


def _joined(
    cut: Cut, works: segments.PartSeconds, seconds: float
) -> tuple[list[range], list[list[Part]]]:
    """Returns a nested plan's segments, as runs of parts, and for each segment the parts of the
    archive's upload that S3 copies it into. These parts are as small as the part numbers allow, so
    that S3 copies more of them at the same time. Raises ArchiveTooLarge."""
    max_parts = cut.scale.max_parts
    for growth in _SEGMENT_GROWTH:
        runs = list(segments.grouped(works, seconds * growth, max_parts))
        spare = max(max_parts - cut.final_count - len(runs), 1)
        limit = min(max(cut.copy_part, -(-cut.final_start // spare)), cut.scale.max_part)
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
