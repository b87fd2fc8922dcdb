"""Child processes that neither outlive this one nor leave children of their own behind."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from .leash import leashed

# A leash is tied to the thread that forks, and invocations come and go on threads that end: one
# thread, which lives as long as the process, starts every child.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="longhaul-starter")

_KILL_PATIENCE_SECONDS = 5.0


def start(
    command: Sequence[str], *, environment: Mapping[str, str], directory: Path, output: BinaryIO
) -> subprocess.Popen[bytes]:
    """Starts `command` on a leash, in a session of its own, with all it says going to `output`."""
    return _starter.submit(
        subprocess.Popen,
        leashed(command),
        env=dict(environment),
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ).result()


def has_ended(child: subprocess.Popen[bytes]) -> bool:
    """Whether the child is gone, also while another thread is about to reap it."""
    try:
        return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def kill(child: subprocess.Popen[bytes]) -> None:
    """Ends the child and whatever it started, at once, and reaps it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(_KILL_PATIENCE_SECONDS)


def peak_memory_mb(pid: int) -> int | None:
    """The most memory that the process has held, in MiB; None where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return max(1, int(line.split()[1]) // 1024)
    return None
