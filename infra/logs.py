"""Follows what the stack's functions log. Reads it from the target's own CloudWatch Logs."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from chalicelib.trace_ids import JOB_ID, job_digest
from infra.errors import InfraError
from infra.targets import Target

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_LOCAL_POLL_SECONDS = 0.5
_AWS_POLL_SECONDS = 2.0

# Lambda's own lines around each invocation.
_PLATFORM = ("INIT_START", "START RequestId", "END RequestId", "REPORT RequestId", "XRAY TraceId")

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
    shown: set[tuple[str, int, str]] = set()
    while True:
        fresh: list[Line] = []
        for name, real_name in names.items():
            for stream, at, message in _events(client, f"/aws/lambda/{real_name}", start[name]):
                start[name] = max(start[name], at)
                if (stream, at, message) not in shown:
                    shown.add((stream, at, message))
                    fresh.append(
                        Line(datetime.fromtimestamp(at / 1000).astimezone(), name, message)
                    )
        yield from sorted(fresh, key=lambda line: line.at)
        if not forever:
            return
        # A line can come a second time only if it is as new as the last one.
        shown = {key for key in shown if key[1] >= min(start.values())}
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


def _events(
    client: "CloudWatchLogsClient", group: str, start: int
) -> Iterator[tuple[str, int, str]]:
    """Yields stream, time in milliseconds and text of each line that a function itself wrote."""
    try:
        pages = client.get_paginator("filter_log_events")
        for page in pages.paginate(logGroupName=group, startTime=start):
            for event in page["events"]:
                message = event["message"].rstrip()
                if message and not message.startswith(_PLATFORM):
                    yield event["logStreamName"], event["timestamp"], message
    except ClientError as error:
        # A function has no log group before its first line.
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
