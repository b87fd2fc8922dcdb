"""The server that Longhaul replaces: it gathers all the files, and then it answers."""

import io
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from infra.daemon import HOST

PATH = "/naive"

_POLL_SECONDS = 0.05


class Naive:
    """A server that runs, and when its archives were ready."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._ready: dict[int, Future[float]] = {}

    def ready(self, count: int) -> "Future[float]":
        """Returns when (monotonic seconds) an archive of `count` files was ready, wanted or not."""
        return self._ready.setdefault(count, Future())


@contextmanager
def running(read: Callable[[int], bytes], delay_seconds: float) -> Iterator[Naive]:
    """Serves `GET /naive?files=N` while the body runs: a ZIP of the files 0 to N - 1.

    It reads one file after another, and waits `delay_seconds` before each. It goes on even if
    nobody waits for the answer any more.
    """
    stopped = threading.Event()

    def gathered(count: int) -> bytes:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as opened:
            for number in range(count):
                if stopped.wait(delay_seconds):
                    break
                opened.writestr(str(number), read(number))
        return archive.getvalue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            count = int(parse_qs(urlsplit(self.path).query)["files"][0])
            body = gathered(count)
            naive.ready(count).set_result(time.monotonic())
            with suppress(ConnectionError):
                self.send_response(HTTPStatus.OK)
                self.send_header("Content-Type", "application/zip")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Logs nothing: the terminal shows the scenario."""

    with _Server((HOST, 0), Handler) as server:
        naive = Naive(f"http://{HOST}:{server.server_port}")
        serving = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,))
        serving.start()
        try:
            yield naive
        finally:
            stopped.set()
            server.shutdown()
            serving.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    """They are joined at the end. `stopped` makes that short."""
