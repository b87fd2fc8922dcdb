"""Builds an archive by its plan: one segment, or what is left when all segments are there.

What was uploaded before (by a worker that died, or by a twin) is not uploaded again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from chalicelib.archive import pieces
from chalicelib.archive.assembly import Builder, Upload
from chalicelib.archive.plan import Entry, Part
from chalicelib.errors import JobEnded, SourceChanged, Unavailable, UploadGone
from chalicelib.jobs import wake
from chalicelib.jobs.model import Job, PlanRef
from chalicelib.jobs.states import Stage
from chalicelib.objects import UploadedPart
from chalicelib.pipeline import plans
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


def count(work: Work, done: Iterable[int]) -> None:
    """Takes segments that are done into the progress that this worker reports."""
    for number in done:
        segment = work.index.segments[number]
        work.watch.gathered(segment.bytes, segment.files)


def build_segment(work: Work, number: int) -> None:
    """Brings one segment into the archive's upload. Raises UploadGone if that is gone."""
    work.watch.stage = Stage.ASSEMBLING
    before = work.watch.bytes_done, work.watch.files_done
    segment = work.index.segments[number]
    if not segment.joins:
        _upload_parts(work, number, work.upload)
    elif _absent(work.upload, segment.joins):
        _build_object(work, number)
        _join(work, number)
    work.watch.settle(before[0] + segment.bytes, before[1] + segment.files)


def finish(work: Work) -> None:
    """Uploads the final parts, completes the upload and the job."""
    work.watch.stage = Stage.FINALIZING
    archive, index = work.stack.archive, work.index
    part = plans.load_slice(archive, work.job, index, index.final)
    builder = _builder(work, part, work.upload)
    start = part.parts[0].start
    rest = bytes(builder.fill(start, index.tail_start)) if start < index.tail_start else b""
    crc32s = _streamed_crc32s(work)
    crc32s |= {part.first_entry + i: crc32 for i, crc32 in builder.crc32s.items()}

    def listed() -> Iterator[tuple[Entry, int, int]]:
        for i, entry, offset in plans.entries(archive, work.job, index):
            work.watch.tick()
            yield entry, offset, crc32s[i] if entry.crc32 is None else entry.crc32

    tail = pieces.tail(index.head, index.tail_start, index.manifest_length, listed)
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
        last = _upload_parts(work, number, upload)
        _complete_upload(upload, last, work.index.segments[number].bytes)
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
    try:
        for part in segment.joins:
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
            work.watch.tick()
    except SourceChanged:  # no source file, but the segment
        raise Unavailable(f"segment {number} has just been replaced") from None


def _upload_parts(work: Work, number: int, upload: Upload) -> int:
    """Uploads those of a segment's parts that the upload lacks. Gives the number of the last."""
    archive, index = work.stack.archive, work.index
    segment = index.segments[number]
    part = plans.load_slice(archive, work.job, index, number)
    # CRC-32s that were found out while streaming are kept once the whole segment is there. Until
    # then its streamed parts are streamed again; the same bytes take the same place.
    again = segment.unknown and _kept_crc32s(work, number) is None
    absent = _absent(upload, part.parts)
    todo = [one for one in part.parts if one in absent or (again and one.copied is None)]
    work.watch.gathered(segment.bytes - sum(one.length for one in todo), 0)
    builder = _builder(work, part, upload)
    builder.build(todo)
    if again:
        found = {segment.first_entry + i: crc32 for i, crc32 in builder.crc32s.items()}
        plans.store_crc32s(archive, work.job, index.digest, number, found)
    return part.parts[-1].number


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


def _streamed_crc32s(work: Work) -> dict[int, int]:
    """What the segments found out, by entry."""
    crc32s: dict[int, int] = {}
    for number in range(work.index.final):
        if work.index.segments[number].unknown:
            kept = _kept_crc32s(work, number)
            if kept is None:
                raise Unavailable(f"the CRC-32s of segment {number} are not there")
            crc32s |= kept
    return crc32s


def _kept_crc32s(work: Work, segment: int) -> dict[int, int] | None:
    return plans.load_crc32s(work.stack.archive, work.job, work.index.digest, segment)


def _chained(first: bytes, following: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from following
