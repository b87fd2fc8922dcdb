"""Makes one pack: reads files, compresses them, and writes them as the archive will have them.

Reads and uploads are under way while a chunk is compressed. A pack is an object of the attempt that
makes it, in an upload of its own. So what two attempts write never mixes, whatever library they
compress with.
"""

import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from typing import Final, NamedTuple

from chalicelib import deflate
from chalicelib.archive import packed, packing
from chalicelib.archive.compressible import SAMPLE_BYTES, is_compressed, looks_compressed
from chalicelib.archive.costs import READS_AT_ONCE
from chalicelib.archive.formats import Format
from chalicelib.archive.member import Member
from chalicelib.archive.packed import Pack, PackedFile
from chalicelib.archive.packing import Left, Made, Sizes, Span
from chalicelib.archive.plan import Entry, padding
from chalicelib.archive.sums import Sum
from chalicelib.errors import LonghaulError, SourceChanged, Unavailable, UploadGone, shortened
from chalicelib.jobs.request import Compression
from chalicelib.pipeline.lease import Lease
from chalicelib.pipeline.origins import faults_named, origin
from chalicelib.pools import wait_for
from chalicelib.s3.archive_bucket import ArchiveBucket
from chalicelib.services import Services

_AHEAD_BYTES: Final = 24 * 1024**2
"""The most bytes that are being read, or were read and are not compressed yet."""


class _How(Enum):
    """What becomes of a file."""

    DEFLATED = "deflated"
    STORED = "stored"
    LEFT = "left"


class _Chunk(NamedTuple):
    """Bytes [start, start + length) of a file, which belong to the span with this number."""

    span: int
    start: int
    length: int


