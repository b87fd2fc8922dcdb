"""The problems that people meet, as the OpenAPI document shows them: which operation answers with
which, and one example of each. tests/integration/test_examples.py compares them with real ones."""

import json
from collections.abc import Iterator
from typing import Any, Final

from chalicelib import errors
from chalicelib.errors import FieldError, LonghaulError
from chalicelib.http.example_values import JOB_ID, REQUEST_ID
from chalicelib.http.problems import problem

Example = dict[str, Any]

_FIELDS: Final = (
    FieldError("/fileIds/1", "true must be integer"),
    FieldError("/onMissing", '"maybe" must be one of fail, skip'),
)
_SOON: Final = {"Retry-After": "1"}


def _wrong(pointer: str, detail: str) -> errors.InvalidRequest:
    """Returns the error for one mistake, in the words of faults.py."""
    said = f"{pointer.lstrip('/') or 'the body'}: {detail}"
    return errors.InvalidRequest(said, (FieldError(pointer, detail),))


_ERRORS: Final[dict[str, tuple[str, LonghaulError]]] = {
    "invalid-body": (
        "A field is wrong",
        errors.InvalidRequest(f"fileIds/1: {_FIELDS[0].detail} (and 1 more)", _FIELDS),
    ),
    "nothing-named": (
        "It names no files",
        _wrong("", "exactly one of fileIds, keys, prefix and files must be given"),
    ),
    "nothing-to-check": (
        "It names no files",
        _wrong("", "exactly one of fileId, fileIds and keys must be given"),
    ),
    "no-selections": (
        "The stack takes no selections",
        _wrong("/selection", "this stack takes no selections: SELECTION_KEYS is not set"),
    ),
    "invalid-cursor": ("The cursor is of another list", errors.unknown_cursor()),
    "invalid-limit": (
        "A parameter is wrong",
        _wrong("limit", "must be a whole number from 1 to 100"),
    ),
    "invalid-page": (
        "A parameter is wrong",
        _wrong("limit", '"0" is not a whole number from 1 to 5000'),
    ),
    "unknown-source": (
        "There is no such source",
        _wrong("source", '"nope" is not known; known are default'),
    ),
    "missing-parameter": ("A parameter is missing", _wrong("files", "is missing")),
    "invalid-only": (
        "A parameter is wrong",
        _wrong("only", "must be open or ended, not 'all'"),
    ),
    "invalid-redirect": (
        "A parameter is wrong",
        _wrong("redirect", "must be true or false, not 'yes'"),
    ),
    "invalid-filename": (
        "The name is empty",
        _wrong("/filename", "must not be empty"),
    ),
    "invalid-choice": (
        "A field is wrong",
        _wrong("/onMissing", '"maybe" must be one of fail, skip'),
    ),
    "too-short": (
        "The link would live too short",
        _wrong("/expiresIn", "5 must be bigger than or equal to 60"),
    ),
    "not-allowed-host": (
        "Webhooks may not go there",
        _wrong("/url", "other.example is not a host that WEBHOOK_HOSTS allows: hooks.example.com"),
    ),
    "invalid-user": (
        "It cannot be a user's id",
        _wrong("userId", "must have 1 to 255 characters, all of them printable"),
    ),
    "malformed-body": (
        "The body is not JSON",
        errors.MalformedBody(
            "the body is not JSON: Expecting property name enclosed in double quotes: line 1 "
            "column 2 (char 1)"
        ),
    ),
    "not-signed-in": (
        "No token came",
        errors.Unauthorized("sign in first: the request has no Authorization header"),
    ),
    "token-expired": ("The token is old", errors.Unauthorized("the token has expired")),
    "selection-expired": (
        "The selection is old",
        errors.Unauthorized("selection: the token has expired"),
    ),
    "ticket-refused": (
        "The ticket is for another job, or old, or was revoked",
        errors.Unauthorized("this ticket is not for this job, or has expired, or was revoked"),
    ),
    "not-yours": (
        "A file is not the caller's",
        errors.Forbidden("keys/0: 'users/bob/letter.pdf' is not among the files that you may have"),
    ),
    "folder-not-yours": (
        "The folder is not the caller's",
        errors.Forbidden("prefix: 'users/bob/' is not among the files that you may have"),
    ),
    "selection-used": (
        "The selection has made all of its jobs",
        errors.SelectionUsed("the selection was used once, which is all it allows"),
    ),
    "only-a-ticket": (
        "A ticket is not enough",
        errors.Forbidden(
            "a ticket lets you see one job and download its archive, and nothing else"
        ),
    ),
    "ticket-only-reads": (
        "The ticket is a share link's",
        errors.Forbidden(
            "this ticket lets you see the job and download its archive, not change it"
        ),
    ),
    "not-an-administrator": (
        "The caller is no administrator",
        errors.Forbidden("only an administrator may do this (the setting ADMIN_CLAIM says who is)"),
    ),
    "no-such-job": (
        "There is no such job, or it is another user's",
        errors.NotFound(f"there is no job '{JOB_ID}'; it was deleted, or has expired long ago"),
    ),
    "no-such-share": (
        "There is no such link",
        errors.NotFound("there is no share '5c1de0aa'; it has expired, or was revoked"),
    ),
    "nobody-signs-in": (
        "The stack has no OpenID provider",
        errors.NotFound("nobody signs in here: this stack takes no tokens of an OpenID provider"),
    ),
    "not-ready": (
        "The job is not done",
        errors.NotReady(
            "the job is queued, 0 % done; ask again in 1 second or more", headers=_SOON
        ),
    ),
    "never-ready": (
        "The job has failed",
        errors.NotReady("the job is cancelled, so there is no archive; export again"),
    ),
    "already-ended": (
        "It has ended, and was only to be cancelled",
        errors.AlreadyEnded(
            "the job is completed, so there is nothing to cancel; its status tells what became "
            "of it"
        ),
    ),
    "not-ended": (
        "It is open, and was only to be deleted",
        errors.NotEnded("the job is queued; cancel it first, or wait for its end"),
    ),
    "retry-while-open": (
        "The job is open",
        errors.NotRetryable(
            "the job is queued, 0 % done; wait for its end, or cancel it first", headers=_SOON
        ),
    ),
    "retry-completed": (
        "The archive is there",
        errors.NotRetryable(
            "the job has completed: download its archive; to have another one built, export with "
            "fresh"
        ),
    ),
    "too-many-shares": (
        "There are as many links as there may be",
        errors.TooManyShares(
            "the job has 20 share links, which is the most there may be: revoke one, or wait until "
            "one expires",
            headers={"Retry-After": "86401"},
        ),
    ),
    "too-many-notifications": (
        "As many are told as there may be",
        errors.TooManyNotifications(
            "5 are told of this job's end already, which is the most there may be"
        ),
    ),
    "no-notifications": (
        "Nobody is told so far",
        errors.NoNotifications("name a url, an email, or both"),
    ),
    "expired": (
        "The archive has expired",
        errors.Expired("the archive has expired and was deleted; export again"),
    ),
    "deleted-early": (
        "The archive was deleted",
        errors.Expired("the archive was deleted before its time; export again"),
    ),
    "request-gone": (
        "The request is not kept any more",
        errors.RequestGone(
            "what this job was asked for is not kept any more; name the files again in a new export"
        ),
    ),
    "body-too-large": (
        "The body is too large",
        errors.BodyTooLarge(
            "the body has 3000000 bytes, and at most 2097152 are taken; name fewer files, or a "
            "prefix"
        ),
    ),
    "unsupported-media-type": (
        "The body is not sent as JSON",
        errors.UnsupportedMediaType('Content-Type is "text/plain"; send application/json'),
    ),
    "idempotency-key-reused": (
        "The Idempotency-Key was used for another request",
        errors.IdempotencyKeyReused(
            "this Idempotency-Key was used for another request; use a new key for a new export"
        ),
    ),
    "too-many-files": (
        "An export may not have so many files",
        errors.QuotaExceeded("these are 3 files, and an export may have 2; export fewer at a time"),
    ),
    "rate-limited": (
        "Too many requests in a short time",
        errors.RateLimited(
            "you may make 60 requests a minute, and 1 at once; the next one is possible in 1 "
            "second, at 2026-05-28T20:26:41.000Z",
            headers=_SOON,
        ),
    ),
    "too-many-jobs": (
        "Too many exports are open",
        errors.TooManyJobs(
            "1 exports of yours are open, which is the most there may be: wait until one has ended "
            "or cancel one, then ask again; the list of your exports shows them",
            headers={"Retry-After": "30"},
        ),
    ),
    "day-used-up": (
        "All bytes of the day are used",
        errors.QuotaUsedUp(
            "you may export 1000 bytes a day, and 1000 are used; this ends at 2026-05-29T00:00:00Z",
            headers={"Retry-After": "12800"},
        ),
    ),
    "internal-error": (
        "Something is broken",
        LonghaulError("something went wrong on our side; try again"),
    ),
    "unavailable": (
        "A service of AWS does not answer",
        errors.Unavailable("could not read the job: InternalServerError"),
    ),
}

