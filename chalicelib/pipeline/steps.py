"""The steps of a job: plan, assemble, finalize; and discard.

Each may run twice, at the same time as its twin, or again after a crash at any line: the outcome is
the same bytes.

    plan ──► assemble (segment 0) ──┐
        ├──► assemble (segment 1) ──┼──► finalize
        └──► …                    ──┘

Where large files have no CRC-32 in S3, `plan` first has them read: read (segment 0, …) ──► plan.

A job whose body is at most one segment is assembled and finalized in the invocation that planned
it.
"""

import json
from typing import Final

from chalicelib.archive import layout
from chalicelib.archive.layout import ArchiveTooLarge
from chalicelib.archive.manifest import Head
from chalicelib.errors import GivenUp, JobEnded, LimitExceeded, Unavailable, UploadGone
from chalicelib.jobs.model import MISSING_INLINE, Job, PlanRef
from chalicelib.jobs.states import OPEN
from chalicelib.pipeline import plans, reuse
from chalicelib.pipeline.build import (
    ZIP_TYPE,
    Work,
    build_all,
    build_segment,
    complete,
    count,
    finish,
)
from chalicelib.pipeline.collaborators import Collaborators
from chalicelib.pipeline.discard import discard
from chalicelib.pipeline.messages import Message, Step
from chalicelib.pipeline.reading import read, with_crc32s
from chalicelib.pipeline.watch import Watch
from chalicelib.sources.find import find
from chalicelib.sources.request import ExportRequest

INLINE_STEPS: Final = 1
"""Segments that the planning invocation builds itself instead of sending messages."""


def run(message: Message, stack: Collaborators, receipt: str | None) -> None:
    """Does the step. Raises JobEnded if there is nothing left to do for the job, a retryable
    LonghaulError if the step should be tried again, another one if the job cannot succeed.
    """
    watch = Watch(stack, message.job_id, receipt)
    # Before anything that may fail: from here on no step, `discard` too, needs the queue's own,
    # long visibility timeout.
    watch.renew(stack.now())
    job = stack.jobs.get(message.job_id)
    if job is None:
        raise JobEnded("there is no such job")
    if (job.status in OPEN) is (message.step is Step.DISCARD):
        raise JobEnded(f"the job is {job.status}")
    if message.step is Step.DISCARD:
        discard(job, stack, watch)
    else:
        _do(message, job, stack, watch)


def _do(message: Message, job: Job, stack: Collaborators, watch: Watch) -> None:
    try:
        if message.step is Step.PLAN:
            plan(job, stack, watch)
        elif message.step is Step.READ and message.segment is not None and message.reading:
            read(job, message.reading, message.segment, stack, watch)
        elif message.step is Step.ASSEMBLE and message.segment is not None:
            assemble(_work(job, stack, watch), message.segment)
        elif message.step is Step.FINALIZE:
            finalize(_work(job, stack, watch))
    except UploadGone:
        _after_upload(message.job_id, stack)
    except plans.PlanGone:
        raise GivenUp("the plan of the archive is not stored any more; export again") from None


def plan(job: Job, stack: Collaborators, watch: Watch) -> None:
    """Finds the source files, lays the archive out, opens the upload, and sends the next steps."""
    if job.plan is None:
        planned = _planned(job, stack, watch)
        if planned is None:
            return
        job = planned
    work = _work(job, stack, watch)
    if work.plan.steps > INLINE_STEPS:
        stack.queue.send(following(job, stack), job.user_id)
        return
    build_all(work)


def assemble(work: Work, segment: int) -> None:
    """Uploads the parts of one segment; the worker that completes the last one sends `finalize`."""
    if segment >= work.plan.steps:
        raise JobEnded(f"the job has no segment {segment}")
    done = work.stack.segments.done(work.job)
    count(work, done - {segment})
    if segment not in done:
        build_segment(work, segment)
        done = work.stack.segments.add(work.job, segment)
        work.watch.report(work.stack.now())
    if len(done) == work.plan.steps:
        work.stack.queue.send([Message(Step.FINALIZE, work.job.job_id)], work.job.user_id)


def finalize(work: Work) -> None:
    """Writes what is left of the archive and completes the upload."""
    count(work, range(work.plan.steps))
    finish(work)


def following(job: Job, stack: Collaborators) -> list[Message]:
    """The steps that bring the job on from where it is."""
    if job.plan is None or job.plan.steps <= INLINE_STEPS:
        return [Message(Step.PLAN, job.job_id)]
    left = sorted(set(range(job.plan.steps)) - stack.segments.done(job))
    assembles = [Message(Step.ASSEMBLE, job.job_id, segment) for segment in left]
    return assembles or [Message(Step.FINALIZE, job.job_id)]


def _planned(job: Job, stack: Collaborators, watch: Watch) -> Job | None:
    """The job with its plan. None if files are to be read before it can be made, or if it need not
    be: an archive that was there already has completed the job."""
    stack.jobs.start(job.job_id, stack.now())  # None on a second try: it has been started
    body = stack.archive.read(job.request_key)
    if body is None:
        raise GivenUp("what was asked for is not stored any more; export again")
    asked = ExportRequest.from_json(body)
    found = find(asked, stack.settings, stack.source, watch.tick)
    mark = reuse.fingerprint(job.user_id, found)
    if not asked.fresh and reuse.completed_before(job, mark, stack):
        return None
    if taken := reuse.taken_over(job, mark, stack):
        return taken
    entries = with_crc32s(found.entries, job, stack, watch)
    if entries is None:
        return None
    head = Head(job.job_id, job.created_at // 1000, found.missing)
    try:
        laid_out = layout.lay_out(entries, head)
    except ArchiveTooLarge as error:
        raise LimitExceeded(f"{error}; export fewer files at a time") from error
    watch.tick()
    index = plans.store(stack.archive, job, laid_out, head, mark)
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
    return planned or _planned_before(job, upload, stack)


def _planned_before(job: Job, upload: str, stack: Collaborators) -> Job:
    """The job as it is, where it did not take this upload: a twin was first, or it has ended. Then
    nobody has a use for the upload. Or the job did take it: an answer was lost, and botocore sent
    the write again."""
    current = stack.jobs.get(job.job_id)
    if current is None or current.plan is None or current.plan.upload != upload:
        stack.archive.abort_upload(job.archive_key, upload)
    if current is None or current.status not in OPEN or current.plan is None:
        raise JobEnded
    return current


def _work(job: Job, stack: Collaborators, watch: Watch) -> Work:
    if job.plan is None:
        raise Unavailable(f"{job.job_id} has no plan yet")
    return Work(job, job.plan, plans.load(stack.archive, job, job.plan.digest), stack, watch)


def _after_upload(job_id: str, stack: Collaborators) -> None:
    """The upload is gone: a twin has completed it, or the job was cancelled, or it was aborted."""
    job = stack.jobs.get(job_id)
    if job is None or job.status not in OPEN or job.plan is None:
        raise JobEnded
    archive = stack.archive.head(job.archive_key, checksum=False)
    if archive is None or archive.size != job.bytes_total:
        raise GivenUp("the upload of the archive was aborted; export again")
    complete(_work(job, stack, Watch(stack, job_id, None)))
