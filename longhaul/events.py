"""Parses server-sent events from bytes as they arrive. Does no I/O.

It follows the HTML standard: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

EVENT_MAX: Final = 4 * 1024**2
"""The most characters in one event or line. Those of Longhaul have about 2,000."""

_MILLISECONDS = re.compile(r"[0-9]{1,9}")


class EventTooLong(ValueError):
    """A line or an event is longer than any that Longhaul sends."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `id` is the last `id` field of the stream, from this event or an earlier one."""

    name: str
    data: str
    id: str


@dataclass(slots=True)
class Stream:
    """The state of a stream over several connections.

    `last_id` and `retry_seconds` say how and when to open the next connection.
    """

    last_id: str = ""
    retry_seconds: float | None = None

    def events(self, chunks: Iterable[bytes]) -> Iterator[Event]:
        """Yields the events of one connection, each as soon as its blank line has arrived.

        An event without its blank line is dropped. Raises EventTooLong.
        """
        name, data, size, last_id = "", list[str](), 0, self.last_id
        for line in _lines(chunks):
            if not line:
                self.last_id = last_id
                if data:
                    yield Event(name or "message", "\n".join(data), self.last_id)
                name, data, size = "", [], 0
                continue
            key, _, value = line.partition(":")
            value = value.removeprefix(" ")
            match key:
                case "event":
                    name = value
                case "data":
                    data.append(value)
                    size += len(value) + 1
                case "id" if "\0" not in value:
                    last_id = value
                case "retry" if _MILLISECONDS.fullmatch(value):
                    self.retry_seconds = int(value) / 1000
            if size > EVENT_MAX:
                raise EventTooLong


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Yields complete lines, without their ends (CR LF, LF or CR)."""
    utf8 = codecs.getincrementaldecoder("utf-8-sig")("replace")
    decoder = io.IncrementalNewlineDecoder(utf8, translate=True)
    rest = ""
    for chunk in chunks:
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        yield from lines
        if len(rest) > EVENT_MAX:
            raise EventTooLong
    *lines, _ = (rest + decoder.decode(b"", final=True)).split("\n")
    yield from lines
