"""Hosts of webhooks on this machine: real sockets, and a script for each connection."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.parser import BytesParser
from ssl import SSLContext

LIMIT_SECONDS = 20
"""A test that waits longer has failed."""


@dataclass(slots=True)
class Host:
    """What came to a host. `stopped` is set when the test is over."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)


Script = Callable[[socket.socket, Host], None]


@contextmanager
def serving(script: Script, tls: SSLContext | None = None) -> Iterator[Host]:
    """Serves on a free port of 127.0.0.1. Each connection plays the script, in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = Host(listener.getsockname()[1])
        threads: list[threading.Thread] = []
        ways: list[socket.socket] = []

        def play(way: socket.socket) -> None:
            with suppress(OSError), way:
                if tls:
                    with tls.wrap_socket(way, server_side=True) as secured:
                        script(secured, host)
                else:
                    script(way, host)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    way, _ = listener.accept()
                    way.settimeout(LIMIT_SECONDS)
                    host.connections += 1
                    ways.append(way)
                    threads.append(threading.Thread(target=play, args=[way]))
                    threads[-1].start()

        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            yield host
        finally:
            host.stopped.set()
            listener.shutdown(socket.SHUT_RDWR)
            acceptor.join()
            for way in ways:
                with suppress(OSError):
                    way.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


def says(*answers: bytes) -> Script:
    """Reads the request and answers it: the first connection with the first answer, and so on; the
    last answer again and again."""

    def script(way: socket.socket, host: Host) -> None:
        host.requests.append(read_request(way))
        way.sendall(answers[min(len(host.requests), len(answers)) - 1])

    return script


def answers(*statuses: int, more: str = "") -> Script:
    """As `says`, with these statuses and no body. `more` are header lines."""
    return says(*(f"HTTP/1.1 {one} Said\r\n{more}\r\n".encode() for one in statuses))


def hangs(way: socket.socket, host: Host) -> None:
    """Takes the connection, reads nothing and says nothing."""
    host.stopped.wait(LIMIT_SECONDS)


def drips(content: bytes, rest: bytes) -> Script:
    """Says the content at once, then a byte of the rest, again and again, now and then."""

    def script(way: socket.socket, host: Host) -> None:
        way.sendall(content)
        while not host.stopped.wait(0.02):
            way.sendall(rest)

    return script


def floods(content: bytes, rest: bytes) -> Script:
    """Says the content, then the rest without end."""

    def script(way: socket.socket, host: Host) -> None:
        read_request(way)
        way.sendall(content)
        while not host.stopped.is_set():
            way.sendall(rest)

    return script


def resets(content: bytes) -> Script:
    """Says the content, then breaks the connection off."""

    def script(way: socket.socket, host: Host) -> None:
        read_request(way)
        way.sendall(content)
        way.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return script


def read_request(way: socket.socket) -> bytes:
    """Returns a whole request; what came of it if the connection was closed."""
    read = b""
    while b"\r\n\r\n" not in read and (piece := way.recv(65_536)):
        read += piece
    head, _, body = read.partition(b"\r\n\r\n")
    length = int(headers_of(read).get("content-length", "0"))
    while len(body) < length and (piece := way.recv(65_536)):
        body += piece
    return head + b"\r\n\r\n" + body


def headers_of(request: bytes) -> dict[str, str]:
    """Returns the headers of a request. Their names are in lower case."""
    head = request.partition(b"\r\n\r\n")[0].partition(b"\r\n")[2]
    return {name.lower(): value for name, value in BytesParser().parsebytes(head).items()}


def body_of(request: bytes) -> bytes:
    return request.partition(b"\r\n\r\n")[2]
