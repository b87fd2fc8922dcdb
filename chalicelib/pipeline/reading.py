"""Reads large files whose CRC-32 S3 does not know: once, by as many workers as are needed.

The files are cut into runs, and the runs are grouped into batches. Each batch is the work of one
message, the step `read`. The CRC-32s of a batch are stored beside the job. The worker that finds
all batches done sends `plan` again, which then takes the CRC-32s from there.

A reading is one set of batches. Its digest names the runs with their ETags. So if a file has
changed, what was read of it before is never used.
"""

import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import chain
from typing import Final

from chalicelib.archive import crc
from chalicelib.archive.plan import Entry
from chalicelib.errors import NothingToDo, Unavailable
from chalicelib.jobs import places
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import Stage
from chalicelib.pipeline.lease import Lease
from chalicelib.pipeline.origins import origin
from chalicelib.pools import ahead
from chalicelib.queue.messages import DIGEST_DIGITS, Message, Step
from chalicelib.services import Services

_READS: Final = 8
"""The most requests under way at the same time. Each has a buffer."""


@dataclass(frozen=True, slots=True)
class Run:
    """Bytes [start, start + length) of one source file, which is read as `Entry` says."""

    key: str
    etag: str
    start: int
    length: int
    version: str | None = None
    copy: str | None = None


Batches = list[list[Run]]


def with_crc32s(
    entries: Sequence[Entry], source: str | None, job: Job, services: Services, lease: Lease
) -> Sequence[Entry] | None:
    """Returns the entries, each large one with its CRC-32. None if other workers must compute those
    first: their messages are sent, and `plan` will come again. `source` is the name of the files'
    source. Raises SourceChanged,
    SourceUnreadable, and what the lease raises."""
    limits = services.limits

    def is_unread(entry: Entry) -> bool:
        """Returns whether the file must be read before it is built: nobody knows its CRC-32, and it
        is not streamed in one part."""
        return not entry.is_known and entry.size > limits.layout.stream_part

    unread = [entry for entry in entries if is_unread(entry)]
    if not unread:
        return entries
    lease.stage = Stage.READING
    batches = cut(unread, limits.batch_bytes)
    if len(batches) == 1:
        crc32s = [_crc32(run, source, services, lease.tick) for run in batches[0]]
    else:
        reading = _stored(batches, source, job, services)
        absent = set(range(len(batches))) - _done(job, reading, services)
        if absent:
            lease.report(services.now())
            messages = (Message(Step.READ, job.job_id, n, reading) for n in sorted(absent))
            services.queue.send(messages, job.user_id)
            return None
        crc32s = _kept(job, reading, len(batches), services)
    found = of_files(batches, crc32s)
    return [replace(e, crc32=found[e.key]) if is_unread(e) else e for e in entries]


def read(job: Job, reading: str, number: int, services: Services, lease: Lease) -> None:
    """Does the step `read`: reads one batch, and sends `plan` if no batch is left then. Raises
    NothingToDo, SourceChanged, SourceUnreadable, and what the lease raises."""
    body = services.archive.read(places.batches_to_read(job.job_id, reading))
    if job.plan or body is None:
        raise NothingToDo("the files need not be read any more")
    lease.stage = Stage.READING
    source, batches = _batches(body)
    if number >= len(batches):
        raise NothingToDo(f"the job has no batch {number} to read")
    if number not in _done(job, reading, services):
        found = [_crc32(run, source, services, lease.tick) for run in batches[number]]
        key = places.crc32s(job.job_id, reading, number)
        services.archive.write(key, json.dumps(found).encode(), "application/json")
    if len(_done(job, reading, services)) == len(batches):
        services.queue.send([Message(Step.PLAN, job.job_id)], job.user_id)


def cut(entries: Iterable[Entry], most: int) -> Batches:
    """Returns the files as runs, grouped into batches of `most` bytes at most."""
    batches: Batches = [[]]
    room = most
    for entry in entries:
        start = 0
        while start < entry.size:
            if not room:
                batches.append([])
                room = most
            length = min(entry.size - start, room)
            run = Run(entry.key, entry.etag, start, length, entry.version, entry.copy)
            batches[-1].append(run)
            start, room = start + length, room - length
    return batches


def of_files(batches: Batches, crc32s: Sequence[int]) -> dict[str, int]:
    """Returns the CRC-32 of each file, by key, from those of its runs."""
    runs: dict[str, list[tuple[int, int]]] = {}
    for run, crc32 in zip(chain.from_iterable(batches), crc32s, strict=True):
        runs.setdefault(run.key, []).append((crc32, run.length))
    return {key: crc.combined(of_file) for key, of_file in runs.items()}


def _crc32(run: Run, source: str | None, services: Services, tick: Callable[[], None]) -> int:
    """Reads the run and returns its CRC-32. Later requests are under way while a chunk is
    computed."""
    end, size = run.start + run.length, services.limits.read_bytes
    starts = range(run.start, end, size)
    at = origin(services, source, run)

    def chunk(start: int) -> bytes:
        return at.bucket.read_range(at.key, start, min(size, end - start), run.etag, at.version)

    crc32 = 0
    with services.pools(_READS) as pool:
        for read in ahead(pool, chunk, starts, _READS):
            tick()
            crc32 = zlib.crc32(read, crc32)
    return crc32


def _stored(batches: Batches, source: str | None, job: Job, services: Services) -> str:
    """Writes what is to be read beside the job. Returns the reading's digest."""
    rows = [[astuple(run) for run in batch] for batch in batches]
    body = json.dumps({"source": source, "batches": rows}).encode()
    reading = hashlib.sha256(body).hexdigest()[:DIGEST_DIGITS]
    key = places.batches_to_read(job.job_id, reading)
    services.archive.write(key, body, "application/json")
    return reading


def _batches(body: bytes) -> tuple[str | None, Batches]:
    """Returns (the source's name, the batches)."""
    stored = json.loads(body)
    if isinstance(stored, list):  # as 0.1.0 stored it
        stored = {"source": None, "batches": stored}
    return stored["source"], [[Run(*run) for run in batch] for batch in stored["batches"]]


def _done(job: Job, reading: str, services: Services) -> set[int]:
    """Returns the numbers of the batches that were read."""
    prefix = places.crc32s(job.job_id, reading)
    kept = services.archive.list_objects(prefix)
    return {int(found.key.removeprefix(prefix)) for found in kept}


def _kept(job: Job, reading: str, batches: int, services: Services) -> list[int]:
    """Returns the CRC-32s of all batches, run by run."""
    keys = [places.crc32s(job.job_id, reading, number) for number in range(batches)]
    with services.pools(_READS) as pool:
        bodies = list(pool.map(services.archive.read, keys))
    if None in bodies:
        raise Unavailable("what was read of the files is not there any more")
    return [crc32 for body in bodies if body for crc32 in json.loads(body)]
