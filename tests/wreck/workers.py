"""Catches the process of a worker at one of its requests, and kills it."""

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
"""Many jobs may wait for the five workers of an emulator's queue."""


@contextmanager
def caught(rigged: Rigged, job: Job, moment: Moment) -> Iterator[int]:
    """Starts the job, and yields the id of the process that sends the moment's request.

    The request is held during the body. After it, the connection is closed.
    """
    hold = rigged.proxies[moment.service].hold(
        lambda asked: moment.is_of(asked, job), after=moment.after
    )
    try:
        job.begin()
        yield _process_at(hold.wait(_CAUGHT_SECONDS).peer, rigged.emulator)
    finally:
        hold.end()


def kill(process: int) -> None:
    """Kills the process with SIGKILL."""
    os.kill(process, signal.SIGKILL)


def _process_at(peer: Address, emulator: int) -> int:
    """Returns the id of the emulator's child process that has this end of a connection."""
    for process in psutil.Process(emulator).children(recursive=True):
        try:
            held = [(it.laddr.ip, it.laddr.port) for it in process.net_connections("tcp4")]
        except psutil.Error:  # The process has ended.
            continue
        if peer in held:
            return process.pid
    raise LookupError(f"no child process of {emulator} has the connection {peer}")
