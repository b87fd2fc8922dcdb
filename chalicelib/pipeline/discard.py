"""Throws away what is left of jobs that have ended: all that somebody pays for.

If a job was cancelled, its step `discard` is sent at once, so that its upload goes soon. What was
uploaded for a failed job is kept for a while, so that a retry can take it over (reuse.py). A worker
that was at work when a job ended may still leave something behind. So the job stays in the
sweeper's index, and the sweeper sends the step again when no worker can be at work any more. It
also sends the step when an archive has expired.

Of a job that was deleted, everything is thrown away that no other job has (claims.py).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from chalicelib.jobs import places, wake
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import Status
from chalicelib.pipeline import archives, claims, plans
from chalicelib.pipeline.claims import Claim
from chalicelib.pipeline.lease import Lease
from chalicelib.services import Services


def discard(job: Job, services: Services, lease: Lease) -> None:
    """Does the step `discard`, of a job that has ended."""
    if job.is_deleted:
        _discard_deleted(job, services, lease)
        return
    now = services.now()
    is_anothers = job.reused_from is not None
    if job.plan and job.status is Status.FAILED:
        if now < job.updated_at + wake.DISCARD_AFTER_MS:
            return
        claim = claims.on_upload(job, services)
        if claim is Claim.PERHAPS:
            return  # the sweeper asks again
        is_anothers = claim is Claim.ANOTHER
    status = job.status_at(now)
    if not is_anothers:
        _throw_away(job, status, services, lease)
    if job.home != job.job_id:
        # What was begun under the job's own id: by a twin, or before it was planned again.
        _throw_away(replace(job, plan=None), status, services, lease)
    if now >= job.updated_at + wake.SETTLED_AFTER_MS:
        is_kept = status is Status.COMPLETED
        services.due_jobs.settle(job, job.expires_at if is_kept else None)


def _discard_deleted(job: Job, services: Services, lease: Lease) -> None:
    """Throws away all that belongs to a deleted job and that no other job has."""
    claim = claims.on_home(job, services)
    _forget_fingerprint(job, services)
    services.tickets.forget(job.job_id, services.now())
    services.notices.forget(job.job_id, services.now())
    if claim is Claim.NOBODY:
        if job.plan:
            services.archive.abort_upload(job.archive_key, job.plan.upload)
            _forget_segments(job.home, job.plan.digest, range(job.plan.segments), services, lease)
        _throw_away_all(job, services, lease)
    elif job.status is Status.COMPLETED:
        # The archive is another job's too. Nobody needs what it was built of.
        _throw_away_temporary(job, services)
    if job.home != job.job_id:
        _throw_away_all(replace(job, plan=None), services, lease)
    services.archive.delete_all(
        filter(places.is_request, _keys(places.folder(job.job_id), services))
    )
    _settle_deleted(job, claim, services)


def _throw_away_all(job: Job, services: Services, lease: Lease) -> None:
    """Throws away the archives of the job's home and all that led to them, but not the request:
    that belongs to the job with this id, whoever had the home last."""
    home, folder = job.home, places.folder(job.home)
    # In this order: once the upload is gone, nobody can make the archive of it any more.
    _abort_uploads(places.archives(home), services, lease)
    archives.delete(services, job)
    _abort_uploads(folder, services, lease)
    keys = [key for key in _keys(folder, services) if not places.is_request(key)]
    # What the table has of older plans is found by what the bucket has of them, so it goes first.
    segments: dict[str, set[int]] = defaultdict(set)
    for key in keys:
        if found := places.segment_of(key):
            digest, number = found
            segments[digest] |= set() if number is None else {number}
    for digest, numbers in segments.items():
        # A segment that a worker has only just begun is not in the bucket yet.
        numbers |= set(range(plans.segment_count(services.archive, home, digest)))
        _forget_segments(home, digest, sorted(numbers), services, lease)
    if services.now() < job.updated_at + wake.SETTLED_AFTER_MS:
        # A worker may still say that a pack is made. The step that comes last forgets that, too.
        keys = [key for key in keys if not places.is_packing(key)]
    services.archive.delete_all(keys)


def _forget_segments(
    home: str, plan_digest: str, numbers: Iterable[int], services: Services, lease: Lease
) -> None:
    services.segments.forget_done(home, plan_digest, services.now())
    for number in numbers:
        services.segments.forget_upload(home, plan_digest, number, services.now())
        lease.keep()


def _forget_fingerprint(job: Job, services: Services) -> None:
    if job.plan and job.status is Status.COMPLETED:
        mark = plans.stored_fingerprint(services.archive, job.home, job.plan.digest)
        if mark:
            services.fingerprints.forget(mark, job.job_id, services.now())


def _settle_deleted(job: Job, claim: Claim, services: Services) -> None:
    """Writes when the rest of a deleted job is thrown away, if anything may be left."""
    now = services.now()
    settled_at = job.updated_at + wake.SETTLED_AFTER_MS
    if now < settled_at:
        services.due_jobs.settle(job, settled_at)
        return
    if claim is Claim.PERHAPS:
        return  # the sweeper asks again
    is_reuser = job.reused_from is not None
    if claim is Claim.ANOTHER:
        # Jobs that reuse an archive do not throw it away when it expires: its owner does. And an
        # heir may be planned again, and build elsewhere.
        is_last = is_reuser or now >= job.expires_at
        services.due_jobs.settle(job, None if is_last else job.expires_at)
        return
    if job.status is Status.COMPLETED and not is_reuser:
        services.holders.forget(job.home, now)
    services.due_jobs.settle(job, None)


def _throw_away(job: Job, status: Status, services: Services, lease: Lease) -> None:
    """Throws away what is stored at the job's home. Keeps the archives of a job that has completed.
    Always keeps the request: an export that has expired can be retried."""
    folder = places.folder(job.home)
    if status is not Status.COMPLETED or job.plan is None:
        # In this order: once the upload is gone, nobody can make the archive of it any more.
        if job.plan:
            services.archive.abort_upload(job.archive_key, job.plan.upload)
        _abort_uploads(places.archives(job.home), services, lease)
        archives.delete(services, job)
    else:
        if job.archives > 1 or job.home != job.job_id:
            _abort_uploads(places.archives(job.home), services, lease)  # twins' that came too late
        archives.delete_others(services, job)
    _abort_uploads(folder, services, lease)
    if status is Status.EXPIRED:
        keys = (key for key in _keys(folder, services) if not places.is_request(key))
        services.archive.delete_all(keys)
    elif job.plan or job.packing or archives.is_of_several_plans(job):
        _throw_away_temporary(job, services)


def _throw_away_temporary(job: Job, services: Services) -> None:
    keys = _keys(places.folder(job.home), services)
    services.archive.delete_all(filter(places.is_temporary, keys))


def _abort_uploads(prefix: str, services: Services, lease: Lease) -> None:
    for upload in services.archive.list_uploads(prefix):
        lease.keep()
        services.archive.abort_upload(upload.key, upload.id)


def _keys(prefix: str, services: Services) -> Iterator[str]:
    return (found.key for found in services.archive.list_objects(prefix))
