"""Whole archives, put together from plan, pieces and tail as a worker does it, and a reader of them
that shares nothing with the code under test."""

import io
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from struct import Struct
from typing import BinaryIO

from chalicelib.archive import costs, manifest, pieces, scale, tail
from chalicelib.archive.manifest import Head, Listed
from chalicelib.archive.plan import Entry, Part, Plan, data_offset
from chalicelib.archive.scale import Scale

HEAD = Head("5f0c5d0e-0000-4000-8000-000000000000", 1_700_000_000, (10_007, "gone/é.txt"))

_SHRUNK = 4_096
SHRUNKEN = Scale(
    min_part=scale.MIN_PART // _SHRUNK,
    max_part=scale.MAX_PART // _SHRUNK,
    stream_part=costs.STREAM_PART // _SHRUNK,
    copy_part=costs.COPY_PART // _SHRUNK,
    copy_min=scale.COPY_MIN // _SHRUNK,
)
"""Each size of a layout by the same factor smaller, so that a small archive has copies, streamed
parts and segments like a large one."""


def an_entry(index: int, size: int, *, crc32: int | None = 0, name: str | None = None) -> Entry:
    return Entry(name or f"file-{index}", f"key-{index}", '"etag"', size, crc32, 1_700_000_000)


def entries_of(sizes: Iterable[int]) -> tuple[Entry, ...]:
    return tuple(an_entry(index, size) for index, size in enumerate(sizes))


def assembled(
    plan: Plan, contents: Sequence[bytes], head: Head = HEAD, ending: bytes | None = None
) -> bytes:
    """The archive of a plan whose source files hold these contents. `ending` is its tail; None:
    the usual one."""
    crc32s = [zlib.crc32(content) for content in contents]
    if ending is None:
        ending = tail_of(plan, crc32s, head=head)
    parts = []
    for part in plan.parts:
        if part.copied is None:
            parts.append(_streamed(plan, part, contents, crc32s, ending))
        else:
            start = part.start - data_start(plan, part.copied)
            parts.append(contents[part.copied][start : start + part.length])
    return b"".join(parts)


def tail_of(
    plan: Plan, crc32s: Sequence[int], files_a_section: int = 1000, head: Head = HEAD
) -> bytes:
    """The archive's tail, rendered from sections of so many files."""
    files = list(zip(plan.entries, plan.offsets, crc32s, strict=True))
    runs = [files[at : at + files_a_section] for at in range(0, len(files) or 1, files_a_section)]
    sections = [tail.section(plan.form, run, first=not index) for index, run in enumerate(runs)]
    lines, records = (one.lines for one in sections), (one.records for one in sections)
    counts = [one.counts for one in sections]
    rendered = tail.render(plan.form, head, plan.tail_start, counts, lines=lines, records=records)
    return b"".join(rendered)


def manifest_of(head: Head, files: Iterable[tuple[Listed, int]]) -> bytes:
    lines = manifest.lines(files, first=True)
    return b"".join((manifest.opening(head), *lines, manifest.closing(head)))


def data_start(plan: Plan, entry: int) -> int:
    return data_offset(plan.form, plan.entries[entry], plan.offsets[entry])


def _streamed(
    plan: Plan, part: Part, contents: Sequence[bytes], crc32s: Sequence[int], ending: bytes
) -> bytes:
    body = bytearray(part.length)
    end = min(part.end, plan.tail_start)
    for piece in pieces.pieces(plan.form, plan.entries, plan.offsets, part.start, end):
        if piece.header_at is not None:
            header = plan.form.header(plan.entries[piece.entry].member, crc32s[piece.entry])
            body[piece.header_at : piece.header_at + len(header)] = header
        source = contents[piece.entry][piece.source_start : piece.source_start + piece.length]
        body[piece.data_at : piece.data_at + piece.length] = source
    if part.end > plan.tail_start:
        tail_at = max(plan.tail_start - part.start, 0)
        run = ending[part.start + tail_at - plan.tail_start : part.end - plan.tail_start]
        body[tail_at : tail_at + len(run)] = run
    return bytes(body)


@dataclass(frozen=True)
class Sparse:
    """An archive of any size whose source files hold nothing but zeros: only its headers and its
    tail take memory."""

    plan: Plan

    def open(self) -> io.BufferedReader:
        return io.BufferedReader(_SparseFile(self.plan.size, self._regions()))

    def write_to(self, file: BinaryIO) -> None:
        """As a file with holes, where the file system has such."""
        file.truncate(self.plan.size)
        for start, content in self._regions():
            file.seek(start)
            file.write(content)

    def _regions(self) -> list[tuple[int, bytes]]:
        """Where there is something else than zeros."""
        plan = self.plan
        regions = [
            (offset, plan.form.header(entry.member, entry.crc32 or 0))
            for entry, offset in zip(plan.entries, plan.offsets, strict=True)
        ]
        regions.append((plan.tail_start, tail_of(plan, [e.crc32 or 0 for e in plan.entries])))
        return regions


class _SparseFile(io.RawIOBase):
    """Zeros, but for some regions."""

    def __init__(self, size: int, regions: Sequence[tuple[int, bytes]]) -> None:
        self._size, self._regions, self._at = size, regions, 0
        self._starts = [start for start, _ in regions]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if self._at < 0:
            raise OSError("a position before the file")
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # of all buffers, only this
        length = min(len(buffer), max(self._size - self._at, 0))
        end = self._at + length
        found = bytearray(length)
        for start, content in self._regions[max(bisect_right(self._starts, self._at) - 1, 0) :]:
            if start >= end:
                break
            skipped = max(self._at - start, 0)
            run = content[skipped : end - start]
            at = start + skipped - self._at
            found[at : at + len(run)] = run
        buffer[:length] = found
        self._at = end
        return length


@dataclass(frozen=True)
class Streamed:
    """What a reader that sees an archive front to back knows of a file."""

    name: str
    content: bytes


_LOCAL = Struct("<4sHHHHHIIIHH")
_UTF8_ALONE = 0x0800
_STORED = 0


def read_as_stream(archive: bytes) -> list[Streamed]:
    """Reads by local headers alone, as java.util.zip's stream does: what follows must be known from
    the header."""
    files = []
    at = 0
    while archive[at : at + 4] == b"PK\x03\x04":
        fields = _LOCAL.unpack_from(archive, at)
        _, _, flags, method, _, _, crc32, packed, size, name_length, extra_length = fields
        assert (flags, method, packed) == (_UTF8_ALONE, _STORED, size)
        name_at = at + _LOCAL.size
        data_at = name_at + name_length + extra_length
        content = archive[data_at : data_at + size]
        assert zlib.crc32(content) == crc32
        files.append(Streamed(archive[name_at : name_at + name_length].decode(), content))
        at = data_at + size
    assert archive[at : at + 4] == b"PK\x01\x02"
    return files


def with_crc32s(entries: Sequence[Entry], contents: Sequence[bytes]) -> tuple[Entry, ...]:
    """The entries with the CRC-32 of these contents where they had one."""
    return tuple(
        entry if entry.crc32 is None else replace(entry, crc32=zlib.crc32(content))
        for entry, content in zip(entries, contents, strict=True)
    )
