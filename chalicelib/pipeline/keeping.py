"""Keeps copies of source files that change while their job runs.

A file that is written again and again would never be the same when it is planned and when it is
read. So when a change was found, S3 copies such a file into the job's own folder, and the archive
is built from the copy. The archive then has the file as it was at one moment, whole. The copies are
thrown away when the archive is there, or with the job.

A bucket with versions needs none of this: each entry is bound to its version. But the version
"null" is replaced when the file is written while the bucket's versioning is suspended.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from chalicelib.archive.plan import Entry
from chalicelib.errors import SourceChanged
from chalicelib.jobs import places
from chalicelib.jobs.model import Job, file_mark
from chalicelib.pools import wait_for
from chalicelib.s3.objects import ObjectFacts
from chalicelib.s3.refusals import deleted, overwritten
from chalicelib.services import Services

COPIES_AT_ONCE: Final = 16
"""The most copies under way at the same time."""

COPY_MAX: Final = 5_000_000_000
"""The most bytes that S3 copies with one request: 5 GB.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html"""

LOOKS: Final = 5
"""How often a file is looked at anew because it changed between the look and the copy."""

_SLACK_MS: Final = 2000
"""S3's clock and ours differ by less. S3 tells when a file was written in whole seconds."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was found, and what is built. `seen` are the entries as the files were when they were
    copied. `entries` are the same, but are read from the copies."""

    seen: tuple[Entry, ...]
    entries: tuple[Entry, ...]


def keep(
    entries: tuple[Entry, ...],
    source: str | None,
    job: Job,
    services: Services,
    tick: Callable[[], None],
) -> Kept:
    """Copies the files that have changed since the job was made. `source` is the name of their
    source. Raises SourceChanged if a file changes faster than it is copied, SourceUnreadable, and
    what `tick` raises."""
    since = job.created_at - _SLACK_MS
    changing = {(e.key, e.version): e for e in entries if _may_change(e, since)}
    work = partial(_copied, source, job, services)
    with services.pools(COPIES_AT_ONCE) as pool:
        copies = {which: pool.submit(work, entry) for which, entry in changing.items()}
        wait_for(services.pools, copies.values(), tick)
    seen: list[Entry] = []
    read: list[Entry] = []
    for entry in entries:
        # The same file may be in the archive under several names.
        copy = copies.get((entry.key, entry.version))
        both = copy.result() if copy else (entry, entry)
        seen.append(replace(both[0], name=entry.name))
        read.append(replace(both[1], name=entry.name))
    if copies:
        services.log.info("files copied aside", jobId=job.job_id, files=len(copies))
    return Kept(tuple(seen), tuple(read))


def _may_change(entry: Entry, since: int) -> bool:
    is_bound = entry.version not in (None, "null")
    return not is_bound and 0 < entry.size <= COPY_MAX and entry.modified * 1000 >= since


def _copied(source: str | None, job: Job, services: Services, entry: Entry) -> tuple[Entry, Entry]:
    """Copies the file. Returns (its entry as it was then, the entry that is read from the copy)."""
    bucket, seen = services.source(source), entry
    for _ in range(1 + LOOKS):
        key = places.kept(job.job_id, file_mark(entry.key), seen.etag)
        try:
            # A worker that died may have made the copy before.
            copy = services.archive.head(key) or services.archive.copy_aside(
                entry.key, seen.etag, key, source=bucket, version=entry.version
            )
        except SourceChanged:
            facts = bucket.head(entry.key, version=entry.version)
            if facts is None:
                raise deleted(entry.key) from None
            if facts.encoding != seen.encoding:
                raise overwritten(entry.key) from None  # its name may have to be another
            seen = _as(facts, seen)
            if not seen.size or seen.size > COPY_MAX:
                return seen, seen
        else:
            return seen, replace(_as(copy, seen), modified=seen.modified, copy=key)
    raise overwritten(entry.key)


def _as(facts: ObjectFacts, entry: Entry) -> Entry:
    """Returns the entry with the etag, size, CRC-32 and time that these facts have."""
    return replace(
        entry,
        etag=facts.etag,
        size=facts.size,
        crc32=facts.crc32 if facts.size else 0,
        modified=facts.modified,
        in_s3=facts.in_s3,
    )
