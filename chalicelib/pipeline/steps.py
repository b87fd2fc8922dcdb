"""The steps of a job: plan, assemble, finalize. Each may run twice, at the same time as its twin,
or again after a crash at any line: the outcome is the same bytes.

    plan ──► assemble (segment 0) ──┐
        ├──► assemble (segment 1) ──┼──► finalize
        └──► …                    ──┘

A job whose body is at most one segment is assembled and finalized in the invocation that planned
it.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from chalicelib.archive import layout, pieces
from chalicelib.archive.assembly import Builder, Upload
from chalicelib.archive.layout import ArchiveTooLarge, Entry
from chalicelib.archive.manifest import Head
from chalicelib.errors import GivenUp, JobEnded, LimitExceeded, Unavailable, UploadGone
from chalicelib.jobs.model import MISSING_INLINE, Job, PlanRef
from chalicelib.jobs.states import OPEN, Stage, Status
from chalicelib.pipeline import plans
from chalicelib.pipeline.collaborators import Collaborators
from chalicelib.pipeline.messages import Message, Step
from chalicelib.pipeline.watch import Watch
from chalicelib.sources.find import find
from chalicelib.sources.request import ExportRequest

ZIP_TYPE: Final = "application/zip"

INLINE_STEPS: Final = 1
"""Segments that the planning invocation builds itself instead of sending messages."""


@dataclass(frozen=True, slots=True)
class Work:
    """A planned job, and what a step works on it with."""

    job: Job
    plan: PlanRef
    index: plans.Index
    stack: Collaborators
    watch: Watch


def run(message: Message, stack: Collaborators, receipt: str | None) -> None:
    """Does the step. Raises JobEnded if there is nothing left to do for the job, a retryable
    LonghaulError if the step should be tried again, another one if the job cannot succeed."""
    job = stack.jobs.get(message.job_id)
    if job is None or job.status not in OPEN:
        raise JobEnded(message.job_id)
    watch = Watch(stack, job.job_id, receipt)
    try:
        if message.step is Step.PLAN:
            plan(job, stack, watch)
        elif message.segment is not None:
            assemble(_work(job, stack, watch), message.segment)
        else:
            finalize(_work(job, stack, watch))
    except UploadGone:
        _after_upload(message.job_id, stack)


def plan(job: Job, stack: Collaborators, watch: Watch) -> None:
    """Finds the source files, lays the archive out, opens the upload, and sends the next steps."""
    if job.plan is None:
        job = _planned(job, stack, watch)
    work = _work(job, stack, watch)
    if work.plan.steps > INLINE_STEPS:
        stack.queue.send(assemble_messages(job, range(work.plan.steps)), job.user_id)
        return
    for segment in range(work.plan.steps):
        _build_segment(work, segment)
    _finish(work)


def assemble(work: Work, segment: int) -> None:
    """Uploads the parts of one segment; the worker that completes the last one sends `finalize`."""
    if segment >= work.plan.steps:
        raise JobEnded(f"{work.job.job_id} has no segment {segment}")
    done = work.stack.jobs.segments_done(work.job.job_id)
    _count(work, done - {segment})
    if segment not in done:
        _build_segment(work, segment)
        done = work.stack.jobs.segment_done(work.job, segment)
        work.watch.report(work.stack.now())
    if len(done) == work.plan.steps:
        work.stack.queue.send([Message(Step.FINALIZE, work.job.job_id)], work.job.user_id)


def finalize(work: Work) -> None:
    """Writes what is left of the archive and completes the upload."""
    _count(work, range(work.plan.steps))
    _finish(work)


def assemble_messages(job: Job, segments: Iterable[int]) -> Iterator[Message]:
    """The step `assemble` for each of the segments."""
    return (Message(Step.ASSEMBLE, job.job_id, segment) for segment in segments)


def _planned(job: Job, stack: Collaborators, watch: Watch) -> Job:
    stack.jobs.start(job.job_id, stack.now())  # None on a second try: it has been started
    body = stack.archive.read(job.request_key)
    if body is None:
        raise GivenUp("what was asked for is not stored any more; export again")
    found = find(ExportRequest.from_json(body), stack.settings, stack.source, watch.tick)
    head = Head(job.job_id, job.created_at // 1000, found.missing)
    try:
        laid_out = layout.lay_out(found.entries, head)
    except ArchiveTooLarge as error:
        raise LimitExceeded(f"{error}; export fewer files at a time") from error
    watch.tick()
    index = plans.store(stack.archive, job, laid_out, head)
    upload = stack.archive.create_upload(job.archive_key, ZIP_TYPE)
    fits = len(json.dumps(found.missing, ensure_ascii=False).encode()) <= MISSING_INLINE
    planned = stack.jobs.set_plan(
        job.job_id,
        stack.now(),
        plan=PlanRef(index.digest, upload, index.final),
        total_files=index.files + len(found.missing),
        bytes_total=index.size,
        missing_count=len(found.missing),
        missing=found.missing if fits else None,
    )
    if planned:
        return planned
    # A twin was first, or the job has ended: this upload is nobody's.
    stack.archive.abort_upload(job.archive_key, upload)
    current = stack.jobs.get(job.job_id)
    if current is None or current.status not in OPEN or current.plan is None:
        raise JobEnded(job.job_id)
    return current


def _work(job: Job, stack: Collaborators, watch: Watch) -> Work:
    if job.plan is None:
        raise Unavailable(f"{job.job_id} has no plan yet")
    return Work(job, job.plan, plans.load(stack.archive, job, job.plan.digest), stack, watch)


def _count(work: Work, done: Iterable[int]) -> None:
    """Takes segments that are done into the progress that this worker reports."""
    for number in done:
        segment = work.index.segments[number]
        work.watch.gathered(segment.bytes, segment.files)


def _builder(work: Work, part: plans.Slice) -> Builder:
    return Builder(
        source=work.stack.source,
        upload=Upload(work.stack.archive, work.job.archive_key, work.plan.upload),
        entries=part.entries,
        offsets=part.offsets,
        gathered=work.watch.gathered,
        tick=work.watch.tick,
    )


def _build_segment(work: Work, number: int) -> None:
    """Uploads those parts of the segment that are not there yet."""
    work.watch.stage = Stage.ASSEMBLING
    before = work.watch.bytes_done, work.watch.files_done
    segment = work.index.segments[number]
    part = plans.load_slice(work.stack.archive, work.job, work.index, number)
    there = _uploaded(work, part)
    # CRC-32s that were found out while streaming are kept once the whole segment is there. Until
    # then its streamed parts are streamed again; the same bytes take the same place.
    again = segment.unknown and _kept_crc32s(work, number) is None
    todo = [
        planned
        for planned in part.parts
        if there.get(planned.number) != planned.length or (again and planned.copied is None)
    ]
    work.watch.gathered(segment.bytes - sum(planned.length for planned in todo), 0)
    builder = _builder(work, part)
    builder.build(todo)
    if again:
        found = {segment.first_entry + i: crc32 for i, crc32 in builder.crc32s.items()}
        plans.store_crc32s(work.stack.archive, work.job, work.index.digest, number, found)
    work.watch.settle(before[0] + segment.bytes, before[1] + segment.files)


def _uploaded(work: Work, part: plans.Slice) -> dict[int, int]:
    """Length by number of the slice's parts that the upload has."""
    first, last = part.parts[0].number, part.parts[-1].number
    uploaded = work.stack.archive.list_parts(work.job.archive_key, work.plan.upload, first)
    return {
        found.number: found.size for found in takewhile(lambda one: one.number <= last, uploaded)
    }


