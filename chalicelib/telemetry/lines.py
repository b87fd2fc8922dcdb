"""A line that a function wrote → an event. Pure, and for any text: none raises.

What is not one of our lines, or not as docs/operations.md says, becomes a plain text. So nothing
that a function wrote is lost on the way.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias, TypeGuard, cast

from chalicelib.log import written
from chalicelib.trace_ids import SpanRef, of_text, without_job_ids

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"
"""What a fact may be. Whole numbers have 64 bits, others are finite, texts are valid Unicode."""

DEPTH_MAX: Final = 8
"""Lists and objects within each other. A line with more is taken as a plain text."""

CALLS_MAX: Final = 8
"""Calls of one span. The functions write no more."""

NAME_MAX: Final = 200  # characters of an event's or a call's name

NS_PER_MS: Final = 1_000_000
"""Lines have milliseconds, OTLP has nanoseconds."""

_AT_MAX: Final = 10**13 - 1  # ms: the year 2286. OTLP has 64 bits for nanoseconds: the year 2554.
_MS_MAX: Final = 10**10  # four months
_WHOLE: Final = range(-(2**63), 2**63)

_TRACE: Final = re.compile(r"(?!0{32})[0-9a-f]{32}", re.ASCII)
_SPAN: Final = re.compile(r"(?!0{16})[0-9a-f]{16}", re.ASCII)

_TIMED_OUT: Final = r"\S{1,40} [0-9a-f-]{36} Task timed out after "
# What Lambda itself writes around an invocation. Their UUIDs are those of requests.
# https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
_PLATFORM: Final = re.compile(
    rf"INIT_START |INIT_REPORT |(?:START|END|REPORT) RequestId: |XRAY TraceId: |{_TIMED_OUT}",
    re.ASCII,
)
_BAD: Final = re.compile(
    rf"{_TIMED_OUT}|Traceback \(most recent call last\)"
    r"|(?:INIT_)?REPORT .*Status: (?:error|timeout)",
    re.ASCII,
)
# How Lambda's Python begins the line of an exception that nobody caught, and of its logging module.
_LEVEL_OF_TEXT: Final = re.compile(r"\[(DEBUG|INFO|WARNING|ERROR|CRITICAL)\]")


class Kind(StrEnum):
    """`EVENT`: a structured line of ours. `PLATFORM`: a line of Lambda's own. `TEXT`: any other."""

    EVENT = "event"
    PLATFORM = "platform"
    TEXT = "text"


