"""Builds parts of an archive: S3 copies some by itself, others go through buffers of this worker.

Downloads, uploads and copies overlap. The buffers of the streamed parts under way bound the memory,
whatever the size of the archive.
"""

import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from functools import partial
from mmap import mmap
from threading import Event
from typing import TYPE_CHECKING, Any

from chalicelib.archive.costs import BUFFERS, COPIES_AT_ONCE, READS_AT_ONCE
from chalicelib.archive.formats import Format
from chalicelib.archive.pieces import Piece, pieces
from chalicelib.archive.plan import Entry, Part, data_offset
from chalicelib.errors import SourceChanged, SourceUnreadable, shortened
from chalicelib.pipeline.lease import Lease
from chalicelib.pipeline.origins import Origin, faults_named, origin
from chalicelib.pools import wait_for
from chalicelib.s3.archive_bucket import ArchiveBucket
from chalicelib.s3.objects import Body
from chalicelib.s3.refusals import deleted, overwritten
from chalicelib.services import Services

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Upload:
    """A multipart upload under way: its bucket, its key, its id."""

    bucket: ArchiveBucket
    key: str
    id: str


@dataclass(slots=True)
class Builder:
    """Builds the parts of one slice of a plan, in an archive of this format.

    `source` is the name of the files' source. `entries` and `offsets` are the slice's. What is read
    or copied is counted in the lease, which may stop the work. `crc32s` collects the CRC-32s that
    the plan does not have, by index in `entries`: S3 was asked for them, or they were computed
    while the bytes were streamed. `etags` collects those of the uploaded parts, by number.
    """

    services: Services
    lease: Lease
    form: Format
    source: str | None
    upload: Upload
    entries: tuple[Entry, ...]
    offsets: tuple[int, ...]
    crc32s: dict[int, int] = field(default_factory=dict)
    etags: dict[int, str] = field(default_factory=dict)
    _stop: Event = field(default_factory=Event)

    def build(self, parts: Iterable[Part]) -> None:
        """Uploads each of the parts. After the first failure it begins nothing more, waits for what
        is under way, and raises that failure: SourceChanged, SourceUnreadable, UploadGone,
        Unavailable, AccessDenied, or what the lease raises."""
        pools = self.services.pools
        with (
            pools(READS_AT_ONCE) as reads,
            pools(BUFFERS) as streams,
            pools(COPIES_AT_ONCE) as copies,
        ):
            self._wait(
                copies.submit(self._copy, part)
                if part.copied is not None
                else streams.submit(self._stream, part, reads)
                for part in parts
            )

    def fill(self, start: int, end: int) -> bytes:
        """Returns the bytes [start, end) of the archive's body. Raises what `build` raises."""
        pools = self.services.pools
        with pools(READS_AT_ONCE) as reads, pools(1) as streams:
            filling = streams.submit(self._fill, start, end, reads)
            self._wait([filling])
            return bytes(filling.result())

    def upload_chunks(self, parts: Iterable[Part], chunks: Iterator[bytes]) -> None:
        """Uploads the chunks, one after another, as these parts. They must fill the parts
        exactly."""
        rest = bytearray()
        with self.services.pools(1) as uploads:
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

    def _origin(self, entry: Entry) -> Origin:
        return origin(self.services, self.source, entry)

    def _wait(self, futures: "Iterable[Future[Any]]") -> None:
        try:
            wait_for(self.services.pools, futures, self.lease.tick)
        except BaseException:
            self._stop.set()
            raise

    def _copy(self, part: Part) -> None:
        if self._stop.is_set() or part.copied is None:
            return
        entry = self.entries[part.copied]
        data_start = data_offset(self.form, entry, self.offsets[part.copied])
        at = self._origin(entry)
        with faults_named(entry):
            self.etags[part.number] = self.upload.bucket.copy_part(
                self.upload.key,
                self.upload.id,
                part.number,
                source=at.bucket,
                source_key=at.key,
                version=at.version,
                etag=entry.etag,
                size=entry.packed.size if entry.packed else entry.size,
                start=entry.at + part.start - data_start,
                length=part.length,
            )
        is_last = part.end == data_start + entry.size
        self.lease.gathered(copied=part.length, files=entry.files if is_last else 0)

    def _stream(self, part: Part, reads: Executor) -> None:
        with self._fill(part.start, part.end, reads) as body:
            self._upload(part, body)

    def _upload(self, part: Part, body: Body) -> None:
        if not self._stop.is_set():
            self.etags[part.number] = self.upload.bucket.upload_part(
                self.upload.key, self.upload.id, part.number, body
            )

    def _fill(self, start: int, end: int, reads: Executor) -> mmap:
        # Not a bytearray: the C library keeps what a thread has freed for that thread, and each
        # step has new threads, so a worker would grow by a part with every step.
        body = mmap(-1, end - start)
        with memoryview(body) as view:
            if start == 0:
                beginning = self.form.BEGINNING
                view[: len(beginning)] = beginning
            placed = list(pieces(self.form, self.entries, self.offsets, start, end))
            futures = [
                (piece, [reads.submit(request) for request in self._requests(piece, view)])
                for piece in placed
            ]
            for piece, requests in futures:
                for request in requests:
                    request.result()
                self._finish(piece, view)
        return body

    def _requests(self, piece: Piece, view: memoryview) -> "Iterator[Callable[[], None]]":
        """Yields the requests for a piece: for its bytes, and for its CRC-32 if only S3 has it."""
        read_bytes = self.services.limits.read_bytes
        entry = self.entries[piece.entry]
        if piece.header_at is not None and entry.crc32 is None and piece.length < entry.size:
            yield partial(self._look_up, piece.entry)
        for at in range(0, piece.length, read_bytes):
            length = min(read_bytes, piece.length - at)
            place = piece.source_start + at, piece.data_at + at, length
            yield partial(self._read, view, entry, *place)

    def _look_up(self, index: int) -> None:
        entry = self.entries[index]
        if self._stop.is_set():
            return
        at = self._origin(entry)
        with faults_named(entry):
            facts = at.bucket.head(at.key, version=at.version)
        if facts is None:
            raise deleted(entry.key)
        if facts.etag != entry.etag:
            raise overwritten(entry.key)
        if facts.crc32 is None:
            raise SourceUnreadable(
                f"S3 lists a CRC-32 of {shortened(entry.key)} and does not return it; "
                "export it by its key",
                key=entry.key,
            )
        self.crc32s[index] = facts.crc32

    def _read(
        self, view: memoryview, entry: Entry, source_start: int, data_at: int, length: int
    ) -> None:
        if not self._stop.is_set():
            at = self._origin(entry)
            with view[data_at : data_at + length] as run, faults_named(entry):
                at.bucket.read_into(run, at.key, entry.at + source_start, entry.etag, at.version)

    def _finish(self, piece: Piece, view: memoryview) -> None:
        """Checks a piece's bytes and writes its header, which may have had to wait for their
        CRC-32."""
        entry = self.entries[piece.entry]
        crc32 = self.crc32s.get(piece.entry, entry.crc32)
        if piece.length == entry.size and not entry.packed:
            crc32 = zlib.crc32(view[piece.data_at : piece.data_at + piece.length])
            if entry.crc32 is None:
                self.crc32s[piece.entry] = crc32
            elif entry.crc32 != crc32:
                raise SourceChanged(
                    f"{shortened(entry.key)} does not have the CRC-32 that S3 has of it: "
                    f"{crc32:08x} instead of {entry.crc32:08x}",
                    key=entry.key,
                )
        header_length = 0
        if piece.header_at is not None and not entry.packed:
            if crc32 is None:
                raise RuntimeError(f"{entry.key} has no CRC-32 and does not lie in one part")
            header = self.form.header(entry.member, crc32)
            header_length = len(header)
            view[piece.header_at : piece.header_at + header_length] = header
        is_last = piece.source_start + piece.length == entry.size
        files = entry.files if is_last else 0
        self.lease.gathered(streamed=header_length + piece.length, files=files)
