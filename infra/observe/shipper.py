"""The shipper: what the functions of some stacks log, as metrics, traces and logs.

It counts in this thread, sends in a thread for each signal, and answers scrapes in others.
"""

import socket
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Final

from chalicelib.telemetry.endpoints import Endpoint
from chalicelib.telemetry.otlp import Signal
from infra.console import console
from infra.observe import exposition, store
from infra.observe.counting import Wanted
from infra.observe.exposition import Metrics, Progress
from infra.observe.follow import Follower, Place, pace_of
from infra.observe.sender import sending
from infra.observe.store import Store
from infra.targets import Target

_BUSY_SHARE: Final = 10
"""A pause is at least this many times as long as the polls before it, as far as the longest pause
allows: so an emulator that is slow to answer is asked less often."""

_PAUSE_MAX_SECONDS: Final = 10.0
_FORGET_SECONDS: Final = 600.0
_STUCK_SECONDS: Final = 5.0
"""How long it waits when the store cannot be written."""


def run(
    places: Callable[[], Sequence[Place]],
    state: Path,
    endpoints: Mapping[Signal, Endpoint],
    listener: socket.socket,
    stop: Event,
) -> None:
    """Follows the stacks until `stop` is set, and serves /metrics on the listener.

    `places` returns those that are up, and is asked before each poll. What is known is kept in the
    folder `state`. The signal of an endpoint that is not there is left out. Raises AlreadyRunning
    if another process has the folder.
    """
    wanted = Wanted(traces=Signal.TRACES in endpoints, logs=Signal.LOGS in endpoints)
    progress = Progress(started_at=time.time())
    with store.opened(state, wanted, tell) as kept:
        application = exposition.app(Metrics(kept.path, progress, time.time))
        with exposition.served(listener, application), sending(kept, endpoints, tell):
            _Loop(places, kept, progress).run(stop)


class _Loop:
    """Polls the stacks, one after the other."""

    def __init__(
        self, places: Callable[[], Sequence[Place]], kept: Store, progress: Progress
    ) -> None:
        self._places = places
        self._store = kept
        self._progress = progress
        self._followers: dict[tuple[str, Target], Follower] = {}
        self._forget_at = 0.0
        self._is_stuck = False

    def run(self, stop: Event) -> None:
        """Polls until `stop` is set."""
        while not stop.is_set():
            try:
                pause = self._round(stop)
            # The disk is full, or the file cannot be written. What was not committed is read again.
            except sqlite3.OperationalError as error:
                if not self._is_stuck:
                    tell(f"Nothing can be counted just now: {error}")
                self._is_stuck = True
                pause = _STUCK_SECONDS
            else:
                self._is_stuck = False
            stop.wait(pause)

    def _round(self, stop: Event) -> float:
        """Polls each stack once. Returns how long to wait until the next round, in seconds."""
        places = {(place.id, place.target): place for place in self._places()}
        for key in self._followers.keys() - places.keys():
            self._followers.pop(key).leave()
        for key in places.keys() - self._followers.keys():
            self._followers[key] = Follower(places[key], self._store, self._progress, tell)
        self._progress.followed = frozenset(one.number for one in self._followers.values())
        began = time.monotonic()
        for follower in self._followers.values():
            follower.poll(stop)
        took = time.monotonic() - began
        if time.monotonic() >= self._forget_at:
            self._store.forget_jobs(int(time.time() * 1000))
            self._forget_at = time.monotonic() + _FORGET_SECONDS
        shortest = min((pace_of(place.target).pause for place in places.values()), default=1.0)
        return max(shortest, min(took * _BUSY_SHARE, _PAUSE_MAX_SECONDS))


def tell(text: str) -> None:
    """Prints a sentence about the shipper itself to standard error."""
    console.print(text, soft_wrap=True, markup=False)
