"""A background process that survives the terminal, and that only we may stop."""

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from infra.errors import EmulatorError

HOST = "127.0.0.1"
"""What we start is for this machine only."""

_BACKLOG = 1024

# The system counts a process's start time from its boot. So it moves a little with the clock.
_CLOCK_DRIFT_SECONDS = 2.0

_started: list[subprocess.Popen[bytes]] = []
"""Keeps each child. Without it, Python would warn about a child that we leave alone on purpose."""


@dataclass(frozen=True)
class Daemon:
    """A process. Its start time tells it from a later process with the same id."""

    pid: int
    started_at: float
    port: int

    @property
    def is_alive(self) -> bool:
        return self._process() is not None

    def _process(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started_at) < _CLOCK_DRIFT_SECONDS
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None

    def stop(self, *, patience: float = 10.0) -> None:
        """Asks the process to end, waits up to `patience` seconds, and kills what is left of it."""
        process = self._process()
        if process is None:
            return
        process.terminate()
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(patience)
        # It leads a group of its own (see `spawn`). The rest of the group are its children.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(patience)
        for child in _started:
            child.poll()


def spawn(
    command: Sequence[str],
    *,
    port: int,
    environment: Mapping[str, str],
    log: Path,
    inherit: Sequence[int] = (),
) -> Daemon:
    """Starts `command` in a session of its own, in the directory of its log."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            cwd=log.parent,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=tuple(inherit),
            start_new_session=True,
        )
    _started.append(child)
    return Daemon(child.pid, psutil.Process(child.pid).create_time(), port)


def listen(ports: Sequence[int]) -> socket.socket:
    """Returns a socket that listens on the first of `ports` that is free; 0 is any port.

    The process that will serve it inherits it. So no other process can take the port in between,
    and a client that connects too early waits, and is not refused. Raises EmulatorError if no port
    is free.
    """
    for port in ports:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            continue
        return listener
    raise EmulatorError(f"No port is free on {HOST}.")


def remember(daemon: Daemon, state: Path) -> None:
    """Writes `daemon` to the state file, whole or not at all."""
    unfinished = state.with_suffix(".part")
    unfinished.write_text(json.dumps(asdict(daemon)))
    unfinished.replace(state)


def recall(state: Path) -> Daemon | None:
    """Returns the daemon in the state file, alive or not. None if the file has none."""
    try:
        return Daemon(**json.loads(state.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


@contextmanager
def exclusively(lock: Path) -> Iterator[None]:
    """Lets one process at a time run the body. The others wait."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
