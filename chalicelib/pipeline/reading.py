"""Reads large files whose CRC-32 S3 does not know: once, by as many workers as are needed.

The files are cut into runs, and the runs are grouped into batches. Each batch is the work of one
message, the step `read`. The CRC-32s of a batch are stored beside the job. The worker that finds
all batches done sends `plan` again, which then takes the CRC-32s from there.

A reading is one set of batches. Its digest names the runs with their ETags. So if a file has
changed, what was read of it before is never used. What was read of the others is used in the job's
next reading.

What was read is also kept for other jobs (jobs/checksums.py). So another job may keep the CRC-32 of
a file while this one reads it. Then the files to read are others than before, too.
"""

import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Final, NamedTuple

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
from chalicelib.sources.known import keep

_READS: Final = 8
"""The most requests under way at the same time. Each has a buffer."""


class File(NamedTuple):
    """A source file as it is to be read. An archive may have it twice, under two names."""

    key: str
    etag: str
    version: str | None
    copy: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """Bytes [start, start + length) of one source file, which is read as `Entry` says."""

    key: str
    etag: str
    start: int
    length: int
    version: str | None = None
    copy: str | None = None

    @property
    def file(self) -> File:
        return File(self.key, self.etag, self.version, self.copy)


Chunks = list[tuple[int, int]]
"""(CRC-32, length in bytes) of the runs of a file, one after another."""

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

    unread = {_file(entry): entry for entry in entries if is_unread(entry)}
    if not unread:
        return entries
    lease.stage = Stage.READING
    batches = cut(unread.values(), limits.batch_bytes)
    reading, done = _digest(batches, source), _readings(job, services)
    found: dict[File, Chunks] = {}
    if done and reading not in done:
        found = _read_before(job, done, services)
        batches = cut((e for f, e in unread.items() if f not in found), limits.batch_bytes)
        reading = _digest(batches, source)
    if len(batches) == 1:
        crc32s = {0: [_crc32(run, source, services, lease.tick) for run in batches[0]]}
    else:
        if reading not in done:
            body = _to_json(batches, source)
            key = places.batches_to_read(job.job_id, reading)
            services.archive.write(key, body, "application/json")
        absent = set(range(len(batches))) - done.get(reading, set())
        if absent:
            lease.report(services.now())
            messages = (Message(Step.READ, job.job_id, n, reading) for n in sorted(absent))
            services.queue.send(messages, job.user_id)
            return None
        crc32s = _kept(job, reading, range(len(batches)), services)
    now_found = of_files(batches, crc32s)
    # Other workers have kept those that lie in one batch.
    alone = now_found if len(batches) == 1 else _divided(now_found)
    _keep(alone, source, services, lease)
    found |= now_found
    return [replace(e, crc32=crc.combined(found[_file(e)])) if is_unread(e) else e for e in entries]


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
        _keep(of_files(batches, {number: found}), source, services, lease)
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


def of_files(batches: Batches, crc32s: Mapping[int, Sequence[int]]) -> dict[File, Chunks]:
    """Returns what is known of each file that was read to its end. `crc32s` has the CRC-32s of the
    runs of each batch that was read, by the batch's number."""
    runs: dict[File, Chunks] = {}
    partly: set[File] = set()
    for number, batch in enumerate(batches):
        if number not in crc32s:
            partly.update(run.file for run in batch)
            continue
        for run, crc32 in zip(batch, crc32s[number], strict=True):
            runs.setdefault(run.file, []).append((crc32, run.length))
    return {file: chunks for file, chunks in runs.items() if file not in partly}


def _file(entry: Entry) -> File:
    return File(entry.key, entry.etag, entry.version, entry.copy)


def _divided(files: Mapping[File, Chunks]) -> dict[File, Chunks]:
    """Returns the files that lie in more than one batch."""
    return {file: chunks for file, chunks in files.items() if len(chunks) > 1}


def _keep(
    files: Mapping[File, Chunks], source: str | None, services: Services, lease: Lease
) -> None:
    """Keeps the CRC-32s of source files for other jobs. A copy of ours is not one."""
    rows = [
        (file.key, file.etag, sum(length for _, length in chunks), crc.combined(chunks))
        for file, chunks in files.items()
        if not file.copy
    ]
    keep(services, source, rows, lease.tick)


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


def _digest(batches: Batches, source: str | None) -> str:
    return hashlib.sha256(_to_json(batches, source)).hexdigest()[:DIGEST_DIGITS]


def _to_json(batches: Batches, source: str | None) -> bytes:
    rows = [[astuple(run) for run in batch] for batch in batches]
    return json.dumps({"source": source, "batches": rows}).encode()


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


def _readings(job: Job, services: Services) -> dict[str, set[int]]:
    """Returns the numbers of the batches that were read, by the digest of each of the job's
    readings."""
    prefix = places.readings(job.job_id)
    found: dict[str, set[int]] = {}
    there = set()
    for stored in services.archive.list_objects(prefix):
        reading, _, name = stored.key.removeprefix(prefix).partition("/")
        batch = name.removeprefix("crc32-")
        if batch == name:
            there.add(reading)
        else:
            found.setdefault(reading, set()).add(int(batch))
    return {reading: found.get(reading, set()) for reading in there}


def _read_before(job: Job, done: Mapping[str, set[int]], services: Services) -> dict[File, Chunks]:
    """Returns the files that earlier readings of the job have read to their end."""
    found: dict[File, Chunks] = {}
    for reading, numbers in done.items():
        body = services.archive.read(places.batches_to_read(job.job_id, reading))
        if body:
            _, batches = _batches(body)
            found |= of_files(batches, _kept(job, reading, sorted(numbers), services))
    return found


def _kept(
    job: Job, reading: str, batches: Iterable[int], services: Services
) -> dict[int, list[int]]:
    """Returns the CRC-32s of the runs of these batches, by the batch's number."""
    numbers = list(batches)
    keys = [places.crc32s(job.job_id, reading, number) for number in numbers]
    with services.pools(_READS) as pool:
        bodies = list(pool.map(services.archive.read, keys))
    if None in bodies:
        raise Unavailable("what was read of the files is not there any more")
    return {number: json.loads(body) for number, body in zip(numbers, bodies, strict=True) if body}
