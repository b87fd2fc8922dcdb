"""Posts what is in the outbox, the oldest first. Each signal has a thread of its own, so a backend
that is down holds up nothing else.

A request that was posted is removed after the answer. If the shipper dies in between, it is posted
once more, with the same bytes: the same spans and the same records, by their ids and times.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from chalicelib.telemetry.endpoints import Endpoint
from chalicelib.telemetry.otlp import Partial, Signal
from chalicelib.telemetry.send import NotSent, post
from infra.observe.counters import Add, Change
from infra.observe.labels import Dropped
from infra.observe.outbox import Request
from infra.observe.store import Store

_LOOK_SECONDS: Final = 0.5
"""From one look into an empty outbox to the next."""

_PAUSES: Final = (1, 2, 4, 8, 15, 30, 60)
"""The seconds after each failure; after those that follow, the last of them."""

_ASKED_MAX_SECONDS: Final = 300.0
"""The longest pause that a backend gets by asking for it."""

Post = Callable[[Endpoint, bytes], Partial]
Tell = Callable[[str], None]


@contextmanager
def sending(
    store: Store, endpoints: Mapping[Signal, Endpoint], tell: Tell, post: Post = post
) -> Iterator[None]:
    """Sends while the body runs. What is not sent then stays in the outbox. `tell` gets a sentence
    when a backend stops to take what it is sent, and when it takes it again."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=Sender(store, endpoint, tell, post).run, args=(stop,), daemon=True)
        for endpoint in endpoints.values()
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


class Sender:
    """Sends one signal to its backend."""

    def __init__(self, store: Store, endpoint: Endpoint, tell: Tell, post: Post) -> None:
        self._store = store
        self._endpoint = endpoint
        self._tell = tell
        self._post = post
        self._failures = 0

    def run(self, stop: threading.Event) -> None:
        """Sends until `stop` is set."""
        while not stop.is_set():
            try:
                request = self._store.oldest(self._endpoint.signal)
                pause = _LOOK_SECONDS if request is None else self._send(request)
            except Exception as error:  # noqa: BLE001 - a full disk, or a bug: what waits is kept
                pause = self.pause(f"{type(error).__name__}: {error}")
            if pause:
                stop.wait(pause)

    def _send(self, request: Request) -> float:
        """Posts the request. Returns how long to wait before the next, in seconds."""
        signal = self._endpoint.signal
        try:
            rejected = self._post(self._endpoint, request.body)
        except NotSent as error:
            if not error.is_final:
                return self.pause(error.reason, error.retry_after)
            self._store.settle(request, [_dropped(signal, Dropped.REFUSED, request.items)])
            self._say(f"{signal}: the backend refused {request.items}: {error.reason}")
            self._failures = max(self._failures, 1)
            return 0
        if self._failures:
            self._tell(f"{signal}: the backend takes them again.")
        self._failures = 0
        refused = min(rejected.rejected, request.items)
        changes: list[Change] = [Add("telemetry_sent_total", (signal,), request.items - refused)]
        if refused:
            changes.append(_dropped(signal, Dropped.REJECTED, refused))
            self._tell(f"{signal}: the backend rejected {refused}: {rejected.reason}")
        self._store.settle(request, changes)
        return 0

    def pause(self, reason: str, asked: float | None = None) -> float:
        """Returns how long to wait before the next try, in seconds. `asked` is what the backend
        asks for."""
        self._say(f"{self._endpoint.signal}: not sent, and kept: {reason}")
        pause = _PAUSES[min(self._failures, len(_PAUSES) - 1)]
        self._failures += 1
        return max(pause, min(asked or 0, _ASKED_MAX_SECONDS))

    def _say(self, text: str) -> None:
        """Tells the first failure of several."""
        if not self._failures:
            self._tell(text)


def _dropped(signal: Signal, reason: Dropped, items: int) -> Add:
    return Add("telemetry_dropped_total", (signal, reason), items)
