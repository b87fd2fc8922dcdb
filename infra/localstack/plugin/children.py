"""Child processes that do not outlive this one, and leave no children of their own behind."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from .leash import leashed

# A leash is tied to the thread that forks, and the threads of invocations end. So one thread, which
# lives as long as the process, starts every child.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="longhaul-starter")

_KILL_PATIENCE_SECONDS = 5.0


def start(
    command: Sequence[str], *, environment: Mapping[str, str], directory: Path, output: BinaryIO
) -> subprocess.Popen[bytes]:
    """Starts `command` on a leash, in a session of its own. All that it prints goes to `output`."""
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
    """Whether the child has ended, also while another thread is about to reap it."""
    try:
        return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def kill(child: subprocess.Popen[bytes]) -> None:
    """Kills the child and all that it started, and reaps it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(_KILL_PATIENCE_SECONDS)


def peak_memory_mb(pid: int) -> int | None:
    """Returns the most memory that the process has held, in MiB. None if that is unknown."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return max(1, int(line.split()[1]) // 1024)
    return None
