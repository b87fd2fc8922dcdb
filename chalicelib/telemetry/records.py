"""An event → a record of a log. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.telemetry.lines import Event, Level, Value


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a log as OTLP has it. `at` is Unix ns."""

    at: int
    level: Level
    body: str
    function: str
    attributes: Mapping[str, Value]
    trace: str | None = None
    span: str | None = None


def record(event: Event) -> Record:
    """Returns the event as a record. What is longer than a backend takes is cut, and says so."""
    raise NotImplementedError
