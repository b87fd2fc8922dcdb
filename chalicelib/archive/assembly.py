"""Builds parts of an archive on S3: copies by S3 itself, streamed parts through buffers of this
worker.

Downloads, uploads and copies overlap. Memory is bounded by the buffers of the streamed parts under
way, whatever the size of the archive.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from mmap import mmap
from threading import Event
from typing import Any, Final

from chalicelib.archive import format as zip_format
from chalicelib.archive.pieces import Piece, pieces
from chalicelib.archive.plan import Entry, Part, data_offset
from chalicelib.errors import SourceChanged, SourceUnreadable
from chalicelib.objects import Body
from chalicelib.storage import Bucket, deleted, overwritten

BUFFERS: Final = 3
"""Streamed parts under way at a time: one is filled, one is uploaded, one is in between."""

READS: Final = 24
"""Requests for source bytes under way at a time."""

COPIES: Final = 16
"""Copies by S3 under way at a time; they cost a worker nothing but a waiting thread."""

_READ_SIZE: Final = (
    4 * 1024**2
)  # bytes of one ranged read: more than one connection for a large file
_TICK_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Upload:
    """A multipart upload under way: in which bucket, of which key, with which id."""

    bucket: Bucket
    key: str
    id: str


def wait_for(futures: "Iterable[Future[Any]]", tick: Callable[[], None]) -> None:
    """Returns when all have succeeded; calls `tick` at least every second. On the first failure
    those that have not begun are cancelled, and it is raised."""
    pending = set(futures)
    try:
        while pending:
            done, pending = wait(pending, _TICK_SECONDS, FIRST_EXCEPTION)
            for future in done:
                future.result()
            tick()
    except BaseException:
        for future in pending:
            future.cancel()
        raise


@dataclass(slots=True)
class Builder:
    """Builds the parts of one slice of a plan.

    `entries` and `offsets` are the slice's. `gathered(bytes, files)` is called, from any thread, as
    bytes, and the last bytes of files, were read or copied; `tick()` on the caller's thread at
    least every second, and may raise to stop the work. `crc32s` gathers, by index in `entries`,
    those that were not planned: found out while streaming, or told by S3.
    """

    source: Bucket
    upload: Upload
    entries: tuple[Entry, ...]
    offsets: tuple[int, ...]
    gathered: Callable[[int, int], None]
    tick: Callable[[], None]
    crc32s: dict[int, int] = field(default_factory=dict)
    _stop: Event = field(default_factory=Event)

    def build(self, parts: Iterable[Part]) -> None:
        """Uploads each of the parts. On the first failure what is under way is waited for, nothing
        more is begun, and that failure is raised."""
        with (
            ThreadPoolExecutor(READS) as reads,
            ThreadPoolExecutor(BUFFERS) as streams,
            ThreadPoolExecutor(COPIES) as copies,
        ):
            self._wait(
                copies.submit(self._copy, part)
                if part.copied is not None
                else streams.submit(self._stream, part, reads)
                for part in parts
            )

    def fill(self, start: int, end: int) -> bytes:
        """The bytes [start, end) of the archive's body."""
        with ThreadPoolExecutor(READS) as reads, ThreadPoolExecutor(1) as streams:
            filling = streams.submit(self._fill, start, end, reads)
            self._wait([filling])
            return bytes(filling.result())

    def upload_chunks(self, parts: Iterable[Part], chunks: Iterator[bytes]) -> None:
        """Uploads a run of bytes as these parts, which it must fill exactly."""
        rest = bytearray()
        with ThreadPoolExecutor(1) as uploads:
            under_way: list[Future[None]] = []
            for part in parts:
                body = rest
                while len(body) < part.length:
                    chunk = next(chunks, None)
                    if chunk is None:
                        raise RuntimeError("the end of the archive is shorter than planned")
                    body += chunk
                rest = body[part.length :]
                del body[part.length :]
                self._wait(under_way)
                under_way = [uploads.submit(self._upload, part, body)]
            self._wait(under_way)
        if rest or any(chunks):
            raise RuntimeError("the end of the archive is longer than planned")

    def _wait(self, futures: "Iterable[Future[Any]]") -> None:
        try:
            wait_for(futures, self.tick)
        except BaseException:
            self._stop.set()
            raise

    def _copy(self, part: Part) -> None:
        if self._stop.is_set() or part.copied is None:
            return
        entry, offset = self.entries[part.copied], self.offsets[part.copied]
        self.upload.bucket.copy_part(
            self.upload.key,
            self.upload.id,
            part.number,
            source=self.source.name,
            source_key=entry.key,
            etag=entry.etag,
            size=entry.size,
            start=part.start - data_offset(entry, offset),
            length=part.length,
        )
        end = data_offset(entry, offset) + entry.size
        self.gathered(part.length, int(part.end == end))

    def _stream(self, part: Part, reads: ThreadPoolExecutor) -> None:
        with self._fill(part.start, part.end, reads) as body:
            self._upload(part, body)

    def _upload(self, part: Part, body: Body) -> None:
        if not self._stop.is_set():
            self.upload.bucket.upload_part(self.upload.key, self.upload.id, part.number, body)

    def _fill(self, start: int, end: int, reads: ThreadPoolExecutor) -> mmap:
        # Not a bytearray: the C library keeps what a thread has freed for that thread, and each
        # step has new threads, so a worker would grow by a part with every step.
        body = mmap(-1, end - start)
        with memoryview(body) as view:
            placed = list(pieces(self.entries, self.offsets, start, end))
            futures = [
                (piece, [reads.submit(request) for request in self._requests(piece, view)])
                for piece in placed
            ]
            for piece, requests in futures:
                for request in requests:
                    request.result()
                self._finish(piece, view)
        return body

    def _requests(self, piece: Piece, view: memoryview) -> Iterator[Callable[[], None]]:
        """What brings a piece: reads of its bytes, and its CRC-32 where S3 alone has it."""
        entry = self.entries[piece.entry]
        if piece.header_at is not None and entry.crc32 is None and piece.length < entry.size:
            yield partial(self._look_up, piece.entry)
        for at in range(0, piece.length, _READ_SIZE):
            length = min(_READ_SIZE, piece.length - at)
            place = piece.source_start + at, piece.data_at + at, length
            yield partial(self._read, view, entry, *place)

    def _look_up(self, index: int) -> None:
        entry = self.entries[index]
        if self._stop.is_set():
            return
        facts = self.source.head(entry.key)
        if facts is None:
            raise deleted(entry.key)
        if facts.etag != entry.etag:
            raise overwritten(entry.key)
        if facts.crc32 is None:
            raise SourceUnreadable(
                f"S3 lists a CRC-32 of {entry.key} and does not tell it; export it by its key"
            )
        self.crc32s[index] = facts.crc32

    def _read(
        self, view: memoryview, entry: Entry, source_start: int, data_at: int, length: int
    ) -> None:
        if not self._stop.is_set():
            with view[data_at : data_at + length] as run:
                self.source.read_into(run, entry.key, source_start, entry.etag)

    def _finish(self, piece: Piece, view: memoryview) -> None:
        """Checks a piece's bytes, and writes its header, which may have had to wait for their
        CRC-32."""
        entry = self.entries[piece.entry]
        crc32 = self.crc32s.get(piece.entry, entry.crc32)
        if piece.length == entry.size:
            crc32 = zlib.crc32(view[piece.data_at : piece.data_at + piece.length])
            if entry.crc32 is None:
                self.crc32s[piece.entry] = crc32
            elif entry.crc32 != crc32:
                raise SourceChanged(
                    f"{entry.key} does not have the CRC-32 that S3 gives for it: "
                    f"{crc32:08x} instead of {entry.crc32:08x}"
                )
        header_length = 0
        if piece.header_at is not None:
            if crc32 is None:
                raise RuntimeError(f"{entry.key} has no CRC-32 and does not lie in one part")
            header = zip_format.local_header(entry.member, crc32)
            header_length = len(header)
            view[piece.header_at : piece.header_at + header_length] = header
        ended = piece.source_start + piece.length == entry.size
        self.gathered(header_length + piece.length, int(ended))
