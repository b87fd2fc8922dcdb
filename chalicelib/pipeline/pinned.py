"""Keeps what was found for a job whose files are packed by several workers.

Such a job is planned once more when its packs are made. If its files were looked for again then, a
file that is written again and again would be another one each time, and all files would be packed
again, without end. So what was found first counts until a change of a file is counted.
"""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import astuple
from io import BytesIO
from operator import attrgetter
from typing import Final

from chalicelib.archive.manifest import Skipped
from chalicelib.archive.plan import Entry
from chalicelib.batches import batched
from chalicelib.errors import Unavailable
from chalicelib.jobs import places
from chalicelib.jobs.model import Job
from chalicelib.services import Services
from chalicelib.sources.find import Found

FIELDS: Final = (
    *("name", "key", "etag", "size", "crc32", "modified", "in_s3", "version", "encoding", "copy"),
)
"""The fields of an entry that are stored, in order: all but those of a run of packed files."""

row_of: Final = attrgetter(*FIELDS)
"""Returns these fields of an entry."""

_ROWS: Final = 1000
"""How many entries are a line. So a million of them never are one text."""


def pinned(job: Job, services: Services) -> tuple[Found, str] | None:
    """Returns (what was found, its fingerprint); None if nothing is kept."""
    body = services.archive.read(_key(job, services))
    if body is None:
        return None
    with gzip.open(BytesIO(body)) as lines:
        mark, missing, unreadable = json.loads(next(lines))
        entries = tuple(Entry(*row) for line in lines for row in json.loads(line))
    return Found(entries, tuple(missing), tuple(Skipped(*row) for row in unreadable)), mark


def pin(found: Found, mark: str, job: Job, services: Services) -> None:
    """Keeps what was found. `mark` is its fingerprint. Raises Unavailable if another worker has
    found something else before."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)  # gzip, without a time
    body = b"".join(map(packer.compress, _lines(found, mark))) + packer.flush()
    key = _key(job, services)
    if not services.archive.write_new(key, body) and services.archive.read(key) != body:
        raise Unavailable("another worker has just found the files")


def _lines(found: Found, mark: str) -> Iterator[bytes]:
    yield _line([mark, found.missing, [astuple(one) for one in found.unreadable]])
    for some in batched(found.entries, _ROWS):
        yield _line([row_of(entry) for entry in some])


def _line(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


def _key(job: Job, services: Services) -> str:
    return places.found(job.job_id, services.plan_version, job.changes)
