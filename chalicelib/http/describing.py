"""How OpenAPI 3.1 describes one operation: its parameters, its body, and what it answers."""

from typing import Any, Final

from chalicelib.http import descriptions, events, example_problems, examples, links
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

_SEE_OTHER: Final = 303
_REFUSALS: Final = (401, 403, 429)
_DESCRIPTIONS: Final = {
    401: "Not signed in.",
    400: "The request is wrong, and what is wrong with it.",
    403: "The caller may not do this.",
    404: "There is none, or it is another user's.",
    409: "The job is not in a state for this.",
    410: "It was there, and is gone.",
    413: "The body is too large.",
    415: "The body is not sent as JSON.",
    422: "It cannot be done as it was asked for.",
    429: "Too much at once: ask again after Retry-After.",
}
_OWN_HEADERS: Final[dict[int, tuple[str, ...]]] = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After",),
}


def operation(  # noqa: PLR0913 - what OpenAPI says of an operation
    operation_id: str,
    summary: str,
    answers: dict[int, tuple[str | None, str, list[str]]],
    *,
    problems: list[int],
    body: str | tuple[str, ...] | None = None,
    bodies: dict[str, Any] | None = None,
    parameters: list[dict[str, Any]] | None = None,
    is_open: bool = False,
    headers: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Returns an operation.

    `answers` has for each status the component, the description, and the names of the headers.
    `bodies` are the examples of its body. `problems` are the statuses of its problem documents.
    `is_open`: nobody has to prove who they are, and the rate limit does not count it.
    """
    described: dict[str, Any] = {
        "operationId": operation_id,
        "tags": [descriptions.tag_of(operation_id)],
        "summary": summary,
        "description": descriptions.of(operation_id),
    }
    if is_open:
        described["security"] = []
    else:
        problems, headers = [*problems, *_REFUSALS], LEVEL
    if parameters:
        described["parameters"] = parameters
    if body:
        is_needed = body not in _OPTIONAL
        described["requestBody"] = {"required": is_needed, "content": _content(body, bodies or {})}
    responses: dict[str, Any] = {}
    for status, (schema, said, own) in answers.items():
        shown = examples.ANSWERS.get((operation_id, status), {})
        responses[str(status)] = _response(schema, said, (*own, *headers), shown)
        if linked := links.of(operation_id, status):
            responses[str(status)]["links"] = linked
        if status == _SEE_OTHER:
            responses["303"]["headers"]["Location"]["example"] = examples.REDIRECT
    for status in sorted(set(problems)):
        more = () if is_open else (*_OWN_HEADERS.get(status, ()), *headers)
        responses[str(status)] = _problem(operation_id, status, more)
    if operation_id != "health":
        shown = example_problems.of(operation_id, None)
        responses["default"] = _response("Problem", "Any other problem.", ("Retry-After",), shown)
    return {**described, "responses": responses}


def _problem(operation_id: str, status: int, headers: tuple[str, ...]) -> dict[str, Any]:
    """Returns the problems of an operation with this status. They have these headers."""
    waits = list(example_problems.retry_afters(operation_id, status))
    shown = example_problems.of(operation_id, status)
    headers = ("Retry-After", *headers) if waits else headers
    said = _DESCRIPTIONS.get(status, "A problem.")
    response = _response("Problem", said, headers, shown)
    if waits:
        response["headers"]["Retry-After"]["example"] = waits[0]
    return response


def _response(
    schema: str | None, description: str, headers: tuple[str, ...], shown: dict[str, Any]
) -> dict[str, Any]:
    """Returns an answer with these headers, and these examples."""
    response: dict[str, Any] = {"description": description}
    if schema:
        response["content"] = _content(schema, shown)
    if headers:
        response["headers"] = _described(headers)
    return response


def _described(names: tuple[str, ...]) -> dict[str, Any]:
    return {
        name: {
            "description": _HEADERS[name],
            "schema": {"type": "string"},
            "example": examples.HEADERS[name],
        }
        for name in dict.fromkeys(names)
    }


def _content(schema: str | tuple[str, ...], shown: dict[str, Any]) -> dict[str, Any]:
    """Returns the content that has this schema, or one of these, with its examples."""
    names = (schema,) if isinstance(schema, str) else schema
    content_type = _CONTENT_TYPES.get(names[0], "application/json")
    references = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    content: dict[str, Any] = {"schema": {"oneOf": references} if references[1:] else references[0]}
    return {content_type: content | ({"examples": shown} if shown else {})}


def parameter(name: str, where: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    """Returns a parameter. `where` is `path`, `query` or `header`."""
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "schema": schema,
        "description": description,
    }
