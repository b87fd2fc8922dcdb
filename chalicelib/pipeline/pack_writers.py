"""What a pack has of each file, by the format of its archive: a ZIP's files, each compressed by
itself, or the blocks of a tar.gz."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import Enum
from typing import Protocol

from chalicelib import deflate
from chalicelib.archive.formats import Format
from chalicelib.archive.member import Member
from chalicelib.archive.packed import PackedFile
from chalicelib.archive.packing import Left, Span
from chalicelib.archive.plan import Entry, padding
from chalicelib.archive.sums import Sum
from chalicelib.errors import SourceChanged, shortened
from chalicelib.pipeline.pack_output import Output


class How(Enum):
    """What becomes of a file."""

    DEFLATED = "deflated"
    STORED = "stored"
    LEFT = "left"


class Reader(Protocol):
    """Who reads the files that are written. A file of more than `largest` bytes may lie in several
    packs. `block` is that of `Packer`."""

    @property
    def form(self) -> Format: ...
    @property
    def block(self) -> int: ...
    @property
    def largest(self) -> int: ...

    def chunks_of(self, span: Span, chunks: Iterator[bytes], /) -> Iterator[bytes]:
        """Yields the chunks of the next span, and counts them."""

    def how(self, entry: Entry, one: How, first: bytes, /) -> How:
        """Returns what becomes of a file whose first chunk this is."""


class Files:
    """Writes files as a ZIP has them: each has a header, and is compressed by itself."""

    def __init__(self, reader: Reader, output: Output) -> None:
        self._reader = reader
        self._output = output
        self._found: list[PackedFile | Left] = []

    def add(self, span: Span, how: How, chunks: Iterator[bytes]) -> None:
        """Writes a span, of which these are the next chunks."""
        if how is How.LEFT:
            self._found.append(Left(len(self._found)))
            return
        is_piece = span.entry.size > self._reader.largest
        own = self._reader.chunks_of(span, chunks)
        self._found.append(self._piece(span, how, own) if is_piece else self._file(span, how, own))

    def end(self) -> Sequence[PackedFile | Left]:
        """Returns what became of each span."""
        return self._found

    def _file(self, span: Span, how: How, chunks: Iterator[bytes]) -> PackedFile:
        entry = span.entry
        data, crc32, compressor = bytearray(), 0, None
        chunk = b""
        for number, chunk in enumerate(chunks):
            if number == 0 and self._reader.how(entry, how, chunk) is How.DEFLATED:
                compressor = deflate.compressor()
            crc32 = zlib.crc32(chunk, crc32)
            data += compressor.compress(chunk) if compressor else chunk
        if compressor:
            data += compressor.flush(deflate.FINISH)
        check_crc32(entry, crc32)
        if compressor and len(chunk) == entry.size <= len(data):
            data, compressor = bytearray(chunk), None  # it does not become smaller
        deflated = len(data) if compressor else None
        at = self._output.size
        member = Member(entry.name.encode(), entry.size, entry.modified, deflated)
        self._output.write(self._reader.form.header(member, crc32))
        self._output.write(data)
        return row(entry, entry.size, crc32, at, self._output.size - at, deflated)

    def _piece(self, span: Span, how: How, chunks: Iterator[bytes]) -> PackedFile:
        at, crc32 = self._output.size, 0
        compressor = deflate.compressor() if how is How.DEFLATED else None
        for chunk in chunks:
            crc32 = zlib.crc32(chunk, crc32)
            self._output.write(compressor.compress(chunk) if compressor else chunk)
        if compressor:
            ending = deflate.FINISH if span.is_last else deflate.FULL_FLUSH
            self._output.write(compressor.flush(ending))
        taken = self._output.size - at
        made = row(span.entry, span.length, crc32, at, taken, taken if compressor else None)
        return replace(made, is_piece=True)


class Blocks:
    """Writes files as a tar.gz has them: blocks of one stream of deflate, each of the tar bytes of
    a few files."""

    def __init__(self, reader: Reader, output: Output) -> None:
        self._reader = reader
        self._output = output
        self._found: list[PackedFile] = []
        self._first = 0
        self._block: _Block | None = None

    def add(self, span: Span, how: How, chunks: Iterator[bytes]) -> None:
        """Writes a span, of which these are the next chunks."""
        entry, form = span.entry, self._reader.form
        is_piece = not span.is_whole
        own = self._reader.chunks_of(span, chunks)
        first = next(own, b"")
        how = self._reader.how(entry, how, first)
        if self._block and (is_piece or self._block.is_full(how, span.length)):
            self._end_block()
        if self._block is None:
            self._first = len(self._found)
            self._block = _Block(self._output, how, self._reader.block)
        if span.start == 0:
            self._block.write(form.header(entry.member, 0))
        crc32 = 0
        for chunk in _from(first, own):
            crc32 = zlib.crc32(chunk, crc32)
            self._block.write(chunk)
        if span.is_last:
            self._block.write(bytes(padding(form, entry)))
        if span.is_whole:
            check_crc32(entry, crc32)
        made = row(entry, span.length, crc32, 0, 0, None)
        self._found.append(replace(made, is_piece=is_piece))
        if is_piece:
            self._end_block()

    def end(self) -> Sequence[PackedFile | Left]:
        """Returns what became of each span."""
        self._end_block()
        return self._found

    def _end_block(self) -> None:
        if self._block is None:
            return
        at, taken, whole = self._block.end()
        for number in range(self._first, len(self._found)):
            is_first = number == self._first
            self._found[number] = replace(
                self._found[number],
                at=at if is_first else at + taken,
                taken=taken if is_first else 0,
                sum=whole if is_first else Sum(),
            )
        self._block = None


class _Block:
    """Deflated tar bytes, of files that have about `most` bytes together at most, or of one file.
    They end at a whole byte, and what follows can be inflated without them."""

    def __init__(self, output: Output, how: How, most: int) -> None:
        self._output = output
        self._how = how
        self._most = most
        self._at = output.size
        self._crc32 = self._size = 0
        # Stored bytes go through zlib too, which frames them (RFC 1951, section 3.2.4).
        stored = zlib.compressobj(0, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._compressor = deflate.compressor() if how is How.DEFLATED else stored

    def is_full(self, how: How, size: int) -> bool:
        """Returns whether the next file, which becomes this and has that size, begins a new
        block."""
        return self._size + size > self._most or how is not self._how

    def write(self, data: bytes) -> None:
        """Adds bytes."""
        self._size += len(data)
        self._crc32 = zlib.crc32(data, self._crc32)
        self._output.write(self._compressor.compress(data))

    def end(self) -> tuple[int, int, Sum]:
        """Ends the block. Returns where it begins, how many bytes it has, and the sum of what it
        was made of."""
        self._output.write(self._compressor.flush(deflate.FULL_FLUSH))
        return self._at, self._output.size - self._at, Sum(self._size, self._crc32)


def row(  # noqa: PLR0913 PLR0917 - the fields of a row
    entry: Entry, size: int, crc32: int, at: int, taken: int, deflated: int | None
) -> PackedFile:
    """Returns the row of a file, or of a piece of it."""
    return PackedFile(
        entry.name,
        entry.key,
        size,
        entry.modified,
        crc32,
        at,
        taken,
        deflated,
        entry.version,
        entry.encoding,
    )


def check_crc32(entry: Entry, crc32: int) -> None:
    """Raises SourceChanged if S3 has another CRC-32 of the file than this, which was computed."""
    if entry.crc32 is not None and entry.crc32 != crc32:
        raise SourceChanged(
            f"{shortened(entry.key)} does not have the CRC-32 that S3 has of it: "
            f"{crc32:08x} instead of {entry.crc32:08x}",
            key=entry.key,
        )


def _from(first: bytes, following: Iterable[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from following
