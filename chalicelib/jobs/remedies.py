"""What can be done about a failure. Pure.

An answer names remedies and gives no advice in words: a page has a button for each, and a command
line an option (docs/decisions/0027-mending.md).
"""

from enum import StrEnum
from typing import Final

from chalicelib.archive.manifest import Skipped, skipped_of
from chalicelib.errors import Reason
from chalicelib.jobs.model import Job


class Remedy(StrEnum):
    """`skip-missing`, `skip-unreadable`: a retry with `onMissing` or `onUnreadable` as `skip`.
    `retry`: the same again may succeed. `edit`: another request may."""

    SKIP_MISSING = "skip-missing"
    SKIP_UNREADABLE = "skip-unreadable"
    RETRY = "retry"
    EDIT = "edit"


_FOR: Final[dict[str, tuple[Remedy, ...]]] = {
    "source-missing": (Remedy.SKIP_MISSING, Remedy.EDIT),
    "source-unreadable": (Remedy.SKIP_UNREADABLE, Remedy.EDIT),
    "source-changed": (Remedy.RETRY, Remedy.EDIT),
    "given-up": (Remedy.RETRY, Remedy.EDIT),
    "access-denied": (Remedy.RETRY, Remedy.EDIT),
    "storage-refused": (Remedy.RETRY, Remedy.EDIT),
    "nothing-to-export": (Remedy.EDIT,),
    "limit-exceeded": (Remedy.EDIT,),
    "quota-exceeded": (Remedy.EDIT,),
}
_SKIPS: Final = (Remedy.SKIP_MISSING, Remedy.SKIP_UNREADABLE)
_OF_FILES: Final = frozenset({"source-missing", "source-unreadable", "source-changed"})


def remedies(job: Job) -> tuple[Remedy, ...]:
    """Returns what can be done about the failure of a job, the best first; empty if it has not
    failed."""
    if job.failure is None:
        return ()
    found = _FOR.get(job.failure.slug, (Remedy.EDIT,))
    if Remedy.SKIP_MISSING in found and _has_unreadable(job):
        found = (*_SKIPS, *found[1:])
    if job.total_files and blamed(job)[0] >= job.total_files:
        # Without them, nothing would be left to export.
        found = tuple(one for one in found if one not in _SKIPS)
    return found


def blamed(job: Job) -> tuple[int, list[Skipped] | None]:
    """Returns how many files are to blame for the failure of a job, and which ones. None: the
    record does not say it, because they are too many, or the job was planned before."""
    is_of_files = job.failure is not None and job.failure.slug in _OF_FILES
    if not job.has_blamed:
        # A step that has a plan fails at one file. An older version kept none of them.
        return (1 if is_of_files and job.plan else 0), (None if is_of_files else [])
    count = (job.missing_count or 0) + job.unreadable_count
    if job.missing is None or job.unreadable is None:
        return count, None
    return count, [*skipped_of(job.missing), *job.unreadable]


def _has_unreadable(job: Job) -> bool:
    """Returns whether files that cannot be read are to blame too. A version that does not exist is
    among them, and counts as missing. Of a long list nobody knows, and skipping more does no
    harm."""
    if not job.has_blamed:
        return False
    listed = job.unreadable
    return listed is None or any(one.reason != Reason.MISSING for one in listed)
