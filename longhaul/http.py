"""One request and its answer. Knows HTTP, proxies and certificates; knows nothing of jobs."""

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

from longhaul import __version__
from longhaul.errors import LonghaulError, UnexpectedAnswer, Unreachable, Untrusted

CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 35.0
"""Longer than an API Gateway waits for its function (29 s)."""

BODY_MAX_BYTES: Final = 64 * 1024**2
"""Far above what a Lambda function can answer (6 MB): a longer body is not Longhaul's."""

# The first that fits: a NewConnectionError is a ConnectTimeoutError too.
_WORDS: Final = (
    (exceptions.NameResolutionError, "no such host is known"),
    (exceptions.ReadTimeoutError, f"it was silent for {READ_SECONDS:.0f} s"),
    (exceptions.ProtocolError, "the connection was cut"),
    (exceptions.IncompleteRead, "the connection was cut"),
)
_CHUNK = 256 * 1024
_USER_AGENT = f"longhaul/{__version__} Python/{sys.version_info[0]}.{sys.version_info[1]}"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with its whole body. Header names are found in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Network:
    """The connections to all servers that one client speaks with."""

    def __init__(self) -> None:
        self._pools: dict[str | None, urllib3.PoolManager] = {}

    def close(self) -> None:
        for pool in self._pools.values():
            pool.clear()

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        """One request, sent once; redirects are not followed.

        Raises Unreachable, Untrusted, or UnexpectedAnswer for a body without end.
        """
        with self.open(method, url, headers, body) as answer:
            content = bytearray()
            while chunk := read(answer, url):
                content += chunk
                if len(content) > BODY_MAX_BYTES:
                    raise UnexpectedAnswer(f"{origin(url)} answers without end.")
            return Reply(answer.status, answer.headers, bytes(content))

    @contextmanager
    def open(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """An answer whose body the caller reads, with `read`. Raises as `ask`."""
        try:
            answer = self._pool(url).request(
                method,
                url,
                headers={"User-Agent": _USER_AGENT, **headers},
                body=body,
                timeout=Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
        except (exceptions.HTTPError, ValueError) as error:
            raise told(error, url) from error
        try:
            yield answer
        finally:
            # A body that was not read to its end would be taken for the next answer's beginning.
            answer.close()
            answer.release_conn()

    def _pool(self, url: str) -> urllib3.PoolManager:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            raise ValueError(url)
        host = parts.hostname or ""
        proxy = None if proxy_bypass(host) else getproxies().get(parts.scheme)
        if proxy not in self._pools:
            # The system's certificates, and so those of the company that it belongs to.
            context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self._pools[proxy] = (
                urllib3.ProxyManager(proxy, ssl_context=context)
                if proxy
                else urllib3.PoolManager(ssl_context=context)
            )
        return self._pools[proxy]


def read(answer: urllib3.BaseHTTPResponse, url: str) -> bytes:
    """What has come of a body since the last call; waits for at least a byte; empty at its end.

    Raises as `Network.ask`, and only when all that came before a cut has been given out.
    """
    try:
        return answer.read1(_CHUNK)
    except exceptions.HTTPError as error:
        raise told(error, url) from error


def told(error: Exception, url: str) -> LonghaulError:
    """What went wrong with a request, in a sentence."""
    place = origin(url)
    if isinstance(error, exceptions.SSLError):
        if isinstance(error.args[0] if error.args else None, ssl.SSLCertVerificationError):
            return Untrusted(f"The certificate of {place} is not trusted: {_last_words(error)}.")
        return Unreachable(f"No secure connection to {place}: {_last_words(error)}.")
    if isinstance(error, ValueError):  # urllib3's LocationValueError too
        return UnexpectedAnswer(f"{place} is not a URL that can be asked.")
    return Unreachable(f"Cannot reach {place}: {_why(error)}.")


def _why(error: Exception) -> str:
    if isinstance(error, exceptions.ProxyError):
        return f"the proxy did not let us through ({_last_words(error)})"
    return next((words for kind, words in _WORDS if isinstance(error, kind)), _last_words(error))


def _last_words(error: BaseException) -> str:
    """What the system itself says, from within the errors that were made around it."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).rstrip(".").lower()


def origin(url: str) -> str:
    """Where a URL leads to, without what may be secret in it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "a broken URL"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
