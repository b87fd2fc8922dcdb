"""The uploads of what is an object of its own: a segment of a nested plan, or one of several
archives. The first worker that needs an upload opens it, and registers it. Twins share it.
"""

from chalicelib.jobs import places
from chalicelib.jobs.model import Job, PlanRef
from chalicelib.pipeline.assembly import Upload
from chalicelib.services import Services


def shared(services: Services, job: Job, segment: int, key: str, media_type: str) -> Upload:
    """Returns the upload, to this key, that a segment of the job's plan is built in."""
    archive, segments, plan = services.archive, services.segments, _plan(job)
    upload_id = segments.upload(job, plan, segment)
    if upload_id is None:
        opened = archive.create_upload(key, media_type)
        upload_id = segments.register_upload(job, plan, segment, opened)
        if upload_id != opened:
            archive.abort_upload(key, opened)
    return Upload(archive, key, upload_id)


def replace_gone(services: Services, job: Job, segment: int, gone: Upload, media_type: str) -> None:
    """Opens another upload in the place of one that is gone. The segment is then built again, by
    whoever comes next."""
    opened = services.archive.create_upload(gone.key, media_type)
    if services.segments.replace_upload(job, _plan(job), segment, gone.id, opened) != opened:
        services.archive.abort_upload(gone.key, opened)


def take_over(services: Services, job: Job, previous: PlanRef, volumes: int) -> None:
    """Registers the uploads of the first `volumes` archives, which were begun by a previous plan,
    for the plan of this job."""
    for number in range(volumes):
        if begun := services.segments.upload(job, previous, number):
            services.segments.register_upload(job, _plan(job), number, begun)


def abort(services: Services, job: Job, volumes: int) -> None:
    """Aborts the uploads of the first `volumes` archives of this job's plan."""
    plan = _plan(job)
    for number in range(min(volumes, plan.segments)):
        if begun := services.segments.upload(job, plan, number):
            services.archive.abort_upload(volume_key(job, number), begun)


def abort_others(services: Services, job: Job, own: set[str]) -> None:
    """Aborts all uploads of archives of this job's home but its `own`: a worker of an older plan
    may be about to complete one, and it would take the place of an archive of this plan."""
    for upload in services.archive.list_uploads(places.archives(job.home)):
        if upload.id not in own:
            services.archive.abort_upload(upload.key, upload.id)


def volume_key(job: Job, segment: int) -> str:
    """Returns the key of one of several archives, but the last one. It is a segment of its own."""
    return places.archive(job.home, job.format, segment + 1)


def _plan(job: Job) -> PlanRef:
    if job.plan is None:
        raise ValueError(f"{job.job_id} has no plan")
    return job.plan
