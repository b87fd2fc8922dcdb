"""Every operation of the API, as the OpenAPI document has it."""

from collections.abc import Sequence
from typing import Any

from chalicelib.http import examples, schemas
from chalicelib.http.describing import LEVEL, operation, parameter
from chalicelib.http.exports import LIMIT_DEFAULT, LIMIT_MAX
from chalicelib.http.files import LIMIT_DEFAULT as FILES_LIMIT_DEFAULT
from chalicelib.http.files import LIMIT_MAX as FILES_LIMIT_MAX


def paths(sources: Sequence[str], *, by_number: bool = True) -> dict[str, dict[str, Any]]:
    """Returns every route with its methods, parameters and answers. `sources` are the names of the
    sources. `by_number`: ids are whole numbers."""
    bodies = examples.requests(by_number=by_number)
    job_id = parameter("job_id", "path", {"type": "string", "format": "uuid"}, "The job's id.")
    waiting = ["ETag", "Preference-Applied", "Retry-After"]
    seen = "The id of the event that was seen last."
    source = parameter(
        "source",
        "query",
        {"enum": list(sources)},
        "Whose files; without it, the first of these.",
    )
    prefix = parameter(
        "prefix",
        "query",
        schemas.PREFIX,
        "A folder, with the `/` at its end, or the beginning of names in it.",
    )

    def users(about: str) -> list[dict[str, Any]]:
        return [
            parameter("userId", "query", schemas.USER_ID, about),
            parameter("user_id", "query", schemas.USER_ID, "The old spelling of userId.")
            | {"deprecated": True},
        ]

    return {
        "/v1/export": {
            "post": operation(
                "createExport",
                "Ask for an export",
                {
                    202: (
                        "ExportAccepted",
                        "Accepted; the job is queued.",
                        ["Location", "Retry-After"],
                    )
                },
                problems=[400, 413, 415, 422, 429],
                body=("ExportRequest", "SelectionRequest"),
                bodies=bodies["createExport"],
                parameters=[
                    parameter(
                        "Idempotency-Key",
                        "header",
                        schemas.IDEMPOTENCY_KEY,
                        "A repeated request with the same key returns the first one's job.",
                    )
                ],
            ),
            "get": operation(
                "listExports",
                "The caller's jobs, newest first",
                {200: ("JobList", "One page.", [])},
                problems=[400],
                parameters=[
                    *users("Whose jobs."),
                    parameter(
                        "limit",
                        "query",
                        {
                            "type": "integer",
                            "minimum": 1,
                            "maximum": LIMIT_MAX,
                            "default": LIMIT_DEFAULT,
                        },
                        "Jobs on one page.",
                    ),
                    parameter("cursor", "query", schemas.CURSOR, "From the page before."),
                ],
            ),
        },
        "/v1/export/{job_id}": {
            "get": operation(
                "getExport",
                "How far a job is",
                {
                    200: ("Job", "The job.", waiting),
                    304: (None, "Not changed since the ETag given.", waiting),
                },
                problems=[404],
                parameters=[
                    job_id,
                    parameter("If-None-Match", "header", {"type": "string"}, "An ETag."),
                    parameter(
                        "Prefer",
                        "header",
                        {"type": "string", "examples": ["wait=10"]},
                        "wait=N holds the answer for up to N seconds, or as long as the stack "
                        "allows, until it would be another one (RFC 7240).",
                    ),
                ],
            ),
            "patch": operation(
                "renameExport",
                "Give the archive another name for downloads, whatever the job's status",
                {200: ("Job", "The job with its new name.", [])},
                problems=[400, 404, 413, 415],
                body="RenameRequest",
                bodies=bodies["renameExport"],
                parameters=[job_id],
            ),
            "delete": operation(
                "cancelExport",
                "Cancel a job that is open, or delete one that has ended",
                {
                    202: ("Job", "It was open, and is cancelled.", []),
                    204: (None, "It had ended, and is deleted with its archive.", []),
                },
                problems=[400, 404, 409],
                parameters=[
                    job_id,
                    parameter(
                        "only",
                        "query",
                        {"enum": ["open", "ended"]},
                        "Only cancel, or only delete: a job may end at the moment when somebody "
                        "cancels it.",
                    ),
                ],
            ),
        },
        "/v1/export/{job_id}/progress": {
            "get": operation(
                "watchExport",
                "How far a job is, as server-sent events",
                {
                    200: ("EventStream", "The job's state, unless the caller has seen it.", []),
                    204: (None, "The job has ended, and the caller has seen how.", []),
                },
                problems=[404],
                parameters=[
                    job_id,
                    parameter("Last-Event-ID", "header", {"type": "string"}, seen),
                    parameter(
                        "lastEventId",
                        "query",
                        {"type": "string"},
                        f"{seen} For callers that cannot send the header, which comes first.",
                    ),
                ],
            ),
        },
        "/v1/export/{job_id}/retry": {
            "post": operation(
                "retryExport",
                "Ask for the same again after a failure, or for it with something changed",
                {
                    202: (
                        "ExportAccepted",
                        "Accepted as a new job, which takes over what was uploaded for the failed "
                        "one if the files are still the same. Cancelled and expired jobs can be "
                        "retried too, and completed ones whose archive is gone.",
                        ["Location", "Retry-After"],
                    )
                },
                problems=[400, 404, 409, 410, 413, 415, 422, 429],
                body="RetryRequest",
                bodies=bodies["retryExport"],
                parameters=[
                    job_id,
                    parameter(
                        "Idempotency-Key",
                        "header",
                        schemas.IDEMPOTENCY_KEY,
                        "A repeated retry, with the same changes, returns the first one's job. "
                        "With a key, only a retry with the same key does.",
                    ),
                ],
            ),
        },
        "/v1/export/{job_id}/request": {
            "get": operation(
                "exportRequest",
                "What a job was asked for, to be asked for again",
                {200: ("AskedFor", "A body of createExport.", [])},
                problems=[404, 410],
                parameters=[job_id],
            ),
        },
        "/v1/export/{job_id}/download": {
            "get": operation(
                "downloadArchive",
                "A link to the archive, or to each of several",
                {
                    200: ("Download", "A fresh presigned link, or the list of archives.", []),
                    303: (None, "The link, as a redirect.", ["Location"]),
                },
                problems=[400, 404, 409, 410],
                parameters=[
                    job_id,
                    parameter(
                        "redirect",
                        "query",
                        {"type": "boolean", "default": False},
                        "Answer with a redirect to the link; of several archives without "
                        "`archive`, to the first.",
                    ),
                    parameter(
                        "archive",
                        "query",
                        {"type": "integer", "minimum": 1},
                        "The number of one of several archives, from 1. Without it the answer "
                        "lists them.",
                    ),
                    parameter(
                        "index",
                        "query",
                        {"type": "boolean", "default": False},
                        "Not the archive, but the table of where each file is in a tar (CSV). "
                        "Each of several archives has one; without `archive`, that of the first.",
                    ),
                ],
            ),
        },
        "/v1/export/{job_id}/shares": {
            "post": operation(
                "shareExport",
                "A link by which others see the job and download its archive",
                {201: ("Share", "The link, which is shown only this once.", [])},
                problems=[400, 404, 409, 413, 415],
                body="ShareRequest",
                bodies=bodies["shareExport"],
                parameters=[job_id],
            ),
            "get": operation(
                "listShares",
                "The job's links that are good now",
                {200: ("Shares", "The oldest first, without their tickets.", [])},
                problems=[404],
                parameters=[job_id],
            ),
        },
        "/v1/export/{job_id}/shares/{share_id}": {
            "delete": operation(
                "revokeShare",
                "Revoke a link",
                {204: (None, "The link does not work any more.", [])},
                problems=[404],
                parameters=[
                    job_id,
                    parameter("share_id", "path", {"type": "string"}, "The share's id."),
                ],
            ),
        },
        "/v1/export/{job_id}/notify": {
            "post": operation(
                "notifyAgain",
                "Have one more told of the job's end, or all once more",
                {
                    202: (
                        "Notifications",
                        "They are told when the job ends, or now if it has ended.",
                        [],
                    )
                },
                problems=[400, 404, 409, 413, 415],
                body="NotifyRequest",
                bodies=bodies["notifyAgain"],
                parameters=[job_id],
            ),
        },
        "/v1/notifications": {
            "get": operation(
                "listReceivers",
                "How the caller can be told of a job's end",
                {200: ("Receivers", "Where webhooks and mail may go.", [])},
                problems=[],
            ),
        },
        "/v1/files": {
            "get": operation(
                "listFiles",
                "What there is to export, folder by folder",
                {200: ("Files", "One page, in the order of the keys.", [])},
                problems=[400],
                parameters=[
                    source,
                    prefix,
                    parameter(
                        "limit",
                        "query",
                        {
                            "type": "integer",
                            "minimum": 1,
                            "maximum": FILES_LIMIT_MAX,
                            "default": FILES_LIMIT_DEFAULT,
                        },
                        "The most folders and files on one page. There may be fewer, and a cursor.",
                    ),
                    parameter("cursor", "query", schemas.CURSOR, "From the page before."),
                ],
            ),
        },
        "/v1/files/totals": {
            "get": operation(
                "countFiles",
                "How many files are below a prefix, and how large they are",
                {200: ("Totals", "What could be counted in some seconds.", [])},
                problems=[400],
                parameters=[
                    source,
                    prefix,
                    parameter("cursor", "query", schemas.CURSOR, "From the answer before."),
                ],
            ),
        },
        "/v1/estimate": {
            "get": operation(
                "estimateExport",
                "About how long an export takes, and what is too much",
                {200: ("Estimate", "What is known before the files are looked at.", [])},
                problems=[400],
                parameters=[
                    parameter("files", "query", schemas.NATURAL, "Files, with those in folders.")
                    | {"required": True},
                    parameter("bytes", "query", schemas.NATURAL, "The bytes of all files.")
                    | {"required": True},
                    parameter("entries", "query", schemas.NATURAL, "Rows of the request."),
                    parameter("format", "query", schemas.FORMAT, "As in the request."),
                    parameter(
                        "compression",
                        "query",
                        schemas.COMPRESSION,
                        "As in the request. For auto, the answer says how long it takes if all "
                        "files are compressed.",
                    ),
                    parameter("split", "query", schemas.SPLIT, "As in the request."),
                    *users("Whose bytes of the day."),
                ],
            ),
        },
        "/v1/download/check": {
            "post": operation(
                "checkAvailability",
                "Whether files can be exported, and what they are called",
                {200: ("CheckAnswer", "Whether they are there, and can be read.", [])},
                problems=[400, 413, 415],
                body="CheckRequest",
                bodies=bodies["checkAvailability"],
            ),
        },
        "/v1/users/{user_id}": {
            "delete": operation(
                "eraseUser",
                "Delete all jobs of a user, with their archives; for administrators",
                {200: ("Erased", "How many are deleted, and whether to ask again.", [])},
                problems=[400],
                parameters=[
                    parameter("user_id", "path", schemas.ANY_USER_ID, "The user."),
                ],
            ),
        },
        "/health": {
            "get": operation(
                "health",
                "Whether the stack can work",
                {
                    200: ("Health", "All is well.", []),
                    503: ("Health", "A check fails.", ["Retry-After"]),
                },
                problems=[],
                is_open=True,
                headers=LEVEL,
            ),
        },
        "/.well-known/oauth-protected-resource": {
            "get": operation(
                "protectedResource",
                "Where people sign in (RFC 9728)",
                {200: ("ProtectedResource", "The issuer of the tokens.", [])},
                problems=[404],
                is_open=True,
            ),
        },
        "/openapi.json": {
            "get": operation(
                "openapi",
                "This document",
                {200: ("OpenApi", "OpenAPI 3.1.", [])},
                problems=[],
                is_open=True,
            ),
        },
    }
