"""Everything that can go wrong between a caller and the API, or between an archive and a disk.

It is one hierarchy: `except LonghaulError` catches all of it. A message is a sentence for people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from longhaul.answers import Job, Problem


class LonghaulError(Exception):
    """The base class. If `retryable`, the same call may succeed later, without any change."""

    retryable: ClassVar[bool] = False


# -- the connection to a server --------------------------------------------------------------------


class Unreachable(LonghaulError):
    """No answer came: no network, no such host, or a connection that was refused or broken."""

    retryable = True


class Untrusted(LonghaulError):
    """This machine does not trust the server's certificate."""


class UnexpectedAnswer(LonghaulError):
    """An answer came, but not from Longhaul: a login page, a proxy, a wrong URL."""


# -- what the API says -----------------------------------------------------------------------------


class Refused(LonghaulError):
    """The API answered with a problem document. `retry_after` is in seconds."""

    def __init__(self, problem: Problem, *, retry_after: float | None = None) -> None:
        super().__init__(_sentence(problem))
        self.problem = problem
        self.retry_after = retry_after


class InvalidRequest(Refused):
    """400, 413, 415, 422: the request is wrong. `problem.errors` says where."""


class NotPermitted(Refused):
    """401, 403: the stack has an authorizer, which refused the request."""


class NotFound(Refused):
    """404: there is no such job."""


class NotPossibleNow(Refused):
    """409: the job's state does not allow this."""


class Expired(Refused):
    """410: the archive is gone."""


class RequestGone(Refused):
    """410: the job's request is not kept any more, so the job cannot be retried."""


class Unavailable(Refused):
    """429 and 5xx: the API is overloaded, or does not work at the moment."""

    retryable = True


class TooManyJobs(Unavailable):
    """429: this user has too many open exports. No job was made."""


# -- jobs and archives -----------------------------------------------------------------------------


class JobFailed(LonghaulError):
    """The job ended without an archive: it failed or was cancelled."""

    def __init__(self, message: str, job: Job) -> None:
        super().__init__(message)
        self.job = job


class BrokenArchive(LonghaulError):
    """The downloaded bytes are not the archive that the job built."""


class CannotSave(LonghaulError):
    """The file cannot be written, for example because it exists or the disk is full."""


def _sentence(problem: Problem) -> str:
    title, detail = problem.title.rstrip("."), problem.detail.rstrip(".")
    if not detail or detail == title:
        return f"{title}."
    return f"{title}: {detail}."