class Level(StrEnum):
    """How serious a line is."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"
    CRITICAL = "CRITICAL"


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the log has it. `id` is the log's own id of it, the same each time that it is read.
    `at` is when the log took it, in Unix ms. `function` is its name in the template."""

    id: str
    at: int
    function: str
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call that took long: `ms`. It began `offset` ms after its span."""

    name: str
    offset: float
    ms: float


@dataclass(frozen=True, slots=True)
class Timing:
    """What a line says of its span. `at` is the start in Unix ms, `ms` how long it took. Without a
    `parent` the span is the root of its trace."""

    trace: str
    span: str
    parent: str | None
    link: SpanRef | None
    at: int
    ms: float
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """A line that was read.

    `name` is the event's ("job ended"); of a text or a platform line it is the whole line. `facts`
    are all other fields of a structured line, those of the span too. `logged_at` is Unix ms.
    `job` is the digest of the job, 32 hex digits. `trace` is the trace that the line belongs to.
    """

    id: str
    function: str
    logged_at: int
    kind: Kind
    name: str
    level: Level = Level.INFO
    facts: Mapping[str, Value] = field(default_factory=dict)
    job: str | None = None
    trace: str | None = None
    timing: Timing | None = None

    def number(self, name: str) -> float | None:
        """Returns the fact of that name if it is a number; None if not. A number as a text is
        none."""
        value = self.facts.get(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def whole(self, name: str) -> int | None:
        """Returns the fact of that name if it is a whole number; None if not."""
        value = self.facts.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def text(self, name: str) -> str | None:
        """Returns the fact of that name if it is a text; None if not."""
        value = self.facts.get(name)
        return value if isinstance(value, str) else None

    @property
    def is_cold(self) -> bool:
        """Whether it is the first request or step that its process took."""
        return self.facts.get("cold") is True


class _NotOurs(ValueError):
    """Not a structured line as ours are."""


def is_routine(text: str) -> bool:
    """Returns whether Lambda itself has written the line, as it does around each invocation, and
    nothing went wrong."""
    return _PLATFORM.match(text) is not None and _BAD.match(text) is None


def read(line: Line) -> Event:
    """Returns what the line says. Never raises."""
    try:
        return _structured(line)
    # RecursionError: json goes down one call for each list within a list.
    except (ValueError, RecursionError):
        return _plain(line)


def _structured(line: Line) -> Event:
    if not line.text.startswith("{"):
        raise _NotOurs
    fields = json.loads(line.text)
    if not isinstance(fields, dict) or not isinstance(fields.get("message"), str):
        raise _NotOurs
    facts = {_valid(name): _value(value, DEPTH_MAX) for name, value in fields.items()}
    if "jobId" in facts:
        # An earlier version wrote the id itself.
        facts = cast("dict[str, Value]", written(facts))
    name = str(facts.pop("message"))
    if not 0 < len(name) <= NAME_MAX:
        raise _NotOurs
    level = str(facts.pop("level", Level.INFO))
    timing = _timing(facts)
    job = _digits(_TRACE, facts.get("job"))
    return Event(
        id=_valid(line.id),
        function=_valid(line.function),
        logged_at=_logged_at(line),
        kind=Kind.EVENT,
        name=name,
        level=Level(level) if level in Level.__members__ else Level.INFO,
        facts=facts,
        job=job,
        trace=timing.trace if timing else _digits(_TRACE, facts.get("trace")) or job,
        timing=timing,
    )


def _plain(line: Line) -> Event:
    text = _valid(line.text).rstrip()
    is_platform = _PLATFORM.match(text)
    return Event(
        id=_valid(line.id),
        function=_valid(line.function),
        logged_at=_logged_at(line),
        kind=Kind.PLATFORM if is_platform else Kind.TEXT,
        name=text if is_platform else without_job_ids(text),
        level=_level_of(text),
    )


def _level_of(text: str) -> Level:
    if found := _LEVEL_OF_TEXT.match(text):
        return Level(found[1])
    return Level.ERROR if _BAD.match(text) else Level.INFO


def _timing(facts: Mapping[str, Value]) -> Timing | None:
    """Returns the line's span; None if it has none, or none that is valid."""
    trace, span = _digits(_TRACE, facts.get("trace")), _digits(_SPAN, facts.get("span"))
    at, ms = facts.get("at"), _milliseconds(facts.get("ms"))
    if trace is None or span is None or ms is None or not _is_instant(at):
        return None
    parent = _digits(_SPAN, facts.get("parent"))
    return Timing(
        trace=trace,
        span=span,
        # Not its own child: a viewer would turn in a circle.
        parent=parent if parent != span else None,
        link=_link(facts.get("link")),
        at=at,
        ms=ms,
        calls=_calls(facts.get("calls")),
    )


def _calls(value: Value) -> tuple[Call, ...]:
    """Returns those calls that are as they must be."""
    found: list[Call] = []
    for given in value if isinstance(value, list) else ():
        match given:
            case [str(name), offset, ms] if name:
                after, took = _milliseconds(offset), _milliseconds(ms)
                if after is not None and took is not None:
                    found.append(Call(name[:NAME_MAX], after, took))
    return tuple(found[:CALLS_MAX])


def _link(value: Value) -> SpanRef | None:
    link = of_text(value) if isinstance(value, str) else None
    is_valid = link and _TRACE.fullmatch(link.trace) and _SPAN.fullmatch(link.span)
    return link if is_valid else None


def _digits(pattern: re.Pattern[str], value: Value) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def _milliseconds(value: Value) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _MS_MAX else None


def _is_instant(value: Value) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _AT_MAX


def _logged_at(line: Line) -> int:
    return min(max(line.at, 0), _AT_MAX)


def _value(value: object, depth: int) -> Value:
    """Returns the value as OTLP can have it. Raises _NotOurs if it is nested too deep."""
    match value:
        case str():
            return _valid(value)
        case None | bool():
            return value
        case int():
            return value if value in _WHOLE else str(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case list() | dict() if not depth:
            raise _NotOurs
        case list():
            return [_value(one, depth - 1) for one in value]
        case dict():
            return {_valid(name): _value(one, depth - 1) for name, one in value.items()}
        case _:
            raise _NotOurs


def _valid(text: str) -> str:
    """Returns the text as UTF-8 can have it. JSON may have half of a surrogate pair."""
    return text if text.isascii() else text.encode(errors="replace").decode()
