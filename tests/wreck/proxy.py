"""A proxy between a stack's functions and one service. It can hold requests and make them fail.

It forwards a request unchanged, with its Host and its signature. It can hold a request before or
after its effect, and it can make the service fail.
"""

import http.client
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any, Self
from urllib.parse import urlsplit

from tests.wreck.asked import Asked, Service

_HOST = "127.0.0.1"
_UPSTREAM_SECONDS = 120
_NOT_PASSED_ON = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


@dataclass(frozen=True)
class Answer:
    """An answer of the emulator. `length` is that of the body, which HEAD leaves out."""

    status: int
    headers: tuple[tuple[str, str], ...]
    length: int
    body: bytes


@dataclass
class Hold:
    """Stops the first request that matches: before its effect, or with `after`, after it."""

    matches: Callable[[Asked], bool]
    after: bool
    asked: Asked | None = None
    _stopped: Event = field(default_factory=Event)
    _over: Event = field(default_factory=Event)

    def wait(self, seconds: float) -> Asked:
        """Waits until a request is held, and returns it."""
        if not self._stopped.wait(seconds) or self.asked is None:
            raise AssertionError(f"no such request came within {seconds:g} s")
        return self.asked

    def end(self) -> None:
        """Closes the connection. Neither the request nor its answer is forwarded."""
        self._over.set()

    def takes(self, asked: Asked) -> bool:
        """Whether this request is to be held. Not thread-safe."""
        if self.asked is None and self.matches(asked):
            self.asked = asked
            return True
        return False

    def stop(self) -> None:
        self._stopped.set()
        self._over.wait()


Ask = Callable[[], Answer]
"""Forwards the request, and returns the emulator's answer."""


class Exchange:
    """A request, and the connection for its answer."""

    def __init__(self, asked: Asked, ask: Ask, handler: "BaseHTTPRequestHandler") -> None:
        self.asked = asked
        self.ask = ask
        self.connection: socket.socket = handler.connection
        self._handler = handler

    def answer(self, answer: Answer, *, cut_at: int | None = None) -> None:
        """Sends the answer, with only the first `cut_at` bytes of its body (None: all)."""
        handler = self._handler
        handler.send_response_only(answer.status)
        for name, value in answer.headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(answer.length))
        handler.end_headers()
        handler.wfile.write(answer.body[:cut_at])
        handler.wfile.flush()

    def hang_up(self) -> None:
        """Closes the connection."""
        self._handler.close_connection = True

    def wait_for_hang_up(self) -> None:
        """Returns when the function has closed the connection, or has died."""
        with suppress(OSError):
            while self.connection.recv(4096):
                pass
        self.hang_up()


Fault = Callable[[Exchange], None]
"""What happens to a request while a service fails."""


class Proxy:
    """A proxy for one service of the emulator at `endpoint`. Serves until `close`."""

    def __init__(self, service: Service, endpoint: str) -> None:
        self.service = service
        self.endpoint = endpoint
        self.passed = 0
        self._fault: Fault | None = None
        self._holds: list[Hold] = []
        self._lock = Lock()
        self._server = _Server(self)
        Thread(target=self._server.serve_forever, name=f"proxy-{service}", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self._server.server_port}"

    def hold(self, matches: Callable[[Asked], bool], *, after: bool) -> Hold:
        """Holds the first matching request from now on."""
        hold = Hold(matches, after)
        with self._lock:
            self._holds.append(hold)
        return hold

    @contextmanager
    def failing(self, fault: Fault) -> Iterator[None]:
        """The service fails during the body."""
        self._fault = fault
        try:
            yield
        finally:
            self._fault = None

    def close(self) -> None:
        for hold in self._holds:
            hold.end()
        self._server.shutdown()
        self._server.server_close()

    def serve(self, exchange: Exchange) -> None:
        """Holds the request, lets it fail, or forwards it."""
        hold = self._hold_of(exchange.asked)
        if hold:
            if hold.after:
                exchange.ask()
            hold.stop()
            exchange.hang_up()
        elif fault := self._fault:
            fault(exchange)
        else:
            exchange.answer(exchange.ask())
            self.passed += 1

    def _hold_of(self, asked: Asked) -> Hold | None:
        with self._lock:
            hold = next((one for one in self._holds if one.takes(asked)), None)
            if hold:
                self._holds.remove(hold)
            return hold


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        super().__init__((_HOST, 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Logs nothing: broken connections are expected here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _pass(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        asked = Asked(
            service=self.server.proxy.service,
            method=self.command,
            target=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
            peer=self.client_address,
        )
        self.server.proxy.serve(Exchange(asked, lambda: self._ask(asked), self))

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass  # noqa: N815 - http.server's names

    def _ask(self, asked: Asked) -> Answer:
        place = urlsplit(self.server.proxy.endpoint).netloc
        upstream = http.client.HTTPConnection(place, timeout=_UPSTREAM_SECONDS)
        try:
            upstream.putrequest(
                asked.method, asked.target, skip_host=True, skip_accept_encoding=True
            )
            for name, value in self.headers.items():
                # This server has answered "Expect: 100-continue" already.
                if name.lower() not in ("expect", "connection"):
                    upstream.putheader(name, value)
            upstream.endheaders(asked.body)
            said = upstream.getresponse()
            body = said.read()
            headers = tuple(
                (name, value)
                for name, value in said.getheaders()
                if name.lower() not in _NOT_PASSED_ON
            )
            length = said.getheader("Content-Length") if asked.method == "HEAD" else None
            return Answer(said.status, headers, int(length or len(body)), body)
        finally:
            upstream.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in http.server
        """Logs nothing."""
