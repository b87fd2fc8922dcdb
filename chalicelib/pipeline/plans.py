"""A plan at rest: one object in S3 that is read in slices, one slice a segment.

    jobs/{job}/{digest}/plan       the slices, one after another, each gzipped JSON
    jobs/{job}/{digest}/index      JSON: the facts of the plan and where each slice lies
    jobs/{job}/{digest}/segment-{n} bytes of the archive, where the plan is nested; until it is
                                    there
    jobs/{job}/{digest}/tail-{n}    segment n's share of the archive's tail (tails.py)

The digest names the content, so twins that plan the same write the same, and those that do not (a
source changed between them) do not overwrite each other.
"""

import gzip
import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any, Final

from chalicelib.archive.manifest import Head
from chalicelib.archive.plan import Entry, Part, Plan, Segment
from chalicelib.errors import SourceChanged
from chalicelib.jobs.model import Job
from chalicelib.storage import Bucket


@dataclass(frozen=True, slots=True)
class Slice:
    """What one segment needs of the plan. `entries[i]` is entry `first_entry + i` of the archive,
    and a part's `copied` counts from `first_entry` too."""

    first_entry: int
    entries: tuple[Entry, ...]
    offsets: tuple[int, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """The plan without its entries. `fingerprint` names what the archive will hold; `places[n]` is
    the (start, length) of segment n's slice."""

    digest: str
    head: Head
    fingerprint: str
    size: int
    files: int
    nested: bool
    tail_start: int
    segments: tuple[Segment, ...]
    places: tuple[tuple[int, int], ...]

    @property
    def final(self) -> int:
        """The number of the segment that `finalize` builds: the last."""
        return len(self.segments) - 1


VERSION: Final = 1
"""Of all that is stored of a plan, its shares of the tail included. Raise it with the format: then
a plan from before a deployment is not there, rather than not understood."""


class PlanGone(Exception):
    """The plan is not where the job says it is: it was written before the job said so, and somebody
    has deleted it since. Or an older version of this code has written it."""


def store(bucket: Bucket, job: Job, plan: Plan, head: Head, fingerprint: str) -> Index:
    """Writes the plan beside the job."""
    slices = [_packed(plan, segment) for segment in plan.segments]
    places = []
    at = 0
    for body in slices:
        places.append((at, len(body)))
        at += len(body)
    content = b"".join(slices)
    index = Index(
        digest=hashlib.sha256(content + repr(head).encode()).hexdigest()[:16],
        head=head,
        fingerprint=fingerprint,
        size=plan.size,
        files=len(plan.entries),
        nested=plan.nested,
        tail_start=plan.tail_start,
        segments=plan.segments,
        places=tuple(places),
    )
    bucket.write(key(job, index.digest, "plan"), content)
    bucket.write(key(job, index.digest, "index"), _index_to_json(index), "application/json")
    return index


def load(bucket: Bucket, job: Job, digest: str) -> Index:
    """Raises PlanGone if it is not there."""
    return _index_from_json(digest, _required(bucket, key(job, digest, "index")))


def load_slice(bucket: Bucket, job: Job, index: Index, segment: int) -> Slice:
    """The slice of one segment. Raises PlanGone if it is not there."""
    start, length = index.places[segment]
    try:
        body = bucket.read_range(key(job, index.digest, "plan"), start, length)
    except SourceChanged as error:
        raise PlanGone from error
    content: dict[str, Any] = json.loads(gzip.decompress(body))
    rows = content["entries"]
    return Slice(
        first_entry=index.segments[segment].first_entry,
        entries=tuple(Entry(*row[:7]) for row in rows),
        offsets=tuple(row[7] for row in rows),
        parts=tuple(Part(*row) for row in content["parts"]),
    )


def segment_key(job: Job, index: Index, segment: int) -> str:
    """Where a nested plan's segment is built as an object of its own."""
    return f"{segments_prefix(job, index.digest)}{segment}"


def segments_prefix(job: Job, digest: str) -> str:
    """What the keys of all such segments begin with, and no others."""
    return key(job, digest, "segment-")


def key(job: Job, digest: str, name: str) -> str:
    """Where something lies that belongs to a plan."""
    return f"{job.prefix}{digest}/{name}"


def _required(bucket: Bucket, key: str) -> bytes:
    body = bucket.read(key)
    if body is None:
        raise PlanGone
    return body


def _packed(plan: Plan, segment: Segment) -> bytes:
    first, end = segment.first_entry, segment.end_entry
    content = {
        "entries": [
            [e.name, e.key, e.etag, e.size, e.crc32, e.modified, e.in_s3, offset]
            for e, offset in zip(plan.entries[first:end], plan.offsets[first:end], strict=True)
        ],
        "parts": [
            [p.number, p.start, p.length, None if p.copied is None else p.copied - first]
            for p in plan.parts[segment.first_part : segment.end_part]
        ],
    }
    # mtime=0: the same plan gives the same bytes.
    return gzip.compress(json.dumps(content, separators=(",", ":")).encode(), 6, mtime=0)


def _index_to_json(index: Index) -> bytes:
    content = {
        "version": VERSION,
        "jobId": index.head.job_id,
        "created": index.head.created,
        "missing": list(index.head.missing),
        "fingerprint": index.fingerprint,
        "size": index.size,
        "files": index.files,
        "nested": index.nested,
        "tailStart": index.tail_start,
        "segments": [
            [
                *(s.first_part, s.end_part, s.first_entry, s.end_entry),
                *(s.start, s.bytes, s.files, s.unknown),
                [[part.number, part.start, part.length] for part in s.joins],
            ]
            for s in index.segments
        ],
        "places": index.places,
    }
    return json.dumps(content, ensure_ascii=False).encode()


def _index_from_json(digest: str, body: bytes) -> Index:
    content: dict[str, Any] = json.loads(body)
    if content.get("version") != VERSION:
        raise PlanGone
    return Index(
        digest=digest,
        head=Head(content["jobId"], content["created"], tuple(content["missing"])),
        fingerprint=content["fingerprint"],
        size=content["size"],
        files=content["files"],
        nested=content["nested"],
        tail_start=content["tailStart"],
        segments=tuple(
            replace(Segment(*row), joins=tuple(Part(*join) for join in joins))
            for *row, joins in content["segments"]
        ),
        places=tuple((start, length) for start, length in content["places"]),
    )
