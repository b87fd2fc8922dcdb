"""The archives of a job in the bucket: one or several, and the index that stands beside a tar."""

from collections.abc import Iterator

from chalicelib.jobs import places
from chalicelib.jobs.model import Job
from chalicelib.services import Services


def of(job: Job) -> tuple[str, ...]:
    """Returns the keys of a job's archives, in their order."""
    before = range(1, job.archives)
    return (*(places.archive(job.home, job.format, n) for n in before), job.archive_key)


def are_there(services: Services, job: Job) -> bool:
    """Returns whether all archives of a job that has completed are there. Raises Unavailable or
    AccessDenied if S3 does."""
    if job.archives == 1:
        return services.archive.head(job.archive_key, checksum=False) is not None
    found = {*_there(services, job)}
    return all(key in found for key in of(job))


def are_whole(services: Services, job: Job) -> bool:
    """Returns whether all archives of a planned job are there, with as many bytes as its plan says.
    Raises Unavailable or AccessDenied if S3 does."""
    if job.archives == 1:
        archive = services.archive.head(job.archive_key, checksum=False)
        return archive is not None and archive.size == job.bytes_total
    listed = services.archive.list_objects(places.archives(job.home))
    sizes = {found.key: found.size for found in listed}
    known = [sizes.get(key) for key in of(job)]
    return None not in known and sum(size or 0 for size in known) == job.bytes_total


def delete(services: Services, job: Job) -> None:
    """Deletes all archives of the job's home, and the index. They may be gone already. Raises
    Unavailable or AccessDenied if S3 does."""
    # Of an older plan there may be more archives than the record says.
    if job.archives == 1 and job.format != "tar" and not is_of_several_plans(job):
        services.archive.delete(job.archive_key)
    else:
        services.archive.delete_all(_there(services, job))


def delete_others(services: Services, job: Job) -> None:
    """Deletes the archives of a job that has completed which an older plan has left. Raises what
    `delete` raises."""
    if is_of_several_plans(job):
        known = {*of(job), *(f"{key}.index" for key in of(job))}
        services.archive.delete_all(key for key in _there(services, job) if key not in known)


def is_of_several_plans(job: Job) -> bool:
    """Returns whether the job was planned again."""
    return job.was_replanned or job.changes > 0


def _there(services: Services, job: Job) -> Iterator[str]:
    return (found.key for found in services.archive.list_objects(places.archives(job.home)))
