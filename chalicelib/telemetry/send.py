"""Posts requests of OTLP to a backend.

Which answers are worth another try: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
"""

import gzip
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from chalicelib.networks import is_literal, is_near
from chalicelib.telemetry.endpoints import Endpoint
from chalicelib.telemetry.otlp import Partial, partial, shown
from chalicelib.version import VERSION

if TYPE_CHECKING:
    from botocore.credentials import Credentials

WITHIN_SECONDS: Final = 10.0
"""How long each wait for the backend lasts at most, and the reading of its whole answer."""

ANSWER_MAX: Final = 64 * 1024
"""Bytes of an answer that are read."""

RETRY_AFTER_MAX: Final = 3600.0
"""The longest pause, in seconds, that a backend is believed."""

_RETRYABLE: Final = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes"""

_PIECE: Final = 8 * 1024


class NotSent(Exception):
    """Nothing of the request was taken. `is_final`: no other try helps. `status` is that of the
    answer, if there was one. `retry_after` are the seconds that the backend asks to wait, if it
    does."""

    def __init__(
        self,
        reason: str,
        *,
        is_final: bool = False,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = shown(reason)
        self.is_final = is_final
        self.status = status
        self.retry_after = retry_after


class _Answer(Protocol):
    """What urllib gives, as far as it is used here."""

    def read1(self, n: int, /) -> bytes: ...


class _NoRedirect(HTTPRedirectHandler):
    """Follows none: urllib would repeat a POST as a GET, with all its headers, at another host."""

    def redirect_request(self, *_: Any) -> None:
        return None


def post(
    endpoint: Endpoint, body: bytes, credentials: "Callable[[], Credentials | None] | None" = None
) -> Partial:
    """Sends one request of that signal. Returns what the backend has refused of it for good.
    `credentials` sign what goes to AWS. Raises NotSent."""
    headers = {
        **endpoint.headers,
        "Content-Type": "application/x-protobuf",
        "User-Agent": f"Longhaul/{VERSION}",
    }
    if endpoint.compression == "gzip":
        body = gzip.compress(body, compresslevel=6, mtime=0)
        headers["Content-Encoding"] = "gzip"
    headers = _signed(endpoint, body, headers, credentials)
    request = Request(endpoint.url, body, headers, method="POST")
    try:
        with _opener(endpoint.url).open(request, timeout=WITHIN_SECONDS) as answer:
            said = _read(answer)
    except HTTPError as error:
        with error:
            raise _refused(error.code, error.headers.get("Retry-After")) from None
    except UnicodeError:
        raise NotSent("no host can have this name", is_final=True) from None
    # URLError and TimeoutError are OSErrors.
    except (OSError, HTTPException) as error:
        cause = getattr(error, "reason", None) or error
        raise NotSent(f"no answer: {str(cause) or type(cause).__name__}") from None
    return partial(endpoint.signal, said)


def _refused(status: int, retry_after: str | None) -> NotSent:
    return NotSent(
        f"HTTP {status}",
        is_final=status not in _RETRYABLE,
        status=status,
        retry_after=seconds_of(retry_after, time.time()),
    )


def seconds_of(retry_after: str | None, now: float) -> float | None:
    """Returns the seconds of the header Retry-After (RFC 9110, section 10.2.3), which has them or a
    date; None if it says nothing. `now` is Unix time in seconds."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdecimal():
        return min(float(text[:10]), RETRY_AFTER_MAX)
    try:
        at = parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None
    return min(max(at - now, 0.0), RETRY_AFTER_MAX)


def _read(answer: _Answer) -> bytes:
    """Returns the answer's body. Nothing, if it is too long or comes too slowly: then the request
    was taken all the same."""
    until = time.monotonic() + WITHIN_SECONDS
    found = b""
    while piece := answer.read1(_PIECE):
        found += piece
        if len(found) > ANSWER_MAX or time.monotonic() > until:
            return b""
    return found


def _signed(
    endpoint: Endpoint,
    body: bytes,
    headers: Mapping[str, str],
    credentials: "Callable[[], Credentials | None] | None",
) -> dict[str, str]:
    """Returns the headers, with a signature of AWS where it goes to AWS."""
    signing = endpoint.signing
    if signing is None or credentials is None:
        return dict(headers)
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.exceptions import BotoCoreError

    try:
        found = credentials()
        if found is None:
            raise NotSent("no credentials to sign with")
        request = AWSRequest("POST", endpoint.url, headers=dict(headers), data=body)
        SigV4Auth(found, signing.service, signing.region).add_auth(request)
    except BotoCoreError as error:
        raise NotSent(f"not signed: {type(error).__name__}") from None
    return dict(request.headers.items())


def _opener(url: str) -> OpenerDirector:
    host = urlsplit(url).hostname or ""
    return _openers(is_direct=host == "localhost" or (is_literal(host) and is_near(host)))


@cache
def _openers(*, is_direct: bool) -> OpenerDirector:
    """Returns what makes the requests. A backend beside us is reached without the proxy that the
    environment names."""
    return build_opener(_NoRedirect(), *([ProxyHandler({})] if is_direct else []))
