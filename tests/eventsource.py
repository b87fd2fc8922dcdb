"""EventSource of the HTML standard, without a browser.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_LINE_END = re.compile("\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Message:
    """What a listener gets."""

    type: str
    data: str
    last_event_id: str


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. If the connection was cut, `body` is what had arrived by then."""

    status: int
    content_type: str
    body: bytes


class ConnectionLost(Exception):
    """There is no answer at all."""


@dataclass
class EventSource:
    """`connect` takes the headers of a request, and returns the answer or raises ConnectionLost.
    `pause` takes seconds."""

    connect: Callable[[dict[str, str]], Response]
    pause: Callable[[float], None]
    reconnection_ms: int = 3000
    last_event_id: str = ""
    is_closed: bool = False
    connections: int = 0

    def messages(self) -> Iterator[Message]:
        """Yields every message, until the server says that there are no more."""
        while not self.is_closed:
            self.connections += 1
            headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
            if self.last_event_id:
                headers["Last-Event-ID"] = self.last_event_id
            try:
                response = self.connect(headers)
            except ConnectionLost:
                self.pause(self.reconnection_ms / 1000)
                continue
            essence = response.content_type.partition(";")[0].strip().lower()
            if response.status != 200 or essence != "text/event-stream":
                self.is_closed = True  # "fail the connection": there is no other try
                return
            yield from self.interpret(response.body)
            self.pause(self.reconnection_ms / 1000)

    def interpret(self, body: bytes) -> Iterator[Message]:
        """Yields the messages of one stream. What follows its last blank line is dropped."""
        text = body.decode("utf-8", errors="replace").removeprefix("\ufeff")
        *lines, _ = _LINE_END.split(text)
        event_id, name, data = "", "", ""  # three buffers, empty when a stream begins
        for line in lines:
            if not line:
                self.last_event_id = event_id
                if data:
                    yield Message(name or "message", data.removesuffix("\n"), self.last_event_id)
                name, data = "", ""
                continue
            key, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if key == "event":
                name = value
            elif key == "data":
                data += value + "\n"
            elif key == "id" and "\0" not in value:
                event_id = value
            elif key == "retry" and value.isascii() and value.isdigit():
                self.reconnection_ms = int(value)


def parsed(body: bytes) -> list[Message]:
    """Returns the messages of one stream."""
    source = EventSource(connect=_nowhere, pause=_nothing)
    return list(source.interpret(body))


def _nowhere(_: dict[str, str]) -> Response:
    raise ConnectionLost


def _nothing(_: float) -> None:
    pass
