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

# A process's start time is told in clock ticks since boot, so it moves a little with the clock.
_CLOCK_DRIFT_SECONDS = 2.0

_started: list[subprocess.Popen[bytes]] = []
"""Kept so that a child we mean to leave alone is not reported as forgotten."""


@dataclass(frozen=True)
class Daemon:
    """A process by what tells it from a later one with the same id."""

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
        """Asks the process to end, and after `patience` seconds ends it and its whole group."""
        process = self._process()
        if process is None:
            return
        process.terminate()
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(patience)
        # It leads a group of its own (see `spawn`): what is left there are its children.
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
    """A socket that listens on the first of `ports` that is free on this machine; 0 is any.

    To be inherited by the process that will serve it: no other can take the port in between, and
    whoever connects before that process is ready waits instead of being refused.
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
    """The daemon that the state file tells of, alive or not; None if it tells of none."""
    try:
        return Daemon(**json.loads(state.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


@contextmanager
def exclusively(lock: Path) -> Iterator[None]:
    """Lets one process at a time past; the others wait."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
