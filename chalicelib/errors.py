"""The domain's errors. Each has an HTTP status and a problem type, and says whether a retry can
help.

`detail` is for the person who made the request: it says what is wrong and what to do. `status` and
`title` are those of RFC 9457. The problem's `type` is made from the class's `slug`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final, Self

from chalicelib.archive.manifest import Skipped

RETRY_AFTER_SECONDS: Final = "5"
"""How long a caller should wait if a service is not available."""

_NAME_MAX: Final = 120
_HEAD: Final = 40
"""Bytes of a name in a message, and of what is left of its beginning."""


def shortened(name: str) -> str:
    """Returns a key, or a text that ends with one, cut in the middle if it is long: a key may have
    1,024 bytes, and the record of a job keeps only the first bytes of a message."""
    encoded = name.encode(errors="replace")
    if len(encoded) <= _NAME_MAX:
        return name
    head, tail = encoded[:_HEAD], encoded[len("…".encode()) + _HEAD - _NAME_MAX :]
    return f"{head.decode(errors='ignore')}…{tail.decode(errors='ignore')}"


class LonghaulError(Exception):
    """The root of these errors. `retryable`: the same step may succeed later, though nobody changes
    anything."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Internal error"
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One mistake in the input. `pointer` is a JSON pointer (RFC 6901) into the body, or the name
    of a header or query parameter."""

    pointer: str
    detail: str


# -- requests -----------------------------------------------------------------------------------


class InvalidRequest(LonghaulError):
    status, slug, title = 400, "invalid-request", "The request is not valid"

    def __init__(self, detail: str, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail)
        self.errors = errors


def invalid(pointer: str, detail: str) -> InvalidRequest:
    """Returns the error for one mistake in a request. The sentence has the pointer's name alone, as
    that of many mistakes (http/faults.py)."""
    return InvalidRequest(f"{pointer.lstrip('/')}: {detail}", (FieldError(pointer, detail),))


def unknown_cursor() -> InvalidRequest:
    """Returns the error for a cursor that no page of the list has returned."""
    return invalid("cursor", "is not one that this list gave")


class MalformedBody(LonghaulError):
    status, slug, title = 400, "malformed-body", "The body is not JSON"


class Unauthorized(LonghaulError):
    """Nobody knows who calls. `error` is that of RFC 6750, section 3.1; empty: no token came."""

    status, slug, title = 401, "unauthorized", "Not signed in"
    error: ClassVar[str] = ""


class Forbidden(LonghaulError):
    """`caller` is who was refused (http/callers.py), if the route does not know it yet."""

    status, slug, title = 403, "forbidden", "This is not allowed"

    def __init__(self, detail: str, *, caller: Any = None) -> None:
        super().__init__(detail)
        self.caller = caller


class NotFound(LonghaulError):
    """`is_anothers`: it exists, but is another user's, and the caller must not know."""

    status, slug, title = 404, "not-found", "Not found"

    def __init__(self, detail: str, *, is_anothers: bool = False) -> None:
        super().__init__(detail)
        self.is_anothers = is_anothers


class MethodNotAllowed(LonghaulError):
    status, slug, title = 405, "method-not-allowed", "Method not allowed"


class SelectionUsed(LonghaulError):
    status, slug, title = 403, "selection-used", "The selection is used up"


class TooManyShares(LonghaulError):
    status, slug, title = 409, "too-many-shares", "The job has too many share links"


class TooManyNotifications(LonghaulError):
    status, slug, title = 409, "too-many-notifications", "The job has too many notices"


class NoNotifications(LonghaulError):
    status, slug, title = 409, "no-notifications", "Nobody is told of this job"


class NotReady(LonghaulError):
    status, slug, title = 409, "not-ready", "The archive is not ready"


class AlreadyEnded(LonghaulError):
    status, slug, title = 409, "already-ended", "The job has ended"


class NotEnded(LonghaulError):
    status, slug, title = 409, "not-ended", "The job has not ended"


class NotRetryable(LonghaulError):
    status, slug, title = 409, "not-retryable", "The job cannot be retried"


class Expired(LonghaulError):
    status, slug, title = 410, "expired", "The archive has expired"


class RequestGone(LonghaulError):
    status, slug, title = 410, "request-gone", "The request is not kept any more"


