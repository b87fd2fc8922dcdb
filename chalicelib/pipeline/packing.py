"""Packs files whose compressed size nobody knows, before their archive is laid out: by as many
workers as are needed.

The files are cut into packs (archive/packing.py), and each pack is the work of one message, the
step `pack`. The worker that finds all packs made sends `plan` again, which then lays the archive
out of them. If there is only one pack, the worker that plans the job makes it.

Two workers may make the same pack at the same time. Each makes an object of its own, and the first
one that writes what is known of it has made the pack.

A packing is one set of packs. Its digest names the files with their ETags. So if a file has
changed, what was packed of it before is never used.
"""

import gzip
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from chalicelib.archive import packed, packing
from chalicelib.archive.formats import FORMATS, Format
from chalicelib.archive.packing import Made, Span
from chalicelib.archive.plan import Entry
from chalicelib.errors import NothingToDo, Unavailable
from chalicelib.jobs import places
from chalicelib.jobs.model import Job, PlanRef, Progress
from chalicelib.jobs.request import Compression, ExportRequest
from chalicelib.jobs.states import Stage
from chalicelib.pipeline.lease import Lease
from chalicelib.pipeline.pinned import FIELDS, pin, row_of
from chalicelib.pools import ahead
from chalicelib.queue.messages import DIGEST_DIGITS, Message, Step
from chalicelib.services import Services
from chalicelib.sources.find import Found

if TYPE_CHECKING:
    from chalicelib.pipeline.packer import Packer

_BLOCKS: Final = 8
"""How many blocks of a tar.gz an archive has room for at least, if an export is split between
them."""

_READS: Final = 16
"""The most requests under way at the same time for what is known of packs."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a pack's files are in the list of all, and how much it has: bytes and whole files."""

    start: int
    length: int
    size: int
    files: int


@dataclass(frozen=True, slots=True)
class _How:
    """How files of one source are packed. `block` is that of `Packer`."""

    source: str
    format: str
    compression: Compression
    block: int


@dataclass(frozen=True, slots=True)
class _Packing:
    """What is to be packed. `changes` is how many changes of the job's files were counted
    before."""

    digest: str
    how: _How
    changes: int
    places: tuple[_Place, ...]

    @property
    def ref(self) -> PlanRef:
        """How the table knows which packs are made: a packing has packs as a plan has segments."""
        return PlanRef(self.digest, "", len(self.places))

    @property
    def form(self) -> Format:
        return FORMATS[self.how.format]

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        stored: dict[str, Any] = json.loads(body)
        places = tuple(_Place(**one) for one in stored["places"])
        return cls(stored["digest"], _How(**stored["how"]), stored["changes"], places)

    def progress(self, made: frozenset[int]) -> Progress:
        """Returns the progress of a job that has these packs."""
        return Progress(
            files=sum(self.places[number].files for number in made),
            bytes=sum(self.places[number].size for number in made),
        )


