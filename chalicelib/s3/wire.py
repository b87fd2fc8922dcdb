"""HTTP/1.1 to S3 on kept connections, for requests that are made by the thousand.

Python's own client and urllib3 take 0.2 to 0.5 ms of CPU for a request and its answer, several
times what the bytes take, because they work with every server there is. This client works with one
known server, and gives up on any answer that it does not expect.
"""

import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BufferedReader
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from chalicelib.s3.objects import Body

if TYPE_CHECKING:
    from ssl import SSLContext

_CONNECT_SECONDS: Final = 3
_ANSWER_SECONDS: Final = 60
"""The longest wait for the next bytes of an answer."""

_LINE_MAX: Final = 16 * 1024  # bytes of one header; all headers of S3 together have 8 KB at most
_HEADERS_MAX: Final = 200
_BODY_MAX: Final = 32 * 1024**2
"""The most bytes of a body that is not read into the caller's buffer. A page of a listing with the
longest keys has 4 MB."""

_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Request:
    """`origin` is "https://host" or "http://host:port". `target` is path and query, encoded. Header
    names are in lower case, and `host` is among them."""

    method: str
    origin: str
    target: str
    headers: Mapping[str, str]
    body: Body = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """Header names are in lower case. `body` is None if it went into the caller's buffer."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None


class _Unexpected(ValueError):
    """We do not know how to read the answer, or it broke off."""


class _Stale(OSError):
    """The connection was closed before an answer began."""


@dataclass(frozen=True, slots=True)
class _Connection:
    socket: socket.socket
    reader: BufferedReader

    def close(self) -> None:
        with suppress(OSError):
            self.reader.close()
            self.socket.close()


@dataclass(frozen=True, slots=True)
class Wire:
    """Connections to any number of origins. `tls` is for origins that begin with https."""

    tls: "SSLContext | None" = None
    _kept: dict[str, list[_Connection]] = field(default_factory=dict)

    def exchange(self, request: Request, into: memoryview | None = None) -> Answer | None:
        """Sends the request and reads the whole answer. If the answer is a 206 whose body fills
        `into` exactly, the body goes there.

        Returns None if no answer came, or one that is not understood. The server may have closed a
        kept connection meanwhile. That is no failure: the request is sent again on a new
        connection, because every request here may be sent twice.
        """
        kept = self._kept.setdefault(request.origin, [])
        try:
            if (connection := _taken(kept)) is not None:
                try:
                    return _used(connection, request, into, kept)
                except _Stale:
                    _close(kept)  # the others are older
            return _used(self._opened(request.origin), request, into, kept)
        except (OSError, ValueError):
            return None

    def close(self) -> None:
        """Closes the kept connections."""
        for kept in self._kept.values():
            _close(kept)

    def _opened(self, origin: str) -> _Connection:
        url = urlsplit(origin)
        host = url.hostname or ""
        opened = socket.create_connection((host, url.port or _PORTS[url.scheme]), _CONNECT_SECONDS)
        try:
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if url.scheme == "https":
                if self.tls is None:
                    raise _Unexpected
                opened = self.tls.wrap_socket(opened, server_hostname=host)
            opened.settimeout(_ANSWER_SECONDS)
        except BaseException:
            opened.close()
            raise
        return _Connection(opened, opened.makefile("rb"))


def _taken(kept: list[_Connection]) -> _Connection | None:
    try:
        return kept.pop()  # the one used last is the least likely to be closed by now
    except IndexError:
        return None


def _close(kept: list[_Connection]) -> None:
    while connection := _taken(kept):
        connection.close()


def _used(
    connection: _Connection, request: Request, into: memoryview | None, kept: list[_Connection]
) -> Answer:
    """Makes one exchange on the connection. Keeps the connection if it may be used again."""
    whole = False
    try:
        answer = _exchanged(connection, request, into)
        whole = answer.headers.get("connection", "").lower() != "close"
    finally:
        kept.append(connection) if whole else connection.close()
    return answer


def _exchanged(connection: _Connection, request: Request, into: memoryview | None) -> Answer:
    reader = connection.reader
    try:
        is_sent = _sent(connection, request)
        begin = reader.readline(_LINE_MAX)
    except TimeoutError:
        raise
    except OSError as error:
        raise _Stale from error
    if not begin:
        raise _Stale
    version, _, rest = begin.partition(b" ")
    if version != b"HTTP/1.1" or not rest[:3].isdigit():
        raise _Unexpected
    status, headers = int(rest[:3]), dict(_headers(reader))
    if status < HTTPStatus.OK:
        raise _Unexpected  # no request here asks for 100 Continue or another protocol
    if not is_sent:
        headers["connection"] = "close"
    return Answer(status, headers, _body(reader, request.method, status, headers, into))


def _sent(connection: _Connection, request: Request) -> bool:
    """Sends the request. Returns False if the server did not take all of it: it may have answered
    early, to say that it is busy."""
    try:
        connection.socket.sendall(_head(request))
        if request.body:
            connection.socket.sendall(request.body)
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


def _head(request: Request) -> bytes:
    lines = [f"{request.method} {request.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    if request.method == "PUT":
        lines.append(f"content-length: {len(request.body)}")
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    # A line break in a value would begin another header, or a request, that nobody has signed.
    if head.count(b"\n") != len(lines) + 1 or head.count(b"\r") != len(lines) + 1:
        raise _Unexpected
    return head


def _headers(reader: BufferedReader) -> Iterator[tuple[str, str]]:
    for _ in range(_HEADERS_MAX):
        line = reader.readline(_LINE_MAX)
        if line == b"\r\n":
            return
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not value.endswith("\n"):
            break
        yield name.lower(), value.strip()
    raise _Unexpected


def _body(
    reader: BufferedReader,
    method: str,
    status: int,
    headers: Mapping[str, str],
    into: memoryview | None,
) -> bytes | None:
    if method == "HEAD" or status in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
        return b""
    if "transfer-encoding" in headers:
        if headers["transfer-encoding"].lower() != "chunked":
            raise _Unexpected
        return b"".join(_chunks(reader))
    length = _number(headers.get("content-length", ""), 10)
    if into is not None and status == HTTPStatus.PARTIAL_CONTENT and length == len(into):
        at = 0
        while at < length:
            count = reader.readinto(into[at:])
            if not count:
                raise _Unexpected
            at += count
        return None
    return _read(reader, length)


def _chunks(reader: BufferedReader) -> Iterator[bytes]:
    """Yields the chunks of a body.
    https://www.rfc-editor.org/rfc/rfc9112#name-chunked-transfer-coding"""
    total = 0
    while length := _number(reader.readline(_LINE_MAX).partition(b";")[0].decode("latin-1"), 16):
        total += length
        if total > _BODY_MAX:
            raise _Unexpected
        yield _read(reader, length)
        if reader.readline(_LINE_MAX) != b"\r\n":
            raise _Unexpected
    dict(_headers(reader))  # trailers


def _read(reader: BufferedReader, length: int) -> bytes:
    if length > _BODY_MAX:
        raise _Unexpected
    body = reader.read(length)
    if len(body) < length:
        raise _Unexpected
    return body


def _number(text: str, base: int) -> int:
    number = int(text, base)
    if number < 0:
        raise _Unexpected
    return number
