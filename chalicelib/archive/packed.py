"""Files that are packed already: they stand in a pack, header and all, as the archive will have
them. Pure.

A pack is made before its archive is laid out, because nobody knows how long its files are when they
are compressed. Afterwards the layout takes a run of packed files as one piece, which S3 copies.
What the archive's tail says of them is made of their rows, once the place of the run is known.
"""

import gzip
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any

from chalicelib.archive import manifest
from chalicelib.archive.formats import Format
from chalicelib.archive.member import Member
from chalicelib.archive.plan import Entry, Packed, is_far
from chalicelib.archive.sums import NO_SUM, Sum, summed
from chalicelib.archive.tail import Made


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A row: one file of a pack, in which it begins `at` and takes `taken` bytes, with its header.

    `deflated` is how many bytes it has when it is compressed by itself; None: it is not. In a
    tar.gz, several files are compressed together: the first one takes all of the bytes, and the
    others none. `sum` is that of these bytes before they were compressed. So a run may be divided
    only before a row that takes bytes. `is_piece`: the row is of a piece of a large file, whose
    size and CRC-32 it has. The other fields are those of its `Entry`."""

    name: str
    key: str
    size: int
    modified: int
    crc32: int
    at: int
    taken: int
    deflated: int | None = None
    version: str | None = None
    encoding: str | None = None
    is_piece: bool = False
    sum: Sum = NO_SUM

    @property
    def end(self) -> int:
        return self.at + self.taken

    @property
    def member(self) -> Member:
        return Member(self.name.encode(), self.size, self.modified, self.deflated)


@dataclass(frozen=True, slots=True)
class Pack:
    """An object that has packed files: its key, its ETag, its size in bytes."""

    key: str
    etag: str
    size: int


def run(  # noqa: PLR0913 - a run, and where it stands
    form: Format,
    pack: Pack,
    files: Sequence[PackedFile],
    *,
    at: int,
    length: int,
    rows: str,
    first: int,
    whole: Sum | None = None,
) -> Entry:
    """Returns the entry of a run of packed files: `length` bytes of the pack, from `at` on. There
    may be none of these files' headers in it. `files` are the rows from `first` on of the object
    `rows`. `whole` is the sum of the run, if it has other bytes than those of these files."""
    lines = manifest.lines(((file, file.crc32) for file in files), first=False)
    near = sum(form.record_length(file.member, 0) for file in files)
    far = sum(form.record_length(replace(file.member, is_far=True), 0) for file in files)
    about = Packed(
        files=len(files),
        lines=sum(map(len, lines)),
        records=near,
        far=far,
        rows=rows,
        first=first,
        end=first + len(files),
        size=pack.size,
        sum=summed(file.sum for file in files) if whole is None else whole,
    )
    return run_entry(pack, at, length, about)


def run_entry(pack: Pack, at: int, length: int, about: Packed) -> Entry:
    """Returns the entry of a run of which this is known."""
    return Entry(
        name="",
        key="",
        etag=pack.etag,
        size=length,
        crc32=0,
        modified=0,
        copy=pack.key,
        at=at,
        packed=about,
    )


def divided(
    form: Format, entry: Entry, files: Sequence[PackedFile], before: int
) -> tuple[Entry, Entry]:
    """Returns a run in two: the files before number `before`, and those from there on. `files` are
    its rows. Row `before` must take bytes."""
    if entry.packed is None or entry.copy is None:
        raise ValueError(f"{entry.key} is not packed")
    pack = Pack(entry.copy, entry.etag, entry.packed.size)
    cut, rows, first = files[before].at, entry.packed.rows, entry.packed.first
    return (
        run(
            form,
            pack,
            files[:before],
            at=entry.at,
            length=cut - entry.at,
            rows=rows,
            first=first,
        ),
        run(
            form,
            pack,
            files[before:],
            at=cut,
            length=entry.at + entry.size - cut,
            rows=rows,
            first=first + before,
        ),
    )


def made(
    form: Format,
    entry: Entry,
    files: Sequence[PackedFile],
    offset: int,
    archive: int | None = None,
) -> Made:
    """Returns what the tail says of the files of a run, which begins at `offset` in the archive.
    `archive` is the number of that archive, if there are several."""
    listed = ((file, file.crc32) for file in files)
    lines = b"".join(manifest.lines(listed, first=False, archive=archive))
    far = is_far(entry, offset)
    records = b"".join(
        form.record(replace(file.member, is_far=far), file.crc32, offset + file.at - entry.at)
        for file in files
    )
    return Made(len(files), lines, records, entry.packed.sum if entry.packed else NO_SUM)


def to_bytes(files: Sequence[PackedFile]) -> bytes:
    """Returns the rows as they are stored."""
    content = [astuple(file) for file in files]
    # mtime=0: the same rows always have the same bytes.
    return gzip.compress(json.dumps(content, separators=(",", ":")).encode(), 1, mtime=0)


def from_bytes(body: bytes) -> list[PackedFile]:
    """Returns what `to_bytes` has stored."""
    return [of_row(row) for row in json.loads(gzip.decompress(body))]


def of_row(row: Sequence[Any]) -> PackedFile:
    """Returns the row that `astuple` and JSON have made a list of."""
    *facts, of_bytes = row
    return PackedFile(*[*facts, Sum(*of_bytes)])
