"""What `make observe` starts, for a stack of the tests: a process that is started, killed and
stopped."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests

from infra.paths import REPOSITORY
from tests.observe.metrics import Prometheus, Samples, of_text
from tests.waiting import wait_for

_START_SECONDS = 60
_STOP_SECONDS = 30
_ANSWER_SECONDS = 10
_ADDRESS = re.compile(r"^(\S+) +(http://\S+)$", re.MULTILINE)


@dataclass
class Observe:
    """The command, on the stacks below the folder `state`, as `make observe` runs it."""

    state: Path
    otlp_endpoint: str
    runs: int = 0
    started_at: float = 0
    """When it was started the last time, in Unix time."""
    _running: "subprocess.Popen[bytes] | None" = None
    _left: list[psutil.Process] = field(default_factory=list)

    def start(self) -> None:
        self.runs += 1
        self.started_at = time.time()
        with self._file("out").open("wb") as out, self._file("err").open("wb") as err:
            self._running = subprocess.Popen(
                [sys.executable, "-m", "tests.observe.command", str(self.state)],
                cwd=REPOSITORY,
                env={**os.environ, "OTLP_ENDPOINT": self.otlp_endpoint},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        wait_for(self._answers, _START_SECONDS, "make observe to serve its metrics")

    def kill(self) -> None:
        """Kills it with SIGKILL. What it has started lives on: the next one must end it."""
        assert self._running is not None
        self._left += psutil.Process(self._running.pid).children(recursive=True)
        self._running.kill()
        self._running.wait()

    def stop(self) -> None:
        """Stops it as Ctrl-C does. Fails if it does not end by itself, or if a process is left that
        any of its runs has started."""
        if self._running is None:
            return
        is_running = self._running.poll() is None
        if is_running:
            self._left += psutil.Process(self._running.pid).children(recursive=True)
            self._running.send_signal(signal.SIGINT)
        try:
            code = self._running.wait(_STOP_SECONDS)
        finally:
            self._running.kill()
            _, left = psutil.wait_procs(self._left, timeout=0)
            for process in left:
                process.kill()
        assert not left, f"make observe leaves {left}"
        assert not is_running or code == 0, self.said()

    def addresses(self) -> dict[str, str]:
        """Returns the addresses that it has printed, by their names."""
        return dict(_ADDRESS.findall(self._file("out").read_text()))

    def text(self) -> str:
        """Returns what `curl …/metrics` prints."""
        answer = requests.get(self.addresses()["metrics"], timeout=_ANSWER_SECONDS)
        answer.raise_for_status()
        return answer.text

    def metrics(self) -> Samples:
        return of_text(self.text())

    @property
    def prometheus(self) -> Prometheus:
        return Prometheus(self.addresses()["prometheus"].rstrip("/"))

    def said(self) -> str:
        """Returns what it has written to standard error."""
        return self._file("err").read_text()

    def _answers(self) -> bool:
        assert self._running is not None
        assert self._running.poll() is None, self.said()
        if not self.addresses().keys() >= {"metrics", "prometheus"}:
            return False
        try:
            self.text()
        except requests.ConnectionError:
            return False
        return True

    def _file(self, kind: str) -> Path:
        return self.state / f"observe-{self.runs}.{kind}"
