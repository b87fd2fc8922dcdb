"""Which files are packed, in which packs, and what comes of the packs in the layout. Pure.

A file whose compressed size nobody knows is packed before the archive is laid out: a worker writes
it into a pack, as the archive will have it. A large file may lie in several packs. In a ZIP, it is
then one stream of deflate, whose pieces end at whole bytes (Z_FULL_FLUSH in zlib's manual), and its
header is made when all pieces are there.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import groupby
from typing import Any, Final, Self

from chalicelib.archive import costs, crc, packed
from chalicelib.archive.formats import Format
from chalicelib.archive.packed import Pack, PackedFile
from chalicelib.archive.plan import Entry, Packed
from chalicelib.archive.scale import MIB, Scale
from chalicelib.archive.sums import Sum, summed


@dataclass(frozen=True, slots=True)
class Sizes:
    """`least` is how many bytes of files a pack has at least, unless there are no more. A file of
    more than `span` bytes may lie in several packs. A tar.gz can be divided after about each
    `block` bytes of files. A file of more than `sampled` bytes is looked at before it is
    compressed."""

    least: int = 32 * MIB
    span: int = 16 * MIB
    block: int = 4 * MIB
    sampled: int = MIB // 8


SIZES: Final = Sizes()
"""The sizes that files are packed with."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes [start, start + length) of a file, which go into one pack."""

    entry: Entry
    start: int
    length: int

    @property
    def is_whole(self) -> bool:
        return self.length == self.entry.size

    @property
    def is_last(self) -> bool:
        return self.start + self.length == self.entry.size


@dataclass(frozen=True, slots=True)
class Left:
    """A span whose file is compressed already, so that its pack does not have it: S3 copies it."""

    span: int


Item = Entry | PackedFile | Left
"""What a pack has in one place: a run of whole files, a piece of a large file, or nothing."""


@dataclass(frozen=True, slots=True)
class Made:
    """A pack that is there, and what it has, in the order of its spans."""

    pack: Pack
    items: tuple[Item, ...]

    def to_bytes(self) -> bytes:
        """Returns it as JSON."""
        return json.dumps([astuple(self.pack), [_said(item) for item in self.items]]).encode()

    @classmethod
    def from_bytes(cls, body: bytes) -> Self:
        """Returns what `to_bytes` has made JSON of."""
        facts, items = json.loads(body)
        pack = Pack(*facts)
        return cls(pack, tuple(_item(pack, *item) for item in items))


def made_of(form: Format, pack: Pack, rows: str, found: Sequence[PackedFile | Left]) -> Made:
    """Returns what a pack has, of which `found` has one for each span. `rows` is the key under
    which the rows of its whole files are kept, all of them."""
    items: list[Item] = []
    files: list[PackedFile] = []
    first = 0

    def end_run() -> None:
        nonlocal first
        if files:
            at, length = files[0].at, files[-1].end - files[0].at
            run = packed.run(form, pack, files, at=at, length=length, rows=rows, first=first)
            items.append(run)
            first += len(files)
            files.clear()

    for one in found:
        if isinstance(one, PackedFile) and not one.is_piece:
            files.append(one)
            continue
        end_run()
        items.append(one)
    end_run()
    return Made(pack, tuple(items))


def cut(entries: Sequence[Entry], sizes: Sizes, scale: Scale) -> list[list[Span]]:
    """Returns the packs of these files. There is one pack at least, which may be empty."""

    def seconds(files: int, length: int) -> float:
        return costs.packing(files, length, scale.rates)

    work = seconds(len(entries), sum(entry.size for entry in entries))
    most = min(scale.segment_seconds(work), scale.most_segment_seconds)
    most = max(most, seconds(0, sizes.least))
    room = int(most * scale.rates.pack)
    packs: list[list[Span]] = [[]]
    files = size = 0
    for entry in entries:
        if packs[-1] and seconds(files + 1, size + min(entry.size, sizes.span)) > most:
            packs.append([])
            files = size = 0
        start = 0
        if entry.size > sizes.span:
            while size + entry.size - start > room:
                if length := max(room - size, 0):
                    packs[-1].append(Span(entry, start, length))
                    start += length
                packs.append([])
                files = size = 0
        packs[-1].append(Span(entry, start, entry.size - start))
        files, size = files + 1, size + entry.size - start
    return packs


@dataclass(frozen=True, slots=True)
class Large:
    """What is made of the pieces of large files: their headers, one after another, and their rows.
    Each goes into an object of its own, which has that key."""

    headers: bytes
    rows: tuple[PackedFile, ...]
    headers_key: str
    rows_key: str


