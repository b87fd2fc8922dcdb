"""An event → a record of a log. Pure.

The name of the event is the body, and its facts are attributes, with the names that they have in
the line. Loki makes "structured metadata" of these, and no labels.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.telemetry.lines import NS_PER_MS, Event, Kind, Level, Value

BODY_MAX: Final = 128 * 1024
"""Bytes of a body. Loki takes 256 KB by default.
https://grafana.com/docs/loki/latest/configure/#limits_config"""

ATTRIBUTES_MAX: Final = 96
ATTRIBUTES_BYTES_MAX: Final = 32 * 1024
"""Attributes of a record, and bytes of all of them. Loki takes 128, and 64 KB, its own included."""

CUT: Final = "longhaul.cut"
"""The attribute of a record that says less than the line did."""

# The span's ids and the level have places of their own; `_aws` is for CloudWatch alone.
_ELSEWHERE: Final = frozenset({"trace", "span", "_aws"})
_NUMBER_BYTES: Final = 9  # at most, in protobuf


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a log as OTLP has it. `at` is Unix ns, when the log took the line. `uid` is the
    log's own id of the line."""

    uid: str
    at: int
    level: Level
    body: str
    function: str
    attributes: Mapping[str, Value]
    trace: str | None = None
    span: str | None = None


def is_wanted(event: Event) -> bool:
    """Whether a backend gets it. What Lambda writes around each invocation, it does not, unless
    something went wrong: the lines of a request or a step say the same."""
    return event.kind is not Kind.PLATFORM or event.level is Level.ERROR


def record(event: Event) -> Record:
    """Returns the event as a record. What is longer than a backend takes is cut, and says so."""
    body = _cut(event.name, BODY_MAX)
    attributes, is_whole = _attributes(event.facts)
    if not is_whole or body != event.name:
        attributes[CUT] = True
    return Record(
        uid=event.id,
        at=event.logged_at * NS_PER_MS,
        level=event.level,
        body=body,
        function=event.function,
        attributes=attributes,
        trace=event.trace,
        span=event.timing.span if event.timing else None,
    )


def _attributes(facts: Mapping[str, Value]) -> tuple[dict[str, Value], bool]:
    """Returns the facts as attributes, and whether these are all of them, whole. Whatever does not
    fit is cut, or left out."""
    found: dict[str, Value] = {}
    room, is_whole = ATTRIBUTES_BYTES_MAX, True
    for name, value in facts.items():
        if name in _ELSEWHERE or value is None:
            continue
        taken = size(name) + size(value)
        if len(found) == ATTRIBUTES_MAX:
            return found, False
        if taken <= room:
            found[name] = value
        elif isinstance(value, str) and (short := _cut(value, room - size(name))):
            found[name], is_whole, taken = short, False, size(name) + size(short)
        else:
            is_whole, taken = False, 0
        room -= taken
    return found, is_whole


def size(value: Value) -> int:
    """Returns about how many bytes the value takes."""
    match value:
        case str():
            return len(value) if value.isascii() else len(value.encode())
        case list() | dict():
            return len(json.dumps(value))
        case _:
            return _NUMBER_BYTES


def _cut(text: str, bytes_max: int) -> str:
    """Returns the text, or as much of its beginning as the bytes allow."""
    if len(text) * 4 <= bytes_max:
        return text
    return text.encode()[: max(bytes_max, 0)].decode(errors="ignore")
