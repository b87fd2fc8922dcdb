"""Large files whose CRC-32 S3 does not know are read once, by as many workers as that takes.

The files are cut into runs, and the runs grouped into segments: each the work of one message, the
step `read`. What a segment found out lies beside the job. The worker that finds all segments done
sends `plan` again, which then takes the CRC-32s from there.

    jobs/{job}/reading-{digest}/segments        JSON: the runs of each segment
    jobs/{job}/reading-{digest}/crc32-{n}       JSON: the CRC-32 of each run of segment n

The digest names the runs with their ETags: what was read of a file that has changed since is never
used.
"""

import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, replace
from itertools import chain
from typing import Final

from chalicelib.ahead import ahead
from chalicelib.archive import crc, layout
from chalicelib.archive.plan import Entry
from chalicelib.errors import JobEnded, Unavailable
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import Stage
from chalicelib.pipeline.collaborators import Collaborators
from chalicelib.pipeline.messages import READING_DIGITS, Message, Step
from chalicelib.pipeline.watch import Watch
from chalicelib.storage import Bucket

SEGMENT_BYTES: Final = 1024**3
"""Bytes that one worker reads: some 15 seconds at the 600 Mbit/s that a function has."""

_READ_SIZE: Final = 4 * 1024**2
_READS: Final = 8
"""Requests under way at a time, a buffer each."""


@dataclass(frozen=True, slots=True)
class Run:
    """Bytes [start, start + length) of one source file."""

    key: str
    etag: str
    start: int
    length: int


Segments = list[list[Run]]


def with_crc32s(
    entries: Sequence[Entry], job: Job, stack: Collaborators, watch: Watch
) -> Sequence[Entry] | None:
    """The entries, each large one with its CRC-32. None if other workers are to find those out
    first: their messages are sent, and `plan` will come again."""
    unread = [entry for entry in entries if _is_unread(entry)]
    if not unread:
        return entries
    watch.stage = Stage.READING
    segments = _cut(unread)
    if len(segments) == 1:
        crc32s = [_crc32(run, stack.source, watch.tick) for run in segments[0]]
    else:
        reading = _stored(segments, job, stack)
        absent = set(range(len(segments))) - _done(job, reading, stack)
        if absent:
            watch.report(stack.now())
            messages = (Message(Step.READ, job.job_id, n, reading) for n in sorted(absent))
            stack.queue.send(messages, job.user_id)
            return None
        crc32s = _kept(job, reading, len(segments), stack)
    found = _whole(segments, crc32s)
    return [replace(e, crc32=found[e.key]) if _is_unread(e) else e for e in entries]


def read(job: Job, reading: str, number: int, stack: Collaborators, watch: Watch) -> None:
    """The step `read`: reads one segment, and sends `plan` if no segment is left then."""
    body = stack.archive.read(_key(job, reading, "segments"))
    if job.plan or body is None:
        raise JobEnded("nobody waits for what was to be read")
    watch.stage = Stage.READING
    segments = _segments(body)
    if number >= len(segments):
        raise JobEnded(f"the job has no segment {number} to read")
    if number not in _done(job, reading, stack):
        found = [_crc32(run, stack.source, watch.tick) for run in segments[number]]
        key = _key(job, reading, f"crc32-{number}")
        stack.archive.write(key, json.dumps(found).encode(), "application/json")
    if len(_done(job, reading, stack)) == len(segments):
        stack.queue.send([Message(Step.PLAN, job.job_id)], job.user_id)


def _is_unread(entry: Entry) -> bool:
    """Whether its CRC-32 has to be known before it is built: it is not streamed in one piece."""
    return not entry.is_known and entry.size > layout.STREAM_PART


def _cut(entries: Iterable[Entry]) -> Segments:
    """The files in runs, grouped into segments of SEGMENT_BYTES at most."""
    segments: Segments = [[]]
    room = SEGMENT_BYTES
    for entry in entries:
        start = 0
        while start < entry.size:
            if not room:
                segments.append([])
                room = SEGMENT_BYTES
            length = min(entry.size - start, room)
            segments[-1].append(Run(entry.key, entry.etag, start, length))
            start, room = start + length, room - length
    return segments


def _crc32(run: Run, source: Bucket, tick: Callable[[], None]) -> int:
    """Reads the run, with some requests under way ahead of the bytes that are counted in."""
    end = run.start + run.length
    starts = range(run.start, end, _READ_SIZE)

    def chunk(start: int) -> bytes:
        return source.read_range(run.key, start, min(_READ_SIZE, end - start), run.etag)

    crc32 = 0
    with ThreadPoolExecutor(_READS) as pool:
        for read in ahead(pool, chunk, starts, _READS):
            tick()
            crc32 = zlib.crc32(read, crc32)
    return crc32


def _whole(segments: Segments, crc32s: Sequence[int]) -> dict[str, int]:
    """The CRC-32 of each file, by key, from those of its runs."""
    runs: dict[str, list[tuple[int, int]]] = {}
    for run, crc32 in zip(chain.from_iterable(segments), crc32s, strict=True):
        runs.setdefault(run.key, []).append((crc32, run.length))
    return {key: crc.combined(parts) for key, parts in runs.items()}


def _stored(segments: Segments, job: Job, stack: Collaborators) -> str:
    """Writes what is to be read beside the job; gives its digest."""
    body = json.dumps([[astuple(run) for run in segment] for segment in segments]).encode()
    reading = hashlib.sha256(body).hexdigest()[:READING_DIGITS]
    stack.archive.write(_key(job, reading, "segments"), body, "application/json")
    return reading


def _segments(body: bytes) -> Segments:
    return [[Run(*run) for run in segment] for segment in json.loads(body)]


def _done(job: Job, reading: str, stack: Collaborators) -> set[int]:
    """The segments that were read."""
    prefix = _key(job, reading, "crc32-")
    kept = stack.archive.list_objects(prefix)
    return {int(found.key.removeprefix(prefix)) for found in kept}


def _kept(job: Job, reading: str, segments: int, stack: Collaborators) -> list[int]:
    """What all segments found out, run by run."""
    keys = [_key(job, reading, f"crc32-{number}") for number in range(segments)]
    with ThreadPoolExecutor(_READS) as pool:
        bodies = list(pool.map(stack.archive.read, keys))
    if None in bodies:
        raise Unavailable("what was read of the files is not there any more")
    return [crc32 for body in bodies if body for crc32 in json.loads(body)]


def _key(job: Job, reading: str, name: str) -> str:
    return f"{job.prefix}reading-{reading}/{name}"
