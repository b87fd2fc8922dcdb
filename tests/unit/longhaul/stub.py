"""A small server in place of the API and S3. A test sets its answers and its failures."""

import json
import socket
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

JOB_ID = "0b0e3c0a-1111-4222-8333-444455556666"
JOB = f"/v1/export/{JOB_ID}"


@dataclass(frozen=True)
class Reply:
    """An answer. `content` is sent as JSON, unless it is bytes.

    `cut` ends the connection after this number of body bytes.
    """

    status: int = 200
    content: object = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


CUT = Reply(cut=0, content=b"never sent")
"""No answer: the connection ends."""


@dataclass(frozen=True)
class Asked:
    """A request that has arrived. Header names are in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


@dataclass
class Stored:
    """An object in S3, with ranges and If-Range."""

    content: bytes
    etag: str = '"one"'
    disposition: str = 'attachment; filename="march.zip"'
    cuts: list[int] = field(default_factory=list)
    """For each of the next answers: the number of body bytes after which the connection ends."""
    knows_ranges: bool = True


Answer = Reply | Callable[[Asked], Reply]
"""What the stub answers: always the same, or by the request."""


class Stub(ThreadingHTTPServer):
    """The server. `replies` holds the next answers to each request line. The last one repeats."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.replies: dict[str, list[Answer]] = defaultdict(list)
        self.objects: dict[str, Stored] = {}
        self.asked: list[Asked] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing of a client that has closed its connection: it may, and what a test has
        captured is what the program prints."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def on(self, line: str, *replies: Answer) -> None:
        """Sets the next answers to requests with this method and path."""
        self.replies[line] = list(replies)

    def of(self, line: str) -> list[Asked]:
        """The requests with this method and path that have arrived."""
        return [asked for asked in self.asked if asked.line == line]


class _Handler(BaseHTTPRequestHandler):
    server: Stub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(f"{self.command} {self.path}", headers, self.rfile.read(length))
        self.server.asked.append(asked)
        replies = self.server.replies.get(asked.line)
        if replies:
            answer = replies.pop(0) if len(replies) > 1 else replies[0]
            self._send(answer if isinstance(answer, Reply) else answer(asked))
        elif self.path in self.server.objects:
            self._send(_ranged(self.server.objects[self.path], asked))
        else:
            self._send(problem(404, "not-found", f"there is no {self.path}"))

    def do_POST(self) -> None:
        self.do_GET()

    def do_PATCH(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_GET()

    def _send(self, reply: Reply) -> None:
        content = reply.content
        is_json = not isinstance(content, bytes)
        body = json.dumps(content).encode() if not isinstance(content, bytes) else content
        if reply.cut is not None and not reply.cut:
            self._hang_up()
            return
        self.send_response(reply.status)
        headers = {"Content-Type": "application/json"} if is_json else {}
        for name, value in {**headers, **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: reply.cut])
        if reply.cut is not None and reply.cut < len(body):
            self._hang_up()

    def _hang_up(self) -> None:
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Logs nothing, to keep the test's output clean."""


def _ranged(stored: Stored, asked: Asked) -> Reply:
    size = len(stored.content)
    headers = {"ETag": stored.etag, "Content-Disposition": stored.disposition}
    wanted = asked.headers.get("range")
    is_same = asked.headers.get("if-range", stored.etag) == stored.etag
    if not wanted or not is_same or not stored.knows_ranges:
        return _sent(stored, 200, stored.content, headers)
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    if int(first) >= size:
        return Reply(416, b"<Error><Code>InvalidRange</Code></Error>")
    end = min(int(last or size - 1), size - 1)
    headers["Content-Range"] = f"bytes {first}-{end}/{size}"
    return _sent(stored, 206, stored.content[int(first) : end + 1], headers)


def _sent(stored: Stored, status: int, body: bytes, headers: dict[str, str]) -> Reply:
    is_cut = bool(stored.cuts) and len(body) > stored.cuts[0]
    return Reply(status, body, headers, cut=stored.cuts.pop(0) if is_cut else None)


@contextmanager
def serving() -> Iterator[Stub]:
    """A stub that runs during the body."""
    with Stub() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


# -- answers of the API ----------------------------------------------------------------------------


def problem(status: int, slug: str, detail: str, **more: object) -> Reply:
    """A problem document of Longhaul."""
    content = {
        "type": f"urn:problem-type:longhaul:{slug}",
        "title": slug.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
        "requestId": "request-1",
        **more,
    }
    return Reply(status, content, {"Content-Type": "application/problem+json"})


def accepted() -> Reply:
    return Reply(202, {"jobId": JOB_ID, "status": "queued", "totalFiles": 2})


def job(status: str = "processing", percent: int = 0, **more: object) -> dict[str, Any]:
    """A job, as the API answers it."""
    return {
        "jobId": JOB_ID,
        "status": status,
        "progress": {
            "percent": percent,
            "currentFile": percent // 50,
            "totalFiles": 2,
            "bytesDone": percent * 1000,
            "bytesTotal": 100_000,
            "stage": "done" if status == "completed" else "assembling",
            "message": "Building the archive.",
            "etaSeconds": None,
        },
        "result": None,
        "error": None,
        "createdAt": "2026-01-01T00:00:00.000Z",
        "updatedAt": "2026-01-01T00:00:01.000Z",
        "expiresAt": "2026-01-08T00:00:00.000Z",
        **more,
    }


def completed(
    size: int = 100_000,
    missing: Sequence[object] = (),
    skipped: Sequence[object] | None = None,
) -> dict[str, Any]:
    """A completed job, as the API answers it. `size` is in bytes. Without `skipped`, it is the
    answer of an older stack."""
    result = {
        "s3Key": f"archives/{JOB_ID}.zip",
        "fileSize": size,
        "processedFiles": 2,
        "totalFiles": 2,
        "missing": missing,
        **({} if skipped is None else {"skipped": skipped}),
        "downloadUrl": None,
    }
    return job("completed", 100, result=result)


def link(url: str) -> Reply:
    """A presigned link."""
    return Reply(200, {"jobId": JOB_ID, "status": "ready", "downloadUrl": url, "expiresIn": 900})


def notification(
    to: str = "ann@example.com", status: str = "sent", **more: object
) -> dict[str, Any]:
    """One who is told of a job's end, as the API answers it."""
    return {
        "kind": "mail" if "@" in to else "webhook",
        "to": to,
        "status": status,
        "attempts": 1,
        "lastError": None,
        "nextAttemptAt": None,
        **more,
    }
