"""Builds the segments of an archive by its plan.

What was uploaded before (by a worker that died, or by a twin) is not uploaded again.
"""

from collections.abc import Mapping, Sequence
from itertools import chain, takewhile

from chalicelib.archive import tail
from chalicelib.archive.costs import JOINS_AT_ONCE
from chalicelib.archive.plan import Part
from chalicelib.archive.tail import Section
from chalicelib.errors import SourceChanged, Unavailable, UploadGone
from chalicelib.jobs import places
from chalicelib.jobs.model import Progress
from chalicelib.jobs.states import OPEN, Stage
from chalicelib.pipeline import archives, finishing, plans, tail_sections, uploads
from chalicelib.pipeline.assembly import Upload
from chalicelib.pipeline.planned import PlannedJob
from chalicelib.pools import wait_for
from chalicelib.sources.known import keep


def build_segment(planned: PlannedJob, number: int) -> None:
    """Brings one segment into the archive's upload, and keeps its section of the tail. Raises
    UploadGone if the upload is gone, and what `Builder.build` raises."""
    made = _build(planned, number)
    if made:
        planned.sections.keep(number, made)


def build_all(planned: PlannedJob) -> None:
    """Builds a whole archive with this one worker, and completes it. Keeps no sections of the tail,
    because it still has them when it needs them. Raises what `build_segment` raises."""
    made = {number: _build(planned, number) for number in range(planned.index.final)}
    finishing.finish(planned, {number: section for number, section in made.items() if section})


def _build(planned: PlannedJob, number: int) -> Section | None:
    """Brings a segment into the upload. Returns its section of the tail; None if that is kept
    already."""
    planned.lease.stage = Stage.ASSEMBLING
    before = planned.lease.done
    segment = planned.index.segments[number]
    made = None
    if number < len(planned.index.volumes):
        made = _upload_archive(planned, number)
    elif not segment.joins:
        made = _upload_parts(planned, number, planned.upload)
    elif len(_there(planned.upload, segment.joins)) < len(segment.joins) or (
        segment.unknown and planned.sections.counts(number) is None
    ):
        _build_object(planned, number)
        _join(planned, number)
    planned.lease.settle(
        Progress(
            before.files + segment.files,
            before.bytes + segment.bytes,
            before.copied + segment.copied,
        )
    )
    return made


def _build_object(planned: PlannedJob, number: int) -> None:
    """Builds a segment as an object of its own, in an upload that twins share."""
    archive = planned.services.archive
    segment = planned.index.segments[number]
    key = places.segment(planned.job.home, planned.index.digest, number)
    built = archive.head(key, checksum=False)
    if built and built.size == segment.bytes:
        return
    upload = planned.shared_upload(number, key)
    try:
        made = _upload_parts(planned, number, upload)
        known = made.etags if made else ()
        if made:
            # The archive's own parts are copied from this object later, and have other ETags.
            planned.sections.keep(number, made.with_etags(()))
        parts = segment.end_part - segment.first_part
        finishing.complete_upload(planned, upload, known, parts, segment.bytes)
    except UploadGone:
        # A twin was faster, or the upload was thrown away: the next try finds out which.
        raise Unavailable(f"the upload of segment {number} has just ended") from None


def _upload_archive(planned: PlannedJob, number: int) -> Section | None:
    """Uploads the parts of a segment that is one of several archives. Returns its section, as
    `_upload_parts` does. `finish` completes the upload. Raises UploadGone if all archives are there
    already."""
    upload = planned.shared_upload(number, uploads.volume_key(planned.job, number))
    try:
        return _upload_parts(planned, number, upload)
    except UploadGone:
        # It was completed for a worker that then died, or that is at work still; or it was aborted.
        job = planned.lease.look()
        if job is None or job.status not in OPEN or job.plan != planned.plan:
            raise planned.lease.refused() from None
        if archives.are_whole(planned.services, job):
            raise
        media_type = planned.index.form.MEDIA_TYPE
        uploads.replace_gone(planned.services, job, number, upload, media_type)
        raise Unavailable(f"the upload of archive {number + 1} has just ended") from None


