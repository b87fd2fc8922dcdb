"""Who else has what is stored at a job's home: jobs that completed with its archive, or the heir of
its upload. What others have is not thrown away with the job.
"""

from enum import Enum, auto

from chalicelib.jobs.model import Job
from chalicelib.jobs.states import OPEN, Status
from chalicelib.jobs.store import NOBODY
from chalicelib.services import Services


class Claim(Enum):
    """Who has it. PERHAPS: an open job may still take it, so ask again when that has ended."""

    NOBODY = auto()
    PERHAPS = auto()
    ANOTHER = auto()


def on_upload(failed: Job, services: Services) -> Claim:
    """Returns who else has what a failed job has uploaded. If nobody has, nobody can take it from
    now on."""
    heir = _heir(failed, services) if failed.plan else None
    if heir is None or failed.plan is None:
        return Claim.NOBODY
    if heir.plan is None and heir.status in OPEN:
        return Claim.PERHAPS
    is_taken = heir.plan is not None and heir.plan.upload == failed.plan.upload
    return Claim.ANOTHER if is_taken else Claim.NOBODY


def on_archive(deleted: Job, services: Services) -> Claim:
    """Returns who else has the archive of a deleted job that had completed. If nobody has, nobody
    can get it from now on.

    The owner, which has built the archive, is asked for until no open job can take it. So the other
    jobs need not be.
    """
    now = services.now()
    if deleted.status_at(now) is Status.EXPIRED:
        return Claim.NOBODY
    if deleted.reused_from is None:
        holders = services.holders.lose_owner(deleted.home, deleted.expires_at)
    else:
        left = services.holders.release(deleted.home, [deleted.job_id])
        if not left.owner_gone:
            return Claim.ANOTHER
        holders = left.jobs
    claims = {job_id: _holds(job_id, deleted.home, now, services) for job_id in sorted(holders)}
    if gone := [job_id for job_id, claim in claims.items() if claim is Claim.NOBODY]:
        services.holders.release(deleted.home, gone)
    for claim in (Claim.PERHAPS, Claim.ANOTHER):
        if claim in claims.values():
            return claim
    return Claim.NOBODY


def on_home(deleted: Job, services: Services) -> Claim:
    """Returns who else has what is stored at the home of a deleted job."""
    if deleted.status is Status.COMPLETED:
        return on_archive(deleted, services)
    return on_upload(deleted, services) if deleted.status is Status.FAILED else Claim.NOBODY


def _heir(failed: Job, services: Services) -> Job | None:
    """Returns the job that has claimed what a failed one has uploaded. None: nobody has, and from
    now on nobody can."""
    heir = services.jobs.claim(failed, NOBODY)
    return None if heir == NOBODY else services.jobs.get(heir)


def _holds(job_id: str, home: str, now: int, services: Services) -> Claim:
    """Returns ANOTHER if the job has completed with the archive, PERHAPS if it may still do so."""
    job = services.jobs.get(job_id)
    if job is None or job.is_deleted:
        return Claim.NOBODY
    if job.status in OPEN:
        return Claim.PERHAPS
    has_it = job.status_at(now) is Status.COMPLETED and job.home == home
    return Claim.ANOTHER if has_it else Claim.NOBODY
