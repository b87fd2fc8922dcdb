"""The object that a pack is written to, in an upload of the attempt that writes it."""

from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from chalicelib.archive.packed import Pack
from chalicelib.errors import LonghaulError, Unavailable, UploadGone
from chalicelib.pipeline.lease import Lease
from chalicelib.pools import wait_for
from chalicelib.s3.archive_bucket import ArchiveBucket
from chalicelib.services import Services


@dataclass(slots=True)
class Output:
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
