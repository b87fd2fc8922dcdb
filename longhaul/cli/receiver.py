"""A small HTTP server on this machine that takes webhooks, for `longhaul listen`."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from queue import Queue
from socketserver import ThreadingTCPServer
from threading import Thread
from typing import Any, Final

from longhaul.version import version
from longhaul.webhooks import BadSignature, Webhook, read, verify

HOST: Final = "127.0.0.1"

BODY_MAX: Final = 256 * 1024
"""Bytes of a body. A webhook of Longhaul has about one thousand."""

_DRAINED_MAX: Final = 16 * BODY_MAX
"""So much of a body that is too large is read all the same: a client that still writes would not
read the answer."""

_QUIET_SECONDS: Final = 10
"""How long a client may send nothing."""

_POLL_SECONDS: Final = 0.1
"""How long the end of the server may take."""

_WAITING_MAX: Final = 100
"""Requests that wait to be shown. Others are answered when there is room again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A request that has come. `status` is what was answered. `webhook` is None if it is none;
    `line` is its body as one line of JSON. `is_signed` is None if there was no key to check the
    signature with. `why` says what is wrong with the request; it is empty if nothing is."""

    at: datetime
    status: int
    webhook: Webhook | None = None
    line: str = ""
    is_signed: bool | None = None
    why: str = ""


def judged(
    body: bytes, headers: Mapping[str, str], known: tuple[str, ...], *, status: int
) -> Heard:
    """Returns what to answer to a webhook: `status` if nothing is wrong with it. `known` are the
    keys that may have signed it; with none, no signature is checked."""
    at = datetime.now(UTC)
    try:
        webhook, line = read(body)
    except ValueError as error:
        return Heard(
            at=at, status=HTTPStatus.BAD_REQUEST, why=f"not a webhook of Longhaul: {error}"
        )
    try:
        if known:
            verify(body, headers, known)
    except BadSignature as error:
        return Heard(
            at=at,
            status=HTTPStatus.UNAUTHORIZED,
            webhook=webhook,
            line=line,
            is_signed=False,
            why=f"wrong signature: {error}",
        )
    return Heard(
        at=at, status=status, webhook=webhook, line=line, is_signed=True if known else None
    )


class Receiver(ThreadingTCPServer):
    """The server. What it hears is in `heard`, in the order in which it came."""

    # Elsewhere than on POSIX, this would let two programs listen on one port.
    allow_reuse_address = os.name == "posix"
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, known: tuple[str, ...], *, status: int) -> None:
        """`port` 0 is any free one. Raises OSError."""
        self.heard: Queue[Heard] = Queue(_WAITING_MAX)
        self.judge: Callable[[bytes, Mapping[str, str]], Heard] = lambda body, headers: judged(
            body, headers, known, status=status
        )
        super().__init__((HOST, port), _Handler)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_address[1]}/"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Takes webhooks during the body."""
        Thread(target=self.serve_forever, args=(_POLL_SECONDS,), daemon=True).start()
        try:
            yield
        finally:
            self.shutdown()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Called where a client has gone. Another error is one of ours, and is printed."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    timeout = _QUIET_SECONDS
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self._body()
        if body is not None:
            heard = self.server.judge(body, dict(self.headers.items()))
            self.server.heard.put(heard)
            self._answer(heard.status)

    def do_GET(self) -> None:
        self.send_error(HTTPStatus.METHOD_NOT_ALLOWED, "a webhook is a POST")

    def do_HEAD(self) -> None:
        self.do_GET()

    def _body(self) -> bytes | None:
        """Returns the body; None if it cannot be taken, which was then answered."""
        said = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not said:
            self.send_error(HTTPStatus.LENGTH_REQUIRED, "the request has no Content-Length")
        elif not (said.isascii() and said.isdigit() and len(said) < len(str(2**63))):
            self.send_error(HTTPStatus.BAD_REQUEST, "its Content-Length is not a number")
        elif int(said) > BODY_MAX:
            self.rfile.read(min(int(said), _DRAINED_MAX))
            self.send_error(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"its body has {int(said):,} bytes"
            )
        else:
            body = self.rfile.read(int(said))
            if len(body) == int(said):
                return body
            self.send_error(HTTPStatus.BAD_REQUEST, "its body broke off")
        return None

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answers a request that is wrong, also where http.server finds it so, and tells it."""
        why = message or explain or HTTPStatus(code).phrase
        self.server.heard.put(Heard(at=datetime.now(UTC), status=code, why=why))
        self._answer(code)

    def _answer(self, status: int) -> None:
        self.close_connection = True
        self.send_response(status)
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "POST")
        if status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def version_string(self) -> str:
        return f"longhaul-listen/{version()}"

    def log_message(self, *args: object) -> None:
        """Prints nothing: what is heard is shown by the command."""
