"""What need not be built, as it is there already: a finished archive of the same files, or what was
uploaded for the failed job that is retried.
"""

import hashlib
import json
from typing import Final

from chalicelib.errors import UploadGone
from chalicelib.jobs import takeover
from chalicelib.jobs.model import Job, PlanRef
from chalicelib.jobs.states import Status
from chalicelib.log import logger
from chalicelib.pipeline import plans
from chalicelib.pipeline.collaborators import Collaborators
from chalicelib.sources.find import Found

VERSION: Final = 1
"""Part of every fingerprint. Raise it, and no archive is given out again that was made before."""

UPLOAD_AGE_MS: Final = 6 * 3600 * 1000
"""How old a job may be whose upload is taken over."""

LIFE_LEFT: Final = 0.5
"""The share of its life that an archive must have before it to be given out again: who asks for an
export has that long to fetch it."""


def fingerprint(user_id: str, found: Found) -> str:
    """Names what an archive of these files holds. Another user's is another: the manifest tells
    which job it was made for, and may name files that not everybody may know of."""
    digest = hashlib.sha256(json.dumps([VERSION, user_id, found.missing]).encode())
    for entry in found.entries:
        digest.update(json.dumps([entry.name, entry.key, entry.etag, entry.size]).encode())
    return digest.hexdigest()


def completed_before(job: Job, mark: str, stack: Collaborators) -> bool:
    """Completes the job with a finished archive that has this fingerprint. False if there is none,
    or if the job has been planned meanwhile, or has ended."""
    maker_id = stack.fingerprints.maker(mark)
    maker = stack.jobs.get(maker_id) if maker_id else None
    if maker is None or maker.plan is None or maker.status is not Status.COMPLETED:
        return False
    if not _lives(maker, stack) or not _is_whole(maker, stack):
        return False
    if not takeover.share(stack.jobs, job, maker, maker.plan, stack.now()):
        return False
    about = {"jobId": job.job_id, "reusedFrom": maker.job_id, "bytes": maker.bytes_total}
    logger().info("archive reused", extra=about)
    return True


def taken_over(job: Job, mark: str, stack: Collaborators) -> Job | None:
    """The job with the plan of the failed job that it retries, if that one's files had the same
    fingerprint and its upload is still there. None if not, or if the job has been planned
    meanwhile, or has ended.

    The upload is claimed before the job takes it: a crash between leaves it to the next try of this
    step or, if that comes to another end, to whoever throws away what the failed job has left.
    """
    failed = _owner(job, stack)
    if failed is None or failed.plan is None or failed.status is not Status.FAILED:
        return None
    if not _is_young(failed, stack) or not _is_right(failed, failed.plan, mark, stack):
        return None
    if takeover.claim(stack.jobs, failed, job.job_id) != job.job_id:
        return None
    adopted = takeover.adopt(stack.jobs, job, failed, failed.plan, stack.now())
    if adopted:
        logger().info("upload taken over", extra={"jobId": job.job_id, "from": failed.job_id})
    return adopted


def _owner(job: Job, stack: Collaborators) -> Job | None:
    """Whose the upload is that was begun for what this job retries: of the first one that was
    planned, or of the last one that has taken it over."""
    owner = stack.jobs.get(job.retry_of) if job.retry_of else None
    while owner and owner.plan is None and owner.retry_of:
        owner = stack.jobs.get(owner.retry_of)
    while owner and owner.heir not in (None, takeover.NOBODY, job.job_id):
        owner = stack.jobs.get(str(owner.heir))
    return owner


def _is_young(failed: Job, stack: Collaborators) -> bool:
    """Whether the upload may be gone on with: S3 counts an archive's days from when it was opened,
    and aborts it a day later."""
    home = failed if failed.home == failed.job_id else stack.jobs.get(failed.home)
    return home is not None and stack.now() - home.created_at <= UPLOAD_AGE_MS


def _lives(maker: Job, stack: Collaborators) -> bool:
    return maker.expires_at - stack.now() >= stack.settings.archive_ttl_ms * LIFE_LEFT


def _is_whole(maker: Job, stack: Collaborators) -> bool:
    archive = stack.archive.head(maker.archive_key, checksum=False)
    return archive is not None and archive.size == maker.bytes_total


def _is_right(failed: Job, plan: PlanRef, mark: str, stack: Collaborators) -> bool:
    """Whether the plan is for the same files, and its upload there or completed."""
    try:
        if plans.load(stack.archive, failed, plan.digest).fingerprint != mark:
            return False
        next(stack.archive.list_parts(failed.archive_key, plan.upload), None)
    except plans.PlanGone:
        return False
    except UploadGone:
        return _is_whole(failed, stack)
    return True
