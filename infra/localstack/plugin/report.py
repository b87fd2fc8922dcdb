"""The lines that Lambda itself writes to a function's log, around what the function writes.

https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Usage:
    """What an invocation used. `init_ms` is set for the first one of a new environment."""

    duration_ms: float
    memory_mb: int
    peak_memory_mb: int | None
    init_ms: float | None = None


def start(request_id: str, version: str) -> str:
    """Returns the first line of an invocation."""
    return f"START RequestId: {request_id} Version: {version}\n"


def end(request_id: str, usage: Usage, *, status: str | None = None) -> str:
    """Returns the last two lines of an invocation. `status` names a failure, such as `timeout`."""
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {usage.duration_ms:.2f} ms",
        f"Billed Duration: {math.ceil(usage.duration_ms)} ms",
        f"Memory Size: {usage.memory_mb} MB",
    ]
    if usage.peak_memory_mb is not None:
        fields.append(f"Max Memory Used: {usage.peak_memory_mb} MB")
    if usage.init_ms is not None:
        fields.append(f"Init Duration: {usage.init_ms:.2f} ms")
    if status is not None:
        fields.append(f"Status: {status}")
    return f"END RequestId: {request_id}\n" + "\t".join(fields) + "\n"


def init_failed(duration_ms: float, *, status: str) -> str:
    """Returns the line for an environment whose function could not be loaded."""
    return f"INIT_REPORT Init Duration: {duration_ms:.2f} ms\tPhase: init\tStatus: {status}\n"


def timed_out(request_id: str, seconds: float) -> str:
    """Returns the line for an invocation that ran too long."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    return f"{now}Z {request_id} Task timed out after {seconds:.2f} seconds\n\n"


def exited(request_id: str, reason: str) -> str:
    """Returns the lines for a process that ended before it answered."""
    return f"RequestId: {request_id} Error: {reason}\nRuntime.ExitError\n"
