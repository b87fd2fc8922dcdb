"""Writes server-sent events. Knows the format, and not what the events mean. Pure.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

import re
from dataclasses import dataclass
from typing import Final

CONTENT_TYPE: Final = "text/event-stream"

_LINE_END: Final = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Event:
    """`id` and `name` are one line each, and not empty. A reader ignores an id that holds a NUL."""

    id: str
    name: str
    data: str


def stream(event: Event | None, retry_ms: int, comment: str = "") -> str:
    """Returns a whole stream: how long to wait before the next one, a line for people, and at most
    one event.

    The blank line belongs to the event. A reader drops an event if the blank line after it does not
    arrive. A blank line without an event would, by the standard, make the reader forget the id that
    it has.
    """
    lines = [f"retry: {retry_ms}"]
    if comment:
        lines.append(f": {comment}")
    if event:
        lines += [f"id: {event.id}", f"event: {event.name}"]
        lines += [f"data: {line}" for line in _LINE_END.split(event.data)]
        lines.append("")
    return "\n".join([*lines, ""])
