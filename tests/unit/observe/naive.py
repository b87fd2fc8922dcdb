"""What some lines say, counted as simply as it can be: each distinct line once, each job's end
once. It shares no code with what it checks."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.telemetry.lines import Line

ALL = ("completed", "failed", "cancelled")


@dataclass
class Count:
    """What was counted. `waiting` has when each job was accepted that has not started."""

    lines: Counter[str] = field(default_factory=Counter)
    requests: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    steps: Counter[tuple[str, str]] = field(default_factory=Counter)
    jobs: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    copied: int = 0
    accepted: int = 0
    active: set[str] = field(default_factory=set)
    waiting: dict[str, int] = field(default_factory=dict)


def count(lines: Iterable[Line]) -> Count:
    """Counts the lines, which may come more than once."""
    distinct = {line.id: line for line in lines}
    found = Count()
    ended: dict[str, dict[str, Any]] = {}
    started: set[str] = set()
    for line in distinct.values():
        said = json.loads(line.text)
        found.lines[line.function] += 1
        match said["message"]:
            case "request":
                found.requests[said["method"], said["path"], str(said["status"])] += 1
            case "job accepted":
                found.accepted += 1
                found.waiting[said["job"]] = said["at"]
            case "job started":
                started.add(said["job"])
            case "job ended" | "job announced":
                ended[said["job"]] = said
            case other:
                found.steps[said["step"], other.removeprefix("step ")] += 1
    for said in ended.values():
        found.jobs[said["status"]] += 1
        found.seconds.append(said["secondsTotal"])
        found.copied += said["bytesCopied"]
    found.active = (found.waiting.keys() | started) - ended.keys()
    for job in started | ended.keys():
        found.waiting.pop(job, None)
    return found
