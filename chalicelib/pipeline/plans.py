"""Stores plans in S3. A plan is one object that is read in slices, one slice for each segment. A
small one lies in its index.

jobs/places.py has the keys. The digest in them names the content. So twins that make the same plan
write the same object. Twins that do not (a source changed between them) do not overwrite each
other's.

A plan may be unusable: somebody has deleted it, or another version of this code has written it.
Then a job under way is planned again (pipeline/steps.py). The index of every version has a digest
of the archive's bytes and of where its parts are cut. If the new plan has the same digest, an
upload that was begun goes on."""

import base64
import gzip
import hashlib
import json
from dataclasses import astuple, dataclass, field, replace
from typing import Any

from chalicelib.archive import manifest
from chalicelib.archive.formats import FORMATS, Format
from chalicelib.archive.manifest import Head, Skipped
from chalicelib.archive.plan import Entry, Packed, Part, Plan, Segment, Volume
from chalicelib.archive.sums import Sum
from chalicelib.errors import SourceChanged
from chalicelib.jobs import places
from chalicelib.s3.archive_bucket import ArchiveBucket
from chalicelib.s3.bucket import Bucket

_DIGITS = 16
_RUN_FIELDS = 5
"""How many fields the row of a run of packed files has behind those that each entry has."""


@dataclass(frozen=True, slots=True)
class Slice:
    """What one segment needs of the plan. `entries[i]` is entry `first_entry + i` of the archive,
    and a part's `copied` counts from `first_entry` too. An entry that lies in two segments is in
    both slices."""

    first_entry: int
    entries: tuple[Entry, ...]
    offsets: tuple[int, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """The plan without its entries. `source` is the name of the files' source. `fingerprint` names
    what the archive will hold; `places[n]` is the (start, length) of segment n's slice.
    `has_copies`: some files are read from copies that the job keeps. `has_packs`: some files are
    packed. The first segments are whole archives, one for each of the `volumes`. `tail_start` and
    `size` are those of the last archive. `slices` are all slices, one after another, of a small
    plan, or of one that this process has just made; None: they are an object of their own."""

    digest: str
    form: Format
    head: Head
    source: str | None
    fingerprint: str
    size: int
    files: int
    nested: bool
    tail_start: int
    segments: tuple[Segment, ...]
    places: tuple[tuple[int, int], ...]
    has_copies: bool
    has_packs: bool
    volumes: tuple[Volume, ...] = ()
    slices: bytes | None = field(default=None, repr=False, compare=False)

    @property
    def final(self) -> int:
        """The number of the segment that `finalize` builds: the last."""
        return len(self.segments) - 1

    @property
    def total(self) -> int:
        """How many bytes all archives have."""
        return self.size + sum(volume.size for volume in self.volumes)

    def archive_of(self, segment: int) -> int | None:
        """Returns the number of the archive that a segment belongs to, from 1; None: there is only
        one."""
        return min(segment, len(self.volumes)) + 1 if self.volumes else None

    @property
    def copied(self) -> int:
        """How many bytes of the archives S3 copies from source files."""
        return sum(segment.copied for segment in self.segments)


class PlanUnusable(Exception):
    """The plan is not there, or another version of this code has written it."""


def store(  # noqa: PLR0913 - a plan, and where it goes
    bucket: ArchiveBucket,
    home: str,
    plan: Plan,
    head: Head,
    fingerprint: str,
    *,
    version: int,
    small: int = 0,
    source: str | None = None,
) -> Index:
    """Writes the plan. Returns its index. `home` is the id of the job that the plan is stored
    under. `version` is the version of the plans that this process stores, `source` the name of
    the files' source; None: the default one. `small` is the most bytes of slices that lie in the
    index."""
    slices = [packed(plan, segment) for segment in plan.segments]
    at = 0
    where = []
    for body in slices:
        where.append((at, len(body)))
        at += len(body)
    content = b"".join(slices)
    about = f"{version} {plan.form.NAME} {source} {head!r}".encode()
    if plan.volumes:
        about += repr(plan.volumes).encode()
    index = Index(
        digest=hashlib.sha256(content + about).hexdigest()[:_DIGITS],
        form=plan.form,
        head=head,
        source=source,
        fingerprint=fingerprint,
        size=plan.size,
        files=sum(entry.files for entry in plan.entries),
        nested=plan.nested,
        tail_start=plan.tail_start,
        segments=plan.segments,
        places=tuple(where),
        has_copies=any(entry.copy and not entry.packed for entry in plan.entries),
        has_packs=any(entry.packed for entry in plan.entries),
        volumes=plan.volumes,
        slices=content,
    )
    is_small = len(content) <= small
    facts = _index_to_json(index, version, bytes_digest(plan, head), with_slices=is_small)
    if not is_small:
        bucket.write(places.plan(home, index.digest), content)
    bucket.write(places.index(home, index.digest), facts, "application/json")
    return index


def load(bucket: Bucket, home: str, digest: str, *, version: int) -> Index:
    """Returns the index of a stored plan. Raises PlanUnusable."""
    body = bucket.read(places.index(home, digest))
    if body is None:
        raise PlanUnusable
    content: dict[str, Any] = json.loads(body)
    if content.get("version") != version:
        raise PlanUnusable
    return _index(digest, content)


def load_slice(bucket: Bucket, home: str, index: Index, segment: int) -> Slice:
    """Returns the slice of one segment. Raises PlanUnusable if it is not there."""
    start, length = index.places[segment]
    if index.slices is not None:
        body = index.slices[start : start + length]
    else:
        try:
            body = bucket.read_range(places.plan(home, index.digest), start, length)
        except SourceChanged as error:
            raise PlanUnusable from error
    content: dict[str, Any] = json.loads(gzip.decompress(body))
    rows = content["entries"]
    return Slice(
        first_entry=index.segments[segment].first_entry,
        entries=tuple(map(_entry, rows)),
        offsets=tuple(row[7] for row in rows),
        parts=tuple(Part(*row) for row in content["parts"]),
    )


def missing(bucket: Bucket, home: str, digest: str) -> tuple[int | str, ...]:
    """Returns the missing files that a stored plan of any version lists; empty if the plan is not
    there."""
    return tuple(_any_version(bucket, home, digest).get("missing", ()))


def unreadable(bucket: Bucket, home: str, digest: str) -> tuple[Skipped, ...]:
    """Returns the files that a stored plan leaves out because they cannot be read; empty if the
    plan is not there."""
    rows = _any_version(bucket, home, digest).get("unreadable", ())
    return tuple(Skipped(*row) for row in rows)


def stored_fingerprint(bucket: Bucket, home: str, digest: str) -> str | None:
    """Returns the fingerprint of a stored plan. None if the plan is not there, or if its version
    has stored it in another way."""
    fingerprint: str | None = _any_version(bucket, home, digest).get("fingerprint")
    return fingerprint


def segment_count(bucket: Bucket, home: str, digest: str) -> int:
    """Returns how many segments a stored plan has; 0 if the plan is not there."""
    return len(_any_version(bucket, home, digest).get("segments", ()))


def stored_bytes_digest(bucket: Bucket, home: str, digest: str) -> str | None:
    """Returns the `bytes_digest` of a stored plan of any version. None if the plan is not there, or
    if its version did not store the digest (0.1.0)."""
    named: str | None = _any_version(bucket, home, digest).get("bytes")
    return named


def _any_version(bucket: Bucket, home: str, digest: str) -> dict[str, Any]:
    body = bucket.read(places.index(home, digest))
    content: dict[str, Any] = json.loads(body) if body else {}
    return content


def bytes_digest(plan: Plan, head: Head) -> str:
    """Returns a digest of the archives' bytes and of where their uploads' parts are cut. If two
    plans have the same digest, parts with the same number have the same bytes."""
    about = [plan.form.NAME, plan.form.VERSION, manifest.VERSION]
    digest = hashlib.sha256(json.dumps([*about, repr(head)]).encode())
    for e in plan.entries:
        line = (
            f"{len(e.name)} {e.name}{len(e.key)} {e.key}{e.etag} {e.size} {e.modified}"
            f"{e.version or ''} {e.encoding or ''} {e.copy or ''}{_of_run(e) or ''}\n"
        )
        digest.update(line.encode(errors="surrogatepass"))
    parts = plan.parts
    if plan.nested:
        final = plan.parts[plan.segments[-1].first_part :]
        parts = (*(part for segment in plan.segments for part in segment.joins), *final)
    cuts = [(part.number, part.start, part.length) for part in parts]
    digest.update(json.dumps([cuts, plan.nested, plan.size]).encode())
    if plan.volumes:
        # Which files each archive has: the manifest says it.
        ends = [segment.end_entry for segment in plan.segments[: len(plan.volumes)]]
        digest.update(json.dumps([ends, list(map(astuple, plan.volumes))]).encode())
    return digest.hexdigest()


def packed(plan: Plan, segment: Segment) -> bytes:
    """Returns the slice of one segment as it is stored."""
    first, end = segment.first_entry, segment.end_entry
    content = {
        "entries": [
            [
                *(e.name, e.key, e.etag, e.size, e.crc32, e.modified, e.in_s3, offset),
                *_perhaps(e.version, e.encoding, e.copy, *_of_run(e)),
            ]
            for e, offset in zip(plan.entries[first:end], plan.offsets[first:end], strict=True)
        ],
        "parts": [
            [p.number, p.start, p.length, None if p.copied is None else p.copied - first]
            for p in plan.parts[segment.first_part : segment.end_part]
        ],
    }
    # mtime=0: the same plan always has the same bytes. Level 6 takes a microsecond more of each
    # entry, and saves 4 of its 42 bytes.
    return gzip.compress(json.dumps(content, separators=(",", ":")).encode(), 1, mtime=0)


def _of_run(entry: Entry) -> tuple[object, ...]:
    """Returns the fields that only a run of packed files has."""
    return (entry.at, astuple(entry.packed)) if entry.packed else ()


def _entry(row: list[Any]) -> Entry:
    facts = [*row[:7], *row[8:]]
    if len(row) == 8 + _RUN_FIELDS:
        *about, of_bytes = facts[-1]
        facts[-1] = Packed(*[*about, Sum(*of_bytes)])
    return Entry(*facts)


def _perhaps(*values: object) -> tuple[object, ...]:
    """Returns the values without those at the end that are None: most entries have none."""
    while values and values[-1] is None:
        values = values[:-1]
    return values


def _index_to_json(index: Index, version: int, named_bytes: str, *, with_slices: bool) -> bytes:
    content: dict[str, Any] = {
        # These three mean the same in every version.
        "version": version,
        "bytes": named_bytes,
        "missing": list(index.head.missing),
        "unreadable": [astuple(one) for one in index.head.unreadable],
        "manifest": index.head.name,
        "source": index.source,
        "format": index.form.NAME,
        "jobId": index.head.job_id,
        "created": index.head.created,
        "fingerprint": index.fingerprint,
        "size": index.size,
        "files": index.files,
        "nested": index.nested,
        "tailStart": index.tail_start,
        "segments": [
            [
                *(s.first_part, s.end_part, s.first_entry, s.end_entry),
                *(s.start, s.bytes, s.copied, s.files, s.unknown),
                [[part.number, part.start, part.length] for part in s.joins],
            ]
            for s in index.segments
        ],
        "places": index.places,
        "copies": index.has_copies,
        "volumes": [astuple(volume) for volume in index.volumes],
        "packs": index.has_packs,
    }
    if with_slices and index.slices is not None:
        content["slices"] = base64.b64encode(index.slices).decode()
    return json.dumps(content, ensure_ascii=False).encode()


def _index(digest: str, content: dict[str, Any]) -> Index:
    return Index(
        digest=digest,
        form=FORMATS[content["format"]],
        head=Head(
            content["jobId"],
            content["created"],
            tuple(content["missing"]),
            tuple(Skipped(*row) for row in content["unreadable"]),
            content["manifest"],
        ),
        source=content["source"],
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
        has_copies=content["copies"],
        volumes=tuple(Volume(*row) for row in content["volumes"]),
        has_packs=content["packs"],
        slices=base64.b64decode(content["slices"]) if "slices" in content else None,
    )
