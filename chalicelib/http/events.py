"""Server-sent events: the bytes of an event stream, and nothing of what it tells. Pure.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

import re
from dataclasses import dataclass
from typing import Final

CONTENT_TYPE: Final = "text/event-stream"

_LINE_END: Final = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Event:
    """`id` and `name` are one line each, and not empty; a reader ignores an id with a NUL."""

    id: str
    name: str
    data: str


def stream(event: Event | None, retry_ms: int, comment: str = "") -> str:
    """A whole stream: how long to wait before the next one, a line for people, at most one event.

    The blank line belongs to the event. A reader drops an event whose blank line did not reach it,
    and at one without an event it would, by the standard, forget the id that it has.
    """
    lines = [f"retry: {retry_ms}"]
    if comment:
        lines.append(f": {comment}")
    if event:
        lines += [f"id: {event.id}", f"event: {event.name}"]
        lines += [f"data: {line}" for line in _LINE_END.split(event.data)]
        lines.append("")
    return "\n".join([*lines, ""])
