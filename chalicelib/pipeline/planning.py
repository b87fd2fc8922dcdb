"""The step `plan`: finds the files, lays the archive out, opens the upload, and sends the next
steps."""

from dataclasses import replace
from typing import Final

from chalicelib.archive import layout, volumes
from chalicelib.archive.formats import FORMATS, Format
from chalicelib.archive.layout import ArchiveTooLarge
from chalicelib.archive.manifest import Head
from chalicelib.archive.names import manifest_name
from chalicelib.archive.plan import Entry, Plan
from chalicelib.errors import GivenUp, LimitExceeded, NothingToDo, Unavailable, shortened
from chalicelib.jobs import places
from chalicelib.jobs.items import short_missing, short_unreadable
from chalicelib.jobs.model import Job, PlanRef
from chalicelib.jobs.request import ExportRequest
from chalicelib.jobs.states import OPEN, Status
from chalicelib.jobs.store import Planned
from chalicelib.pipeline import accepting, keeping, packs, plans, quotas, reuse, uploads
from chalicelib.pipeline.lease import Lease
from chalicelib.pipeline.packing import with_packs
from chalicelib.pipeline.pinned import pinned
from chalicelib.pipeline.planned import PlannedJob, planned_job
from chalicelib.pipeline.reading import with_crc32s
from chalicelib.pipeline.sending import send_segments
from chalicelib.queue.messages import Message, Step
from chalicelib.services import Services
from chalicelib.sources.find import Found, find

INLINE_SEGMENTS: Final = 1
"""The worker that plans an archive of at most this many segments also builds it, instead of sending
messages."""


def plan(job: Job, services: Services, lease: Lease) -> PlannedJob | None:
    """Does the step `plan`. Returns the planned job if this worker must build it. None: the next
    steps are sent, or there are none.

    Raises SourceMissing, NothingToExport, QuotaExceeded, LimitExceeded, GivenUp if the request is
    gone, NothingToDo if the job has ended or another worker has sent its steps, and what the lease
    raises.
    """
    # Else there may be parts: those of a worker that had these steps before, or of another job.
    is_new = job.plan is None and job.previous_plan is None and job.retry_of is None
    if job.plan is None:
        planned = _planned(job, services, lease)
        if planned is None:
            return None
        job = planned
    if job.plan is None:
        raise RuntimeError(f"{job.job_id} was planned and has no plan")
    work = planned_job(job, job.plan, services, lease)
    if job.plan.segments <= INLINE_SEGMENTS:
        return work
    if job.steps_sent:
        raise NothingToDo("another worker has planned the job and sent its steps")
    send_segments(job, job.plan, _first_steps(job, services, is_new=is_new), services)
    services.jobs.steps_sent(job, job.plan)
    return None


def following(job: Job, services: Services) -> list[Message]:
    """Returns the messages of the steps that come next for this job."""
    plan = job.plan
    if plan is None or plan.segments <= INLINE_SEGMENTS:
        return [Message(Step.PLAN, job.job_id)]
    left = sorted(set(range(plan.segments)) - services.segments.done(job, plan))
    assembles = [Message(Step.ASSEMBLE, job.job_id, n, plan=plan.digest) for n in left]
    return assembles or [Message(Step.FINALIZE, job.job_id, plan=plan.digest)]


def _first_steps(job: Job, services: Services, *, is_new: bool) -> list[Message]:
    messages = following(job, services)
    if not is_new:
        return messages
    return [replace(one, is_new=one.step is Step.ASSEMBLE) for one in messages]


def _planned(job: Job, services: Services, lease: Lease) -> Job | None:
    """Returns the job with its plan. None if files must be read before there can be a plan, or if
    an archive that was there already has completed the job."""
    if job.status is Status.QUEUED:
        accepting.start(services, job.job_id)
    asked = accepting.stored_request(services, job)
    if asked is None:
        raise GivenUp("what was asked for is not stored any more; export again")
    source = services.source_facts(asked.source).name  # the default may be another one later
    before = None if asked.compressing == "none" else pinned(job, services)
    seen = before or _found(asked, source, job, services, lease)
    if not isinstance(seen, tuple):
        return seen
    found, mark = seen
    entries = with_packs(found, mark, asked, job, services, lease)
    entries = entries and with_crc32s(entries, source, job, services, lease)
    if entries is None:
        return None
    manifest = manifest_name(entry.name for entry in found.entries)
    found = replace(found, entries=tuple(entries))
    lease.tick()
    if begun := _continued(job, source, found, mark, services, (manifest, asked.split)):
        return begun
    head = _head(job, found, manifest)
    laid_out = _laid_out(found.entries, head, services, FORMATS[job.format], asked.split)
    index = plans.store(
        services.archive,
        job.job_id,
        laid_out,
        head,
        mark,
        version=services.plan_version,
        small=services.limits.small_plan,
        source=source,
    )
    lease.made = index
    key = places.archive(job.job_id, job.format)
    upload = services.archive.create_upload(key, index.form.MEDIA_TYPE)
    ref = PlanRef(index.digest, upload, index.final)
    planned = services.jobs.set_plan(job, services.now(), _facts(ref, index, found))
    if planned is None:
        return _planned_by_twin(key, upload, lease)
    if job.previous_plan:
        _throw_away_previous(job, job.previous_plan, services)
    return planned


