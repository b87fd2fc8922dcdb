"""What is to be read of source files, and what was read of them, as it is stored beside the job.

The files are cut into runs, and the runs are grouped into batches. A reading is one set of batches.
Its digest names the runs with their ETags. So if a file has changed, what was read of it before is
never used.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Final, NamedTuple

from chalicelib.archive.plan import Entry
from chalicelib.errors import Unavailable
from chalicelib.jobs import places
from chalicelib.jobs.model import Job
from chalicelib.queue.messages import DIGEST_DIGITS
from chalicelib.services import Services

_GETS_AT_ONCE: Final = 8


class File(NamedTuple):
    """A source file as it is to be read. An archive may have it twice, under two names."""

    key: str
    etag: str
    version: str | None
    copy: str | None

    @classmethod
    def of(cls, entry: Entry) -> "File":
        return cls(entry.key, entry.etag, entry.version, entry.copy)


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
"""(CRC-32, length in bytes) of each run of a file, in the file's order."""

Batches = list[list[Run]]


@dataclass(frozen=True, slots=True)
class Reading:
    """One set of batches. `crc32s` has those of the runs of each batch that was read, by the
    batch's number."""

    digest: str
    batches: Batches
    crc32s: Mapping[int, Sequence[int]]

    @property
    def unread(self) -> list[int]:
        """The numbers of the batches that were not read yet."""
        return [number for number in range(len(self.batches)) if number not in self.crc32s]

    def is_for(self, left: Collection[File], files: Collection[File]) -> bool:
        """Returns whether this reading gives what is left to read of a job with these files. A
        batch with a file that has changed is never read, so then the reading does not end."""
        of_batches = [{run.file for run in batch} for batch in self.batches]
        return set().union(*of_batches).issuperset(left) and all(
            of_batches[number].issubset(files) for number in self.unread
        )


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
    """Returns what was read of each file that was read to its end. `crc32s` is as in `Reading`."""
    runs: dict[File, Chunks] = {}
    partly: set[File] = set()
    for number, batch in enumerate(batches):
        if number not in crc32s:
            partly.update(run.file for run in batch)
            continue
        for run, crc32 in zip(batch, crc32s[number], strict=True):
            runs.setdefault(run.file, []).append((crc32, run.length))
    return {file: chunks for file, chunks in runs.items() if file not in partly}


def store(batches: Batches, source: str | None, job: Job, services: Services) -> Reading:
    """Writes what is to be read beside the job. Returns it as a new reading."""
    rows = [[astuple(run) for run in batch] for batch in batches]
    body = json.dumps({"source": source, "batches": rows}).encode()
    digest = hashlib.sha256(body).hexdigest()[:DIGEST_DIGITS]
    key = places.batches_to_read(job.job_id, digest)
    services.archive.write(key, body, "application/json")
    return Reading(digest, batches, {})


def parsed(body: bytes) -> tuple[str | None, Batches]:
    """Returns (the source's name, the batches) of what `store` has written."""
    stored = json.loads(body)
    if isinstance(stored, list):  # as 0.1.0 stored it
        stored = {"source": None, "batches": stored}
    return stored["source"], [[Run(*run) for run in batch] for batch in stored["batches"]]


def readings(job: Job, services: Services) -> list[Reading]:
    """Returns the readings of the job, with what they have read so far."""
    prefix = places.readings(job.job_id)
    keys = [found.key for found in services.archive.list_objects(prefix)]
    with services.pools(_GETS_AT_ONCE) as pool:
        bodies = dict(zip(keys, pool.map(services.archive.read, keys), strict=True))
    if None in bodies.values():
        raise Unavailable("what was read of the files is not there any more")
    made = []
    for digest in dict.fromkeys(key.removeprefix(prefix).partition("/")[0] for key in keys):
        body = bodies.get(places.batches_to_read(job.job_id, digest))
        if body is None:
            continue
        of_batches = places.crc32s(job.job_id, digest)
        crc32s = {
            int(key.removeprefix(of_batches)): json.loads(read)
            for key, read in bodies.items()
            if read and key.startswith(of_batches)
        }
        made.append(Reading(digest, parsed(body)[1], crc32s))
    return made
