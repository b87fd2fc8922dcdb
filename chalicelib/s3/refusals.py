"""What it means that S3 refuses a request: a fault of one object, or of something else.

The functions take the `Access` of a source's bucket. None stands for the archive bucket.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from chalicelib.aws import could_not, error_code, http_status, not_allowed_to, translated
from chalicelib.errors import (
    AccessDenied,
    Reason,
    SourceChanged,
    SourceUnreadable,
    StorageRefused,
    Unavailable,
    shortened,
)
from chalicelib.s3.access import Access

# CopyObject has a code of its own for an object in cold storage.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
_ARCHIVED: Final = frozenset({"InvalidObjectState", "ObjectNotInActiveTierError"})

_OUR_KEYS: Final = frozenset(
    {
        "AccountProblem",
        "InvalidAccessKeyId",
        "InvalidSecurity",
        "InvalidToken",
        "NotSignedUp",
        "SignatureDoesNotMatch",
    }
)
"""Codes that are about us, and so about no object."""

KEY_DENIED: Final = "its KMS key may not be used by this stack"

_MESSAGE_MAX: Final = 200
"""Characters of S3's message that an error repeats."""


@contextmanager
def asking(action: str, access: Access | None = None) -> Iterator[None]:
    """Does what `translated` does, and turns any other refusal into StorageRefused, which names
    the action and S3's code. If a source has no such bucket, raises Unavailable."""
    from botocore.exceptions import ClientError

    try:
        with translated(action):
            yield
    except AccessDenied as denied:
        if access is None or not access.condition:
            raise
        raise AccessDenied(denied.detail + access.condition) from denied.__cause__
    except ClientError as error:
        if access is not None and error_code(error) == "NoSuchBucket":
            raise no_bucket(action) from error
        raise refused(action, error) from error


@contextmanager
def asking_for(
    action: str, key: str, access: Access | None, version: str | None = None
) -> Iterator[None]:
    """Turns what S3 answers to a request for one object into the domain's errors.

    Raises SourceChanged if the object is gone or is another, SourceUnreadable if S3 refuses the
    object, and else what `translated` raises. In the archive bucket, AccessDenied or StorageRefused
    stands for SourceUnreadable.
    """
    from botocore.exceptions import ClientError

    try:
        with translated(action):
            yield
    except (AccessDenied, ClientError) as error:
        cause = client_error(error)
        if access is None and isinstance(error, AccessDenied):
            raise
        raise meaning(cause, action, key, access, version) from cause


def client_error(error: Exception) -> Exception:
    """Returns the ClientError itself, if `translated` has made an AccessDenied of it."""
    cause = error.__cause__ if isinstance(error, AccessDenied) else error
    return cause if isinstance(cause, Exception) else error


def meaning(
    error: Exception, action: str, key: str, access: Access | None, version: str | None
) -> Exception:
    """Returns the domain's error for a ClientError of a request for one object."""
    code, status = error_code(error), http_status(error)
    if code == "NoSuchBucket":
        return no_bucket(action)
    if is_gone(error, version):
        return deleted(key)
    if status == HTTPStatus.PRECONDITION_FAILED or is_no_range(error):
        return overwritten(key)
    if code in _OUR_KEYS:
        return not_allowed_to(action, code)
    if access is None:
        return refused(action, error)
    return unreadable(key, *_why(error, access))


def is_gone(error: Exception, version: str | None) -> bool:
    """Returns whether S3 says that there is no such object, or no such version of it.

    A version that is a delete marker has the status 405, and an id that no version can have is an
    InvalidArgument. A HEAD has no code, so nobody can tell that from its answer.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
    """
    status = http_status(error)
    if status == HTTPStatus.NOT_FOUND:
        return True
    return version is not None and (
        status == HTTPStatus.METHOD_NOT_ALLOWED
        or (status == HTTPStatus.BAD_REQUEST and error_code(error) == "InvalidArgument")
    )


def is_no_range(error: BaseException | None) -> bool:
    """Returns whether the object has no byte of the range that was asked for."""
    return (
        http_status(error) == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        or error_code(error) == "InvalidRange"
    )


def no_bucket(action: str) -> Unavailable:
    """Returns the error for a bucket that does not exist."""
    return could_not(action, "there is no such bucket")


def refused(action: str, error: Exception) -> StorageRefused:
    """Returns the error for a refusal that is about no source file."""
    return StorageRefused(f"S3 refused to {shortened(action)}: {_said(error)}")


def unreadable(key: str, reason: Reason, why: str) -> SourceUnreadable:
    """Returns the error for a source file that cannot be read. `why` does not name the file."""
    detail = f"{shortened(key)} cannot be read: {why}"
    return SourceUnreadable(detail, key=key, why=why, reason=reason)


def deleted(key: str) -> SourceChanged:
    """Returns the error for a source file that is in the plan and does not exist any more."""
    return _changed(key, "was deleted after the export had begun")


def overwritten(key: str) -> SourceChanged:
    """Returns the error for a source file that is not the planned one any more."""
    return _changed(key, "was overwritten after the export had begun")


def _changed(key: str, what: str) -> SourceChanged:
    return SourceChanged(f"{shortened(key)} {what}; export again", key=key, why=what)


def _why(error: Exception, access: Access) -> tuple[Reason, str]:
    code, message = error_code(error), _field(error, "Message")
    if code in _ARCHIVED:
        place = _field(error, "StorageClass") or "cold storage"
        return Reason.ARCHIVED, f"in {place}; restore it first"
    if code.startswith("KMS."):
        return Reason.KEY_UNUSABLE, _why_of_key(code, message)
    if http_status(error) == HTTPStatus.FORBIDDEN:
        return _denied(message, access)
    if code == "InvalidRequest" and "server side encryption" in message.lower():
        return (
            Reason.ENCRYPTED,
            "encrypted with a key of the customer's (SSE-C), which only its owner has",
        )
    return Reason.REFUSED, f"S3 answers {_said(error)}"


def _why_of_key(code: str, message: str) -> str:
    """Returns what is wrong with a key of KMS. S3 passes the codes of KMS on, with "KMS." before
    them.
    https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html#API_Decrypt_Errors"""
    match code.removeprefix("KMS."):
        case "DisabledException":
            return "its KMS key is disabled"
        case "NotFoundException":
            return "its KMS key does not exist"
        case "InvalidStateException" | "KMSInvalidStateException":
            if "pending deletion" in message.lower():
                return "its KMS key is to be deleted"
            return "its KMS key is in a state in which it cannot be used"
        case "AccessDeniedException":
            return KEY_DENIED
    return f"its KMS key cannot be used ({code})"


def _denied(message: str, access: Access) -> tuple[Reason, str]:
    """S3's messages name roles and accounts, so none is repeated.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html"""
    said = message.lower()
    # "… is not authorized to perform: kms:Decrypt …", or in older words "The ciphertext refers to a
    # customer master key that does not exist, … or you are not allowed to access."
    if "kms:" in said or "ciphertext" in said:
        return Reason.KEY_UNUSABLE, KEY_DENIED
    if "s3:listbucket" in said:
        # Who may not list a bucket is not told that an object is missing.
        return Reason.DENIED, "S3 denies it, or it does not exist: the bucket may not be listed"
    return Reason.DENIED, f"S3 denies it{access.condition}"


def _said(error: Exception) -> str:
    """Returns S3's code and message, on one line."""
    code = error_code(error) or str(http_status(error))
    message = "".join(filter(str.isprintable, _field(error, "Message")))[:_MESSAGE_MAX]
    return f"{code}: {message}" if message and message != code else code


def _field(error: Exception, name: str) -> str:
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get(name) or "")
