"""Writes the index that stands beside an archive whose format has one (Format.RECORDS_BESIDE).

It is written before the archive is completed, so whoever finds the archive finds its index. Twins
write the same bytes. A worker of an older plan may be at work still, and its index would be another
one. So an index that is there is replaced only by a worker who has seen, after it saw that index,
that the job has its plan still.
"""

from collections.abc import Callable, Iterator
from typing import Final

from chalicelib.errors import Unavailable, UploadGone
from chalicelib.pipeline.lease import Lease
from chalicelib.s3.archive_bucket import ArchiveBucket

MEDIA_TYPE: Final = "text/csv; charset=utf-8"


def write(key: str, length: int, chunks: Iterator[bytes], lease: Lease) -> None:
    """Writes an index of `length` bytes, which come in chunks. A long one goes in parts, so that
    this worker never holds all of it.

    Raises NothingToDo if the job has ended, PlanReplaced if it was planned again, and Unavailable
    if a twin writes at the same time.
    """
    archive, part_bytes = lease.services.archive, lease.services.limits.index_part
    if length <= part_bytes:
        body = b"".join(chunks)
        _put(archive, key, lease, lambda etag: archive.write_over(key, body, MEDIA_TYPE, etag=etag))
        return
    upload = archive.create_upload(key, MEDIA_TYPE)
    try:
        for number, body in enumerate(_parts(chunks, part_bytes), start=1):
            archive.upload_part(key, upload, number, body)
            lease.tick()
        parts = list(archive.list_parts(key, upload))
        _put(archive, key, lease, lambda etag: archive.complete_over(key, upload, parts, etag=etag))
    except UploadGone:
        raise Unavailable(f"the upload of {key} has just ended") from None
    except BaseException:
        archive.abort_upload(key, upload)
        raise


def _put(
    archive: ArchiveBucket, key: str, lease: Lease, put_over: Callable[[str | None], bool]
) -> None:
    """Puts the index in the place of the one that is there, if there is one."""
    if put_over(None):
        return
    there = archive.head(key, checksum=False)
    lease.report(lease.services.now())
    if not put_over(there.etag if there else None):
        raise Unavailable(f"another worker is writing {key}")


def _parts(chunks: Iterator[bytes], length: int) -> Iterator[bytes]:
    """Yields the bytes of the chunks in pieces of `length`; the last one may be shorter."""
    rest = bytearray()
    for chunk in chunks:
        rest += chunk
        while len(rest) > length:
            yield bytes(rest[:length])
            del rest[:length]
    yield bytes(rest)