_ANY: Final = ("not-signed-in", "token-expired", "only-a-ticket", "rate-limited")
_WITH_TICKET: Final = ("not-signed-in", "ticket-refused", "ticket-only-reads", "rate-limited")
_BODY: Final = ("malformed-body", "body-too-large", "unsupported-media-type")
_OF: Final[dict[str, tuple[str, ...]]] = {
    "createExport": (
        *("invalid-body", "nothing-named", "no-selections", *_BODY, *_ANY),
        *(
            "selection-expired",
            "not-yours",
            "selection-used",
            "idempotency-key-reused",
            "too-many-files",
        ),
        *("too-many-jobs", "day-used-up"),
    ),
    "listExports": ("invalid-limit", "invalid-cursor", *_ANY),
    "getExport": ("no-such-job", *_WITH_TICKET),
    "renameExport": ("invalid-filename", "no-such-job", *_BODY, *_ANY),
    "cancelExport": ("invalid-only", "no-such-job", "already-ended", "not-ended", *_WITH_TICKET),
    "watchExport": ("no-such-job", *_WITH_TICKET),
    "retryExport": (
        *("invalid-choice", "no-such-job", "retry-while-open", "retry-completed", *_BODY, *_ANY),
        *("request-gone", "idempotency-key-reused", "too-many-files", "too-many-jobs"),
        "day-used-up",
    ),
    "exportRequest": ("no-such-job", "request-gone", *_ANY),
    "downloadArchive": (
        *("invalid-redirect", "no-such-job", "not-ready", "never-ready", "expired"),
        *("deleted-early", *_WITH_TICKET),
    ),
    "shareExport": ("too-short", "no-such-job", "too-many-shares", *_BODY, *_ANY),
    "listShares": ("no-such-job", *_ANY),
    "revokeShare": ("no-such-share", "no-such-job", *_ANY),
    "notifyAgain": (
        *("not-allowed-host", "no-such-job", "no-notifications", "too-many-notifications"),
        *(*_BODY, *_ANY),
    ),
    "listReceivers": _ANY,
    "listFiles": ("unknown-source", "invalid-page", "invalid-cursor", "folder-not-yours", *_ANY),
    "countFiles": ("unknown-source", "invalid-cursor", "folder-not-yours", *_ANY),
    "estimateExport": ("missing-parameter", *_ANY),
    "checkAvailability": ("nothing-to-check", *_BODY, "not-yours", *_ANY),
    "eraseUser": ("invalid-user", "not-an-administrator", *_ANY),
    "protectedResource": ("nobody-signs-in",),
}
_ELSE: Final = ("internal-error", "unavailable")


def examples() -> dict[str, Example]:
    """Returns all examples by their names, for the document's components."""
    return {name: _example(summary, error) for name, (summary, error) in _ERRORS.items()}


def of(operation_id: str, status: int | None) -> dict[str, Example]:
    """Returns references to the examples of an operation's problems with this status; None: of
    those that any operation may answer with."""
    named = _ELSE if status is None else _OF.get(operation_id, ())
    return {
        name: {"$ref": f"#/components/examples/{name}"}
        for name in named
        if status is None or _ERRORS[name][1].status == status
    }


def error(name: str) -> LonghaulError:
    """Returns the error of an example."""
    return _ERRORS[name][1]


def retry_afters(operation_id: str, status: int) -> Iterator[str]:
    """Yields the values of Retry-After in these examples."""
    for name in of(operation_id, status):
        given = _ERRORS[name][1].headers.get("Retry-After")
        if given:
            yield given


def _example(summary: str, error: LonghaulError) -> Example:
    value = json.loads(problem(error, REQUEST_ID).body)
    return {"summary": f"{summary}: {error.slug}", "value": value}
