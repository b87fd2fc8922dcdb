"""Finds what need not be built: a finished archive of the same files, or what was uploaded for the
failed job that this one retries.

What a failed job has uploaded goes to one heir: the first job that retries the failed one and
claims the upload. If none does for a while, nobody is the heir, and the upload is thrown away.
"""

import hashlib
import json
from typing import Final

from chalicelib.errors import UploadGone
from chalicelib.jobs import request, wake
from chalicelib.jobs.model import Job, PlanRef
from chalicelib.jobs.states import Status
from chalicelib.jobs.store import NOBODY
from chalicelib.pipeline import archives, endings, plans
from chalicelib.services import Services
from chalicelib.sources.find import Found

VERSION: Final = 2
"""Goes into every fingerprint. After it is raised, no archive that was made before completes
another job."""

UPLOAD_AGE_MS: Final = 6 * 3600 * 1000
"""The greatest age of a job whose upload is taken over."""

LIFE_LEFT: Final = 0.5
"""An archive completes another job only if this fraction of its life is left: people have that long
to fetch it."""


def fingerprint(
    user_id: str, source: str, found: Found, form: tuple[object, ...] = request.USUAL
) -> str:
    """Returns a digest of what an archive of these files holds. `source` is the name of the files'
    source, `form` what the archive was to be like (ExportRequest.form). Each user has another
    digest: the manifest says which job the archive was made for, and may name files that others may
    not know of."""
    skipped = [(one.file, one.reason, one.detail) for one in found.unreadable]
    about: list[object] = [VERSION, user_id, source, found.missing, skipped]
    if form != request.USUAL:
        about.append(form)
    digest = hashlib.sha256(json.dumps(about).encode())
    for entry in found.entries:
        said = (entry.name, entry.key, entry.etag, entry.size, entry.encoding, entry.version)
        digest.update(json.dumps(said).encode())
    return digest.hexdigest()


def completed_before(job: Job, mark: str, services: Services) -> Job | None:
    """Completes the job with a finished archive that has this fingerprint. Returns the job; None if
    there is no archive that it may have, or if the job has been planned or has ended meanwhile."""
    builder_id = services.fingerprints.built_by(mark)
    builder = services.jobs.get(builder_id) if builder_id else None
    if builder is None or builder.plan is None or builder.status is not Status.COMPLETED:
        return None
    if builder.is_deleted:
        return None
    if not _lives(builder, services) or not archives.are_whole(services, builder):
        return None
    # Before the job completes: whoever deletes the builder must find that this job needs its
    # archive.
    if not services.holders.hold(builder.home, job.job_id, builder.expires_at):
        return None
    # What the job itself has begun, before it was planned again, is thrown away soon. So is what it
    # has packed.
    wake_at = builder.expires_at
    if job.was_replanned or job.changes or job.packing:
        wake_at = services.now() + wake.DISCARD_AFTER_MS
    return endings.complete_with(services, job, builder, builder.plan, wake_at=wake_at)


def taken_over(job: Job, mark: str, services: Services) -> Job | None:
    """Returns the job with the plan of the failed job that it retries, if that one's files had the
    same fingerprint and its upload is still there. Else None; also if the job has been planned or
    has ended meanwhile.

    The job claims the upload before it takes it over. After a crash between the two, the next try
    of this step takes it over. If that try comes to another end, the step `discard` of the failed
    job throws the upload away.
    """
    if job.was_replanned:
        return None  # what it had taken over was of no use
    failed = _owner(job, services)
    if failed is None or failed.plan is None or failed.status is not Status.FAILED:
        return None
    if failed.is_deleted:
        return None  # its record does not know any more what its archive leaves out
    if not _is_young(failed, services) or not _is_right(failed, failed.plan, mark, services):
        return None
    if services.jobs.claim(failed, job.job_id) != job.job_id:
        return None
    adopted = services.jobs.adopt(job, failed, failed.plan, services.now())
    if adopted:
        services.log.info("upload taken over", jobId=job.job_id, uploadedBy=failed.job_id)
    return adopted


def _owner(job: Job, services: Services) -> Job | None:
    """Returns the job that has the upload that was begun for what this job retries. That is the
    last job in the chain of retries that was planned or, if others have taken its upload over, the
    last of these."""
    owner = services.jobs.get(job.retry_of) if job.retry_of else None
    while owner and owner.plan is None and owner.retry_of:
        owner = services.jobs.get(owner.retry_of)
    while owner and owner.heir not in (None, NOBODY, job.job_id):
        owner = services.jobs.get(str(owner.heir))
    return owner


def _is_young(failed: Job, services: Services) -> bool:
    """Returns whether the upload may go on. S3 counts an archive's days from when its upload was
    opened, and aborts an upload a day after that."""
    home = failed if failed.home == failed.job_id else services.jobs.get(failed.home)
    return home is not None and services.now() - home.created_at <= UPLOAD_AGE_MS


def _lives(builder: Job, services: Services) -> bool:
    return builder.expires_at - services.now() >= services.settings.archive_ttl_ms * LIFE_LEFT


def _is_right(failed: Job, plan: PlanRef, mark: str, services: Services) -> bool:
    """Returns whether the plan is for the same files, and whether its upload is there or was
    completed."""
    version = services.plan_version
    try:
        index = plans.load(services.archive, failed.home, plan.digest, version=version)
        if index.fingerprint != mark:
            return False
        next(services.archive.list_parts(failed.archive_key, plan.upload), None)
    except plans.PlanUnusable:
        return False
    except UploadGone:
        return archives.are_whole(services, failed)
    return True
