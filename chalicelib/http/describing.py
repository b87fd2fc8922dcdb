"""How OpenAPI 3.1 describes one operation: its parameters, its body, and what it answers."""

from typing import Any, Final

from chalicelib.http import events
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

LEVEL: Final = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_OPTIONAL: Final = ("ShareRequest", "NotifyRequest", "RetryRequest")
"""The bodies that a request may leave out."""

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
    "notifyAgain",
    "renameExport",
    "exportRequest",
    "cancelExport",
)
_LINKS: Final[dict[tuple[str, int], dict[str, dict[str, str]]]] = {
    ("createExport", 202): dict.fromkeys(_OF_A_JOB, _JOB_ID),
    ("retryExport", 202): dict.fromkeys(_OF_A_JOB, _JOB_ID),
    ("cancelExport", 202): dict.fromkeys(_OF_A_JOB, _JOB_ID),
    ("getExport", 200): dict.fromkeys(("downloadArchive", "retryExport", "notifyAgain"), _JOB_ID),
    ("shareExport", 201): {
        "revokeShare": {**_SAME_JOB, "share_id": "$response.body#/id"},
        "listShares": _SAME_JOB,
    },
}
"""What an answer says that other operations need: by operation and status, the operations with
their parameters. https://spec.openapis.org/oas/v3.1.0#link-object"""


def operation(  # noqa: PLR0913 - what OpenAPI says of an operation
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
    """Returns an operation.

    `answers` has for each status the component, the description, and the names of the headers.
    `problems` are the statuses of its problem documents. `is_open`: nobody has to prove who they
    are, and the rate limit does not count it.
    """
    described: dict[str, Any] = {"operationId": operation_id, "summary": summary}
    if is_open:
        described["security"] = []
    else:
        problems, headers = [*problems, *_REFUSALS], LEVEL
    if parameters:
        described["parameters"] = parameters
    if body:
        is_needed = body not in _OPTIONAL
        described["requestBody"] = {"required": is_needed, "content": _content(body)}
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
    return {**described, "responses": responses}


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


def parameter(name: str, where: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    """Returns a parameter. `where` is `path`, `query` or `header`."""
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "schema": schema,
        "description": description,
    }
