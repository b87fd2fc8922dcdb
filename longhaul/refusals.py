"""Turns an HTTP answer into a record, or into the error that it stands for. Does no I/O."""

from http import HTTPStatus
from typing import Final, TypeVar

from longhaul import answers
from longhaul.answers import Answer, Problem
from longhaul.errors import (
    Expired,
    InvalidRequest,
    NotFound,
    NotPermitted,
    NotPossibleNow,
    Refused,
    RequestGone,
    TooManyJobs,
    Unavailable,
    UnexpectedAnswer,
)
from longhaul.http import Reply, origin

A = TypeVar("A", bound=Answer)

_KINDS: Final[dict[int, type[Refused]]] = {
    400: InvalidRequest,
    401: NotPermitted,
    403: NotPermitted,
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
    "urn:problem-type:longhaul:request-gone": RequestGone,
    "urn:problem-type:longhaul:too-many-jobs": TooManyJobs,
}
"""Problem types with an error of their own, because the status alone is not enough."""

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
    kind = _TYPES.get(problem.type, kind)
    raise kind(problem, retry_after=seconds(reply.headers.get("Retry-After")))


def read(kind: type[A], reply: Reply, url: str) -> A:
    """Returns the record in an answer's body. Raises UnexpectedAnswer if there is none."""
    try:
        return answers.read(reply.body, kind)
    except ValueError as error:
        raise _unexpected(reply, url, str(error)) from None


def seconds(text: str | None) -> float | None:
    """Returns the seconds in a Retry-After; None for a date, which Longhaul does not send."""
    return float(text) if text and text.isascii() and text.isdigit() else None


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
