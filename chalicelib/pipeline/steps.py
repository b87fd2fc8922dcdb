"""The steps of a job: plan, read, assemble, finalize; and discard.

Each step may run twice, at the same time as its twin, or again after a crash at any line. The
outcome is the same bytes.

    plan ──► assemble (segment 0) ──┐
        ├──► assemble (segment 1) ──┼──► finalize
        └──► …                    ──┘

The worker that completes the last segment finalizes in the same invocation. The step `finalize` is
for a job all of whose segments are done already: the sweeper sends it.

Where large files have no CRC-32 in S3, `plan` first has them read: read (batch 0, …) ──► plan.

Lambda is asked for the first segments directly, which is faster than the queue (sending.py). Such a
step has no message. If it fails, it is put into the queue. If its worker dies, the step `watch`
finds that out.

An archive of at most one segment is assembled and finalized in the invocation that planned it.

A job whose plan is unusable is planned again (plans.py). The worker that finds this takes the plan
away from the job and sends `plan`. The other messages of the old plan come to nothing. So it is if
a source file has changed or cannot be read, but only `changes_max` times.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import assert_never

from chalicelib.errors import GivenUp, NothingToDo, SourceFault, Unavailable, UploadGone
from chalicelib.jobs.model import Job, Progress, file_mark
from chalicelib.jobs.states import OPEN, Stage
from chalicelib.pipeline import accepting, archives
from chalicelib.pipeline.build import build_all, build_segment
from chalicelib.pipeline.discard import discard
from chalicelib.pipeline.finishing import complete, finish
from chalicelib.pipeline.lease import Lease
from chalicelib.pipeline.packing import pack
from chalicelib.pipeline.planned import PlannedJob, count, planned_job
from chalicelib.pipeline.planning import plan
from chalicelib.pipeline.plans import PlanUnusable
from chalicelib.pipeline.reading import read
from chalicelib.pipeline.sending import watch
from chalicelib.queue.messages import Message, Step
from chalicelib.services import Services


def run(message: Message, lease: Lease, attempt: int = 1) -> None:
    """Does the step. `lease` is that of its message, `attempt` how often the message has been
    handed out. Afterwards `lease.job` is the record as the step has seen it at last.

    Raises NothingToDo if nothing is left to do for the job, a retryable LonghaulError if the step
    should be tried again, another one if the job cannot succeed.
    """
    services = lease.services
    # Before anything that may fail: from here on no step, not even `discard`, has to wait for the
    # queue's own, long visibility timeout.
    lease.begin()
    if message.step is Step.PLAN and attempt == 1:
        # Nobody else has begun the job, as a rule. The answer is the record: it need not be read.
        lease.job = accepting.start(services, message.job_id)
    job = lease.job or lease.look()
    if job is None:
        raise NothingToDo("there is no such job")
    if (job.status in OPEN) is (message.step is Step.DISCARD):
        raise NothingToDo(f"the job is {job.status}")
    if attempt > 1:
        with suppress(Unavailable):
            services.jobs.count_attempt(job.job_id)
    try:
        _do(message, job, services, lease, attempt)
    except PlanUnusable:
        _plan_again(lease, attempt)
    except SourceFault as fault:
        if not fault.key or job.changes >= services.settings.changes_max:
            raise
        _plan_anew(job, fault, lease, attempt)


def _do(message: Message, job: Job, services: Services, lease: Lease, attempt: int) -> None:
    match message.step:
        case Step.PLAN:
            planned = plan(job, services, lease)
            if planned:
                _build(planned, build_all)
        case Step.PACK:
            pack(job, message, services, lease, attempt)
        case Step.READ:
            read(job, message, services, lease, attempt)
        case Step.ASSEMBLE:
            planned = _planned_job(message, job, services, lease, attempt)
            planned = replace(planned, is_new=message.is_new and attempt == 1)
            _build(planned, partial(assemble, segment=message.which))
        case Step.FINALIZE:
            planned = _planned_job(message, job, services, lease, attempt)
            _build(planned, partial(finalize, is_old=message.plan is None))
        case Step.WATCH:
            watch(job, message, services)
        case Step.DISCARD:
            discard(job, services, lease)
        case Step.ANNOUNCE:
            raise NothingToDo("this step belongs to another queue")
        case _:
            assert_never(message.step)


def assemble(planned: PlannedJob, segment: int) -> None:
    """Uploads the parts of one segment. The worker that completes the last segment finalizes too:
    if it dies before that, its message comes again. Raises what `build_segment` and `finish`
    raise."""
    segments, plan = planned.services.segments, planned.plan
    if segment >= plan.segments:
        raise NothingToDo(f"the job has no segment {segment}")
    done = segments.done(planned.job, plan)
    count(planned, done - {segment})
    if segment not in done:
        build_segment(planned, segment)
        done = segments.add(planned.job, plan, segment)
        if len(done) < plan.segments:
            planned.lease.report(planned.services.now())
    if len(done) == plan.segments:
        finalize(planned)


def finalize(planned: PlannedJob, *, is_old: bool = False) -> None:
    """Writes what is left of the archive and completes the upload. `is_old`: the message does not
    say which plan it belongs to, so it may belong to an older one. Raises what `finish` raises."""
    if is_old:
        done = planned.services.segments.done(planned.job, planned.plan)
        if len(done) < planned.plan.segments:
            raise NothingToDo("some segments are not done yet")
    lease = planned.lease
    lease.settle(Progress())  # others have done more since this worker has looked
    count(planned, range(planned.plan.segments))
    lease.stage = Stage.FINALIZING
    lease.report(planned.services.now())
    finish(planned)


def _build(planned: PlannedJob, work: Callable[[PlannedJob], None]) -> None:
    try:
        work(planned)
    except UploadGone:
        _after_upload(planned)


def _planned_job(
    message: Message, job: Job, services: Services, lease: Lease, attempt: int
) -> PlannedJob:
    """Returns the job with the plan that the message belongs to. Raises PlanUnusable; NothingToDo
    if the job has another plan meanwhile."""
    if job.plan is None:
        if attempt > 1:
            # This message's worker may be the one that has taken the plan away, and that died
            # before it could send `plan`.
            _send_plan(job, services)
        raise NothingToDo("the job is being planned again")
    if message.plan not in (None, job.plan.digest):
        raise NothingToDo("the job was planned again")
    return planned_job(job, job.plan, services, lease)


def _plan_again(lease: Lease, attempt: int) -> None:
    """Takes an unusable plan away from the job, and has the job planned again. Raises NothingToDo,
    or PlanReplaced if another worker has just done so."""
    services, job = lease.services, lease.look()
    if job is None or job.status not in OPEN:
        raise NothingToDo
    unplanned = services.jobs.unplan(job, job.plan, services.now()) if job.plan else None
    if unplanned:
        services.log.warning("plan unusable", jobId=job.job_id, plan=job.plan and job.plan.digest)
    # If several workers find this, one of them sends `plan`. If that one dies first, its message
    # comes again. That may be the message of this worker, too.
    if not unplanned and attempt == 1:
        raise lease.refused()
    _send_plan(job, services)
    raise NothingToDo("the job is planned again")


def _plan_anew(seen: Job, fault: SourceFault, lease: Lease, attempt: int) -> None:
    """Counts that a source file has changed or cannot be read, and has the job planned again. The
    job was as in `seen` when the step began. Raises NothingToDo, or PlanReplaced if another worker
    has counted it."""
    services, job = lease.services, lease.look()
    if job is None or job.status not in OPEN:
        raise NothingToDo
    again = None
    # Else another worker has counted it, or one that came later has planned the job by now.
    if job.changes == seen.changes and (job.plan and job.plan.digest) == lease.plan:
        again = services.jobs.plan_again(job, job.plan, services.now(), file_mark(fault.key))
    if again:
        services.log.warning(
            "planned again", jobId=job.job_id, reason=fault.detail, changes=again.changes
        )
    # If that worker dies before it has sent `plan`, or the steps of a new plan, its message comes
    # again. That may be the message of this worker, too.
    if not again and (attempt == 1 or job.plan):
        raise lease.refused()
    _send_plan(job, services)
    raise NothingToDo("the job is planned again")


def _send_plan(job: Job, services: Services) -> None:
    services.queue.send([Message(Step.PLAN, job.job_id)], job.user_id)


def _after_upload(planned: PlannedJob) -> None:
    """Finds out why the upload is gone. If a twin has completed it, completes the job. If the job
    was cancelled or planned again, raises NothingToDo or PlanReplaced. If somebody has aborted the
    upload, raises GivenUp."""
    services, job = planned.services, planned.lease.look()
    if job is None or job.status not in OPEN or job.plan != planned.plan:
        raise planned.lease.refused()
    if not archives.are_whole(services, job):
        raise GivenUp("the upload of the archive was aborted; export again")
    complete(planned)