@dataclass(slots=True)
class Packer:
    """Makes packs of files of one source, for an archive of this format. What is read is counted in
    the lease, which may stop the work. `block` is how many bytes of files a tar.gz has at most
    before it can be divided, if no file is larger."""

    services: Services
    lease: Lease
    form: Format
    compression: Compression
    source: str | None
    block: int

    def make(self, spans: Sequence[Span], key: str, rows: str) -> Made:
        """Makes the pack `key` of these spans, and keeps its rows. Raises SourceChanged,
        SourceUnreadable, Unavailable, AccessDenied, and what the lease raises."""
        pools = self.services.pools
        with pools(READS_AT_ONCE) as reads, pools(1) as uploads:
            output = _Output(self.services, self.lease, key, self.form.MEDIA_TYPE, uploads)
            writer = _Blocks(self, output) if self.form.COMPRESSES_HEADERS else _Files(self, output)
            try:
                how = self._decisions(spans, reads)
                chunks = self._read(spans, how, reads)
                for span, one in zip(spans, how, strict=True):
                    writer.add(span, one, chunks)
                found = writer.end()
                pack = output.end()
            except UploadGone:
                # The job has ended, and what it had begun was thrown away. If not: once more.
                raise Unavailable(f"the upload of {key} was aborted") from None
            except BaseException:
                output.give_up()
                raise
        whole = [one for one in found if isinstance(one, PackedFile) and not one.is_piece]
        self.services.archive.write(rows, packed.to_bytes(whole))
        self.services.log.info(
            "files packed",
            jobId=self.lease.job_id,
            files=len(spans),
            bytes=sum(span.length for span in spans),
            packed=pack.size,
            engine=deflate.ENGINE,
        )
        return packing.made_of(self.form, pack, rows, found)

    def is_left_by_name(self, entry: Entry) -> bool:
        """Returns whether the file's name tells that S3 can copy it as it is."""
        return self.compression == "auto" and _is_compressed(entry) and self.is_left(entry)

    def is_left(self, entry: Entry) -> bool:
        """Returns whether S3 can copy the file, if it is compressed already."""
        if self.form.COMPRESSES_HEADERS or not entry.is_known:
            return False
        return entry.size >= _alone(self.services)

    def _decisions(self, spans: Sequence[Span], reads: Executor) -> list[_How]:
        """Returns what becomes of each span's file, as far as that must be known before it is read:
        the workers of all its spans must decide the same. Others are decided by their first
        chunk."""
        sampled = {
            span.entry: reads.submit(self._sample, span.entry)
            for span in spans
            if self.compression == "auto"
            and self._is_sampled(span.entry)
            and not _is_compressed(span.entry)
        }
        wait_for(self.services.pools, sampled.values(), self.lease.tick)
        made = []
        for span in spans:
            entry = span.entry
            sample = sampled.get(entry)
            stored = self.compression == "auto" and _is_compressed(entry)
            stored = stored or (sample is not None and looks_compressed(sample.result()))
            how = _How.STORED if stored else _How.DEFLATED
            made.append(_How.LEFT if stored and self.is_left(entry) else how)
        return made

    def _is_sampled(self, entry: Entry) -> bool:
        """Returns whether the file is looked at before it is read."""
        return entry.size >= _alone(self.services) or entry.size > self._sizes.span

    @property
    def _sizes(self) -> Sizes:
        return self.services.limits.packing

    def _sample(self, entry: Entry) -> bytes:
        return self._chunk(entry, 0, min(SAMPLE_BYTES, entry.size))

    def _chunk(self, entry: Entry, start: int, length: int) -> bytes:
        at = origin(self.services, self.source, entry)
        with faults_named(entry):
            return at.bucket.read_range(at.key, start, length, entry.etag, at.version)

    def _read(self, spans: Sequence[Span], how: Sequence[_How], reads: Executor) -> Iterator[bytes]:
        """Yields the chunks of all spans that are not left, in order."""
        asked = deque(self._asked(spans, how))
        under_way: deque[tuple[Future[bytes], int]] = deque()
        ahead = 0
        while asked or under_way:
            while asked and (not under_way or ahead + asked[0].length <= _AHEAD_BYTES):
                if len(under_way) >= 2 * READS_AT_ONCE:
                    break
                number, start, length = asked.popleft()
                read = partial(self._chunk, spans[number].entry, start, length)
                under_way.append((reads.submit(read), length))
                ahead += length
            future, length = under_way.popleft()
            wait_for(self.services.pools, [future], self.lease.tick)
            ahead -= length
            yield future.result()

    def _asked(self, spans: Sequence[Span], how: Sequence[_How]) -> Iterator[_Chunk]:
        most = self.services.limits.read_bytes
        for number, (span, one) in enumerate(zip(spans, how, strict=True)):
            if one is _How.LEFT:
                continue
            for start in range(span.start, span.start + span.length, most):
                yield _Chunk(number, start, min(most, span.start + span.length - start))

    def chunks_of(self, span: Span, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Yields the chunks of the next span, and counts them."""
        left = span.length
        while left:
            chunk = next(chunks)
            left -= len(chunk)
            yield chunk
            is_end = not left and span.is_last
            self.lease.gathered(streamed=len(chunk), files=int(is_end))
        if not span.length:
            self.lease.gathered(files=1)

    def how(self, entry: Entry, one: _How, first: bytes) -> _How:
        """Returns what becomes of a file whose first chunk this is."""
        is_open = self.compression == "auto" and one is _How.DEFLATED
        if is_open and entry.size > self._sizes.sampled and not self._is_sampled(entry):
            return _How.STORED if looks_compressed(first[:SAMPLE_BYTES]) else one
        return one


class _Files:
    """Writes files as a ZIP has them: each has a header, and is compressed by itself."""

    def __init__(self, packer: Packer, output: "_Output") -> None:
        self._packer = packer
        self._output = output
        self._found: list[PackedFile | Left] = []

    def add(self, span: Span, how: _How, chunks: Iterator[bytes]) -> None:
        """Writes a span, of which these are the next chunks."""
        if how is _How.LEFT:
            self._found.append(Left(len(self._found)))
            return
        is_piece = span.entry.size > self._packer.services.limits.packing.span
        own = self._packer.chunks_of(span, chunks)
        self._found.append(self._piece(span, how, own) if is_piece else self._file(span, how, own))

    def end(self) -> Sequence[PackedFile | Left]:
        """Returns what became of each span."""
        return self._found

    def _file(self, span: Span, how: _How, chunks: Iterator[bytes]) -> PackedFile:
        entry = span.entry
        data, crc32, compressor = bytearray(), 0, None
        chunk = b""
        for number, chunk in enumerate(chunks):
            if number == 0 and self._packer.how(entry, how, chunk) is _How.DEFLATED:
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
        self._output.write(self._packer.form.header(member, crc32))
        self._output.write(data)
        return row(entry, entry.size, crc32, at, self._output.size - at, deflated)

    def _piece(self, span: Span, how: _How, chunks: Iterator[bytes]) -> PackedFile:
        at, crc32 = self._output.size, 0
        compressor = deflate.compressor() if how is _How.DEFLATED else None
        for chunk in chunks:
            crc32 = zlib.crc32(chunk, crc32)
            self._output.write(compressor.compress(chunk) if compressor else chunk)
        if compressor:
            ending = deflate.FINISH if span.is_last else deflate.FULL_FLUSH
            self._output.write(compressor.flush(ending))
        taken = self._output.size - at
        made = row(span.entry, span.length, crc32, at, taken, taken if compressor else None)
        return replace(made, is_piece=True)


class _Blocks:
    """Writes files as a tar.gz has them: blocks of one stream of deflate, each of the tar bytes of
    a few files."""

    def __init__(self, packer: Packer, output: "_Output") -> None:
        self._packer = packer
        self._output = output
        self._found: list[PackedFile] = []
        self._first = 0
        self._block: _Block | None = None

    def add(self, span: Span, how: _How, chunks: Iterator[bytes]) -> None:
        """Writes a span, of which these are the next chunks."""
        entry, form = span.entry, self._packer.form
        is_piece = not span.is_whole
        own = self._packer.chunks_of(span, chunks)
        first = next(own, b"")
        how = self._packer.how(entry, how, first)
        if self._block and (is_piece or self._block.is_full(how, span.length)):
            self._end_block()
        if self._block is None:
            self._first = len(self._found)
            self._block = _Block(self._output, how, self._packer.block)
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

    def __init__(self, output: "_Output", how: _How, most: int) -> None:
        self._output = output
        self._how = how
        self._most = most
        self._at = output.size
        self._crc32 = self._size = 0
        # Stored bytes go through zlib too, which frames them (RFC 1951, section 3.2.4).
        stored = zlib.compressobj(0, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._compressor = deflate.compressor() if how is _How.DEFLATED else stored

    def is_full(self, how: _How, size: int) -> bool:
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


@dataclass(slots=True)
class _Output:
    """The object that is written: one request if it is small, else a multipart upload, with one
    part under way while the next one is filled."""

    services: Services
    lease: Lease
    key: str
    media_type: str
    pool: Executor
    size: int = 0
    _buffer: bytearray = field(default_factory=bytearray)
    _upload: str | None = None
    _etags: list[str] = field(default_factory=list)
    _under_way: list[Future[str]] = field(default_factory=list)

    @property
    def _archive(self) -> ArchiveBucket:
        return self.services.archive

    def write(self, data: bytes | bytearray) -> None:
        """Adds bytes."""
        self._buffer += data
        self.size += len(data)
        if len(self._buffer) >= self.services.limits.layout.stream_part:
            self._send()

    def end(self) -> Pack:
        """Completes the object. Returns what it is."""
        if self._upload is None:
            self._archive.write(self.key, bytes(self._buffer), self.media_type)
        else:
            if self._buffer:
                self._send()
            self._wait()
            parts = enumerate(self._etags, start=1)
            with suppress(UploadGone):  # it was completed, perhaps: an answer may have been lost
                self._archive.complete_upload(self.key, self._upload, parts)
        there = self._archive.head(self.key, checksum=False)
        if there is None or there.size != self.size:
            raise Unavailable(f"{self.key} is not there")
        return Pack(self.key, there.etag, there.size)

    def give_up(self) -> None:
        """Throws away what was uploaded. If that fails, the step `discard` does so later."""
        for future in self._under_way:
            future.cancel()
        if self._upload:
            with suppress(LonghaulError):
                self._archive.abort_upload(self.key, self._upload)

    def _send(self) -> None:
        if self._upload is None:
            self._upload = self._archive.create_upload(self.key, self.media_type)
        self._wait()
        number = len(self._etags) + 1
        part = partial(self._archive.upload_part, self.key, self._upload, number, self._buffer)
        self._buffer = bytearray()
        self._under_way = [self.pool.submit(part)]

    def _wait(self) -> None:
        wait_for(self.services.pools, self._under_way, self.lease.tick)
        self._etags += [future.result() for future in self._under_way]
        self._under_way = []


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


def _is_compressed(entry: Entry) -> bool:
    return entry.encoding is not None or is_compressed(entry.name) or is_compressed(entry.key)


def _alone(services: Services) -> int:
    """Returns the bytes from which S3 copies a file without small files before it."""
    layout = services.limits.layout
    return max(2 * layout.min_part, layout.copy_min)


def _from(first: bytes, following: Iterable[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from following
