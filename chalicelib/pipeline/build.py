"""Builds an archive by its plan: one segment, or what is left when all segments are there.

What was uploaded before (by a worker that died, or by a twin) is not uploaded again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice, takewhile

from chalicelib.archive import tail
from chalicelib.archive.costs import JOINS_AT_ONCE, SECTIONS_AT_ONCE
from chalicelib.archive.plan import Part
from chalicelib.archive.tail import Section
from chalicelib.errors import PartReplaced, SourceChanged, Unavailable, UploadGone
from chalicelib.jobs import places, wake
from chalicelib.jobs.model import Job, PlanRef, Progress
from chalicelib.jobs.states import OPEN, Stage
from chalicelib.pipeline import archive_index, archives, endings, plans, tail_sections, uploads
from chalicelib.pipeline.assembly import Builder, Upload
from chalicelib.pipeline.lease import Lease
from chalicelib.pools import ahead, wait_for
from chalicelib.s3.archive_bucket import PARTS_LISTED
from chalicelib.s3.objects import UploadedPart
from chalicelib.services import Services
from chalicelib.sources.known import keep


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """A job with its plan, and what a step needs to work on it. `is_new`: no part of the segment
    that this step builds is there yet, but for those of a twin."""

    job: Job
    plan: PlanRef
    index: plans.Index
    services: Services
    lease: Lease
    is_new: bool = False

    @property
    def upload(self) -> Upload:
        """The upload of the archive itself."""
        return Upload(self.services.archive, self.job.archive_key, self.plan.upload)

    @property
    def sections(self) -> tail_sections.Sections:
        return tail_sections.Sections(self.services.archive, self.job.home, self.index)

    def write_index(self, segment: int | None, length: int, chunks: Iterator[bytes]) -> None:
        """Writes the index that stands beside the archive, or beside the one of several that this
        segment is. Raises what archive_index.write does."""
        number = None if segment is None else segment + 1
        key = places.archive_index(self.job.home, self.job.format, number)
        archive_index.write(key, length, chunks, self.lease)

    def slice(self, number: int) -> plans.Slice:
        return plans.load_slice(self.services.archive, self.job.home, self.index, number)


def planned_job(job: Job, plan: PlanRef, services: Services, lease: Lease) -> PlannedJob:
    """Returns the job with its plan. Raises plans.PlanUnusable."""
    index = lease.made
    if index is None or index.digest != plan.digest:
        version = services.plan_version
        index = plans.load(services.archive, job.home, plan.digest, version=version)
    lease.plan = plan.digest
    return PlannedJob(job, plan, index, services, lease)


def count(planned: PlannedJob, done: Iterable[int]) -> None:
    """Adds segments that are done to the progress that this worker reports."""
    for number in done:
        one = planned.index.segments[number]
        planned.lease.gathered(streamed=one.bytes - one.copied, copied=one.copied, files=one.files)


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
    finish(planned, {number: section for number, section in made.items() if section})


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


def finish(planned: PlannedJob, sections: Mapping[int, Section] | None = None) -> None:
    """Uploads the final parts, and completes the upload and the job. `sections` are the sections of
    the tail that are not kept, by segment. Raises what `build_segment` raises, and NothingToDo or
    PlanReplaced if the job does not take the end."""
    planned.lease.stage = Stage.FINALIZING
    services, index = planned.services, planned.index
    final = planned.slice(index.final)
    builder = _builder(planned, final, planned.upload)
    start = final.parts[0].start
    rest = builder.fill(start, index.tail_start) if start < index.tail_start else b""
    own = tail_sections.section(services.archive, index, index.final, final, builder.crc32s)
    with services.pools(SECTIONS_AT_ONCE) as pool:
        of_all = {**(sections or {}), index.final: own}
        ending = tail_sections.Tail(
            planned.sections, of_all, pool, planned.lease.tick, planned.write_index
        )
        builder.upload_chunks(final.parts, _chained(rest, ending.render()))
    # S3 may take minutes to join many parts.
    planned.lease.renew(services.now()) if index.final else planned.lease.keep()
    if index.volumes:
        _complete_archives(planned, ending.etags)
    own_segments = range(len(index.volumes), index.final)
    known = [etag for number in own_segments for etag in ending.etags.get(number, ())]
    known += [builder.etags[part.number] for part in final.parts]
    _complete_upload(planned, planned.upload, known, final.parts[-1].number, index.size)
    complete(planned)


def complete(planned: PlannedJob) -> None:
    """Completes the job, whose archive is there, and throws away what was only needed to build it.
    Raises NothingToDo if the job has ended, PlanReplaced if it was planned again."""
    job, services, index = planned.job, planned.services, planned.index
    now = services.now()
    is_own = job.home == job.job_id
    expires_at = now + services.settings.archive_ttl_ms if is_own else job.expires_at
    # Twins may still build segments again. Workers of another plan may still build that plan's, or
    # copy a file aside.
    is_messy = index.nested or index.has_copies or job.was_replanned or job.changes > 0
    # Who began the upload may have opened another one before, and then died.
    is_messy = is_messy or not is_own
    # If packing has found that S3 can copy all files as they are, there are packs with nothing. If
    # all files are empty, there are packs of no bytes.
    has_packs = index.has_packs or job.packing > 0
    is_messy = is_messy or has_packs or bool(index.volumes)
    wake_at = now + wake.DISCARD_AFTER_MS if is_messy else expires_at
    # Before the job completes: a request for the same files right after that finds its archive.
    services.fingerprints.record(index.fingerprint, job.job_id, expires_at)
    done = Progress(index.files, index.total, index.copied)
    ended = endings.complete(
        services, job, planned.plan, done, expires_at=expires_at, wake_at=wake_at
    )
    if ended is None:
        raise planned.lease.refused()
    planned.lease.job = ended
    if index.nested:
        keys = (places.segment(job.home, index.digest, number) for number in range(index.final))
        services.archive.delete_all(keys)
    if has_packs:
        listed = services.archive.list_objects(places.folder(job.home))
        keys = (found.key for found in listed)
        services.archive.delete_all(filter(places.is_pack, keys))
    if index.has_copies or job.changes:
        for home in dict.fromkeys((job.home, job.job_id)):
            listed = services.archive.list_objects(places.copies(home))
            services.archive.delete_all(found.key for found in listed)


def _build_object(planned: PlannedJob, number: int) -> None:
    """Builds a segment as an object of its own, in an upload that twins share."""
    archive = planned.services.archive
    segment = planned.index.segments[number]
    key = places.segment(planned.job.home, planned.index.digest, number)
    built = archive.head(key, checksum=False)
    if built and built.size == segment.bytes:
        return
    upload = _shared_upload(planned, number, key)
    try:
        made = _upload_parts(planned, number, upload)
        known = made.etags if made else ()
        if made:
            # The archive's own parts are copied from this object later, and have other ETags.
            planned.sections.keep(number, made.with_etags(()))
        parts = segment.end_part - segment.first_part
        _complete_upload(planned, upload, known, parts, segment.bytes)
    except UploadGone:
        # A twin was faster, or the upload was thrown away: the next try finds out which.
        raise Unavailable(f"the upload of segment {number} has just ended") from None


def _shared_upload(planned: PlannedJob, number: int, key: str) -> Upload:
    media_type = planned.index.form.MEDIA_TYPE
    return uploads.shared(planned.services, planned.job, number, key, media_type)


def _upload_archive(planned: PlannedJob, number: int) -> Section | None:
    """Uploads the parts of a segment that is one of several archives. Returns its section, as
    `_upload_parts` does. `finish` completes the upload. Raises UploadGone if all archives are there
    already."""
    upload = _shared_upload(planned, number, uploads.volume_key(planned.job, number))
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


def _complete_archives(planned: PlannedJob, etags: Mapping[int, Sequence[str]]) -> None:
    """Completes the uploads of all archives but the last one. `etags` are those of their parts, by
    segment, as far as they are known. Raises UploadGone if an archive can be completed no more, and
    Unavailable if parts of one are not there."""
    services, job, index = planned.services, planned.job, planned.index
    numbers = range(len(index.volumes))

    def begun(number: int) -> Upload:
        return _shared_upload(planned, number, uploads.volume_key(job, number))

    def finish_one(upload: Upload, number: int) -> None:
        segment, size = index.segments[number], index.volumes[number].size
        parts = segment.end_part - segment.first_part
        try:
            _complete_upload(planned, upload, etags.get(number, ()), parts, size)
        except (UploadGone, Unavailable):
            built = services.archive.head(upload.key, checksum=False)
            if built is None or built.size != size:
                raise

    pools = services.pools
    with pools(JOINS_AT_ONCE) as pool:
        found = list(ahead(pool, begun, numbers, JOINS_AT_ONCE))
    if job.was_replanned:
        uploads.abort_others(services, job, {planned.plan.upload, *(one.id for one in found)})
    with pools(JOINS_AT_ONCE) as pool:
        ended = [pool.submit(finish_one, *one) for one in zip(found, numbers, strict=True)]
        wait_for(pools, ended, planned.lease.tick)


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
    builder = _builder(planned, of, upload)
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
        builder.upload_chunks(closing, _chained(left, rendered))
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


def _builder(planned: PlannedJob, of: plans.Slice, upload: Upload) -> Builder:
    return Builder(
        services=planned.services,
        lease=planned.lease,
        form=planned.index.form,
        source=planned.index.source,
        upload=upload,
        entries=of.entries,
        offsets=of.offsets,
    )


def _there(upload: Upload, parts: Sequence[Part]) -> dict[int, str]:
    """Returns the ETags of those of the parts that the upload has, by number. The parts must follow
    one another."""
    first, last = parts[0].number, parts[-1].number
    uploaded = upload.bucket.list_parts(upload.key, upload.id, first)
    listed = {one.number: one for one in takewhile(lambda one: one.number <= last, uploaded)}
    sizes = {part.number: part.length for part in parts}
    return {n: one.etag for n, one in listed.items() if sizes.get(n) == one.size}


def _complete_upload(
    planned: PlannedJob, upload: Upload, known: Sequence[str], expected: int, size: int
) -> None:
    """Completes an upload of `expected` parts, which have `size` bytes together. `known` are their
    ETags, in order.

    Lists the parts if some of these are not known. So it does if a part has another ETag by now:
    with keys of KMS, the same bytes have a new one when a twin uploads them again.
    """
    if len(known) == expected:
        with suppress(PartReplaced):
            numbered = list(enumerate(known, start=1))
            upload.bucket.complete_upload(upload.key, upload.id, numbered)
            return
    uploaded = _listed(planned, upload, expected)
    if len(uploaded) != expected or sum(one.size for one in uploaded) != size:
        raise Unavailable(f"{len(uploaded)} of {expected} parts of {upload.key} are there")
    numbered = [(one.number, one.etag) for one in uploaded]
    upload.bucket.complete_upload(upload.key, upload.id, numbered)


def _listed(planned: PlannedJob, upload: Upload, expected: int) -> list[UploadedPart]:
    """Returns the parts that an upload has. Several pages are listed at the same time."""

    def page(first: int) -> list[UploadedPart]:
        end = first + PARTS_LISTED
        listed = islice(upload.bucket.list_parts(upload.key, upload.id, first), PARTS_LISTED)
        return list(takewhile(lambda one: one.number < end, listed))

    firsts = range(1, expected + 1, PARTS_LISTED)
    with planned.services.pools(JOINS_AT_ONCE) as pool:
        return list(chain.from_iterable(ahead(pool, page, firsts, JOINS_AT_ONCE)))


def _chained(first: bytes, following: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from following