class BodyTooLarge(LonghaulError):
    status, slug, title = 413, "body-too-large", "The body is too large"


class UnsupportedMediaType(LonghaulError):
    status, slug, title = 415, "unsupported-media-type", "Unsupported media type"


class IdempotencyKeyReused(LonghaulError):
    status, slug, title = 422, "idempotency-key-reused", "The Idempotency-Key was used before"


class TooManyJobs(LonghaulError):
    status, slug, title = 429, "too-many-jobs", "Too many exports are open"


class RateLimited(LonghaulError):
    status, slug, title = 429, "rate-limited", "Too many requests"


# -- jobs ---------------------------------------------------------------------------------------


class JobFailed(LonghaulError):
    """A step has found that the job cannot succeed. The job fails at once, and this error is the
    reason. `missing` and `unreadable` are the files that are to blame, as far as it knows them."""

    missing: tuple[int | str, ...] = ()
    unreadable: tuple[Skipped, ...] = ()

    def blaming(self, missing: tuple[int | str, ...], unreadable: tuple[Skipped, ...]) -> Self:
        """Returns the error with the files that are to blame."""
        self.missing, self.unreadable = missing, unreadable
        return self


class SourceMissing(JobFailed):
    slug, title = "source-missing", "A source file is missing"


class Reason(StrEnum):
    """Why a source file is not in an archive."""

    MISSING = "missing"
    ARCHIVED = "archived"
    DENIED = "denied"
    ENCRYPTED = "encrypted"
    KEY_UNUSABLE = "key-unusable"
    CHANGED = "changed"
    TOO_LARGE = "too-large"
    REFUSED = "refused"


class SourceFault(JobFailed):
    """Something is wrong with one source file, or with several. `key` is that of the file; empty if
    they are several. `why` says it without the file's name."""

    reason: Reason

    def __init__(self, detail: str, *, key: str = "", why: str = "") -> None:
        super().__init__(detail)
        self.key = key
        self.why = why or detail


class SourceChanged(SourceFault):
    slug, title = "source-changed", "A source file changed while the archive was built"
    reason = Reason.CHANGED


class SourceUnreadable(SourceFault):
    slug, title = "source-unreadable", "A source file cannot be read"

    def __init__(
        self, detail: str, *, key: str = "", why: str = "", reason: Reason = Reason.REFUSED
    ) -> None:
        super().__init__(detail, key=key, why=why)
        self.reason = reason


class StorageRefused(JobFailed):
    slug, title = "storage-refused", "S3 refused to store the archive"


class NothingToExport(JobFailed):
    slug, title = "nothing-to-export", "There is nothing to export"


class AccessDenied(JobFailed):
    slug, title = "access-denied", "Access to the storage was denied"


class LimitExceeded(JobFailed):
    slug, title = "limit-exceeded", "The archive is larger than it may be"


class QuotaExceeded(JobFailed):
    """What is asked for is more than one job may have. A step finds this out, or a request is
    refused for it."""

    status, slug, title = 422, "quota-exceeded", "The export is over a quota"


class QuotaUsedUp(QuotaExceeded):
    """A request is refused until the quota begins anew."""

    status = 429


class GivenUp(JobFailed):
    slug, title = "given-up", "The job was given up"


class Unavailable(LonghaulError):
    """A service did not answer, or asked to slow down. `code` is the service's own word for that,
    as "SlowDown"; empty: it said none."""

    status, slug, title, retryable = 503, "unavailable", "A service is not available", True

    def __init__(
        self, detail: str, *, code: str = "", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail, headers=headers)
        self.code = code


class PartReplaced(Unavailable):
    """A part of an upload has another ETag than the one that was named, or is not there."""


class PlanReplaced(LonghaulError):
    """The job was planned again while a step still worked by the previous plan."""

    status, slug, title, retryable = 503, "planned-again", "The job was planned again", True


class NothingToDo(Exception):
    """A step has nothing left to do, for the given reason. This is no failure."""

    def __init__(self, reason: str = "the job has ended meanwhile") -> None:
        super().__init__(reason)


class UploadGone(Exception):
    """The multipart upload does not exist any more: it was completed or aborted. The step finds out
    which."""
