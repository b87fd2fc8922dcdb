"""An HTTP proxy that breaks connections, like a bad network."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_CHUNK = 64 * 1024
_HEAD_MAX = 64 * 1024
_TIMEOUT_SECONDS = 60


class CuttingProxy:
    """Forwards one request per connection, and cuts long answers.

    An answer that is longer than `after` bytes is cut there, at most `most` times. With `is_last`,
    the proxy closes after the last cut.
    """

    def __init__(self, *, after: int, most: int, is_last: bool = False) -> None:
        self.requests: list[str] = []
        self.cuts = 0
        self.passed = 0
        self._after = after
        self._most = most
        self._is_last = is_last
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        """Serves until `close` is called."""
        threads = []
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                break
            threads.append(threading.Thread(target=self._forward, args=(caller,)))
            threads[-1].start()
        for thread in threads:
            thread.join()

    def close(self) -> None:
        with suppress(OSError):  # It may be closed already.
            # `close` alone does not wake the thread that waits in accept().
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _forward(self, caller: socket.socket) -> None:
        with caller, suppress(OSError):
            caller.settimeout(_TIMEOUT_SECONDS)
            head = b""
            while b"\r\n\r\n" not in head and len(head) < _HEAD_MAX:
                head += caller.recv(_CHUNK)
            line, _, rest = head.partition(b"\r\n")
            method, url, version = line.split(b" ")
            parsed = urlsplit(url.decode())
            target = parsed._replace(scheme="", netloc="").geturl()
            self.requests.append(f"{method.decode()} {target}")
            address = (parsed.hostname or "", parsed.port or 80)
            with socket.create_connection(address, _TIMEOUT_SECONDS) as server:
                line = b" ".join((method, target.encode(), version))
                server.sendall(b"%b\r\nConnection: close\r\n%b" % (line, rest))
                threading.Thread(target=_pour, args=(caller, server), daemon=True).start()
                self._answer(server, caller)
            # `close` alone does not end the connection while the other thread still reads.
            caller.shutdown(socket.SHUT_RDWR)

    def _answer(self, server: socket.socket, caller: socket.socket) -> None:
        left = self._after
        while chunk := server.recv(_CHUNK):
            if len(chunk) > left and self._may_cut():
                caller.sendall(chunk[:left])
                return
            caller.sendall(chunk)
            left -= len(chunk)
            with self._lock:
                self.passed += len(chunk)

    def _may_cut(self) -> bool:
        with self._lock:
            if self.cuts == self._most:
                return False
            self.cuts += 1
            if self._is_last and self.cuts == self._most:
                self.close()
            return True


def _pour(caller: socket.socket, server: socket.socket) -> None:
    """Forwards the rest of a request's body."""
    with suppress(OSError):
        while chunk := caller.recv(_CHUNK):
            server.sendall(chunk)


@contextmanager
def cutting(*, after: int = 0, most: int = 0, is_last: bool = False) -> Iterator[CuttingProxy]:
    """A proxy that serves during the body."""
    proxy = CuttingProxy(after=after, most=most, is_last=is_last)
    thread = threading.Thread(target=proxy.serve)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()
