"""Gives a process a share of a CPU, as Lambda gives a function one by its memory setting.

Lambda's is the kernel's CFS quota, which only root can set. This one needs nobody's leave: it looks
at what the process has used, stops it (SIGSTOP) when that is more than its share, and lets it go
on when it is not.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from time import monotonic
from typing import Final

import psutil

PERIOD: Final = 0.01
"""Seconds between two looks; the kernel counts CPU time in steps of this."""


@contextmanager
def limited(pid: int, cpus: float) -> Iterator[None]:
    """The process gets `cpus` of a CPU's time, 1.5 being one and a half, for the time of the
    body."""
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
                # What it did not use is not saved up: Lambda's share is by the 20 ms too.
                before, since = _used(process), monotonic()
    with suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGCONT)


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
