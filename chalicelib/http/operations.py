"""Every operation of the API, as OpenAPI 3.1 describes it: parameters, bodies and answers."""

from typing import Any, Final

from chalicelib.http import events, schemas
from chalicelib.http.exports import LIMIT_DEFAULT, LIMIT_MAX
from chalicelib.http.problems import CONTENT_TYPE

_CONTENT_TYPES: Final = {"EventStream": events.CONTENT_TYPE, "Problem": CONTENT_TYPE}
"""The content types of the components that are not sent as application/json."""

_HEADERS: Final = {
    "Location": "Where the job is.",
    "Preference-Applied": "wait=N: the answer was held for up to N seconds.",
    "Retry-After": "Seconds until it is worth asking again.",
    "ETag": "Changes whenever the answer does.",
    "WWW-Authenticate": "How to prove who calls (RFC 6750, RFC 9728). API Gateway may call it "
    "X-Amzn-Remapped-WWW-Authenticate.",
    "RateLimit-Limit": "Requests that the caller may make at once, if there is a limit.",
    "RateLimit-Remaining": "How many of them are left.",
    "RateLimit-Reset": "Seconds until all of them are there again.",
}

_LEVEL: Final = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_REFUSALS: Final = (401, 403, 429)
_DESCRIPTIONS: Final = {
    401: "Not signed in.",
    403: "The caller may not do this.",
    404: "There is none, or it is another user's.",
    429: "Too much at once: ask again after Retry-After.",
}
_OWN_HEADERS: Final[dict[int, tuple[str, ...]]] = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After",),
}


_JOB_ID: Final = {"job_id": "$response.body#/jobId"}
_SAME_JOB: Final = {"job_id": "$request.path.job_id"}
_OF_A_JOB: Final = (
    "getExport",
    "watchExport",
    "downloadArchive",
    "retryExport",
    "shareExport",
    "listShares",
    "cancelExport",
)
_LINKS: Final[dict[tuple[str, int], dict[str, dict[str, str]]]] = {
    ("createExport", 202): dict.fromkeys(_OF_A_JOB, _JOB_ID),
    ("retryExport", 202): dict.fromkeys(_OF_A_JOB, _JOB_ID),
    ("cancelExport", 202): dict.fromkeys(_OF_A_JOB, _JOB_ID),
    ("getExport", 200): dict.fromkeys(("downloadArchive", "retryExport"), _JOB_ID),
    ("shareExport", 201): {
        "revokeShare": {**_SAME_JOB, "share_id": "$response.body#/id"},
        "listShares": _SAME_JOB,
    },
}
"""What an answer says that other operations need: by operation and status, the operations with
their parameters. https://spec.openapis.org/oas/v3.1.0#link-object"""


