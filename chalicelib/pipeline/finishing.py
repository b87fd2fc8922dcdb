"""Ends an archive whose segments are all there: uploads its tail, completes its uploads and then
the job."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import chain, islice, takewhile

from chalicelib.archive.costs import JOINS_AT_ONCE, SECTIONS_AT_ONCE
from chalicelib.archive.tail import Section
from chalicelib.errors import PartReplaced, Unavailable, UploadGone
from chalicelib.jobs import places, wake
from chalicelib.jobs.model import Progress
from chalicelib.jobs.states import Stage
from chalicelib.pipeline import endings, tail_sections, uploads
from chalicelib.pipeline.assembly import Upload
from chalicelib.pipeline.planned import PlannedJob
from chalicelib.pools import ahead, wait_for
from chalicelib.s3.archive_bucket import PARTS_LISTED
from chalicelib.s3.objects import UploadedPart


def finish(planned: PlannedJob, sections: Mapping[int, Section] | None = None) -> None:
    """Uploads the final parts, and completes the upload and the job. `sections` are the sections of
    the tail that are not kept, by segment. Raises what `build_segment` raises, and NothingToDo or
    PlanReplaced if the job does not take the end."""
    planned.lease.stage = Stage.FINALIZING
    services, index = planned.services, planned.index
    final = planned.slice(index.final)
    builder = planned.builder(final, planned.upload)
    start = final.parts[0].start
    rest = builder.fill(start, index.tail_start) if start < index.tail_start else b""
    own = tail_sections.section(services.archive, index, index.final, final, builder.crc32s)
    with services.pools(SECTIONS_AT_ONCE) as pool:
        of_all = {**(sections or {}), index.final: own}
        ending = tail_sections.Tail(
            planned.sections, of_all, pool, planned.lease.tick, planned.write_index
        )
        builder.upload_chunks(final.parts, chain([rest] if rest else [], ending.render()))
    # S3 may take minutes to join many parts.
    planned.lease.renew(services.now()) if index.final else planned.lease.keep()
    if index.volumes:
        _complete_archives(planned, ending.etags)
    own_segments = range(len(index.volumes), index.final)
    known = [etag for number in own_segments for etag in ending.etags.get(number, ())]
    known += [builder.etags[part.number] for part in final.parts]
    complete_upload(planned, planned.upload, known, final.parts[-1].number, index.size)
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


def _complete_archives(planned: PlannedJob, etags: Mapping[int, Sequence[str]]) -> None:
    """Completes the uploads of all archives but the last one. `etags` are those of their parts, by
    segment, as far as they are known. Raises UploadGone if an archive can be completed no more, and
    Unavailable if parts of one are not there."""
    services, job, index = planned.services, planned.job, planned.index
    numbers = range(len(index.volumes))

    def begun(number: int) -> Upload:
        return planned.shared_upload(number, uploads.volume_key(job, number))

    def finish_one(upload: Upload, number: int) -> None:
        segment, size = index.segments[number], index.volumes[number].size
        parts = segment.end_part - segment.first_part
        try:
            complete_upload(planned, upload, etags.get(number, ()), parts, size)
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


def complete_upload(
    planned: PlannedJob, upload: Upload, known: Sequence[str], expected: int, size: int
) -> None:
    """Completes an upload of `expected` parts, which have `size` bytes together. `known` are their
    ETags, in order. Raises UploadGone, and Unavailable if parts are not there.

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
