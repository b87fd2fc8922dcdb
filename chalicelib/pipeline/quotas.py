"""What a job may have, and what a user may export on a day. Nothing is uploaded before all of it is
checked.

A request that names its files is refused at once if there are too many. What else counts is known
when the files are found, so then the job fails.
"""

from typing import TYPE_CHECKING

from chalicelib.errors import QuotaExceeded, QuotaUsedUp
from chalicelib.jobs.model import Job
from chalicelib.jobs.quotas import day_end, day_of
from chalicelib.services import Services

if TYPE_CHECKING:
    from chalicelib.sources.find import Found


def refusal(services: Services, job: Job) -> QuotaExceeded | None:
    """Returns why this job may not be made; None if it may."""
    most = services.settings.max_files_per_job
    if most and job.total_files > most:
        return _too_many(job.total_files, most)
    most = services.settings.max_bytes_per_user_per_day
    used = services.quotas.used(job.user_id, job.created_at) if most else 0
    if not most or used < most:
        return None
    seconds = -(-(day_end(job.created_at) - job.created_at) // 1000)
    return QuotaUsedUp(
        f"you may export {most} bytes a day, and {used} are used; this ends at "
        f"{_end(job.created_at)}",
        headers={"Retry-After": str(seconds)},
    )


def check(services: Services, job: Job, found: "Found") -> None:
    """Raises QuotaExceeded if these are more files or more bytes than a job may have. A job that is
    planned again was checked before: its upload goes on, though a limit may be lower now. But if
    its files have changed, they may be larger now."""
    if job.was_replanned and not job.changes:
        return
    most = services.settings.max_files_per_job
    if most and len(found.entries) > most:
        raise _too_many(len(found.entries), most)
    most = services.settings.max_bytes_per_job
    if most and (size := _size(found)) > most:
        raise QuotaExceeded(
            f"these files have {size} bytes, and an export may have {most}; export fewer at a time"
        )


def count(services: Services, job: Job, found: "Found") -> None:
    """Counts the files' bytes for their user, on the day on which the job was made. A job is
    counted once, also if this comes again. Raises QuotaExceeded if the day's bytes do not
    suffice."""
    most = services.settings.max_bytes_per_user_per_day
    if not most or job.was_replanned:
        return
    size = _size(found)
    used = services.quotas.count(job, size, most)
    if used is None:
        return
    what = f"these files have {size} bytes, and you may export {most} a day"
    if size > most:
        raise QuotaExceeded(f"{what}; export fewer at a time")
    raise QuotaExceeded(
        f"{what}, of which {used} were used on {day_of(job.created_at)}; retry this job after "
        f"{_end(job.created_at)}"
    )


def _too_many(files: int, most: int) -> QuotaExceeded:
    return QuotaExceeded(
        f"these are {files} files, and an export may have {most}; export fewer at a time"
    )


def _size(found: "Found") -> int:
    return sum(entry.size for entry in found.entries)


def _end(now: int) -> str:
    """Returns when the day ends, in RFC 3339."""
    return f"{day_of(day_end(now))}T00:00:00Z"
