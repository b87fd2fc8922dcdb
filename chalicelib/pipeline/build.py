"""Builds an archive by its plan: one segment, or what is left when all segments are there.

What was uploaded before (by a worker that died, or by a twin) is not uploaded again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from chalicelib.archive.assembly import COPIES, Builder, Upload, wait_for
from chalicelib.archive.plan import Part
from chalicelib.archive.tail import Share
from chalicelib.errors import JobEnded, SourceChanged, Unavailable, UploadGone
from chalicelib.jobs import wake
from chalicelib.jobs.model import Job, PlanRef
from chalicelib.jobs.states import Stage
from chalicelib.objects import UploadedPart
from chalicelib.pipeline import plans, tails
from chalicelib.pipeline.collaborators import Collaborators
from chalicelib.pipeline.watch import Watch

ZIP_TYPE: Final = "application/zip"


@dataclass(frozen=True, slots=True)
class Work:
    """A planned job, and what a step works on it with."""

    job: Job
    plan: PlanRef
    index: plans.Index
    stack: Collaborators
    watch: Watch

    @property
    def upload(self) -> Upload:
        """The archive's own."""
        return Upload(self.stack.archive, self.job.archive_key, self.plan.upload)

    @property
    def shares(self) -> tails.Shares:
        return tails.Shares(self.stack.archive, self.job, self.index)


def count(work: Work, done: Iterable[int]) -> None:
    """Takes segments that are done into the progress that this worker reports."""
    for number in done:
        segment = work.index.segments[number]
        work.watch.gathered(segment.bytes, segment.files)


def build_segment(work: Work, number: int) -> None:
    """Brings one segment into the archive's upload, and keeps its share of the tail. Raises
    UploadGone if the upload is gone."""
    made = _build(work, number)
    if made:
        work.shares.keep(number, made)


def build_all(work: Work) -> None:
    """Builds an archive that one worker is enough for, and completes it. Shares of the tail are not
    kept, as who needs them has them."""
    made = {number: _build(work, number) for number in range(work.index.final)}
    finish(work, {number: share for number, share in made.items() if share})


def _build(work: Work, number: int) -> Share | None:
    """Brings a segment into the upload. Gives its share of the tail; None if that is kept."""
    work.watch.stage = Stage.ASSEMBLING
    before = work.watch.bytes_done, work.watch.files_done
    segment = work.index.segments[number]
    made = None
    if not segment.joins:
        made = _upload_parts(work, number, work.upload)
    elif _absent(work.upload, segment.joins):
        _build_object(work, number)
        _join(work, number)
    work.watch.settle(before[0] + segment.bytes, before[1] + segment.files)
    return made


def finish(work: Work, shares: Mapping[int, Share] | None = None) -> None:
    """Uploads the final parts, completes the upload and the job. `shares` of the tail are those of
    segments that have not kept them."""
    work.watch.stage = Stage.FINALIZING
    archive, index = work.stack.archive, work.index
    part = plans.load_slice(archive, work.job, index, index.final)
    builder = _builder(work, part, work.upload)
    start = part.parts[0].start
    rest = builder.fill(start, index.tail_start) if start < index.tail_start else b""
    own = {**(shares or {}), index.final: tails.share(index, index.final, part, builder.crc32s)}
    with ThreadPoolExecutor(tails.READS_AT_ONCE) as pool:
        tail = tails.render(work.shares, own, pool, work.watch.tick)
        builder.upload_chunks(part.parts, _chained(rest, tail))
    work.watch.renew(work.stack.now())
    _complete_upload(work.upload, part.parts[-1].number, index.size)
    complete(work)


def complete(work: Work) -> None:
    """The archive is there: completes the job, and throws away what only led to it."""
    job, stack, index = work.job, work.stack, work.index
    now = stack.now()
    is_own = job.home == job.job_id
    expires_at = now + stack.settings.archive_ttl_ms if is_own else job.expires_at
    # Twins may still build segments again.
    wake_at = now + wake.DISCARD_AFTER_MS if index.nested else expires_at
    # First, so that whoever asks for the same once the job has completed finds its archive.
    stack.fingerprints.note(index.fingerprint, job.job_id, expires_at)
    if not stack.jobs.complete(job, now, expires_at, index.files, wake_at=wake_at):
        raise JobEnded
    if index.nested:
        segments = range(index.final)
        stack.archive.delete_all(plans.segment_key(job, index, number) for number in segments)


