"""Serves Lambda's Runtime API (2018-06-01) to one function process, for its `awslambdaric`.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from threading import Thread

from . import failures

_HOST = "127.0.0.1"
_ROOT = "/2018-06-01/runtime"

MAX_PAYLOAD_BYTES = 6 * 1024 * 1024 + 100
"""The largest synchronous answer, as Lambda's own error message states it: 6,291,556."""


@dataclass(frozen=True)
class Invocation:
    """One call of the function, as the runtime gets it."""

    request_id: str
    function_arn: str
    payload: bytes
    trace_id: str = ""


@dataclass(frozen=True)
class Ready:
    """The runtime has loaded the function, or finished an invocation, and asks for the next."""


@dataclass(frozen=True)
class InitFailed:
    """The function could not be loaded. `error` is Lambda's JSON that says why."""

    error: bytes


@dataclass(frozen=True)
class Answered:
    """The function returned (`payload` is its result) or raised (`payload` is the error)."""

    request_id: str
    payload: bytes
    failed: bool


@dataclass(frozen=True)
class Exited:
    """The process has ended with this exit code. A negative one is the signal that ended it."""

    code: int


Event = Ready | InitFailed | Answered | Exited


class RuntimeApi:
    """Serves one process on a port of its own. `events` are what the process does."""

    def __init__(self) -> None:
        self.events: SimpleQueue[Event] = SimpleQueue()
        self._next: SimpleQueue[tuple[Invocation, int] | None] = SimpleQueue()
        self._server = _Server(self)
        Thread(target=self._server.serve_forever, name="runtime-api", daemon=True).start()

    @property
    def address(self) -> str:
        """Host and port, as AWS_LAMBDA_RUNTIME_API has them."""
        return f"{_HOST}:{self._server.server_port}"

    def give(self, invocation: Invocation, *, deadline_ms: int) -> None:
        """Hands the invocation to the process. `deadline_ms` is in Unix time."""
        self._next.put((invocation, deadline_ms))

    def take(self) -> tuple[Invocation, int] | None:
        """Waits for the next invocation, and returns it. None once the API is closed."""
        self.events.put(Ready())
        return self._next.get()

    def close(self) -> None:
        """Stops serving. A process that waits for an invocation gets the answer that none comes."""
        self._next.put(None)
        # `shutdown` waits for the server's loop. The caller need not wait for that.
        Thread(target=self._close_server, name="runtime-api-close", daemon=True).start()

    def _close_server(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # `close` must not wait for a connection that the process keeps open.
    block_on_close = False

    def __init__(self, api: RuntimeApi) -> None:
        self.api = api
        super().__init__((_HOST, 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    # The runtime keeps its connection. With HTTP/1.0, each call would need a new one.
    protocol_version = "HTTP/1.1"
    # Headers and body are two writes. Without this, the second waits for the ACK of the first.
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        if self.path != f"{_ROOT}/invocation/next":
            return self._answer(HTTPStatus.NOT_FOUND, {})
        taken = self.server.api.take()
        if taken is None:
            return self._answer(HTTPStatus.GONE, {})
        invocation, deadline_ms = taken
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
        }
        if invocation.trace_id:
            headers["Lambda-Runtime-Trace-Id"] = invocation.trace_id
        return self._answer(HTTPStatus.OK, headers, invocation.payload)

    def do_POST(self) -> None:
        # The native client sends bodies in chunks when it streams, and with a length when not.
        body = self._body()
        event = self._event(body)
        if event is None:
            return self._answer(HTTPStatus.NOT_FOUND, {})
        self.server.api.events.put(event)
        return self._answer(HTTPStatus.ACCEPTED, {}, b'{"status":"OK"}\n')

    def _event(self, body: bytes) -> Event | None:
        match self.path.removeprefix(_ROOT).strip("/").split("/"):
            case ["init", "error"]:
                return InitFailed(body)
            case ["invocation", request_id, "error"]:
                return Answered(request_id, body, failed=True)
            case ["invocation", request_id, "response"] if len(body) > MAX_PAYLOAD_BYTES:
                return Answered(request_id, failures.too_large(MAX_PAYLOAD_BYTES), failed=True)
            case ["invocation", request_id, "response"]:
                return Answered(request_id, body, failed=False)
        return None

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # Trailers, which no runtime sends.
        return b"".join(chunks)

    def _answer(self, status: HTTPStatus, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Logs nothing: each invocation would be two lines in LocalStack's log."""


def error_type(error: bytes) -> str:
    """Returns the `errorType` of a Lambda error object. `Runtime.Unknown` if it has none."""
    try:
        parsed = json.loads(error)
    except ValueError:
        return "Runtime.Unknown"
    kind = parsed.get("errorType") if isinstance(parsed, dict) else None
    return kind if isinstance(kind, str) and kind else "Runtime.Unknown"
