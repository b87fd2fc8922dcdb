"""A docker command that starts no containers, but something that answers on their ports.

`Docker` puts it on PATH, says what is to fail, and reads what it was asked.
"""

import json
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

HOME = "FAKE_DOCKER"
SERVICES = ("grafana", "prometheus", "loki", "jaeger")
PORTS = ("GRAFANA", "PROMETHEUS", "LOKI", "JAEGER", "OTLP")
SCRAPED = {"data": {"activeTargets": [{"health": "up", "lastError": ""}]}}


class Docker:
    """The fake, from outside. `environment` is what a process needs to find it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("bin", "fails", "ended"):
            (folder / name).mkdir()
        self._log.touch()
        program = folder / "bin" / "docker"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} {Path(__file__)} "$@"\n')
        program.chmod(0o755)
        self.environment = {
            "PATH": f"{program.parent}:/usr/bin:/bin",
            HOME: str(folder),
        }

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    @property
    def asked(self) -> list[str]:
        """Each command, without the options that each of compose has."""
        return self._log.read_text().splitlines()

    def fail(self, word: str) -> None:
        """Lets each command with that word fail."""
        (self._folder / "fails" / word).touch()

    def be_slow(self) -> None:
        """Lets `up` take as long as a download."""
        (self._folder / "slow").touch()

    def end(self, service: str) -> None:
        """Lets the container of the service end by itself."""
        (self._folder / "ended" / service).touch()

    def gateway(self, address: str) -> None:
        """Says what the address of Docker's bridge is."""
        (self._folder / "gateway").write_text(address)

    @property
    def containers(self) -> list[int]:
        """The processes that stand for containers."""
        pid = self._folder / "pid"
        return [int(pid.read_text())] if pid.exists() else []

    @property
    def configuration(self) -> str:
        """The folder that the containers were given."""
        return (self._folder / "configuration").read_text()


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(SCRAPED).encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


def _serve() -> None:
    """Answers whatever it is asked on the ports of all services."""
    servers = [
        ThreadingHTTPServer(("127.0.0.1", int(os.environ[f"OBSERVE_{port}_PORT"])), _Answer)
        for port in PORTS
    ]
    for server in servers:
        Thread(target=server.serve_forever, daemon=True).start()
    signal.pause()


def _up(folder: Path) -> None:
    (folder / "configuration").write_text(os.environ["OBSERVE_CONFIG"])
    while (folder / "slow").exists():
        time.sleep(0.05)
    child = subprocess.Popen(
        [sys.executable, __file__, "serve"],
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    (folder / "pid").write_text(str(child.pid))


def _down(folder: Path) -> None:
    pid = folder / "pid"
    if pid.exists():
        os.kill(int(pid.read_text()), signal.SIGKILL)
        pid.unlink()


def main(words: list[str]) -> None:
    """What docker does."""
    folder = Path(os.environ[HOME])
    if words == ["serve"]:
        _serve()
        return
    with (folder / "log").open("a") as log:
        # Of compose: --project-name NAME --file FILE
        log.write(" ".join(words[5:] if "--file" in words else words) + "\n")
    for word in words:
        if not word.startswith("/") and (folder / "fails" / word).exists():
            sys.exit(f"{word} does not work")
    if "up" in words:
        _up(folder)
    elif "down" in words:
        _down(folder)
    elif "ps" in words:
        is_up = (folder / "pid").exists()
        print(*[one for one in SERVICES if is_up and not (folder / "ended" / one).exists()])
    elif "logs" in words:
        print(f"{words[-1]} says why")
    elif "inspect" in words and (folder / "gateway").exists():
        print((folder / "gateway").read_text())
    elif "version" in words:
        print("28.2.2")


if __name__ == "__main__":
    main(sys.argv[1:])