def _build_object(work: Work, number: int) -> None:
    """Builds a segment as an object of its own, in an upload that twins share."""
    archive, segments = work.stack.archive, work.stack.segments
    key = plans.segment_key(work.job, work.index, number)
    built = archive.head(key, checksum=False)
    if built and built.size == work.index.segments[number].bytes:
        return
    upload_id = segments.claimed_upload(work.job, number)
    if upload_id is None:
        opened = archive.create_upload(key, ZIP_TYPE)
        upload_id = segments.claim_upload(work.job, number, opened)
        if upload_id != opened:
            archive.abort_upload(key, opened)
    upload = Upload(archive, key, upload_id)
    try:
        made = _upload_parts(work, number, upload)
        if made:
            work.shares.keep(number, made)
        segment = work.index.segments[number]
        _complete_upload(upload, segment.end_part - segment.first_part, segment.bytes)
    except UploadGone:
        # A twin was faster, or somebody has thrown it away: the next try will see.
        raise Unavailable(f"the upload of segment {number} has just ended") from None


def _join(work: Work, number: int) -> None:
    """Has S3 copy a segment's object into the archive."""
    key = plans.segment_key(work.job, work.index, number)
    built = work.stack.archive.head(key, checksum=False)
    if built is None:
        raise Unavailable(f"segment {number} is not there")
    segment = work.index.segments[number]

    def copy(part: Part) -> None:
        work.stack.archive.copy_part(
            work.job.archive_key,
            work.plan.upload,
            part.number,
            source=work.stack.archive.name,
            source_key=key,
            etag=built.etag,
            size=built.size,
            start=part.start - segment.start,
            length=part.length,
        )

    try:
        with ThreadPoolExecutor(COPIES) as pool:
            wait_for([pool.submit(copy, part) for part in segment.joins], work.watch.tick)
    except SourceChanged:  # no source file, but the segment
        raise Unavailable(f"segment {number} has just been replaced") from None


def _upload_parts(work: Work, number: int, upload: Upload) -> Share | None:
    """Uploads those of a segment's parts that the upload lacks. Gives its share of the tail, or
    None if that is kept."""
    archive, index = work.stack.archive, work.index
    segment = index.segments[number]
    part = plans.load_slice(archive, work.job, index, number)
    absent = _absent(upload, part.parts)
    is_new = len(absent) == len(part.parts)
    is_kept = not is_new and work.shares.counts(number) is not None
    # Until the share is kept nobody knows the CRC-32s that are in it: then what was streamed is
    # streamed again. The same bytes take the same place.
    again = segment.unknown and not is_kept
    todo = [one for one in part.parts if one in absent or (again and one.copied is None)]
    work.watch.gathered(segment.bytes - sum(one.length for one in todo), 0)
    builder = _builder(work, part, upload)
    builder.build(todo)
    return None if is_kept else tails.share(index, number, part, builder.crc32s)


def _builder(work: Work, part: plans.Slice, upload: Upload) -> Builder:
    return Builder(
        source=work.stack.source,
        upload=upload,
        entries=part.entries,
        offsets=part.offsets,
        gathered=work.watch.gathered,
        tick=work.watch.tick,
    )


def _absent(upload: Upload, parts: Sequence[Part]) -> set[Part]:
    """Those of the parts, which follow one another, that the upload lacks."""
    first, last = parts[0].number, parts[-1].number
    uploaded = upload.bucket.list_parts(upload.key, upload.id, first)
    there = {one.number: one.size for one in takewhile(lambda one: one.number <= last, uploaded)}
    return {part for part in parts if there.get(part.number) != part.length}


def _complete_upload(upload: Upload, expected: int, size: int) -> None:
    uploaded: list[UploadedPart] = list(upload.bucket.list_parts(upload.key, upload.id))
    if len(uploaded) != expected or sum(one.size for one in uploaded) != size:
        raise Unavailable(f"{len(uploaded)} of {expected} parts of {upload.key} are there")
    upload.bucket.complete_upload(upload.key, upload.id, uploaded)


def _chained(first: bytes, following: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from following
