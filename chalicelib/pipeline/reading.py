"""Reads large files whose CRC-32 S3 does not know: once, by as many workers as are needed.

The files are cut into runs, and the runs are grouped into batches. Each batch is the work of one
message, the step `read`. The CRC-32s of a batch are stored beside the job. The worker that finds
all batches done sends `plan` again, which then takes the CRC-32s from there.

A reading is one set of batches. Its digest names the runs with their ETags. So if a file has
changed, what was read of it before is never used. When such a change is counted, the readings that
were stored before come to nothing. The next reading has only those runs that they have not read.

What was read is also kept for other jobs (jobs/checksums.py), by each worker as soon as it has read
a file.
"""

import hashlib
import json
import zlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Final

from chalicelib.archive.plan import Entry
from chalicelib.archive.scale import MAX_ARCHIVE
from chalicelib.errors import NothingToDo
from chalicelib.jobs import places
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import Stage
from chalicelib.pipeline import runs
from chalicelib.pipeline.lease import Lease
from chalicelib.pipeline.origins import faults_named, origin
from chalicelib.pipeline.runs import Batches, Known, Run
from chalicelib.pools import ahead
from chalicelib.queue.messages import DIGEST_DIGITS, Message, Step
from chalicelib.services import Services
from chalicelib.sources.known import keep

_READS: Final = 8
"""The most requests under way at the same time. Each has a buffer."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is to be read. `source` is the name of the files' source. `changes` is how many changes
    of the job's files were counted before."""

    source: str | None
    batches: Batches
    changes: int

    def to_json(self) -> bytes:
        rows = [[astuple(run) for run in batch] for batch in self.batches]
        content = {"source": self.source, "changes": self.changes, "batches": rows}
        return json.dumps(content).encode()


def with_crc32s(
    entries: Sequence[Entry], source: str | None, job: Job, services: Services, lease: Lease
) -> Sequence[Entry] | None:
    """Returns the entries, each large one with its CRC-32. None if other workers must compute those
    first: their messages are sent, and `plan` will come again. `source` is the name of the files'
    source. Raises SourceChanged, SourceUnreadable, and what the lease raises."""
    limits = services.limits

    def is_unread(entry: Entry) -> bool:
        """Returns whether the file must be read before it is built: nobody knows its CRC-32, and it
        is not streamed in one part."""
        return not entry.is_known and entry.size > limits.layout.stream_part

    # A file that is in the archive under two names is read once.
    unread = {runs.identity(entry): entry for entry in entries if is_unread(entry)}.values()
    if not unread:
        return entries
    lease.stage = Stage.READING
    kept = _kept(job, services)
    known = _known(kept)
    batches = runs.cut(unread, known, limits.batch_bytes)
    is_all_known = batches == [[]]
    current = None if is_all_known else _current(kept, known, unread, entries, job)
    if current or len(batches) > 1:
        reading = current.reading if current else Reading(source, batches, job.changes)
        lease.report(services.now())
        _send(reading, job, services)
        return None
    found = [_crc32(run, source, services, lease.tick) for run in batches[0]]
    runs.add(known, batches, found)
    crc32s = runs.of_files(unread, known)
    here = {run.identity for run in batches[0]}
    rows = [
        (e.key, e.etag, e.size, crc32s[identity])
        for e in unread
        # A file that lies in one batch was kept by the worker that has read it, and a copy of ours
        # is read by no other job.
        if not e.copy and ((identity := runs.identity(e)) in here or len(known[identity]) > 1)
    ]
    keep(services, source, rows, lease.tick)
    return [replace(e, crc32=crc32s[runs.identity(e)]) if is_unread(e) else e for e in entries]


def read(job: Job, message: Message, services: Services, lease: Lease, attempt: int) -> None:
    """Does the step `read`: reads one batch, and sends `plan` if no batch is left then. `attempt`
    is how often the message has been handed out. Raises NothingToDo, SourceChanged,
    SourceUnreadable, and what the lease raises."""
    reading, number = message.reading or "", message.which
    body = services.archive.read(places.batches_to_read(job.job_id, reading))
    if job.plan or body is None:
        raise NothingToDo("the files need not be read any more")
    lease.stage = Stage.READING
    stored = _from_json(body)
    if stored.changes != job.changes:
        if attempt > 1:
            # This message's worker may be the one that has counted the change, and that died before
            # it could send `plan`.
            services.queue.send([Message(Step.PLAN, job.job_id)], job.user_id)
        raise NothingToDo("the job was planned again")
    if number >= len(stored.batches):
        raise NothingToDo(f"the job has no batch {number} to read")
    if number not in _done(job, reading, services):
        batch = stored.batches[number]
        found = [_crc32(run, stored.source, services, lease.tick) for run in batch]
        key = places.crc32s(job.job_id, reading, number)
        services.archive.write(key, json.dumps(found).encode(), "application/json")
        whole = runs.whole_files(stored.batches, number, found)
        keep(services, stored.source, whole, lease.tick)
    if len(_done(job, reading, services)) == len(stored.batches):
        services.queue.send([Message(Step.PLAN, job.job_id)], job.user_id)


