"""Checks what the log says of jobs' ends, and the spans that its lines are."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib import log
from chalicelib.jobs import places
from chalicelib.jobs.items import UNTOLD
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import OPEN, Status
from chalicelib.trace_ids import JOB_ID, root_of
from tests.faults.expressions import Item
from tests.faults.network import Invocation

Line = Mapping[str, Any]

_STEPS: Final = frozenset({"step done", "step skipped", "step retried", "step failed"})
_UNTOLD: Final = UNTOLD["ended"]


@dataclass(slots=True)
class Step:
    """A line of a step. `heard` says whether its function knew the job's record when it wrote the
    line, and whether the job had ended by then; None: it had not read the record. `is_forgotten`:
    the record did not say any more when the job had ended."""

    line: Line
    heard: bool | None
    is_forgotten: bool


@dataclass(slots=True)
class Spans:
    """Collects the lines. `items` is the table. `says` is called with what must not be."""

    items: Mapping[str, Item]
    says: Callable[[str], None]
    ends: defaultdict[str, list[Line]] = field(default_factory=lambda: defaultdict(list))
    announced: set[str] = field(default_factory=set)
    steps: defaultdict[str, list[Step]] = field(default_factory=lambda: defaultdict(list))

    def logged(self, event: str, facts: Line, invocation: Invocation | None) -> None:
        """Takes a line."""
        text = json.dumps(log.written(facts), default=str)
        for job_id in re.findall(JOB_ID, text):
            if job_id in self.items:
                self.says(f"{job_id}: the line {event} has its id: {text}")
        job_id = str(facts.get("jobId", ""))
        if event == "job announced" and "ended" in facts["events"]:
            self.announced.add(job_id)
            self.ends[job_id].append(facts)
        elif event == "job ended":
            self.ends[job_id].append(facts)
        elif event in _STEPS:
            item = self.items.get(job_id, {})
            heard = invocation.heard.get(job_id) if invocation else None
            is_forgotten = "deletedAt" in item and _UNTOLD not in item
            self.steps[job_id].append(Step(facts, heard, is_forgotten))

    def written(self, key: str, before: Item | None, after: Item) -> None:
        """Checks a change of the table: when the end counts as told, nobody comes back to log
        it."""
        is_told = before and _UNTOLD in before and _UNTOLD not in after
        if is_told and key not in self.announced:
            self.says(f"{key}: told, and no line of the announcer has said so")

    def check(self, job: Job, last: Job) -> None:
        """Checks all lines of a job. `last` is the job as it was when it ended."""
        lines = self.ends[job.job_id]
        if not lines:
            self.says(f"{job.job_id}: no line says that it has ended")
            return
        for line in lines:
            self._check_end(line, last)
        spans = [step.line["span"] for step in self.steps[job.job_id]]
        if len(set(spans)) < len(spans):
            self.says(f"{job.job_id}: two of its steps are the same span")
        for step in self.steps[job.job_id]:
            if wrong := _wrong(step, lines[0]):
                self.says(f"{job.job_id}: {wrong}: {dict(step.line)}, and the root is {lines[0]}")

    def _check_end(self, line: Line, last: Job) -> None:
        begun, root = last.begun_at, last.root_span
        right = {
            "status": last.status,
            "endedAt": last.updated_at,
            "at": begun,
            "ms": max(last.updated_at - begun, 0),
            "trace": root.trace,
            "span": root.span,
            "parent": last.caller.span if last.caller else None,
            "link": str(root_of(last.retry_of)) if last.retry_of else None,
            "bytesStreamed": 0 if last.reused_from else last.bytes_done - last.bytes_copied,
        }
        if {name: line.get(name) for name in right} != right:
            self.says(f"{last.job_id}: its end was {right}, and a line says {dict(line)}")
        reason = last.failure.slug if last.failure else None
        if line["reason"] not in ({reason, None} if "detail" not in line else {reason}):
            self.says(f"{last.job_id}: it failed with {reason}, and a line says {dict(line)}")


def heard(invocation: Invocation, operation: str, answer: Any) -> None:
    """Notes what an invocation hears of jobs in the answer to a request."""
    if operation not in ("get_item", "update_item"):
        return
    item = answer.get("Item") or answer.get("Attributes") or {}
    job_id = item.get("jobId", {}).get("S", "")
    if places.is_record(job_id) and "status" in item:
        invocation.heard[job_id] = Status(item["status"]["S"]) not in OPEN


def _wrong(step: Step, root: Line) -> str:
    """Returns what is wrong with the span of a step; empty: nothing is."""
    return _wrong_child(step, root) if "parent" in step.line else _wrong_alone(step, root)


def _wrong_child(step: Step, root: Line) -> str:
    line = step.line
    over, end = root["at"] + root["ms"], line["at"] + line["ms"]
    if (line["trace"], line["parent"]) != (root["trace"], root["span"]):
        return "its parent is not the root"
    if line["at"] < root["at"] or (step.heard and end > over):
        return "it is not within the root, and its function knew that"
    return "it is cut elsewhere" if "overranMs" in line and end != over else ""


def _wrong_alone(step: Step, root: Line) -> str:
    line = step.line
    if line["trace"] == root["trace"]:
        return "it has no parent, and is in the trace of its job"
    if "link" not in line:
        return "it is alone, and its function knew the job" if step.heard is not None else ""
    if line["link"] != f"{root['trace']}-{root['span']}":
        return "its link is not to the root"
    is_late = step.is_forgotten or line["at"] > root["endedAt"]
    return "" if is_late else "it began before the end, and is no child"
