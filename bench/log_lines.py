"""What the functions write of many jobs: lines as docs/operations.md has them. Pure.

The lines of a job follow from its number alone, so each run has the same, and a test can count them
for itself. Most jobs are completed; some fail, are cancelled, or have a step that is put off.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from uuid import UUID

from chalicelib import trace_ids
from chalicelib.trace_ids import SpanRef

BEGAN_AT: Final = 1_790_000_000_000
"""When the first job was asked for, in Unix ms."""

_APART_MS: Final = 40
"""From one job's request to the next."""

_COLD: Final = 0.01
"""The part of requests that find no process that runs."""

_PUT_OFF: Final = 0.03
"""The part of steps that are tried again."""

_CALLS_SHOW_MS: Final = 1_000
"""A step that takes longer has slow calls in its line."""

_JOB: Final = "/v1/export/{job_id}"


@dataclass(frozen=True, slots=True)
class Written:
    """A line. `at` is when it was written, in Unix ms. `function` is its name in the template."""

    at: int
    function: str
    text: str


@dataclass(slots=True)
class _Job:
    number: int
    random: Random
    id: str
    at: int
    lines: list[Written] = field(default_factory=list)

    @property
    def root(self) -> SpanRef:
        return trace_ids.root_of(self.id)

    def write(self, at: int, function: str, message: str, /, **facts: Any) -> None:
        """Adds a line, with the fields that Powertools gives it."""
        level = facts.pop("level", "INFO")
        line = {"level": level, "message": message}
        if message != "request":
            line |= {"timestamp": f"2026-09-21 16:53:20,{at % 1000:03d}+0000"}
            line |= {"service": "longhaul"}
        self.lines.append(Written(at, function, json.dumps(line | facts, separators=(",", ":"))))


def of_job(number: int) -> list[Written]:
    """Returns the lines of the job of that number, in the order of their times."""
    random = Random(number)
    job_id = str(UUID(int=random.getrandbits(128), version=4))
    job = _Job(number, random, job_id, BEGAN_AT + number * _APART_MS)
    digest = trace_ids.job_digest(job.id)
    _request(job, job.at, ("POST", "/v1/export", 202))
    about = {"job": digest, "userId": f"user-{number % 100}"}
    job.write(job.at + 30, "APIHandler", "job accepted", **about, files=8, at=job.at)
    status = random.choices(["completed", "failed", "cancelled"], [94, 4, 2])[0]
    queued = random.randrange(50, 4_000)
    at = job.at + queued
    if status != "cancelled":
        seconds = {"secondsQueued": queued / 1000}
        job.write(at, "Worker", "job started", **about, **seconds, at=at)
        at = _steps(job, at, status)
    ended_at = at + 20
    _ended(job, ended_at, status, queued)
    for number_of in range(random.randrange(2, 6)):
        _request(job, job.at + 900 * (number_of + 1), ("GET", _JOB, 200))
    if status == "completed":
        _request(job, ended_at + 700, ("GET", f"{_JOB}/download", 302))
    return sorted(job.lines, key=lambda line: line.at)


def of_jobs(count: int) -> Iterator[Written]:
    """Yields the lines of so many jobs, one job after the other."""
    for number in range(count):
        yield from of_job(number)


def _request(job: _Job, at: int, asked: tuple[str, str, int]) -> None:
    method, path, status = asked
    request_id = str(UUID(int=job.random.getrandbits(128), version=4))
    span = trace_ids.span_id("request", request_id)
    is_root = method == "POST"
    trace = job.root.trace if is_root else trace_ids.trace_id("request", request_id)
    took = round(job.random.uniform(4, 60), 1)
    facts: dict[str, Any] = {"job": trace_ids.job_digest(job.id)}
    facts |= {"trace": trace, "span": span, "at": at, "ms": took}
    if is_root:
        facts["parent"] = job.root.span
    if job.random.random() < _COLD:
        facts["cold"] = True
    named = {"method": method, "path": path, "status": status, "requestId": request_id}
    job.write(at + int(took), "APIHandler", "request", **named, **facts)


def _steps(job: _Job, at: int, status: str) -> int:
    """Writes the steps of a job. Returns when the last has ended, in Unix ms."""
    steps: list[tuple[str, int | None]] = [("plan", None)]
    steps += [("assemble", number) for number in range(job.random.randrange(1, 5))]
    steps += [("finalize", None)]
    if status == "failed":
        steps = steps[:2]
    for step, segment in steps:
        is_last = (step, segment) == steps[-1]
        if job.random.random() < _PUT_OFF:
            at = _step(job, at, (step, segment), "retried", why="unavailable", seconds=5)
        failed = status == "failed" and is_last
        outcome = "failed" if failed else "done"
        facts = {"why": "source-missing", "reason": "there is no file 17"} if failed else {}
        at = _step(job, at, (step, segment), outcome, **facts)
    return at


def _step(job: _Job, at: int, which: tuple[str, int | None], outcome: str, **facts: Any) -> int:
    step, segment = which
    message_id = str(UUID(int=job.random.getrandbits(128), version=4))
    ms = job.random.randrange(40, 9_000)
    parts = (trace_ids.job_digest(job.id), step, segment, message_id, 1, at)
    about: dict[str, Any] = {
        "job": trace_ids.job_digest(job.id),
        "step": step,
        "segment": segment,
        "attempt": 1,
        "id": message_id,
        "ms": ms,
        "cpuMs": ms // 9,
        "waitedMs": job.random.randrange(5, 3_000),
        "trace": job.root.trace,
        "span": trace_ids.span_id("step", *parts),
        "parent": job.root.span,
        "at": at,
    }
    if ms > _CALLS_SHOW_MS:
        calls = [["S3.UploadPartCopy", 120, 480.5], ["DynamoDB.UpdateItem", 700, 201.0]]
        about["calls"] = calls
    level = "INFO" if outcome in {"done", "failed"} else "WARNING"
    job.write(at + ms, "Worker", f"step {outcome}", level=level, **about, **facts)
    return at + ms


def _ended(job: _Job, at: int, status: str, queued: int) -> None:
    size = job.random.randrange(10**5, 10**8)
    is_done = status == "completed"
    span = {"trace": job.root.trace, "span": job.root.span, "at": job.at, "ms": at - job.at}
    facts: dict[str, Any] = {
        "job": trace_ids.job_digest(job.id),
        "userId": f"user-{job.number % 100}",
        "status": status,
        "reason": "source-missing" if status == "failed" else None,
        "detail": "there is no file 17" if status == "failed" else None,
        "files": 8 if is_done else 0,
        "filesMissing": 0,
        "filesSkipped": 0,
        "bytesCopied": size if is_done else 0,
        "bytesStreamed": size // 20 if is_done else 0,
        "secondsQueued": queued / 1000,
        "secondsWorking": (at - job.at - queued) / 1000,
        "secondsTotal": (at - job.at) / 1000,
        "attempts": 1,
        "changes": 0,
        "reused": False,
        "endedAt": at,
    }
    function = "APIHandler" if status == "cancelled" else "Worker"
    level = "WARNING" if status == "failed" else "INFO"
    job.write(at, function, "job ended", level=level, **facts, **span)
    told = {name: value for name, value in facts.items() if name not in {"userId", "detail"}}
    job.write(at + 150, "Announcer", "job announced", events=["ended"], **told, **span)
