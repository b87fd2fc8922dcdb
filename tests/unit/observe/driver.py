"""`make observe` with a shipper that is none: `python -m tests.unit.observe.driver STATE [HOW]`.

What is tested beside it is real: the ports, Prometheus where it is installed, and the signals. HOW
is `dies` for a shipper that ends by itself.
"""

import socket
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from chalicelib.telemetry.endpoints import Endpoint
from chalicelib.telemetry.otlp import Signal
from infra.console import complain, say
from infra.errors import InfraError
from infra.observe import command
from infra.observe.stacks import Place, Stacks, Wanted
from infra.targets import named

METRICS = b"# TYPE export_jobs_active gauge\nexport_jobs_active 3\n"


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.end_headers()
        self.wfile.write(METRICS)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def ship(
    places: Callable[[], Sequence[Place]],
    state: Path,
    endpoints: Mapping[Signal, Endpoint],
    listener: socket.socket,
    stop: threading.Event,
) -> None:
    """Answers /metrics, and writes down what it was given."""
    (state / "counters").touch()
    for signal, endpoint in endpoints.items():
        say(f"ships {signal} to {endpoint.url}")
    with HTTPServer(listener.getsockname(), _Page, bind_and_activate=False) as server:
        server.socket.close()
        server.socket = listener
        server.timeout = 0.1
        while not stop.is_set():
            server.handle_request()
            places()


def die(
    places: Callable[[], Sequence[Place]],
    state: Path,
    endpoints: Mapping[Signal, Endpoint],
    listener: socket.socket,
    stop: threading.Event,
) -> None:
    """Raises an error that nobody expects."""
    raise ZeroDivisionError("no shipper does this")


def main() -> None:
    """Runs it until Ctrl-C."""
    state = Path(sys.argv[1])
    target = named("ministack")
    wanted = Wanted(target, state, "longhaul-local", "longhaul-local on ministack", "make up")
    try:
        command.observe(state, Stacks([wanted], say), die if sys.argv[2:] == ["dies"] else ship)
    except InfraError as error:
        complain(str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
