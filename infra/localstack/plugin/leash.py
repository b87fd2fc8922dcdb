"""Ends a child process when its parent ends, also if the parent crashes or is killed."""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1
"""linux/prctl.h: sets the signal that this process gets when the thread that forked it ends."""


def tie_to_parent(parent: int) -> None:
    """Makes the kernel kill this process once `parent`, the process that forked it, has ended.

    It also holds after `exec`. On other systems than Linux it does nothing: there, a parent that is
    killed leaves its children behind, and only an orderly stop ends them.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # The parent ended before the leash was on, and no signal will come any more.
        os._exit(1)


def leashed(command: Sequence[str]) -> list[str]:
    """Returns a command that runs `command` as a child of this process and does not outlive it.

    The signal comes when the *thread* that starts the command ends. So that thread must live as
    long as the command may (see `children`).
    """
    return [sys.executable, "-S", "-E", __file__, str(os.getpid()), *command]


if __name__ == "__main__":
    tie_to_parent(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
