"""Limits how much of a CPU a process gets, as Lambda limits a function by its memory setting.

Lambda uses the kernel's CFS quota, which only root can set. This limit needs no rights: it checks
how much CPU time the process has used, stops the process (SIGSTOP) while that is too much, and then
lets it continue (SIGCONT).
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from time import monotonic
from typing import Final

import psutil

PERIOD: Final = 0.01
"""Seconds between two checks. The kernel counts CPU time in units of this."""


@contextmanager
def limited(pid: int, cpus: float) -> Iterator[None]:
    """Limits the process to `cpus` CPUs while the `with` block runs. 1.5 is one and a half CPUs."""
    done = Event()
    governor = Thread(target=_govern, args=(psutil.Process(pid), cpus, done))
    governor.start()
    try:
        yield
    finally:
        done.set()
        governor.join()


def _govern(process: psutil.Process, cpus: float, done: Event) -> None:
    before, since = _used(process), monotonic()
    runs = True
    with suppress(psutil.NoSuchProcess):
        while not done.wait(PERIOD):
            used, allowed = _used(process) - before, (monotonic() - since) * cpus
            if runs and used > allowed:
                process.send_signal(signal.SIGSTOP)
                runs = False
            elif not runs and used <= allowed:
                process.send_signal(signal.SIGCONT)
                runs = True
            if used < allowed - cpus * PERIOD * 10:
                # What the process did not use is not saved up. Lambda also counts by the 20 ms.
                before, since = _used(process), monotonic()
    with suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGCONT)


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