def _crc32(run: Run, source: str | None, services: Services, tick: Callable[[], None]) -> int:
    """Reads the run and returns its CRC-32. Later requests are under way while a chunk is
    computed."""
    end, size = run.start + run.length, services.limits.read_bytes
    starts = range(run.start, end, size)
    at = origin(services, source, run)

    def chunk(start: int) -> bytes:
        with faults_named(run):
            return at.bucket.read_range(at.key, start, min(size, end - start), run.etag, at.version)

    crc32 = 0
    with services.pools(_READS) as pool:
        for read in ahead(pool, chunk, starts, _READS):
            tick()
            crc32 = zlib.crc32(read, crc32)
    return crc32


def _send(reading: Reading, job: Job, services: Services) -> None:
    """Writes what is to be read beside the job, and sends the batches that were not read yet."""
    body = reading.to_json()
    digest = hashlib.sha256(body).hexdigest()[:DIGEST_DIGITS]
    services.archive.write(places.batches_to_read(job.job_id, digest), body, "application/json")
    absent = set(range(len(reading.batches))) - _done(job, digest, services)
    messages = [Message(Step.READ, job.job_id, number, digest) for number in sorted(absent)]
    # If the last batch was read just now, its worker sends `plan`.
    services.queue.send(messages, job.user_id)


def _from_json(body: bytes) -> Reading:
    stored = json.loads(body)
    if isinstance(stored, list):  # as 0.1.0 stored it
        stored = {"source": None, "batches": stored}
    batches = [[Run(*run) for run in batch] for batch in stored["batches"]]
    return Reading(stored["source"], batches, stored.get("changes", 0))


def _done(job: Job, reading: str, services: Services) -> set[int]:
    """Returns the numbers of the batches that were read."""
    prefix = places.crc32s(job.job_id, reading)
    kept = services.archive.list_objects(prefix)
    return {int(found.key.removeprefix(prefix)) for found in kept}


@dataclass(frozen=True, slots=True)
class _Kept:
    """A reading, and the CRC-32s of those batches that were read."""

    reading: Reading
    crc32s: dict[int, list[int]]

    @property
    def left(self) -> list[Run]:
        """The runs that were not read yet."""
        batches = enumerate(self.reading.batches)
        return [run for number, batch in batches if number not in self.crc32s for run in batch]


def _kept(job: Job, services: Services) -> list[_Kept]:
    """Returns everything that was read for the job."""
    numbers: dict[str, list[int]] = {}
    for listed in services.archive.list_objects(places.readings(job.job_id)):
        if found := places.reading_of(listed.key):
            numbers.setdefault(found[0], []).extend([] if found[1] is None else [found[1]])
    return [made for digest, of in numbers.items() if (made := _one(job, digest, of, services))]


def _one(job: Job, digest: str, numbers: Collection[int], services: Services) -> _Kept | None:
    """Returns what was read for one reading; None if it is not there any more."""
    body = services.archive.read(places.batches_to_read(job.job_id, digest))
    if body is None:
        return None
    keys = [places.crc32s(job.job_id, digest, number) for number in numbers]
    with services.pools(_READS) as pool:
        bodies = list(pool.map(services.archive.read, keys))
    found = {n: json.loads(one) for n, one in zip(numbers, bodies, strict=True) if one}
    return _Kept(_from_json(body), found)


def _known(kept: Iterable[_Kept]) -> Known:
    known: Known = {}
    for one in kept:
        for number, found in one.crc32s.items():
            runs.add(known, [one.reading.batches[number]], found)
    return known


def _current(
    kept: Iterable[_Kept],
    known: Known,
    unread: Collection[Entry],
    entries: Iterable[Entry],
    job: Job,
) -> _Kept | None:
    """Returns the reading that is under way, if all is known of the unread files when it is done.

    Another job may have kept a file's CRC-32 meanwhile. Then less is left than the reading has, and
    it goes on. But a batch with a file that has changed is never done.
    """
    files = {runs.identity(entry) for entry in entries}
    for one in kept:
        is_valid = one.reading.changes == job.changes
        if is_valid and one.left and {run.identity for run in one.left} <= files:
            then = {file: dict(of) for file, of in known.items()}
            runs.add(then, [one.left], [0] * len(one.left))
            if runs.cut(unread, then, MAX_ARCHIVE) == [[]]:
                return one
    return None
