"""Deletes a job that has ended, with all that belongs to it.

First its record becomes a tombstone: from then on the job does not exist for anybody. Then its
archives are deleted, unless another job has them too, so that no link to one works when the caller
gets the answer. The step `discard` throws away the rest. Whoever dies on the way, the sweeper sends
that step until nothing is left.
"""

from contextlib import suppress

from chalicelib.errors import Unavailable
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import Status
from chalicelib.pipeline import archives, claims, endings
from chalicelib.pipeline.claims import Claim
from chalicelib.queue.messages import Message, Step
from chalicelib.services import Services


def delete(services: Services, job: Job) -> bool:
    """Deletes a job that has ended. Returns False if it was deleted before, or at the same time by
    somebody else.

    Raises what `finish` raises: the job is deleted then, and its archives may still be there.
    """
    tombstone = endings.delete(services, job)
    deleted = tombstone or services.jobs.get(job.job_id)
    if deleted is None:
        return False  # its time was over: DynamoDB has deleted the record
    if not deleted.is_deleted:
        raise RuntimeError(f"{job.job_id} is {deleted.status}, and cannot be deleted")
    # If this message is lost, the sweeper sends another one.
    with suppress(Unavailable):
        services.queue.send([Message(Step.DISCARD, job.job_id)], job.user_id or job.job_id)
    finish(services, deleted)
    return tombstone is not None


def finish(services: Services, deleted: Job) -> None:
    """Deletes the archives of a deleted job, unless another job has them. They may be gone already.
    Raises Unavailable or AccessDenied if the table or S3 does."""
    if deleted.status is not Status.COMPLETED or deleted.wake_at is None:
        return  # there is no link to an archive, or nothing is left of the job
    if claims.on_archive(deleted, services) is Claim.NOBODY:
        archives.delete(services, deleted)
