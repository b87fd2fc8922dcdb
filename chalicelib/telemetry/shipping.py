"""Sends what lines say, each thing once, as far as this process knows."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import islice
from typing import Final, TypeVar

from chalicelib.log import Log
from chalicelib.telemetry.endpoints import Endpoint
from chalicelib.telemetry.lines import Event, Line, read
from chalicelib.telemetry.otlp import Partial, Signal, logs, pieces, traces
from chalicelib.telemetry.records import Record, is_wanted, record
from chalicelib.telemetry.send import NotSent
from chalicelib.telemetry.spans import Span, spans

LEFT_MS: Final = 15_000
"""With less time left, no request is begun: the function might end in the middle of it."""

RECENT_MAX: Final = 50_000
"""How many ids of what was sent lately a process knows."""

_MENDABLE: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
"""The protocol has no other try after these. But somebody may have changed the secret, and what
waits meanwhile is not lost."""

_Item = TypeVar("_Item", Span, Record)


class Undelivered(Exception):
    """A part of the lines could not be sent, and can be later."""


@dataclass(slots=True)
class Recent:
    """The ids of what was sent lately."""

    _ids: dict[str, None] = field(default_factory=dict)

    def __contains__(self, key: str) -> bool:
        return key in self._ids

    def add(self, keys: Iterable[str]) -> None:
        """Adds the ids. If there are more than RECENT_MAX, the oldest go."""
        self._ids |= dict.fromkeys(keys)
        for old in list(islice(self._ids, max(len(self._ids) - RECENT_MAX, 0))):
            del self._ids[old]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipper:
    """Sends to these endpoints. `refused` is called when a backend does not know who we are."""

    post: Callable[[Endpoint, bytes], Partial]
    refused: Callable[[], None]
    log: Log
    recent: Recent = field(default_factory=Recent)

    def ship(
        self,
        lines: Iterable[Line],
        endpoints: Mapping[Signal, Endpoint],
        left: Callable[[], int],
    ) -> None:
        """Sends what the lines say. `left` returns the ms that are left for it. What a backend
        refuses for good is dropped, and the log says so. Raises Undelivered if another try can
        help; that one sends what is missing."""
        events = [read(line) for line in lines]
        failed = False
        for signal, endpoint in endpoints.items():
            try:
                if signal is Signal.TRACES:
                    self._send(endpoint, _spans(events), traces, left)
                else:
                    self._send(endpoint, _records(events), logs, left)
            except NotSent as error:
                self.log.warning("telemetry not sent", signal=signal, reason=error.reason)
                failed = True
        if failed:
            raise Undelivered

    def _send(
        self,
        endpoint: Endpoint,
        items: Iterator[tuple[str, _Item]],
        encode: Callable[[list[_Item]], bytes],
        left: Callable[[], int],
    ) -> None:
        fresh = {key: item for key, item in items if key not in self.recent}
        keys = iter(fresh)
        for piece in pieces(fresh.values()):
            if left() < LEFT_MS:
                raise NotSent("no time is left")
            try:
                partial = self.post(endpoint, encode(piece))
            except NotSent as error:
                if error.status in _MENDABLE:
                    self.refused()
                    raise
                if not error.is_final:
                    raise
                partial = Partial(len(piece), error.reason)
            if partial.rejected:
                self.log.error(
                    "telemetry dropped",
                    signal=endpoint.signal,
                    items=partial.rejected,
                    reason=partial.reason,
                )
            self.recent.add(islice(keys, len(piece)))


def _spans(events: Iterable[Event]) -> Iterator[tuple[str, Span]]:
    for event in events:
        for span in spans(event):
            yield f"{span.trace}-{span.span}", span


def _records(events: Iterable[Event]) -> Iterator[tuple[str, Record]]:
    for event in events:
        if is_wanted(event):
            yield event.id, record(event)
