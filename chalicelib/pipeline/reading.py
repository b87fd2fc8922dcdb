"""Reads large files whose CRC-32 nobody knows: once, by as many workers as are needed.

The files are cut into runs, and the runs are grouped into batches (pipeline/runs.py). Each batch is
the work of one message, the step `read`. The CRC-32s of a batch are stored beside the job. The
worker that finds all batches done sends `plan` again, which then takes the CRC-32s from there.

What was read is also kept for other jobs (jobs/checksums.py), by each worker as soon as it has read
a file. So the second `plan` has fewer files left than the first one, and another job may have kept
some of them, too. That ends no reading: one that was begun goes on, and what any reading of the job
has read is not read again.
"""

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from chalicelib.archive import crc
from chalicelib.archive.plan import Entry
from chalicelib.errors import NothingToDo
from chalicelib.jobs import places
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import Stage
from chalicelib.pipeline import runs
from chalicelib.pipeline.lease import Lease
from chalicelib.pipeline.origins import origin
from chalicelib.pipeline.runs import Chunks, File, Run
from chalicelib.pools import ahead
from chalicelib.queue.messages import Message, Step
from chalicelib.services import Services
from chalicelib.sources.known import keep

_READS: Final = 8
"""The most requests under way at the same time. Each has a buffer."""


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

    unread = {File.of(entry): entry for entry in entries if is_unread(entry)}
    if not unread:
        return entries
    lease.stage = Stage.READING
    begun = runs.readings(job, services)
    found: dict[File, Chunks] = {}
    for reading in begun:
        found |= runs.of_files(reading.batches, reading.crc32s)
    # Those that lie in one batch were kept by the worker that has read it.
    unkept = {file: chunks for file, chunks in found.items() if file in unread and len(chunks) > 1}
    if left := {file: entry for file, entry in unread.items() if file not in found}:
        files = {File.of(entry) for entry in entries}
        going = next((reading for reading in begun if reading.is_for(left, files)), None)
        batches = runs.cut(left.values(), limits.batch_bytes)
        if going or len(batches) > 1:
            reading = going or runs.store(batches, source, job, services)
            lease.report(services.now())
            messages = (Message(Step.READ, job.job_id, n, reading.digest) for n in reading.unread)
            services.queue.send(messages, job.user_id)
            return None
        crc32s = [_crc32(run, source, services, lease.tick) for run in batches[0]]
        now_found = runs.of_files(batches, {0: crc32s})
        found |= now_found
        unkept |= now_found
    _keep(unkept, source, services, lease)
    return [
        replace(entry, crc32=crc.combined(found[File.of(entry)])) if is_unread(entry) else entry
        for entry in entries
    ]


def read(job: Job, reading: str, number: int, services: Services, lease: Lease) -> None:
    """Does the step `read`: reads one batch, and sends `plan` if no batch is left then. Raises
    NothingToDo, SourceChanged, SourceUnreadable, and what the lease raises."""
    body = services.archive.read(places.batches_to_read(job.job_id, reading))
    if job.plan or body is None:
        raise NothingToDo("the files need not be read any more")
    lease.stage = Stage.READING
    source, batches = runs.parsed(body)
    if number >= len(batches):
        raise NothingToDo(f"the job has no batch {number} to read")
    if number not in _done(job, reading, services):
        found = [_crc32(run, source, services, lease.tick) for run in batches[number]]
        key = places.crc32s(job.job_id, reading, number)
        services.archive.write(key, json.dumps(found).encode(), "application/json")
        _keep(runs.of_files(batches, {number: found}), source, services, lease)
    if len(_done(job, reading, services)) == len(batches):
        services.queue.send([Message(Step.PLAN, job.job_id)], job.user_id)


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


def _done(job: Job, reading: str, services: Services) -> set[int]:
    """Returns the numbers of the batches that were read."""
    prefix = places.crc32s(job.job_id, reading)
    kept = services.archive.list_objects(prefix)
    return {int(found.key.removeprefix(prefix)) for found in kept}