def large_files(form: Format, made: Iterable[Made], headers_key: str, rows_key: str) -> Large:
    """Returns what the pieces come to. They must be those of all packs, in order."""
    pieces = (item for one in made for item in one.items if isinstance(item, PackedFile))
    headers, rows = bytearray(), list[PackedFile]()
    for _, group in groupby(pieces, key=lambda piece: piece.name):
        of = list(group)
        deflated = [piece.deflated for piece in of if piece.deflated is not None]
        whole = replace(
            of[0],
            size=sum(piece.size for piece in of),
            crc32=crc.combined((piece.crc32, piece.size) for piece in of),
            deflated=sum(deflated) if deflated else None,
            is_piece=False,
        )
        if not form.COMPRESSES_HEADERS:
            header = form.header(whole.member, whole.crc32)
            whole = replace(whole, at=len(headers), taken=len(header))
            headers += header
        rows.append(whole)
    return Large(bytes(headers), tuple(rows), headers_key, rows_key)


def body(
    form: Format,
    entries: Iterable[Entry],
    packs: Sequence[Sequence[Span]],
    made: Sequence[Made],
    large: Large,
) -> Iterator[Entry]:
    """Yields what an archive is laid out of: runs of packed files, and the entries that are in no
    pack. The order is that of the entries, but one that is in no pack may come some files later: at
    the end of a pack."""
    current: Entry | None = None
    for entry in _in_order(form, entries, packs, made, large):
        joined = current and _joined(current, entry)
        if current and not joined:
            yield current
        current = joined or entry
    if current:
        yield current


def _in_order(
    form: Format,
    entries: Iterable[Entry],
    packs: Sequence[Sequence[Span]],
    made: Sequence[Made],
    large: Large,
) -> Iterator[Entry]:
    after = _after(entries, packs)
    waiting: list[Entry] = []
    heads = iter(range(len(large.rows)))
    before = ""
    for number, (spans, one) in enumerate(zip(packs, made, strict=True)):
        for item in one.items:
            if isinstance(item, Left):
                if spans[item.span].is_last:  # S3 copies the file as a whole
                    yield spans[item.span].entry
            elif isinstance(item, PackedFile):
                head = None if item.name == before else next(heads)
                before = item.name
                yield from _of_piece(form, one.pack, item, large, head)
            else:
                yield item
        waiting.extend(after.get(number, ()))
        if spans[-1].is_last:  # else a large file goes on in the next pack
            yield from waiting
            waiting.clear()


def _after(
    entries: Iterable[Entry], packs: Sequence[Sequence[Span]]
) -> Mapping[int, Sequence[Entry]]:
    """Returns the entries that are in no pack, by the pack that they come after."""
    in_pack = {span.entry: number for number, spans in enumerate(packs) for span in spans}
    after: dict[int, list[Entry]] = {}
    last = 0
    for entry in entries:
        if entry in in_pack:
            last = in_pack[entry]
        else:
            after.setdefault(last, []).append(entry)
    return after


def _of_piece(
    form: Format, pack: Pack, piece: PackedFile, large: Large, head: int | None
) -> Iterator[Entry]:
    """Yields the run of a piece; before the first piece of a file, also that of its header. `head`
    is the number of that file among the large ones."""
    files: tuple[PackedFile, ...] = ()
    if head is not None:
        whole = large.rows[head]
        files = (whole,)
        if not form.COMPRESSES_HEADERS:
            headers = Pack(large.headers_key, "", len(large.headers))
            yield packed.run(
                form,
                headers,
                files,
                at=whole.at,
                length=whole.taken,
                rows=large.rows_key,
                first=head,
            )
            files = ()
    yield packed.run(
        form,
        pack,
        files,
        at=piece.at,
        length=piece.taken,
        rows=large.rows_key,
        first=head or 0,
        whole=piece.sum,
    )


def _joined(one: Entry, other: Entry) -> Entry | None:
    """Returns two runs as one; None if the other one does not continue this one, or if both have
    files. The end of a large file stays alone if it has a sum: who divides what follows could not
    tell that sum any more."""
    if not (one.packed and other.packed) or one.copy != other.copy:
        return None
    if other.files and one.packed.sum.length:
        return None
    if one.at + one.size != other.at or (one.files and other.files):
        return None
    rows = one if one.files else other
    both = replace(rows.packed or one.packed, sum=summed((one.packed.sum, other.packed.sum)))
    return replace(rows, at=one.at, size=one.size + other.size, packed=both)


def _said(item: Item) -> list[Any]:
    if isinstance(item, Left):
        return ["left", item.span]
    if isinstance(item, PackedFile):
        return ["piece", *astuple(item)]
    if item.packed is None:
        raise ValueError(f"{item.key} is not packed")
    return ["run", item.at, item.size, *astuple(item.packed)]


def _item(pack: Pack, kind: str, *facts: Any) -> Item:
    if kind == "left":
        return Left(*facts)
    if kind == "piece":
        return packed.of_row(facts)
    at, size, *rest, of_bytes = facts
    return packed.run_entry(pack, at, size, Packed(*[*rest, Sum(*of_bytes)]))
