"""What one SQS message says: which step of which job. Pure."""

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

VERSION: Final = 1
BODY_MAX: Final = 1024  # bytes; ours are under 150
READING_DIGITS: Final = 16
JOB_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


_READING: Final = re.compile(rf"[0-9a-f]{{{READING_DIGITS}}}")


class BadMessage(ValueError):
    """Not a message of ours: it can never be worked on."""


class Step(StrEnum):
    PLAN = "plan"
    READ = "read"
    ASSEMBLE = "assemble"
    FINALIZE = "finalize"
    DISCARD = "discard"


_OF_A_SEGMENT: Final = frozenset({Step.READ, Step.ASSEMBLE})


@dataclass(frozen=True, slots=True)
class Message:
    """`segment` is set for `assemble`, and for `read` with the `reading` that it is of."""

    step: Step
    job_id: str
    segment: int | None = None
    reading: str | None = None

    def to_body(self) -> str:
        body: dict[str, str | int] = {"v": VERSION, "step": self.step, "job": self.job_id}
        if self.segment is not None:
            body["segment"] = self.segment
        if self.reading is not None:
            body["reading"] = self.reading
        return json.dumps(body)


def from_body(body: str) -> Message:
    """Raises BadMessage, saying what is wrong."""
    if len(body) > BODY_MAX:
        raise BadMessage(f"{len(body)} characters are too many")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadMessage("it is not JSON") from error
    if not isinstance(content, dict):
        raise BadMessage("it is no JSON object")
    if type(content.get("v")) is not int or content["v"] != VERSION:
        raise BadMessage(f"version {content.get('v')!r} is not {VERSION}")
    job_id, segment, reading = (content.get(name) for name in ("job", "segment", "reading"))
    if not isinstance(job_id, str) or not JOB_ID.fullmatch(job_id):
        raise BadMessage("it names no job")
    try:
        step = Step(str(content.get("step")))
    except ValueError as error:
        raise BadMessage(f"step {content.get('step')!r} is unknown") from error
    counted = type(segment) is int and segment >= 0
    if not counted if step in _OF_A_SEGMENT else segment is not None:
        raise BadMessage(f"segment {segment!r} does not go with step {step}")
    named = isinstance(reading, str) and _READING.fullmatch(reading)
    if not named if step is Step.READ else reading is not None:
        raise BadMessage(f"reading {reading!r} does not go with step {step}")
    return Message(step, job_id, segment, reading)
