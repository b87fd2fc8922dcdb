"""Lets Prometheus in a container ask the shipper, which listens on the loopback alone."""

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

_PATH: Final = "/metrics"
_TIMEOUT_SECONDS: Final = 10.0
_PASSED_ON: Final = ("Accept", "Accept-Encoding")
_PASSED_BACK: Final = ("Content-Type", "Content-Encoding")


@contextmanager
def running(listener: socket.socket, url: str) -> Iterator[None]:
    """Answers /metrics on `listener` with what `url` answers, while the body runs. Nothing else."""
    # Without the user's proxy: for a proxy, 127.0.0.1 is another machine.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    class Handler(BaseHTTPRequestHandler):
        timeout = _TIMEOUT_SECONDS

        def do_GET(self) -> None:
            if self.path.partition("?")[0] != _PATH:
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            asked = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
            try:
                request = urllib.request.Request(url, headers=asked)
                with direct.open(request, timeout=_TIMEOUT_SECONDS) as answer:
                    body, headers = answer.read(), answer.headers
            except (urllib.error.URLError, OSError):
                self.send_error(HTTPStatus.BAD_GATEWAY)
                return
            self.send_response(HTTPStatus.OK)
            for name in _PASSED_BACK:
                if name in headers:
                    self.send_header(name, headers[name])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing: a line each five seconds helps nobody."""

    server = ThreadingHTTPServer(listener.getsockname(), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="relay", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
