"""Follows what the stack's functions log. Reads it from the target's own CloudWatch Logs."""

import itertools
import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from chalicelib.telemetry.lines import is_routine
from chalicelib.telemetry.subscription import group_of
from chalicelib.trace_ids import JOB_ID, job_digest
from infra.errors import InfraError
from infra.targets import Target

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef, FilterLogEventsRequestTypeDef

_LOCAL_POLL_SECONDS = 0.5
_AWS_POLL_SECONDS = 2.0

# The most events that one answer may have.
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
_PAGE = 10_000

# Fields that each structured line repeats, or that the printed line already has.
_REPEATED = (
    "cold_start",
    "function_arn",
    "function_memory_size",
    "function_name",
    "function_request_id",
    "level",
    "location",
    "message",
    "service",
    "timestamp",
    "xray_trace_id",
)


@dataclass(frozen=True)
class Line:
    """One line that a function logged. `function` is its name in the template."""

    at: datetime
    function: str
    message: str

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S} {self.function:<11} {readable(self.message)}"


@dataclass(frozen=True, slots=True)
class LogEvent:
    """An event of CloudWatch Logs. `id` is the same each time. `at` is Unix ms."""

    id: str
    at: int
    message: str


@dataclass(frozen=True, slots=True)
class Page:
    """Events in the order of their times. `cut_at` is the ms of which some lines are missing: it
    has more than a target returns."""

    events: tuple[LogEvent, ...]
    cut_at: int | None = None


def mark_of(job: str) -> str:
    """Returns what each line about a job has: its digest, 32 hexadecimal digits.

    `job` is the job's id, its digest, or the `traceId` of its answers. Raises InfraError if it is
    none of them.
    """
    given = job.strip().lower()
    if re.fullmatch(JOB_ID, given):
        return job_digest(given)
    if not re.fullmatch(r"[0-9a-f]{32}", given):
        raise InfraError(f"JOB must be a job's id, or its traceId of 32 digits, not {job!r}")
    return given


def functions(target: Target, stack_name: str) -> dict[str, str]:
    """Returns the real names of the stack's functions, by their names in the template."""
    cloudformation = target.session().client("cloudformation")
    found = cloudformation.describe_stack_resources(StackName=stack_name)["StackResources"]
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in found
        if resource["ResourceType"] == "AWS::Lambda::Function"
    }


def chosen(available: Mapping[str, str], name: str | None) -> dict[str, str]:
    """Returns the function of that name in the template, or all of them if the name is None.

    Upper and lower case are the same. Raises InfraError if there is no such function.
    """
    wanted = {k: v for k, v in available.items() if name is None or k.lower() == name.lower()}
    if not wanted:
        raise InfraError(f"There is no function {name}. There are: {', '.join(sorted(available))}")
    return wanted


def follow(
    target: Target, names: Mapping[str, str], *, since_seconds: float, forever: bool
) -> Iterator[Line]:
    """Yields the lines of the past `since_seconds` in order, and then each new line.

    Without `forever`, it ends after the first.
    """
    client = target.session().client("logs")
    start = {name: int((time.time() - since_seconds) * 1000) for name in names}
    shown: set[tuple[int, str]] = set()
    while True:
        fresh: list[Line] = []
        for name, real_name in names.items():
            found = pages(client, group_of(real_name), start[name])
            for event in itertools.chain.from_iterable(page.events for page in found):
                start[name] = max(start[name], event.at)
                if (event.at, event.id) not in shown:
                    shown.add((event.at, event.id))
                    at = datetime.fromtimestamp(event.at / 1000).astimezone()
                    fresh.append(Line(at, name, event.message))
        yield from sorted(fresh, key=lambda line: line.at)
        if not forever:
            return
        # A line can come a second time only if it is as new as the last one.
        shown = {key for key in shown if key[0] >= min(start.values())}
        time.sleep(_LOCAL_POLL_SECONDS if target.is_local else _AWS_POLL_SECONDS)


def readable(message: str) -> str:
    """Returns a structured line as level, message and own fields. Any other stays as it is."""
    try:
        fields = json.loads(message)
    except ValueError:
        return message
    if not isinstance(fields, dict) or "message" not in fields:
        return message
    special = [f"{k}={v}" for k, v in fields.items() if k not in _REPEATED and v is not None]
    return " ".join([f"{fields.get('level', 'INFO'):<7}", str(fields["message"]), *special])


def pages(client: "CloudWatchLogsClient", group: str, start: int) -> Iterator[Page]:
    """Yields what was logged from `start` on, in Unix ms. Nothing if there is no such group: a
    function has none before its first line. Raises ClientError."""
    try:
        yield from _pages(client, group, start)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise


def _pages(client: "CloudWatchLogsClient", group: str, start: int) -> Iterator[Page]:
    following: str | None = None
    while True:
        asked: FilterLogEventsRequestTypeDef = {
            "logGroupName": group,
            "startTime": start,
            "limit": _PAGE,
        }
        if following:
            asked["nextToken"] = following
        answer = client.filter_log_events(**asked)
        events, following = answer["events"], answer.get("nextToken")
        # MiniStack has no pages: it returns the oldest, and nothing tells that there are more.
        is_cut = len(events) == _PAGE and not following
        is_stuck = is_cut and events[-1]["timestamp"] == start
        yield Page(tuple(_own(events)), start if is_stuck else None)
        if is_cut:
            start = events[-1]["timestamp"] + is_stuck
        elif not following:
            return


def _own(events: "Sequence[FilteredLogEventTypeDef]") -> Iterator[LogEvent]:
    """Yields the lines that a function itself wrote, and those of Lambda's own that say what went
    wrong: that it was stopped at its time limit, or had no memory left."""
    numbers: Counter[tuple[str, int]] = Counter()
    for event in events:
        stream, at = event["logStreamName"], event["timestamp"]
        numbers[stream, at] += 1
        # MiniStack gives no id to what a function wrote. It writes all lines of an invocation at
        # once, to a stream of their own: each always has the same number there.
        line_id = event.get("eventId") or f"{stream}/{at}/{numbers[stream, at]}"
        message = event["message"].rstrip()
        if message and not is_routine(message):
            yield LogEvent(line_id, at, message)
