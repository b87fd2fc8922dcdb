"""The peers: how other tools make a ZIP archive on S3. All bytes go through the process.

Each peer is written as an expert in that library would write it. What is not the library's own is
the same for all. They use an S3 client with the same settings. Several threads read small files
before the ZIP writer needs them. The archive is uploaded in parts of PART_SIZE, several at a time,
while the writer fills the next one.
"""

import zipfile
from base64 import b64decode
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from threading import Semaphore
from typing import TYPE_CHECKING, Any, Final, cast

from bench.plain_s3 import client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_SIZE: Final = 16 * 1024**2
"""Bytes of an uploaded part, about as many as Longhaul's. boto3's default of 8 MiB is a little
slower here."""

UPLOADS: Final = 4
"""How many parts are under way at a time."""

FETCHES: Final = 16
"""How many small files are read ahead, at most. Each has its own thread."""

SMALL: Final = 4 * 1024**2
"""Bytes up to which a file is read ahead as a whole. A larger one is streamed: one connection alone
is as fast as a Lambda function's network."""

CHUNK: Final = 1024**2
"""Bytes that a ZIP writer gets at a time."""

_MODE: Final = 0o644  # the permissions of an extracted file


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to archive. `crc32` is what S3 sent with the bytes, or None if it sent none."""

    name: str
    size: int
    modified: datetime
    crc32: int | None
    chunks: Iterator[bytes]


Writer = Callable[[Iterator[SourceFile], "PartedUpload"], None]
"""Writes an archive of the files to an upload."""


@dataclass(slots=True)
class PartedUpload:
    """A multipart upload that can be written to, like a file that cannot seek."""

    s3: "S3Client"
    bucket: str
    key: str
    id: str
    uploads: ThreadPoolExecutor
    _buffer: bytearray = field(default_factory=bytearray)
    _parts: "list[Future[CompletedPartTypeDef]]" = field(default_factory=list)
    _free: Semaphore = field(default_factory=lambda: Semaphore(UPLOADS))

    def write(self, chunk: bytes) -> int:
        self._buffer += chunk
        if len(self._buffer) >= PART_SIZE:
            self._send()
        return len(chunk)

    def flush(self) -> None:
        """Does nothing. A file has this method, but smaller parts would gain nothing."""

    def complete(self) -> None:
        if self._buffer:
            self._send()
        parts = [part.result() for part in self._parts]
        self.s3.complete_multipart_upload(
            Bucket=self.bucket, Key=self.key, UploadId=self.id, MultipartUpload={"Parts": parts}
        )

    def _send(self) -> None:
        body, self._buffer = self._buffer, bytearray()
        self._free.acquire()  # so at most UPLOADS parts are under way, in memory
        self._parts.append(self.uploads.submit(self._upload, len(self._parts) + 1, body))

    def _upload(self, number: int, body: bytearray) -> "CompletedPartTypeDef":
        try:
            answer = self.s3.upload_part(
                Bucket=self.bucket,
                Key=self.key,
                UploadId=self.id,
                PartNumber=number,
                Body=cast("bytes", body),  # botocore takes any buffer
            )
        finally:
            self._free.release()
        return {"PartNumber": number, "ETag": answer["ETag"]}


def with_zipfile(files: Iterator[SourceFile], to: PartedUpload) -> None:
    """zipfile, of Python's standard library."""
    with zipfile.ZipFile(cast("Any", to), "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.name, file.modified.timetuple()[:6])
            entry.file_size = file.size  # zipfile decides by it whether to use ZIP64
            with archive.open(entry, "w") as content:
                for chunk in file.chunks:
                    content.write(chunk)


def with_zipstream(files: Iterator[SourceFile], to: PartedUpload) -> None:
    """zipstream-ng: https://github.com/pR0Ps/zipstream-ng"""
    from zipstream import ZipStream

    archive = ZipStream()
    for file in files:
        archive.add(file.chunks, file.name, size=file.size)
        for chunk in archive.file():
            to.write(chunk)
    for chunk in archive.finalize():
        to.write(chunk)


def with_stream_zip(files: Iterator[SourceFile], to: PartedUpload) -> None:
    """stream-zip: https://github.com/uktrade/stream-zip

    If it gets the size and the CRC-32 first, it writes no data descriptor and keeps no copy in
    memory. S3 sends both in its answer to the GET.
    """
    from stream_zip import NO_COMPRESSION_64, stream_zip

    members = (
        (
            file.name,
            file.modified,
            _MODE,
            NO_COMPRESSION_64
            if file.crc32 is None
            else NO_COMPRESSION_64(uncompressed_size=file.size, crc_32=file.crc32),
            file.chunks,
        )
        for file in files
    )
    for chunk in stream_zip(members, chunk_size=CHUNK):
        to.write(chunk)


def zipfile_peer() -> Callable[[Mapping[str, str]], None]:
    return peer(with_zipfile)


def zipstream_peer() -> Callable[[Mapping[str, str]], None]:
    return peer(with_zipstream)


def stream_zip_peer() -> Callable[[Mapping[str, str]], None]:
    return peer(with_stream_zip, with_crc32=True)


def peer(write: Writer, *, with_crc32: bool = False) -> Callable[[Mapping[str, str]], None]:
    """Returns what makes an archive of the files below a prefix with `write`."""
    s3 = client()

    def run(task: Mapping[str, str]) -> None:
        bucket, key = task["archive_bucket"], task["archive_key"]
        upload_id = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
        with ThreadPoolExecutor(UPLOADS) as uploads, ThreadPoolExecutor(FETCHES) as fetches:
            to = PartedUpload(s3, bucket, key, upload_id, uploads)
            write(_sources(s3, task, fetches, with_crc32=with_crc32), to)
            to.complete()

    return run


def _sources(
    s3: "S3Client", task: Mapping[str, str], fetches: ThreadPoolExecutor, *, with_crc32: bool
) -> Iterator[SourceFile]:
    """Yields the files below the prefix. Reads the next ones while the caller writes one."""
    bucket, prefix = task["source_bucket"], task["prefix"]
    checksum: Any = {"ChecksumMode": "ENABLED"} if with_crc32 else {}

    def fetch(listed: Any) -> SourceFile:
        answer = s3.get_object(Bucket=bucket, Key=listed["Key"], **checksum)
        body = answer["Body"]
        return SourceFile(
            name=listed["Key"].removeprefix(prefix),
            size=listed["Size"],
            modified=listed["LastModified"],
            crc32=_number(answer.get("ChecksumCRC32")),
            chunks=iter([body.read()]) if listed["Size"] <= SMALL else body.iter_chunks(CHUNK),
        )

    ahead: deque[Future[SourceFile]] = deque()
    for listed in _listed(s3, bucket, prefix):
        ahead.append(fetches.submit(fetch, listed))
        if len(ahead) > FETCHES:
            yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()


def _listed(s3: "S3Client", bucket: str, prefix: str) -> Iterable[Any]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", [])


def _number(crc32: str | None) -> int | None:
    return int.from_bytes(b64decode(crc32), "big") if crc32 else None