def with_packs(  # noqa: PLR0913 PLR0917 - what was found, and its fingerprint
    found: Found, mark: str, asked: ExportRequest, job: Job, services: Services, lease: Lease
) -> Sequence[Entry] | None:
    """Returns what the archive is laid out of: what was found, or runs of it that are packed. None
    if other workers must pack files first: their messages are sent, and `plan` will come again.
    Then what was found is kept. `mark` is its fingerprint.
    Raises SourceChanged, SourceUnreadable, Unavailable, and what the lease raises."""
    entries = found.entries
    if asked.compressing == "none":
        return entries
    source = services.source_facts(asked.source).name
    block = services.limits.packing.block
    if asked.split:
        block = min(block, asked.split // _BLOCKS)
    how = _How(source, job.format, asked.compressing, block)
    packer = _packer(how, lease)
    to_pack = [entry for entry in entries if not packer.is_left_by_name(entry)]
    if not to_pack:
        return entries
    limits = services.limits
    packs = packing.cut(to_pack, limits.packing, limits.layout)
    slices = [_to_bytes(spans) for spans in packs]
    it = _packing_of(packs, slices, job, how)
    lease.stage = Stage.COMPRESSING
    if len(packs) > 1:
        pin(found, mark, job, services)
    size = sum(one.size for one in it.places) or 1  # 0 would say that nothing is packed
    total = len(entries) + found.left_out
    if services.jobs.set_packing(job, services.now(), size, total) is None:
        raise lease.refused()
    if len(packs) == 1:
        made = [_made(packs[0], 0, it, job, lease)]
    else:
        there = services.segments.done(job, it.ref)
        if absent := sorted(set(range(len(packs))) - there):
            services.archive.write(places.packs(job.job_id, it.digest), b"".join(slices))
            body = it.to_json()
            services.archive.write(places.packing(job.job_id, it.digest), body, "application/json")
            lease.settle(it.progress(there))
            lease.report(services.now())
            messages = [Message(Step.PACK, job.job_id, n, it.digest) for n in absent]
            services.queue.send(messages, job.user_id)
            return None
        made = _all_made(it, job, services, lease)
    lease.settle(Progress())
    return tuple(_laid_out_of(entries, packs, made, it, job, services))


def pack(job: Job, message: Message, services: Services, lease: Lease, attempt: int) -> None:
    """Does the step `pack`: makes one pack, and sends `plan` if all packs are made then. `attempt`
    is how often the message has been handed out. Raises NothingToDo, SourceChanged,
    SourceUnreadable, Unavailable, and what the lease raises."""
    digest, number = message.reading or "", message.which
    body = services.archive.read(places.packing(job.job_id, digest))
    if job.plan or body is None:
        raise NothingToDo("the files need not be packed any more")
    lease.stage = Stage.COMPRESSING
    it = _Packing.from_json(body)
    if it.changes != job.changes:
        if attempt > 1:
            # This message's worker may be the one that has counted the change, and that died before
            # it could send `plan`.
            services.queue.send([Message(Step.PLAN, job.job_id)], job.user_id)
        raise NothingToDo("the job was planned again")
    if number >= len(it.places):
        raise NothingToDo(f"the job has no pack {number}")
    there = services.segments.done(job, it.ref)
    lease.settle(it.progress(there - {number}))
    if is_new := number not in there:
        at = it.places[number]
        stored = services.archive.read_range(places.packs(job.job_id, digest), at.start, at.length)
        _made(_from_bytes(stored), number, it, job, lease)
        there = services.segments.add(job, it.ref, number)
        lease.settle(it.progress(there))
        lease.report(services.now())
    # Not if this pack was there already: whoever has made the last one sends `plan`, or its message
    # comes again. Each `plan` may send all packs again, so they would become ever more.
    if len(there) == len(it.places) and (is_new or attempt > 1):
        services.queue.send([Message(Step.PLAN, job.job_id)], job.user_id)


def _made(spans: Sequence[Span], number: int, it: _Packing, job: Job, lease: Lease) -> Made:
    """Returns the pack, which is made if it is not there."""
    services = lease.services
    known = places.packed(job.job_id, it.digest, number)
    if body := services.archive.read(known):
        return Made.from_bytes(body)
    key = places.pack(job.job_id, it.digest, number, services.new_id())
    packer = _packer(it.how, lease)
    made = packer.make(spans, key, f"{key}.rows")
    if services.archive.write_new(known, made.to_bytes()):
        return made
    # Another worker was faster, or this one: an answer may have been lost.
    first = services.archive.read(known)
    if first is None:
        raise Unavailable(f"what is known of pack {number} is gone")
    if first != made.to_bytes():
        services.archive.delete_all([key, f"{key}.rows"])
    return Made.from_bytes(first)


def _all_made(it: _Packing, job: Job, services: Services, lease: Lease) -> list[Made]:
    """Returns all packs. Raises Unavailable if what is known of one is gone."""
    keys = [places.packed(job.job_id, it.digest, number) for number in range(len(it.places))]
    made = []
    with services.pools(_READS) as pool:
        for key, body in zip(keys, ahead(pool, services.archive.read, keys, _READS), strict=True):
            lease.tick()
            if body is None:
                raise Unavailable(f"what is known of {key} is gone")
            made.append(Made.from_bytes(body))
    return made


def _laid_out_of(  # noqa: PLR0913 PLR0917 - what was packed, and of what
    entries: Sequence[Entry],
    packs: Sequence[Sequence[Span]],
    made: Sequence[Made],
    it: _Packing,
    job: Job,
    services: Services,
) -> Sequence[Entry]:
    """Keeps the headers and rows of large files. Returns what the archive is laid out of."""
    headers, rows = places.headers(job.job_id, it.digest), places.spans(job.job_id, it.digest)
    large = packing.large_files(it.form, made, headers, rows)
    if large.rows:
        if large.headers:
            services.archive.write(headers, large.headers)
        services.archive.write(rows, packed.to_bytes(large.rows))
    return tuple(packing.body(it.form, entries, packs, made, large))


def _packer(how: _How, lease: Lease) -> "Packer":
    from chalicelib.pipeline.packer import Packer  # only what compresses needs the compressor

    form = FORMATS[how.format]
    return Packer(lease.services, lease, form, how.compression, how.source, how.block)


def _packing_of(
    packs: Sequence[Sequence[Span]],
    slices: Sequence[bytes],
    job: Job,
    how: _How,
) -> _Packing:
    about = json.dumps(astuple(how)).encode()
    digest = hashlib.sha256(about + b"".join(slices)).hexdigest()[:DIGEST_DIGITS]
    at = 0
    found = []
    for spans, one in zip(packs, slices, strict=True):
        size = sum(span.length for span in spans)
        found.append(_Place(at, len(one), size, sum(span.is_last for span in spans)))
        at += len(one)
    return _Packing(digest, how, job.changes, tuple(found))


def _to_bytes(spans: Sequence[Span]) -> bytes:
    """Returns the files of a pack as they are stored."""
    rows = [[*row_of(span.entry), span.start, span.length] for span in spans]
    # mtime=0: the same files always have the same bytes.
    return gzip.compress(json.dumps(rows, separators=(",", ":")).encode(), 1, mtime=0)


def _from_bytes(body: bytes) -> list[Span]:
    """Returns the files that `_to_bytes` has stored."""
    rows = json.loads(gzip.decompress(body))
    return [Span(Entry(*row[: len(FIELDS)]), *row[len(FIELDS) :]) for row in rows]
