"""Everything that can go wrong between a caller and the API, or between an archive and a disk.

It is one hierarchy: `except LonghaulError` catches all of it. A message is a sentence for people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

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


class LinkRefused(UnexpectedAnswer):
    """S3 refuses the link to an archive that the API has just made."""


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
    """401, 403: the stack wants to know who asks, or does not allow it.

    `api` is the API's URL. `sent` says what the request had: nothing, a user's token, the ticket of
    one job, or a selection.
    """

    api: str = ""
    sent: Literal["", "token", "ticket", "selection"] = ""


class NotSignedIn(NotPermitted):
    """401: no token came, or not one that the API takes: it has expired, for example.

    `offers_login`: whether the API says where to sign in, so that `longhaul login` can.
    """

    offers_login: bool = False


class Forbidden(NotPermitted):
    """403: the API knows who asks, and does not allow it: these files, or this route."""


class NotFound(Refused):
    """404: there is no such job."""


class NoSuchShare(NotFound):
    """The job is there, but no share link with this id works now."""


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


class SelectionUsed(Forbidden):
    """403: the selection was posted as often as it may be."""


class RateLimited(Unavailable):
    """429: this user asks too often. The same call succeeds after `retry_after` seconds.

    `limit` is how many requests may come at once, `remaining` how many are left, and `reset` in how
    many seconds all of them are there again. Each is None if the API does not say it.
    """

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None


class QuotaExceeded(Refused):
    """422, 429: the export is larger than a job may be, or than what is left for the day.

    No job was made. `problem.detail` names the limit and what was asked. `retry_after` is when the
    day ends; None if the same request will never be allowed.
    """


# -- signing in ------------------------------------------------------------------------------------


class SignInFailed(LonghaulError):
    """Nobody was signed in: the stack or its issuer offers no way, or somebody said no.

    `reason` is the issuer's error (RFC 6749, section 5.2; RFC 8628, section 3.5); empty if it is
    not the issuer's.
    """

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


class CannotKeep(LonghaulError):
    """The place where tokens are kept is not safe, or cannot be read or written."""


# -- jobs and archives -----------------------------------------------------------------------------


class JobFailed(LonghaulError):
    """The job ended without an archive: it failed or was cancelled."""

    def __init__(self, message: str, job: Job) -> None:
        super().__init__(message)
        self.job = job

    @property
    def kind(self) -> str:
        """Why it failed, as the last part of the API's problem type: `source-unreadable`, for
        example. Empty if it was cancelled."""
        return self.job.error.type.rpartition(":")[2] if self.job.error else ""


class BrokenArchive(LonghaulError):
    """The downloaded bytes are not the archive that the job built."""


class CannotSave(LonghaulError):
    """The file cannot be written, for example because it exists or the disk is full.

    `is_replaceable`: another file is there, which `force` replaces.
    """

    def __init__(self, message: str, *, is_replaceable: bool = False) -> None:
        super().__init__(message)
        self.is_replaceable = is_replaceable


def _sentence(problem: Problem) -> str:
    title, detail = problem.title.rstrip("."), problem.detail.rstrip(".")
    if not detail or detail == title:
        return f"{title}."
    return f"{title}: {detail}."
