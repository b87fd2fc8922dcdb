"""Makes one pack: reads files, compresses them, and writes them as the archive will have them.

Reads and uploads are under way while a chunk is compressed. A pack is an object of the attempt that
makes it, in an upload of its own. So what two attempts write never mixes, whatever library they
compress with.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from chalicelib import deflate
from chalicelib.archive import packed, packing
from chalicelib.archive.compressible import SAMPLE_BYTES, is_compressed, looks_compressed
from chalicelib.archive.costs import READS_AT_ONCE
from chalicelib.archive.formats import Format
from chalicelib.archive.packed import PackedFile
from chalicelib.archive.packing import Made, Sizes, Span
from chalicelib.archive.plan import Entry
from chalicelib.errors import Unavailable, UploadGone
from chalicelib.jobs.request import Compression
from chalicelib.pipeline.lease import Lease
from chalicelib.pipeline.origins import faults_named, origin
from chalicelib.pipeline.pack_output import Output
from chalicelib.pipeline.pack_writers import Blocks, Files, How
from chalicelib.pools import wait_for
from chalicelib.services import Services

_AHEAD_BYTES: Final = 24 * 1024**2
"""The most bytes that are being read, or were read and are not compressed yet."""


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
            output = Output(self.services, self.lease, key, self.form.MEDIA_TYPE, uploads)
            writer = Blocks(self, output) if self.form.COMPRESSES_HEADERS else Files(self, output)
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

    def _decisions(self, spans: Sequence[Span], reads: Executor) -> list[How]:
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
            how = How.STORED if stored else How.DEFLATED
            made.append(How.LEFT if stored and self.is_left(entry) else how)
        return made

    def _is_sampled(self, entry: Entry) -> bool:
        """Returns whether the file is looked at before it is read."""
        return entry.size >= _alone(self.services) or entry.size > self._sizes.span

    @property
    def _sizes(self) -> Sizes:
        return self.services.limits.packing

    @property
    def largest(self) -> int:
        """The most bytes of a file that lies in one pack for sure."""
        return self._sizes.span

    def _sample(self, entry: Entry) -> bytes:
        return self._chunk(entry, 0, min(SAMPLE_BYTES, entry.size))

    def _chunk(self, entry: Entry, start: int, length: int) -> bytes:
        at = origin(self.services, self.source, entry)
        with faults_named(entry):
            return at.bucket.read_range(at.key, start, length, entry.etag, at.version)

    def _read(self, spans: Sequence[Span], how: Sequence[How], reads: Executor) -> Iterator[bytes]:
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

    def _asked(self, spans: Sequence[Span], how: Sequence[How]) -> Iterator[_Chunk]:
        most = self.services.limits.read_bytes
        for number, (span, one) in enumerate(zip(spans, how, strict=True)):
            if one is How.LEFT:
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

    def how(self, entry: Entry, one: How, first: bytes) -> How:
        """Returns what becomes of a file whose first chunk this is."""
        is_open = self.compression == "auto" and one is How.DEFLATED
        if is_open and entry.size > self._sizes.sampled and not self._is_sampled(entry):
            return How.STORED if looks_compressed(first[:SAMPLE_BYTES]) else one
        return one


def _is_compressed(entry: Entry) -> bool:
    return entry.encoding is not None or is_compressed(entry.name) or is_compressed(entry.key)


def _alone(services: Services) -> int:
    """Returns the bytes from which S3 copies a file without small files before it."""
    layout = services.limits.layout
    return max(2 * layout.min_part, layout.copy_min)
