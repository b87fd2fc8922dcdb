"""What one SQS message says: which step of which job. Pure."""

import json
import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from chalicelib.jobs.places import JOB_ID

VERSION: Final = 1
BODY_MAX: Final = 1024  # bytes; ours are under 150
DIGEST_DIGITS: Final = 16
_DIGEST: Final = re.compile(rf"[0-9a-f]{{{DIGEST_DIGITS}}}")


class BadMessage(ValueError):
    """This is no message of ours: no worker can ever work on it."""


class Step(StrEnum):
    """The work of one message. pipeline/steps.py says what each step does, and
    announcing/announcer.py what `announce` does, which has a queue of its own."""

    PLAN = "plan"
    READ = "read"
    PACK = "pack"
    ASSEMBLE = "assemble"
    FINALIZE = "finalize"
    WATCH = "watch"
    DISCARD = "discard"
    ANNOUNCE = "announce"


_NUMBERED: Final = frozenset({Step.READ, Step.PACK, Step.ASSEMBLE, Step.WATCH})
_OF_A_READING: Final = frozenset({Step.READ, Step.PACK})
_OF_A_PLAN: Final = frozenset({Step.ASSEMBLE, Step.FINALIZE, Step.WATCH})


@dataclass(frozen=True, slots=True)
class Message:
    """One step of a job.

    `number` is the segment that `assemble` builds, the batch that `read` reads, or the pack that
    `pack` makes. `reading` is the digest of the set of batches, or of packs, that this one belongs
    to. `watch` is for the first `number` segments. `plan` is the digest of the plan that
    `assemble`, `finalize` and `watch` belong to; None in a message of version 0.1.0. `is_new`:
    nobody was at work on this segment before, so none of its parts is there. Raises BadMessage if
    the fields do not go with the step.
    """

    step: Step
    job_id: str
    number: int | None = None
    reading: str | None = None
    plan: str | None = None
    is_new: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        is_number = type(self.number) is int and self.number >= 0
        if not is_number if self.step in _NUMBERED else self.number is not None:
            raise BadMessage(f"segment {self.number!r} does not go with step {self.step}")
        has_reading = self.step in _OF_A_READING
        if not _is_digest(self.reading) if has_reading else self.reading is not None:
            raise BadMessage(f"reading {self.reading!r} does not go with step {self.step}")
        if self.plan is not None and not (self.step in _OF_A_PLAN and _is_digest(self.plan)):
            raise BadMessage(f"plan {self.plan!r} does not go with step {self.step}")

    @property
    def which(self) -> int:
        """`number`; 0 for a step that has none."""
        return self.number or 0

    def again(self) -> "Message":
        """Returns the message of another try."""
        return replace(self, is_new=False)

    def to_body(self) -> str:
        """Returns the message as JSON."""
        body: dict[str, str | int] = {"v": VERSION, "step": self.step, "job": self.job_id}
        if self.number is not None:
            body["segment"] = self.number
        if self.reading is not None:
            body["reading"] = self.reading
        if self.plan is not None:
            body["plan"] = self.plan
        if self.is_new:
            body["new"] = True
        return json.dumps(body)


def from_body(body: str) -> Message:
    """Returns the message in the body. Raises BadMessage, which says what is wrong."""
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
    job_id = content.get("job")
    if not isinstance(job_id, str) or not JOB_ID.fullmatch(job_id):
        raise BadMessage("it names no job")
    try:
        step = Step(str(content.get("step")))
    except ValueError as error:
        raise BadMessage(f"step {content.get('step')!r} is unknown") from error
    number, reading, plan = (content.get(name) for name in ("segment", "reading", "plan"))
    return Message(step, job_id, number, reading, plan, content.get("new") is True)


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None
