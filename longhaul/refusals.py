"""Turns an HTTP answer into a record, or into the error that it stands for. Does no I/O."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import urlsplit

from longhaul import answers
from longhaul.answers import Answer, Problem
from longhaul.errors import (
    Expired,
    Forbidden,
    InvalidRequest,
    NotFound,
    NotPossibleNow,
    NotSignedIn,
    QuotaExceeded,
    RateLimited,
    Refused,
    RequestGone,
    SelectionUsed,
    TooManyJobs,
    Unavailable,
    UnexpectedAnswer,
)
from longhaul.http import Reply, origin

A = TypeVar("A", bound=Answer)

_KINDS: Final[dict[int, type[Refused]]] = {
    400: InvalidRequest,
    401: NotSignedIn,
    403: Forbidden,
    404: NotFound,
    409: NotPossibleNow,
    410: Expired,
    413: InvalidRequest,
    415: InvalidRequest,
    422: InvalidRequest,
    429: Unavailable,
    500: Unavailable,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}

_TYPES: Final[dict[str, type[Refused]]] = {
    "urn:problem-type:longhaul:quota-exceeded": QuotaExceeded,
    "urn:problem-type:longhaul:rate-limited": RateLimited,
    "urn:problem-type:longhaul:request-gone": RequestGone,
    "urn:problem-type:longhaul:selection-used": SelectionUsed,
    "urn:problem-type:longhaul:too-many-jobs": TooManyJobs,
}
"""Problem types with an error of their own, because the status alone is not enough."""

_NUMBER: Final = re.compile(r"[0-9]{1,15}")
_REDIRECTS = range(300, 400)
_SUCCESSES = range(200, 300)


def check(reply: Reply, url: str) -> None:
    """Raises the error of an answer that is not a 2xx: a kind of Refused, or UnexpectedAnswer."""
    if reply.status in _SUCCESSES:
        return
    if reply.status in _REDIRECTS:
        to = reply.headers.get("Location", "nowhere").partition("?")[0]
        raise UnexpectedAnswer(f"{origin(url)} redirects to {to}. Is that the API's URL?")
    kind = _KINDS.get(reply.status, Refused)
    try:
        problem = answers.read(reply.body, Problem)
    except ValueError:
        # A gateway or a proxy may answer in another form.
        if kind is not Unavailable:
            raise _unexpected(reply, url) from None
        problem = Problem(title=f"{origin(url)} answered {_named(reply)}", status=reply.status)
    if kind is NotFound and _names_version_twice(url) and _is_no_route(problem):
        raise UnexpectedAnswer(f"There is no API below /v1 at {origin(url)}.")
    kind = _TYPES.get(problem.type, kind)
    error = kind(problem, retry_after=seconds(reply.headers.get("Retry-After")))
    _complete(error, reply.headers)
    raise error


def _names_version_twice(url: str) -> bool:
    """Whether the API's URL has /v1 in it, and then the request's path too. Alone it is no error: a
    custom domain may have the API below /v1."""
    return urlsplit(url).path.split("/").count("v1") > 1


def _is_no_route(problem: Problem) -> bool:
    """Whether what is not there is the route, and not only a job: the API says where the routes
    are, and the gateway before it knows of nothing else that could be missing."""
    return problem.type == "about:blank" or "/openapi.json" in problem.detail


def _complete(error: Refused, headers: Mapping[str, str]) -> None:
    """Adds what an error says beyond its problem document."""
    if isinstance(error, NotSignedIn):
        # RFC 9728, section 5.1: it says where the API describes how to sign in.
        error.offers_login = "resource_metadata=" in headers.get("WWW-Authenticate", "")
    elif isinstance(error, RateLimited):
        error.limit = count(headers.get("RateLimit-Limit"))
        error.remaining = count(headers.get("RateLimit-Remaining"))
        error.reset = seconds(headers.get("RateLimit-Reset"))


def read(kind: type[A], reply: Reply, url: str) -> A:
    """Returns the record in an answer's body. Raises UnexpectedAnswer if there is none."""
    try:
        return answers.read(reply.body, kind)
    except ValueError as error:
        raise _unexpected(reply, url, str(error)) from None


def seconds(text: str | None) -> float | None:
    """Returns the seconds in a Retry-After; None for a date, which Longhaul does not send."""
    return float(text) if text and text.isascii() and text.isdigit() else None


def count(text: str | None) -> int | None:
    """Returns the whole number in a header; None if there is none."""
    return int(text) if text and _NUMBER.fullmatch(text) else None


def _unexpected(reply: Reply, url: str, why: str = "") -> UnexpectedAnswer:
    kind = reply.headers.get("Content-Type", "nothing").partition(";")[0]
    reason = f" ({why})" if why and "json" in kind else ""
    return UnexpectedAnswer(
        f"{origin(url)} answered {_named(reply)} with {kind}. That is not an answer of "
        f"Longhaul{reason}."
    )


def _named(reply: Reply) -> str:
    """Example: 502 Bad Gateway."""
    try:
        return f"{reply.status} {HTTPStatus(reply.status).phrase}"
    except ValueError:
        return str(reply.status)