def _join(planned: PlannedJob, number: int) -> None:
    """Has S3 copy a segment's object into the archive."""
    archive = planned.services.archive
    key = places.segment(planned.job.home, planned.index.digest, number)
    built = archive.head(key, checksum=False)
    if built is None:
        raise Unavailable(f"segment {number} is not there")
    segment = planned.index.segments[number]

    def copy(part: Part) -> None:
        archive.copy_part(
            planned.job.archive_key,
            planned.plan.upload,
            part.number,
            source=archive,
            source_key=key,
            etag=built.etag,
            size=built.size,
            start=part.start - segment.start,
            length=part.length,
        )

    pools = planned.services.pools
    try:
        with pools(JOINS_AT_ONCE) as pool:
            copies = [pool.submit(copy, part) for part in segment.joins]
            wait_for(pools, copies, planned.lease.tick)
    except SourceChanged:  # the segment has changed, not a source file
        raise Unavailable(f"segment {number} has just been replaced") from None


def _upload_parts(planned: PlannedJob, number: int, upload: Upload) -> Section | None:
    """Uploads the parts of a segment that the upload does not have. Returns the segment's section
    of the tail; None if that is kept already."""
    segment = planned.index.segments[number]
    of = planned.slice(number)
    there = {} if planned.is_new else _there(upload, of.parts)
    is_kept = bool(there) and planned.sections.counts(number) is not None
    # Until the section is kept, nobody knows the CRC-32s in it. Then what was streamed is streamed
    # again: the same bytes take the same place.
    again = segment.unknown and not is_kept
    todo = [one for one in of.parts if one.number not in there or (again and one.copied is None)]
    copied = segment.copied - sum(one.length for one in todo if one.copied is not None)
    rest = segment.bytes - sum(one.length for one in todo)
    planned.lease.gathered(streamed=rest - copied, copied=copied)
    builder = planned.builder(of, upload)
    closing = _closing(planned, number, of)
    builder.build(one for one in todo if one not in closing)
    is_closed = not any(one in closing for one in todo)
    start = closing[0].start if closing else 0
    left = b""
    if not is_closed and start < planned.index.volumes[number].tail_start:
        left = builder.fill(start, planned.index.volumes[number].tail_start)
    _keep_crc32s(planned, of, builder.crc32s)
    made = None
    if not is_kept:
        archive = planned.services.archive
        made = tail_sections.section(archive, planned.index, number, of, builder.crc32s)
    if not is_closed:
        known = made or planned.sections.whole_or_made(number)
        tail_start = planned.index.volumes[number].tail_start
        rendered = tail.render_bare(builder.form, tail_start, known.counts, known.records)
        builder.upload_chunks(closing, chain([left] if left else [], rendered))
    etags = there | builder.etags
    return made and made.with_etags(etags[part.number] for part in of.parts)


def _closing(planned: PlannedJob, number: int, of: plans.Slice) -> Sequence[Part]:
    """Returns the parts of a segment that end an archive: what is left of the body after the last
    cut, and the tail. There are none if the segment is no archive."""
    if number >= len(planned.index.volumes):
        return ()
    return of.parts[-planned.index.volumes[number].closing :]


def _keep_crc32s(planned: PlannedJob, of: plans.Slice, crc32s: Mapping[int, int]) -> None:
    """Keeps what was computed of large files while they were streamed, so that S3 can copy them for
    the next job."""
    computed = ((of.entries[index], crc32) for index, crc32 in crc32s.items())
    rows = [(e.key, e.etag, e.size, crc32) for e, crc32 in computed if not (e.in_s3 or e.copy)]
    keep(planned.services, planned.index.source, rows, planned.lease.tick)


def _there(upload: Upload, parts: Sequence[Part]) -> dict[int, str]:
    """Returns the ETags of those of the parts that the upload has, by number. The parts must follow
    one another."""
    first, last = parts[0].number, parts[-1].number
    uploaded = upload.bucket.list_parts(upload.key, upload.id, first)
    listed = {one.number: one for one in takewhile(lambda one: one.number <= last, uploaded)}
    sizes = {part.number: part.length for part in parts}
    return {n: one.etag for n, one in listed.items() if sizes.get(n) == one.size}
