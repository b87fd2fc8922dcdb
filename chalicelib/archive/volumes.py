"""Divides files among several archives of at most so many bytes each. Pure.

Each archive is whole by itself: it is laid out alone, with its own directory and its own end. The
last one also has the manifest, which lists the files of all archives. What the manifest says takes
room in the last archive, and follows from where each file is. So the files are divided first.

Files go to the archives in their order. An archive is full when the next file does not fit. No file
is divided. A run of packed files may be: before any of its files that begins a new piece of its
pack.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from chalicelib.archive import costs, layout, manifest, packed, segments, tail
from chalicelib.archive.formats import ZIP, Format
from chalicelib.archive.member import Member
from chalicelib.archive.packed import PackedFile
from chalicelib.archive.plan import Entry, Plan, Volume, extent, record_length
from chalicelib.archive.scale import MOST_ARCHIVES, SCALE, Scale
from chalicelib.archive.zip_format import UINT32_MAX

MOST_WORK: Final = 4
"""How many times the work of the largest segment one archive may have, if it is not the last: one
worker builds it. Then it is closed before it has as many bytes as it may have."""


class NotDivisible(ValueError):
    """The files do not go to archives of this size. The message says why, and what to do. `file` is
    the name of the file that is to blame, if one is."""

    def __init__(self, message: str, file: str = "") -> None:
        super().__init__(message)
        self.file = file


RowsOf = Callable[[Entry], Sequence[PackedFile]]
"""Returns the rows of a run of packed files."""


def lay_out(  # noqa: PLR0913 - what a layout is made of, and the limit
    entries: Sequence[Entry],
    head: manifest.Head,
    split: int,
    scale: Scale = SCALE,
    *,
    form: Format = ZIP,
    rows_of: RowsOf = lambda _: (),
) -> Plan:
    """Returns the plan for these entries, of archives that have at most `split` bytes each. It is
    always the same for the same entries. If one archive has room for all, it is the plan of
    `layout.lay_out`.

    Raises NotDivisible, and ArchiveTooLarge if S3 takes no object of that size.
    """
    if _size(form, entries, _listing(head, [entries], is_one=True)) <= split:
        return layout.lay_out(entries, head, scale, form)
    runs = list(_divided(entries, split, scale, form, rows_of))
    listing = _listing(head, runs)
    if not runs or _size(form, runs[-1], listing) > split:
        runs.append([])
        if (needed := _size(form, [], listing)) > split:
            raise NotDivisible(
                f"the manifest alone takes an archive of {needed} bytes, and each may have "
                f"{split}; export fewer files at a time, or choose a larger split"
            )
    if len(runs) > MOST_ARCHIVES:
        raise NotDivisible(
            f"the files would go to {len(runs)} archives, and {MOST_ARCHIVES} is the most; "
            "choose a larger split"
        )
    *first, last = runs
    plans = [_alone(run, scale, form) for run in first]
    plans.append(_last(last, listing, scale, form))
    return _joined(plans)


@dataclass(slots=True)
class _Filling:
    """An archive that files are put into. `near` and `far` are how many bytes its directory has, by
    whether places have 32 bits or 64. `seconds` are those of one worker."""

    form: Format
    body: int = 0
    files: int = 0
    near: int = 0
    far: int = 0
    seconds: float = 0.0

    def size(self) -> int:
        """Returns the most bytes that it has, in whatever order the files are."""
        directory = self.near if self.body < UINT32_MAX else self.far
        return self.body + tail.length(self.form, self.files, directory, self.body, None)

    def with_files(self, group: Sequence[Entry], scale: Scale) -> "_Filling":
        """Returns the archive with these entries besides."""
        form = self.form
        return replace(
            self,
            body=self.body + sum(extent(form, entry) for entry in group),
            files=self.files + sum(entry.files for entry in group),
            near=self.near + sum(record_length(form, entry, 0) for entry in group),
            far=self.far + sum(record_length(form, entry, UINT32_MAX) for entry in group),
            seconds=self.seconds + sum(_seconds(entry, scale) for entry in group),
        )


def _empty(form: Format) -> _Filling:
    return _Filling(form, len(form.BEGINNING))


def _divided(
    entries: Sequence[Entry], split: int, scale: Scale, form: Format, rows_of: RowsOf
) -> Iterator[list[Entry]]:
    """Yields the entries of each archive. Raises NotDivisible."""
    most_seconds = MOST_WORK * scale.most_segment_seconds
    empty = _empty(form)
    filling, inside = empty, list[Entry]()
    for whole in _groups(entries, form, rows_of):
        group = whole
        while group:
            filled = filling.with_files(group, scale)
            has_room = filled.size() <= split
            if has_room and (not inside or filled.seconds <= most_seconds):
                inside.extend(group)
                filling, group = filled, []
                continue
            fitting, rest = None, group
            if not has_room:
                fitting, rest = _halves(group, filling, split, scale, rows_of)
            if fitting is None and not inside:
                raise _too_large(group, split, form, rows_of)
            if fitting:
                inside.append(fitting)
            yield inside
            filling, inside, group = empty, [], rest
    if inside:
        yield inside


def _groups(entries: Sequence[Entry], form: Format, rows_of: RowsOf) -> Iterator[list[Entry]]:
    """Yields entries that must follow one another: one, and the runs that hold only more bytes of
    its last file."""
    group = list[Entry]()
    for entry in entries:
        own = entry
        if group and entry.files:
            if group[-1].packed and group[-1].files < 2:  # noqa: PLR2004 - one file is not divided
                ending, own = _ending_first(entry, form, rows_of)
                group.extend(ending)
            yield group
            group = []
        group.append(own)
    if group:
        yield group


def _ending_first(entry: Entry, form: Format, rows_of: RowsOf) -> tuple[list[Entry], Entry]:
    """Returns the end of a large file that a run of packed files begins with, if it does, and the
    rest of the run."""
    rows = rows_of(entry) if entry.packed else ()
    if not rows or rows[0].at == entry.at:
        return [], entry
    ending, rest = packed.divided(form, entry, rows, 0)
    return [ending], rest


def _halves(
    group: list[Entry], filling: _Filling, split: int, scale: Scale, rows_of: RowsOf
) -> tuple[Entry | None, list[Entry]]:
    """Returns as much of a group as an archive has room for, and the rest. None: it has room for
    nothing of it."""
    first, *more = group
    if first.files < 2:  # noqa: PLR2004 - one file is not divided
        return None, group
    rows = rows_of(first)
    cuts = _cuts(rows)
    least, most = 0, len(cuts)
    while least < most:  # the first of `cuts` that does not fit
        middle = (least + most) // 2
        half, _ = packed.divided(filling.form, first, rows, cuts[middle])
        if filling.with_files([half], scale).size() <= split:
            least = middle + 1
        else:
            most = middle
    if not least:
        return None, group
    half, rest = packed.divided(filling.form, first, rows, cuts[least - 1])
    return half, [rest, *more]


def _cuts(rows: Sequence[PackedFile]) -> list[int]:
    """Returns before which rows a run of packed files may be divided."""
    return [number for number in range(1, len(rows)) if rows[number].taken]


def _too_large(group: list[Entry], split: int, form: Format, rows_of: RowsOf) -> NotDivisible:
    """Returns the error for the first file of a group, which does not fit into an archive."""
    first = group[0]
    name, size = first.name, first.size
    if first.packed:
        rows = rows_of(first)
        name, size = (rows[0].name, rows[0].size) if rows else ("", size)
        if cuts := _cuts(rows):
            group = [packed.divided(form, first, rows, cuts[0])[0]]
    needed = _empty(form).with_files(group, SCALE).size()
    return NotDivisible(
        f"each archive may have {split} bytes, and a file of {size} bytes takes one of {needed} "
        f"bytes; leave the file out, or choose a split of at least {needed}",
        name,
    )


def _seconds(entry: Entry, scale: Scale) -> float:
    """Returns about how long one worker takes for an entry."""
    if entry.is_known and entry.size >= scale.copy_min:
        return costs.copying(entry.size, scale.rates)
    return costs.streaming(1, entry.size, scale.rates)


def _listing(
    head: manifest.Head, runs: Sequence[Sequence[Entry]], *, is_one: bool = False
) -> Member:
    """Returns the manifest of archives that have these entries. `is_one`: there is one archive."""
    length = 0
    for number, run in enumerate(runs, 1):
        archive = None if is_one else number
        plain = ((entry, 0) for entry in run if not entry.packed)
        length += sum(map(len, manifest.lines(plain, first=False, archive=archive)))
        place = len(manifest.of_archive(archive))
        runs_of_packed = (entry.packed for entry in run if entry.packed)
        length += sum(one.lines + one.files * place for one in runs_of_packed)
    return manifest.member(head, manifest.length(head, (), length))


def _size(form: Format, entries: Sequence[Entry], listing: Member) -> int:
    """Returns the most bytes that an archive has of these entries and a manifest."""
    filled = _empty(form).with_files(entries, SCALE)
    directory = filled.near if filled.body < UINT32_MAX else filled.far
    return filled.body + tail.length(form, filled.files, directory, filled.body, listing)


def _alone(entries: Sequence[Entry], scale: Scale, form: Format) -> Plan:
    """Returns the plan of an archive without a manifest, which is one segment."""
    cut = layout.cut(entries, None, scale, form)
    closing = tuple(cut.final(len(cut.body) + 1))
    parts = (*cut.body, *closing)
    _check_parts(len(parts), scale)
    segment = segments.segment(form, cut.entries, cut.edges, parts, range(len(parts)))
    return Plan(
        form=form,
        entries=cut.entries,
        offsets=tuple(cut.edges[:-1]),
        parts=parts,
        segments=(segment,),
        nested=False,
        tail_start=cut.edges[-1],
        size=cut.size,
        volumes=(Volume(cut.edges[-1], cut.size, len(closing)),),
    )


def _last(entries: Sequence[Entry], listing: Member, scale: Scale, form: Format) -> Plan:
    cut = layout.cut(entries, listing, scale, form)
    _check_parts(len(cut.body) + cut.final_count, scale)
    return layout.grouped(cut)


def _check_parts(needed: int, scale: Scale) -> None:
    if needed > scale.max_parts:
        raise NotDivisible(
            f"an archive would need {needed} parts, and S3 takes {scale.max_parts}; choose a "
            "smaller split"
        )


def _joined(plans: Sequence[Plan]) -> Plan:
    """Returns the plans of several archives as one plan."""
    parts, made = [], []
    first_entry = first_part = 0
    for plan in plans:
        parts += [
            part if part.copied is None else replace(part, copied=part.copied + first_entry)
            for part in plan.parts
        ]
        made += [
            replace(
                segment,
                first_part=segment.first_part + first_part,
                end_part=segment.end_part + first_part,
                first_entry=segment.first_entry + first_entry,
                end_entry=segment.end_entry + first_entry,
            )
            for segment in plan.segments
        ]
        first_entry, first_part = first_entry + len(plan.entries), len(parts)
    return replace(
        plans[-1],
        entries=tuple(chain.from_iterable(plan.entries for plan in plans)),
        offsets=tuple(chain.from_iterable(plan.offsets for plan in plans)),
        parts=tuple(parts),
        segments=tuple(made),
        volumes=tuple(chain.from_iterable(plan.volumes for plan in plans)),
    )