def paths() -> dict[str, dict[str, Any]]:
    """Returns every route with its methods, parameters and answers."""
    job_id = _parameter("job_id", "path", {"type": "string", "format": "uuid"}, "The job's id.")
    waiting = ["ETag", "Preference-Applied", "Retry-After"]
    seen = "The id of the event that was seen last."
    return {
        "/v1/export": {
            "post": _operation(
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
                parameters=[
                    _parameter(
                        "Idempotency-Key",
                        "header",
                        schemas.IDEMPOTENCY_KEY,
                        "A repeated request with the same key returns the first one's job.",
                    )
                ],
            ),
            "get": _operation(
                "listExports",
                "The caller's jobs, newest first",
                {200: ("JobList", "One page.", [])},
                problems=[400],
                parameters=[
                    _parameter("user_id", "query", schemas.USER_ID, "Whose jobs."),
                    _parameter(
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
                    _parameter("cursor", "query", schemas.CURSOR, "From the page before."),
                ],
            ),
        },
        "/v1/export/{job_id}": {
            "get": _operation(
                "getExport",
                "How far a job is",
                {
                    200: ("Job", "The job.", waiting),
                    304: (None, "Not changed since the ETag given.", waiting),
                },
                problems=[404],
                parameters=[
                    job_id,
                    _parameter("If-None-Match", "header", {"type": "string"}, "An ETag."),
                    _parameter(
                        "Prefer",
                        "header",
                        {"type": "string", "examples": ["wait=10"]},
                        "wait=N holds the answer for up to N seconds, or as long as the stack "
                        "allows, until it would be another one (RFC 7240).",
                    ),
                ],
            ),
            "delete": _operation(
                "cancelExport",
                "Cancel a job that is open, or delete one that has ended",
                {
                    202: ("Job", "It was open, and is cancelled.", []),
                    204: (None, "It had ended, and is deleted with its archive.", []),
                },
                problems=[400, 404, 409],
                parameters=[
                    job_id,
                    _parameter(
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
            "get": _operation(
                "watchExport",
                "How far a job is, as server-sent events",
                {
                    200: ("EventStream", "The job's state, unless the caller has seen it.", []),
                    204: (None, "The job has ended, and the caller has seen how.", []),
                },
                problems=[404],
                parameters=[
                    job_id,
                    _parameter("Last-Event-ID", "header", {"type": "string"}, seen),
                    _parameter(
                        "lastEventId",
                        "query",
                        {"type": "string"},
                        f"{seen} For callers that cannot send the header, which comes first.",
                    ),
                ],
            ),
        },
        "/v1/export/{job_id}/retry": {
            "post": _operation(
                "retryExport",
                "Ask for the same again, after a failure",
                {
                    202: (
                        "ExportAccepted",
                        "Accepted as a new job, which takes over what was uploaded for the failed "
                        "one if the files are still the same. Cancelled and expired jobs can be "
                        "retried too.",
                        ["Location", "Retry-After"],
                    )
                },
                problems=[400, 404, 409, 410, 429],
                parameters=[
                    job_id,
                    _parameter(
                        "Idempotency-Key",
                        "header",
                        schemas.IDEMPOTENCY_KEY,
                        "A repeated retry returns the first one's job. With a key, only a retry "
                        "with the same key does.",
                    ),
                ],
            ),
        },
        "/v1/export/{job_id}/download": {
            "get": _operation(
                "downloadArchive",
                "A link to the archive",
                {
                    200: ("Download", "A fresh presigned link.", []),
                    303: (None, "The same, as a redirect.", ["Location"]),
                },
                problems=[400, 404, 409, 410],
                parameters=[
                    job_id,
                    _parameter(
                        "redirect",
                        "query",
                        {"type": "boolean", "default": False},
                        "Answer with a redirect to the link.",
                    ),
                ],
            ),
        },
        "/v1/export/{job_id}/shares": {
            "post": _operation(
                "shareExport",
                "A link by which others see the job and download its archive",
                {201: ("Share", "The link, which is shown only this once.", [])},
                problems=[400, 404, 409, 415],
                body="ShareRequest",
                parameters=[job_id],
            ),
            "get": _operation(
                "listShares",
                "The job's links that are good now",
                {200: ("Shares", "The oldest first, without their tickets.", [])},
                problems=[404],
                parameters=[job_id],
            ),
        },
        "/v1/export/{job_id}/shares/{share_id}": {
            "delete": _operation(
                "revokeShare",
                "Revoke a link",
                {204: (None, "The link does not work any more.", [])},
                problems=[404],
                parameters=[
                    job_id,
                    _parameter("share_id", "path", {"type": "string"}, "The share's id."),
                ],
            ),
        },
        "/v1/files": {
            "get": _operation(
                "listFiles",
                "What there is to export, folder by folder",
                {200: ("Files", "One page, in the order of the keys.", [])},
                problems=[400],
                parameters=[
                    _parameter(
                        "prefix",
                        "query",
                        schemas.PREFIX,
                        "A folder, with the `/` at its end, or the beginning of names in it.",
                    ),
                    _parameter("cursor", "query", schemas.CURSOR, "From the page before."),
                ],
            ),
        },
        "/v1/download/check": {
            "post": _operation(
                "checkAvailability",
                "Whether a file can be exported",
                {200: ("CheckAnswer", "Whether the file is there.", [])},
                problems=[400, 413, 415],
                body="CheckRequest",
            ),
        },
        "/v1/users/{user_id}": {
            "delete": _operation(
                "eraseUser",
                "Delete all jobs of a user, with their archives; for administrators",
                {200: ("Erased", "How many are deleted, and whether to ask again.", [])},
                problems=[400],
                parameters=[
                    _parameter("user_id", "path", schemas.ANY_USER_ID, "The user."),
                ],
            ),
        },
        "/health": {
            "get": _operation(
                "health",
                "Whether the stack can work",
                {
                    200: ("Health", "All is well.", []),
                    503: ("Health", "A check fails.", ["Retry-After"]),
                },
                problems=[],
                is_open=True,
                headers=_LEVEL,
            ),
        },
        "/.well-known/oauth-protected-resource": {
            "get": _operation(
                "protectedResource",
                "Where people sign in (RFC 9728)",
                {200: ("ProtectedResource", "The issuer of the tokens.", [])},
                problems=[404],
                is_open=True,
            ),
        },
        "/openapi.json": {
            "get": _operation(
                "openapi",
                "This document",
                {200: ("OpenApi", "OpenAPI 3.1.", [])},
                problems=[],
                is_open=True,
            ),
        },
    }


def _operation(  # noqa: PLR0913 - what OpenAPI says of an operation
    operation_id: str,
    summary: str,
    answers: dict[int, tuple[str | None, str, list[str]]],
    *,
    problems: list[int],
    body: str | tuple[str, ...] | None = None,
    parameters: list[dict[str, Any]] | None = None,
    is_open: bool = False,
    headers: tuple[str, ...] = (),
) -> dict[str, Any]:
    """`is_open`: nobody has to prove who they are, and the rate limit does not count it."""
    operation: dict[str, Any] = {"operationId": operation_id, "summary": summary}
    if is_open:
        operation["security"] = []
    else:
        problems, headers = [*problems, *_REFUSALS], _LEVEL
    if parameters:
        operation["parameters"] = parameters
    if body:
        is_needed = body != "ShareRequest"
        operation["requestBody"] = {"required": is_needed, "content": _content(body)}
    responses: dict[str, Any] = {}
    for status, (schema, description, own) in answers.items():
        response = _response(schema, description, (*own, *headers))
        responses[str(status)] = response | _linked(operation_id, status)
    for status in sorted(set(problems)):
        responses[str(status)] = {
            "description": _DESCRIPTIONS.get(status, "A problem."),
            "content": _content("Problem"),
        }
        if not is_open:
            more = _OWN_HEADERS.get(status, ())
            responses[str(status)]["headers"] = _described((*more, *headers))
    if operation_id != "health":
        responses["default"] = {
            "description": "Any other problem.",
            "content": _content("Problem"),
        }
    return {**operation, "responses": responses}


def _response(schema: str | None, description: str, headers: tuple[str, ...]) -> dict[str, Any]:
    response: dict[str, Any] = {"description": description}
    if schema:
        response["content"] = _content(schema)
    if headers:
        response["headers"] = _described(headers)
    return response


def _linked(operation_id: str, status: int) -> dict[str, Any]:
    links = {
        name: {"operationId": name, "parameters": parameters}
        for name, parameters in _LINKS.get((operation_id, status), {}).items()
    }
    return {"links": links} if links else {}


def _described(names: tuple[str, ...]) -> dict[str, Any]:
    return {
        name: {"description": _HEADERS[name], "schema": {"type": "string"}}
        for name in dict.fromkeys(names)
    }


def _content(schema: str | tuple[str, ...]) -> dict[str, Any]:
    """Returns the content that has this schema, or one of these."""
    names = (schema,) if isinstance(schema, str) else schema
    content_type = _CONTENT_TYPES.get(names[0], "application/json")
    references = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    return {content_type: {"schema": {"oneOf": references} if references[1:] else references[0]}}


def _parameter(name: str, where: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "schema": schema,
        "description": description,
    }
