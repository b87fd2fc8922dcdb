"""A backend in this process: it keeps what is posted, and answers as a test says."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class Backend:
    """`answers` are used up in their order: status, headers, body. Then each is a 200."""

    url: str = ""
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    posted: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """The path, the headers with their names in lower case, and the body of each request."""


@contextmanager
def running() -> Iterator[Backend]:
    """Runs a backend on a free port during the body."""
    backend = Backend()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            backend.posted.append((self.path, headers, body))
            status, said, answer = backend.answers.pop(0) if backend.answers else (200, {}, b"")
            self.send_response(status)
            for name, value in {"Content-Length": str(len(answer)), **said}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def do_GET(self) -> None:
            """A redirect that was followed."""
            backend.posted.append((self.path, {}, b""))
            self.send_error(405)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        backend.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield backend
        finally:
            server.shutdown()
            thread.join()
