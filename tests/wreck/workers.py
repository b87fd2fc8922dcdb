"""The processes that an emulator runs functions in: caught at a request of theirs, and killed."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from tests.wreck.asked import Address
from tests.wreck.deployment import Rigged
from tests.wreck.jobs import Job
from tests.wreck.moments import Moment

_CAUGHT_SECONDS = 120
"""An emulator's queue has five workers, which many jobs may wait for."""


@contextmanager
def caught(rigged: Rigged, job: Job, moment: Moment) -> Iterator[int]:
    """Starts the job and gives the process that makes the moment's request, which is held for the
    time of the body and goes nowhere then."""
    hold = rigged.proxies[moment.service].hold(
        lambda asked: moment.is_of(asked, job), after=moment.after
    )
    try:
        job.begin()
        yield _process_at(hold.wait(_CAUGHT_SECONDS).peer, rigged.emulator)
    finally:
        hold.end()


def kill(process: int) -> None:
    """kill -9."""
    os.kill(process, signal.SIGKILL)


def _process_at(peer: Address, emulator: int) -> int:
    """The process below the emulator's that holds this end of a connection."""
    for process in psutil.Process(emulator).children(recursive=True):
        try:
            held = [(it.laddr.ip, it.laddr.port) for it in process.net_connections("tcp4")]
        except psutil.Error:  # it has ended meanwhile
            continue
        if peer in held:
            return process.pid
    raise LookupError(f"no process below {emulator} holds {peer}")
