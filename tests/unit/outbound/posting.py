"""One POST of a test: its place, its resolver, and the way to a host on this machine."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

import pytest

from chalicelib.outbound import Answer, Https, NotReached
from chalicelib.receivers import Place
from tests.unit.outbound.hosts import LIMIT_SECONDS

NAME = "hooks.example.com"
PUBLIC = "93.184.215.14"
ANOTHER = "2606:4700::1111"
BODY = b'{"type": "export.completed"}'
HEADERS = {"Content-Type": "application/json", "webhook-id": "n-1"}


def a_place(host: str = NAME, port: int = 443, *, scheme: str = "https") -> Place:
    return Place(scheme=scheme, host=host, port=port, target="/", is_named=False)


def a_named(host: str, port: int = 8080) -> Place:
    """A receiver that WEBHOOK_HOSTS names with its port."""
    return Place(scheme="http", host=host, port=port, target="/", is_named=True)


def here(port: int, target: str = "/in?x=1") -> Place:
    """A receiver on this machine, which WEBHOOK_HOSTS names with its port."""
    return Place(scheme="http", host="127.0.0.1", port=port, target=target, is_named=True)


def local(within: float = 5.0) -> Https:
    return Https(is_local=True, within=within)


@dataclass(slots=True)
class Internet:
    """A resolver, and connections that all end at a host on this machine. `found` are its answers
    in their order, of which the last one stays."""

    port: int
    found: list[list[str]] = field(default_factory=lambda: [[PUBLIC]])
    broken: dict[str, OSError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    connected: list[tuple[str, int]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    ways: list[socket.socket] = field(default_factory=list)

    def resolve(self, host: str, _port: int) -> list[str]:
        self.asked.append(host)
        return self.found[min(len(self.asked), len(self.found)) - 1]

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        self.connected.append((address, port))
        self.seconds.append(seconds)
        if address in self.broken:
            raise self.broken[address]
        way = socket.create_connection(("127.0.0.1", self.port), seconds)
        way.settimeout(LIMIT_SECONDS)  # what follows has its own limits
        self.ways.append(way)
        return way


def post(https: Https, place: Place, body: bytes = BODY) -> Answer:
    return https.post(place, HEADERS, body)


def refused(https: Https, place: Place, body: bytes = BODY) -> NotReached:
    """Returns why there was no answer."""
    with pytest.raises(NotReached) as caught:
        post(https, place, body)
    assert len(caught.value.reason.encode()) < 200
    return caught.value


def timed(act: Callable[[], NotReached]) -> tuple[str, float]:
    """Returns why there was no answer, and after how many seconds that was known."""
    begun = monotonic()
    reason = act().reason
    return reason, monotonic() - begun
