"""A server whose answers a test writes down, for what no stack does on purpose: it cuts, stalls,
refuses, and answers nonsense. It also serves the files that a page under test loads.

A test posts a list of answers to /script, and gets a path. Each request below that path gets the
next answer; the last one is repeated. What was asked is at /asked/… of that path.
"""

import json
import mimetypes
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError

_STALL_SECONDS: Final = 60.0
_CHUNK: Final = 64 * 1024

_EVERY_ORIGIN: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "*, Authorization",
    "Access-Control-Allow-Methods": "*",
    "Access-Control-Expose-Headers": "*",
}


@dataclass
class Script:
    """What one test has written down, and what was asked."""

    answers: list[dict[str, Any]]
    asked: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, request: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            self.asked.append(request)
            return self.answers[min(len(self.asked), len(self.answers)) - 1]


class Server(ThreadingHTTPServer):
    """It serves `files` (a path to a file) and scripts."""

    daemon_threads = True

    def __init__(self, files: Mapping[str, Path]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = files
        self.scripts: list[Script] = []
        self.is_over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """A client that leaves is what many of these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        top, _, rest = self.path.lstrip("/").partition("/")
        if self.command == "OPTIONS":
            self._send(204, {}, b"")
        elif self.path == "/script":
            self.server.scripts.append(Script(json.loads(body)))
            self._json({"path": f"/scripts/{len(self.server.scripts) - 1}"})
        elif top == "asked":
            self._json({"asked": self.server.scripts[int(rest)].asked})
        elif top == "scripts":
            number, _, path = rest.partition("/")
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = {
                "method": self.command,
                "path": path,
                "headers": headers,
                "body": body,
                "at": time.monotonic(),
            }
            self._play(self.server.scripts[int(number)].next(request))
        elif self.path in self.server.files:
            kind = mimetypes.guess_type(self.path)[0] or "text/html"
            self._send(200, {"Content-Type": kind}, self.server.files[self.path].read_bytes())
        else:
            self._send(404, {}, b"")

    do_GET = do_POST = do_DELETE = do_PATCH = do_OPTIONS = _answer  # noqa: N815 - http.server's names

    def _json(self, content: object) -> None:
        self._send(200, {"Content-Type": "application/json"}, json.dumps(content).encode())

    def _play(self, answer: dict[str, Any]) -> None:
        """`status`, `headers`, `body` (a text, or any JSON); `forward`: to this URL instead. `cut`:
        close after so many bytes of the body; `stall`: send no more after so many; `flip`: change
        this byte."""
        if answer.get("drop"):
            self._hang_up()
            return
        if "forward" in answer:
            status, headers, body = self._forwarded(answer["forward"])
        else:
            given = answer.get("body", "")
            is_text = isinstance(given, str)
            body = (given if is_text else json.dumps(given)).encode()
            kind = {} if is_text else {"Content-Type": "application/json"}
            status, headers = answer.get("status", 200), {**kind, **answer.get("headers", {})}
        if "flip" in answer:
            at = answer["flip"]
            body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        sent = min(answer.get("cut", len(body)), answer.get("stall", len(body)))
        if answer.get("stall") == 0 and not answer.get("head"):
            self.server.is_over.wait(_STALL_SECONDS)
            return
        with suppress(OSError):
            self._send(status, headers, body, sent)
            if "stall" in answer:
                self.server.is_over.wait(_STALL_SECONDS)
            if sent < len(body):
                self._hang_up()

    def _forwarded(self, url: str) -> tuple[int, dict[str, str], bytes]:
        names = ("Range", "If-Range", "Content-Type", "Authorization", "Last-Event-ID")
        headers = {name: self.headers[name] for name in names if name in self.headers}
        request = urllib.request.Request(url, headers=headers, method=self.command)
        kept = ("content-type", "content-range", "etag", "content-disposition", "accept-ranges")
        try:
            with urllib.request.urlopen(request) as answer:
                found = {k: v for k, v in answer.headers.items() if k.lower() in kept}
                return answer.status, found, answer.read()
        except HTTPError as error:
            with error:
                return error.code, {}, error.read()

    def _send(
        self, status: int, headers: Mapping[str, str], body: bytes, sent: int | None = None
    ) -> None:
        self.send_response(status)
        # A browser repeats a request by itself where a connection that was used before is cut.
        self.send_header("Connection", "close")
        for name, value in {**_EVERY_ORIGIN, **headers}.items():
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for at in range(0, len(body[:sent]), _CHUNK):
            self.wfile.write(body[:sent][at : at + _CHUNK])
        self.wfile.flush()

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def serving(files: Mapping[str, Path]) -> Iterator[Server]:
    """A server that serves during the body."""
    with Server(files) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.is_over.set()
            server.shutdown()
            thread.join()
