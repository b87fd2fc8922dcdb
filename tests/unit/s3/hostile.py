"""A server on a socket that sends what it is told, in the pieces that it is told."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import urllib3

from chalicelib.s3.wire import Request, Wire

WAIT_SECONDS = 10
"""No test waits that long, unless something hangs."""

Seen = tuple[int, dict[str, str], bytes]
"""Status, headers with names in lower case, and body."""


@dataclass(frozen=True)
class Turn:
    """What the server does when a request has come: it sends the pieces, one after another, and
    closes the connection or waits for the next request."""

    pieces: Sequence[bytes]
    is_last: bool = True


@dataclass
class Hostile:
    """Each connection gets the next of `scripts`. `sent` is set when all pieces of a turn are on
    their way, and cleared by a test."""

    listener: socket.socket
    scripts: list[Sequence[Turn]] = field(default_factory=list)
    sent: threading.Event = field(default_factory=threading.Event)
    requests: int = 0

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def request(self, method: str = "GET") -> Request:
        return Request(method, f"http://127.0.0.1:{self.port}", "/k", {"host": "h"})

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return  # the tests are over
            with connection, suppress(OSError):
                connection.settimeout(WAIT_SECONDS)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._serve(connection, self.scripts.pop(0) if self.scripts else ())

    def _serve(self, connection: socket.socket, script: Sequence[Turn]) -> None:
        for turn in script:
            came = b""
            while b"\r\n\r\n" not in came:
                more = connection.recv(65536)
                if not more:
                    return
                came += more
            self.requests += 1
            try:
                for piece in turn.pieces:
                    connection.sendall(piece)
            finally:
                self.sent.set()
            if turn.is_last:
                # Not both ways: unread bytes of the client would make it a reset.
                connection.shutdown(socket.SHUT_WR)
                return


@contextmanager
def running() -> Iterator[Hostile]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = Hostile(listener)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes `accept`
        listener.close()
        thread.join(WAIT_SECONDS)


def by_wire(wire: Wire, request: Request) -> Seen | None:
    """Returns what our client makes of the answer."""
    answer = wire.exchange(request)
    if answer is None:
        return None
    assert answer.body is not None
    return answer.status, dict(answer.headers), answer.body


def by_urllib3(server: Hostile, method: str = "GET") -> Seen | None:
    """Returns what urllib3 makes of the answer; None if it raises. It is asked for the bytes as
    they are, as botocore does."""
    pool = urllib3.HTTPConnectionPool("127.0.0.1", server.port, timeout=WAIT_SECONDS)
    try:
        answer = pool.urlopen(
            method, "/k", retries=False, redirect=False, preload_content=False, decode_content=False
        )
        body = answer.read(decode_content=False)
    except (urllib3.exceptions.HTTPError, ValueError, OSError):
        return None
    finally:
        pool.close()
    headers: dict[str, list[str]] = {}
    for name, value in answer.headers.iteritems():
        # It keeps white space at the end, which is no part of a value (RFC 9112, section 5.1).
        headers.setdefault(name.lower(), []).append(value.rstrip(" \t"))
    return answer.status, {name: ", ".join(each) for name, each in headers.items()}, body