def _kept_crc32s(work: Work, segment: int) -> dict[int, int] | None:
    return plans.load_crc32s(work.stack.archive, work.job, work.index.digest, segment)


def _finish(work: Work) -> None:
    """Uploads the final parts, completes the upload and the job."""
    work.watch.stage = Stage.FINALIZING
    archive, index = work.stack.archive, work.index
    crc32s: dict[int, int] = {}
    for number in range(index.final):
        if index.segments[number].unknown:
            kept = _kept_crc32s(work, number)
            if kept is None:
                _build_segment(work, number)
                kept = _kept_crc32s(work, number) or {}
            crc32s |= kept

    part = plans.load_slice(archive, work.job, index, index.final)
    builder = _builder(work, part)
    start = part.parts[0].start
    rest = bytes(builder.fill(start, index.tail_start)) if start < index.tail_start else b""
    crc32s |= {part.first_entry + i: crc32 for i, crc32 in builder.crc32s.items()}

    def listed() -> Iterator[tuple[Entry, int, int]]:
        for i, entry, offset in plans.entries(archive, work.job, index):
            yield entry, offset, crc32s[i] if entry.crc32 is None else entry.crc32

    tail = pieces.tail(index.head, index.tail_start, index.manifest_length, listed)
    builder.upload_chunks(part.parts, _chained(rest, tail))

    uploaded = list(archive.list_parts(work.job.archive_key, work.plan.upload))
    expected = part.parts[-1].number
    if len(uploaded) != expected or sum(one.size for one in uploaded) != index.size:
        raise Unavailable(f"{len(uploaded)} of {expected} parts are there")
    archive.complete_upload(work.job.archive_key, work.plan.upload, uploaded)
    _complete(work.job, index.files, work.stack)


def _chained(first: bytes, following: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from following


def _complete(job: Job, files: int, stack: Collaborators) -> None:
    now = stack.now()
    if stack.jobs.complete(job, now, now + stack.settings.archive_ttl_ms, files):
        return
    current = stack.jobs.get(job.job_id)
    if current is None or current.status is not Status.COMPLETED:
        # Cancelled or failed at the last moment: nothing is to stay that somebody pays for.
        stack.archive.delete(job.archive_key)


def _after_upload(job_id: str, stack: Collaborators) -> None:
    """The upload is gone: a twin has completed it, or the job was cancelled, or it was aborted."""
    job = stack.jobs.get(job_id)
    if job is None or job.status not in OPEN or job.plan is None:
        raise JobEnded(job_id)
    archive = stack.archive.head(job.archive_key, checksum=False)
    if archive is None or archive.size != job.bytes_total:
        raise GivenUp("the upload of the archive was aborted; export again")
    _complete(job, plans.load(stack.archive, job, job.plan.digest).files, stack)