def _found(
    asked: ExportRequest, source: str, job: Job, services: Services, lease: Lease
) -> tuple[Found, str] | Job | None:
    """Looks for the files. Returns (what was found, its fingerprint); or the job, if it has taken
    over a plan; None if an archive that was there already has completed it."""
    found = find(
        asked,
        services,
        lease.tick,
        thorough=job.changes > 0,
        suspects=frozenset(job.suspects),
    )
    quotas.check(services, job, found)
    mark = reuse.fingerprint(job.user_id, source, found, asked.form)
    if not asked.fresh and (ended := reuse.completed_before(job, mark, services)):
        lease.job = ended
        return None
    if taken := reuse.taken_over(job, mark, services):
        return taken
    quotas.count(services, job, found)
    if job.changes:
        kept = keeping.keep(found.entries, source, job, services, lease.tick)
        mark = reuse.fingerprint(job.user_id, source, replace(found, entries=kept.seen), asked.form)
        found = replace(found, entries=kept.entries)
        quotas.check(services, job, found)
    return found, mark


def _laid_out(
    entries: tuple[Entry, ...], head: Head, services: Services, form: Format, split: int | None
) -> Plan:
    scale = services.limits.layout
    try:
        if split is None:
            return layout.lay_out(entries, head, scale, form)
        rows_of = packs.Rows(services.archive).of
        return volumes.lay_out(entries, head, split, scale, form=form, rows_of=rows_of)
    except volumes.NotDivisible as error:
        name = f": {shortened(error.file)}" if error.file else ""
        raise LimitExceeded(f"{error}{name}") from error
    except ArchiveTooLarge as error:
        raise LimitExceeded(f"{error}; export fewer files at a time") from error


def _head(origin: Job, found: Found, name: str) -> Head:
    """Returns the head of the manifest, which has this name, of the archive that `origin` began."""
    created = origin.created_at // 1000
    return Head(origin.job_id, created, found.missing, found.unreadable, name)


def _continued(  # noqa: PLR0913 PLR0917 - all that a plan is made of
    job: Job,
    source: str | None,
    found: Found,
    mark: str,
    services: Services,
    wanted: tuple[str, int | None],
) -> Job | None:
    """Plans a job again so that its upload goes on. Returns the job. None if it had no plan before,
    if the archive's bytes or its parts would not be the same in the new plan, or if a twin was
    first.

    They must be the same, because a worker may still be at work by the previous plan. It may upload
    a part at any time, and that part must have the same bytes under the same number. `wanted` is
    the name of the manifest, and the most bytes of one of several archives.
    """
    previous = job.previous_plan
    if previous is None:
        return None
    home = previous.home or job.job_id
    origin = job if home == job.job_id else services.jobs.get(home)
    begun = plans.stored_bytes_digest(services.archive, home, previous.digest)
    if origin is None or begun is None:
        return None
    manifest, split = wanted
    head = _head(origin, found, manifest)
    laid_out = _laid_out(found.entries, head, services, FORMATS[job.format], split)
    if plans.bytes_digest(laid_out, head) != begun:
        return None
    index = plans.store(
        services.archive,
        home,
        laid_out,
        head,
        mark,
        version=services.plan_version,
        small=services.limits.small_plan,
        source=source,
    )
    own_home = None if home == job.job_id else home
    ref = PlanRef(index.digest, previous.upload, index.final, own_home)
    uploads.take_over(services, replace(job, plan=ref), previous, len(index.volumes))
    planned = services.jobs.set_plan(job, services.now(), _facts(ref, index, found))
    if planned:
        services.log.info("upload continued", jobId=job.job_id, plan=index.digest)
    return planned


def _facts(plan: PlanRef, index: plans.Index, found: Found) -> Planned:
    return Planned(
        plan=plan,
        total_files=index.files + found.left_out,
        bytes_total=index.total,
        archives=len(index.volumes) + 1,
        missing_count=len(found.missing),
        missing=short_missing(found.missing),
        unreadable_count=len(found.unreadable),
        unreadable=short_unreadable(found.unreadable),
    )


def _planned_by_twin(key: str, upload: str, lease: Lease) -> Job:
    """Returns the job as it is, if it has taken this upload after all: the answer was lost, and
    botocore sent the write again. Aborts the upload if not: it is of no use.

    Raises NothingToDo if the job has ended, Unavailable if a twin has planned it, or has found that
    a file of it has changed.
    """
    current = lease.look()
    if current is None or current.plan is None or current.plan.upload != upload:
        lease.services.archive.abort_upload(key, upload)
    if current is None or current.status not in OPEN:
        raise NothingToDo
    if current.plan is None:
        # That worker sends `plan`. If it cannot, this step plans the job again.
        raise Unavailable("the job is planned again")
    if current.plan.upload != upload:
        # That worker sends the next steps, or builds the archive. If it dies first, this step does.
        raise Unavailable("another worker has just planned the job")
    return current


def _throw_away_previous(job: Job, previous: PlanRef, services: Services) -> None:
    """Throws away what was begun by the previous plan: the new plan cannot use it. If this worker
    dies before that, the sweeper and the step `discard` do so later."""
    home = previous.home or job.job_id
    services.archive.abort_upload(places.archive(home, job.format), previous.upload)
    uploads.abort(services, replace(job, plan=replace(previous, home=home)), job.archives - 1)
    services.archive.delete_all(
        found.key for found in services.archive.list_objects(places.segments(home, previous.digest))
    )
