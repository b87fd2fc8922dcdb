"""What can go wrong between a caller and the API, or between an archive and a disk.

One hierarchy: `except LonghaulError` takes all of it. The message is a sentence for a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from longhaul.answers import Job, Problem


class LonghaulError(Exception):
    """The root. `retryable`: the same call may succeed later without anybody changing anything."""

    retryable: ClassVar[bool] = False


# -- the way to a server ---------------------------------------------------------------------------


class Unreachable(LonghaulError):
    """No answer came: no network, no such host, a connection that was refused or cut."""

    retryable = True


class Untrusted(LonghaulError):
    """The server's certificate is not one that this machine trusts."""


class UnexpectedAnswer(LonghaulError):
    """An answer came, but not one of Longhaul's: a login page, a proxy, a wrong URL."""


# -- what the API says -----------------------------------------------------------------------------


class Refused(LonghaulError):
    """The API answered with a problem document. `retry_after` counts seconds."""

    def __init__(self, problem: Problem, *, retry_after: float | None = None) -> None:
        super().__init__(_sentence(problem))
        self.problem = problem
        self.retry_after = retry_after


class InvalidRequest(Refused):
    """400, 413, 415, 422: the request itself is wrong; `problem.errors` says where."""


class NotPermitted(Refused):
    """401, 403: the stack has an authorizer, and it said no."""


class NotFound(Refused):
    """404: there is no such job."""


class NotPossibleNow(Refused):
    """409: the job is in a state in which this cannot be done."""


class Expired(Refused):
    """410: the archive is gone."""


class RequestGone(Refused):
    """410: what a job was asked for is not kept any more, so it cannot be retried."""


class Unavailable(Refused):
    """429 and 5xx: overloaded, or broken for the moment."""

    retryable = True


class TooManyJobs(Unavailable):
    """429: as many exports of this user are open as may be. No job was made."""


# -- jobs and archives -----------------------------------------------------------------------------


class JobFailed(LonghaulError):
    """The job ended without an archive: it failed, or was cancelled."""

    def __init__(self, message: str, job: Job) -> None:
        super().__init__(message)
        self.job = job


class BrokenArchive(LonghaulError):
    """What was downloaded is not the archive that the job says it made."""


class CannotSave(LonghaulError):
    """The file cannot be written: it is there already, the disk is full, or the like."""


def _sentence(problem: Problem) -> str:
    title, detail = problem.title.rstrip("."), problem.detail.rstrip(".")
    if not detail or detail == title:
        return f"{title}."
    return f"{title}: {detail}."
