"""Sends one HTTP request. Knows proxies and certificates, and nothing about jobs."""

import ssl
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import truststore
import urllib3
from urllib3 import exceptions
from urllib3.util import Timeout

from longhaul.errors import LonghaulError, UnexpectedAnswer, Unreachable, Untrusted
from longhaul.version import version

CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 35.0
"""Longer than API Gateway waits for its function (29 s)."""

BODY_MAX_BYTES: Final = 64 * 1024**2
"""A Lambda function answers at most 6 MB. A body that is longer than this is not from Longhaul."""

# The first match counts: a NewConnectionError is also a ConnectTimeoutError.
_REASONS: Final = (
    (exceptions.NameResolutionError, "there is no such host"),
    (exceptions.ReadTimeoutError, "the answer has stopped"),
    (exceptions.ProtocolError, "the connection broke"),
    (exceptions.IncompleteRead, "the connection broke"),
)
_CHUNK = 256 * 1024
_USER_AGENT = f"longhaul/{version()} Python/{sys.version_info[0]}.{sys.version_info[1]}"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with its whole body. The case of header names does not matter."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Network:
    """The connections of one client, to all its servers."""

    def __init__(self) -> None:
        self._pools: dict[str | None, urllib3.PoolManager] = {}

    def close(self) -> None:
        for pool in self._pools.values():
            pool.clear()

    def ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        wait: float | None = None,
    ) -> Reply:
        """Sends one request, once. Does not follow redirects. Waits for `wait` seconds for each
        part of the answer; None: for READ_SECONDS.

        Raises Unreachable, Untrusted, or UnexpectedAnswer if the body is too long.
        """
        with self.open(method, url, headers, body, wait=wait) as answer:
            content = bytearray()
            while chunk := read(answer, url):
                content += chunk
                if len(content) > BODY_MAX_BYTES:
                    raise UnexpectedAnswer(f"The answer of {origin(url)} is too long.")
            return Reply(answer.status, answer.headers, bytes(content))

    @contextmanager
    def open(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        wait: float | None = None,
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """Yields an answer whose body the caller reads with `read`. `wait` is as in `ask`, which
        this raises like."""
        seconds = READ_SECONDS if wait is None else min(wait, READ_SECONDS)
        try:
            answer = self._pool(url).request(
                method,
                url,
                headers={"User-Agent": _USER_AGENT, **headers},
                body=body,
                timeout=Timeout(connect=min(CONNECT_SECONDS, seconds), read=seconds),
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
        except exceptions.ReadTimeoutError as error:
            raise Unreachable(
                f"Cannot reach {origin(url)}: no answer within {seconds:g} s."
            ) from error
        except (exceptions.HTTPError, ValueError) as error:
            raise as_longhaul_error(error, url) from error
        try:
            yield answer
        finally:
            # The rest of an unread body would look like the beginning of the next answer.
            answer.close()
            answer.release_conn()

    def _pool(self, url: str) -> urllib3.PoolManager:
        parsed = urlsplit(url)
        if parsed.scheme not in ("http", "https"):
            raise ValueError(url)
        host = parsed.hostname or ""
        proxy = None if proxy_bypass(host) else getproxies().get(parsed.scheme)
        if proxy not in self._pools:
            # The certificates of the system, which may include those of a company.
            context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self._pools[proxy] = (
                urllib3.ProxyManager(proxy, ssl_context=context)
                if proxy
                else urllib3.PoolManager(ssl_context=context)
            )
        return self._pools[proxy]


def read(answer: urllib3.BaseHTTPResponse, url: str) -> bytes:
    """Returns the next bytes of a body, at least one; empty at its end.

    Raises like `Network.ask`. If the connection breaks, the bytes that came before are returned
    first.
    """
    try:
        return answer.read1(_CHUNK)
    except exceptions.HTTPError as error:
        raise as_longhaul_error(error, url) from error


def as_longhaul_error(error: Exception, url: str) -> LonghaulError:
    """Returns the error of a failed request, with a sentence for people."""
    place = origin(url)
    if isinstance(error, exceptions.SSLError):
        if isinstance(error.args[0] if error.args else None, ssl.SSLCertVerificationError):
            return Untrusted(f"The certificate of {place} is not trusted: {_cause(error)}.")
        return Unreachable(f"No secure connection to {place}: {_cause(error)}.")
    if isinstance(error, ValueError):  # urllib3's LocationValueError too
        return UnexpectedAnswer(f"{place} is not a URL that can be requested.")
    return Unreachable(f"Cannot reach {place}: {_why(error)}.")


def _why(error: Exception) -> str:
    if isinstance(error, exceptions.ProxyError):
        return f"the proxy refused the connection ({_cause(error)})"
    return next((reason for kind, reason in _REASONS if isinstance(error, kind)), _cause(error))


def _cause(error: BaseException) -> str:
    """Returns the text of the innermost error, which is usually the operating system's."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).rstrip(".").lower()


def origin(url: str) -> str:
    """Returns scheme and host of a URL, without the parts that may be secret."""
    try:
        parsed = urlsplit(url)
    except ValueError:
        return "a broken URL"
    return f"{parsed.scheme}://{parsed.netloc.rpartition('@')[2]}"
