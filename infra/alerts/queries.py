"""Queries for CloudWatch Logs Insights, which the stack saves: what an operator asks the lines.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

from dataclasses import dataclass
from typing import Final

from infra.alerts.model import FUNCTIONS

_LOGS: Final = tuple(f"{name}Logs" for name in FUNCTIONS)
"""The log groups of the functions, by their names in the template."""


@dataclass(frozen=True)
class Query:
    """A saved query. `groups` are log groups, by their names in the template."""

    resource: str
    name: str
    text: str
    groups: tuple[str, ...] = _LOGS


QUERIES: Final = (
    Query(
        "OneJob",
        "one job by its digest",
        # 32 zeros are no job. `longhaul status` and each answer have the digest as traceId.
        "fields @timestamp, @log, message, step, segment, attempt, status, reason, ms\n"
        '| filter job = "00000000000000000000000000000000"\n'
        "| sort @timestamp asc\n"
        "| limit 1000",
    ),
    Query(
        "GivenUp",
        "given up by reason",
        # The line that names the step stands before the end, and has the reason of the last try.
        'filter message = "job ended" and reason = "given-up"\n'
        "| stats count(*) as jobs, latest(job) as example by detail\n"
        "| sort jobs desc",
    ),
    Query(
        "SlowestSteps",
        "slowest steps",
        'filter message = "step done"\n'
        "| fields @timestamp, job, step, segment, attempt, ms, cpuMs, waitedMs\n"
        "| sort ms desc\n"
        "| limit 50",
        ("WorkerLogs",),
    ),
    Query(
        "ErrorsByRoute",
        "errors by route",
        'filter message = "request" and status >= 500\n'
        "| stats count(*) as answers, latest(requestId) as example by path, method, status\n"
        "| sort answers desc",
        ("APIHandlerLogs",),
    ),
    Query(
        "EndsByStatus",
        "ends by status",
        'filter message = "job ended"\n'
        "| stats count(*) as jobs, pct(secondsTotal, 50) as p50, pct(secondsTotal, 99) as p99,"
        " sum(bytesCopied + bytesStreamed) as bytes by status",
    ),
)
