"""Server-sent events, taken from bytes as they come. Pure.

As the HTML standard has it: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

EVENT_MAX: Final = 4 * 1024**2
"""Characters in one event or line. Longhaul's have some 2,000."""


_MILLISECONDS = re.compile(r"[0-9]{1,9}")


class EventTooLong(ValueError):
    """A line or an event is longer than any of Longhaul's."""


@dataclass(frozen=True, slots=True)
class Event:
    """`id` is what the stream's last `id` field said, by this event or by one before."""

    name: str
    data: str
    id: str


@dataclass(slots=True)
class Stream:
    """What has been learned of a stream. `last_id` and `retry_seconds` are to outlive a
    connection: they say how to open the next."""

    last_id: str = ""
    retry_seconds: float | None = None

    def events(self, chunks: Iterable[bytes]) -> Iterator[Event]:
        """The events of one connection, each when its empty line has come; what follows the last of
        these is dropped. Raises EventTooLong."""
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
    """Lines that end in CR LF, LF or CR, without these; the last one only if it is ended."""
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
