"""HTTP/1.1 to AWS on kept connections, for requests that are made by the thousand or must not wait.

Python's own client and urllib3 take 0.2 to 0.5 ms of CPU for a request and its answer, several
times what the bytes take, because they work with every server there is. This client works with one
known server, and gives up on any answer that it does not expect (framing.py).
"""

import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedReader, RawIOBase
from ssl import SSLWantReadError
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from chalicelib.s3.framing import Answer, Unexpected, first_line, read_answer
from chalicelib.s3.objects import Body

if TYPE_CHECKING:
    from ssl import SSLContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How many seconds something may take at most. `connect`: until there is a connection.
    `answer`: the wait for the next bytes of an answer, or until some of the request are taken.

    `exchange`: a request and its answer. A server that sends a byte now and then never keeps us
    waiting for its next bytes. The largest body has 32 MB, so any connection worth its name is
    faster than 300 s.
    """

    connect: float = 3
    answer: float = 60
    exchange: float = 300


PATIENT: Final = Patience()

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


class _Stale(OSError):
    """The connection was closed before an answer began, or is out of step: bytes have come that no
    request asked for."""


class _Connection(RawIOBase):
    """A socket, and the bytes that come from it through `reader`. After `deadline`, which is a time
    of `clock`, nothing goes either way: TimeoutError."""

    def __init__(
        self, opened: socket.socket, clock: Callable[[], float], patience: Patience = PATIENT
    ) -> None:
        opened.settimeout(patience.answer)
        self.patience = patience
        self.socket = opened
        self.reader: BufferedReader = BufferedReader(self)
        self.clock = clock
        self.deadline = 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Returns how many bytes came: 0 at the end, None if the socket does not wait and there are
        none."""
        self._check_time()
        try:
            return self.socket.recv_into(buffer)
        except (BlockingIOError, SSLWantReadError):
            return None

    def send(self, content: Body) -> None:
        """Sends all of it."""
        at = 0
        with memoryview(content) as whole:
            while at < len(whole):
                self._check_time()
                at += self.socket.send(whole[at:])

    def is_in_step(self) -> bool:
        """Returns False if bytes wait to be read. An answer that was longer than it said leaves
        its rest behind, which looks like the next answer."""
        self.socket.settimeout(0)
        try:
            return not self.reader.peek(1)
        finally:
            self.socket.settimeout(self.patience.answer)

    def shut(self) -> None:
        with suppress(OSError):
            self.socket.close()
            self.reader.close()

    def _check_time(self) -> None:
        if self.clock() > self.deadline:
            raise TimeoutError


@dataclass(frozen=True, slots=True)
class Wire:
    """Connections to any number of origins. `clock` returns seconds, and never goes back. `tls` is
    for origins that begin with https."""

    clock: Callable[[], float]
    tls: "SSLContext | None" = None
    patience: Patience = PATIENT
    _kept: dict[str, list[_Connection]] = field(default_factory=dict)

    def exchange(self, request: Request, into: memoryview | None = None) -> Answer | None:
        """Sends the request and reads the whole answer. If the answer is a 206 whose body fills
        `into` exactly, the body goes there.

        Returns None if no answer came in time, or one that is not understood. The server may have
        closed a kept connection meanwhile. That is no failure: the request is sent again on a new
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
        place, patience = (host, url.port or _PORTS[url.scheme]), self.patience
        opened = socket.create_connection(place, patience.connect)
        try:
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if url.scheme == "https":
                if self.tls is None:
                    raise Unexpected
                opened = self.tls.wrap_socket(opened, server_hostname=host)
        except BaseException:
            opened.close()
            raise
        return _Connection(opened, self.clock, patience)


def _taken(kept: list[_Connection]) -> _Connection | None:
    try:
        return kept.pop()  # the one used last is the least likely to be closed by now
    except IndexError:
        return None


def _close(kept: list[_Connection]) -> None:
    while connection := _taken(kept):
        connection.shut()


def _used(
    connection: _Connection, request: Request, into: memoryview | None, kept: list[_Connection]
) -> Answer:
    """Makes one exchange on the connection. Keeps the connection if it may be used again."""
    usable = False
    try:
        answer, is_sent = _exchanged(connection, request, into)
        usable = is_sent and not answer.is_last
    finally:
        kept.append(connection) if usable else connection.shut()
    return answer


def _exchanged(
    connection: _Connection, request: Request, into: memoryview | None
) -> tuple[Answer, bool]:
    """Returns the answer, and whether the server took the whole request."""
    connection.deadline = connection.clock() + connection.patience.exchange
    head = _head(request)
    try:
        if not connection.is_in_step():
            raise _Stale
        is_sent = _sent(connection, head, request.body)
        begin = first_line(connection.reader)
    except TimeoutError:
        raise
    except OSError as error:
        raise _Stale from error
    if not begin:
        raise _Stale
    return read_answer(begin, connection.reader, request.method, into), is_sent


def _sent(connection: _Connection, head: bytes, body: Body) -> bool:
    """Sends the request. Returns False if the server did not take all of it: it may have answered
    early, to say that it is busy."""
    try:
        connection.send(head)
        connection.send(body)
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


def _head(request: Request) -> bytes:
    lines = [f"{request.method} {request.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    if request.method in ("PUT", "POST"):
        lines.append(f"content-length: {len(request.body)}")
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    # A line break in a value would begin another header, or a request, that nobody has signed.
    if head.count(b"\n") != len(lines) + 1 or head.count(b"\r") != len(lines) + 1:
        raise Unexpected
    return head
