"""What it costs a month to watch a stack on AWS: `python -m infra.alerts --costs`. Pure.

Prices are those of us-east-1, before what AWS gives for free. Each fact is [cited], [measured] by
us, or [assumed], as in chalicelib/archive/costs.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.archive import costs
from chalicelib.jobs.states import OPEN, Status
from chalicelib.pipeline import endings, swept
from infra.alerts.listed import ALERTS
from infra.alerts.spend import HOURS, memory_gb

# -- prices, in dollars -------------------------------------------------------------------------
# [cited] https://aws.amazon.com/cloudwatch/pricing/
ALARM_METRIC: Final = 0.10
"""A metric of an alarm, for a month. Metric math pays for each metric that it has."""
METRIC: Final = 0.30
"""A metric of our own, for a month. Only the hours in which it has data are paid."""
DASHBOARD: Final = 3.00
LOG_GB: Final = 0.50
LOG_GB_MONTH: Final = 0.03
LOG_COMPRESSED: Final = 0.15
"""What is left of a byte when it is stored, in AWS's own examples on that page."""
INSIGHTS_GB: Final = 0.005

# [assumed] The same page has it under "Application Signals". The copy that we read left it out.
SPAN_GB: Final = 0.35
"""With OTLP, X-Ray takes spans by the gigabyte (Transaction Search).
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Enable-TransactionSearch.html"""

GB: Final = 1024**3
"""Bytes."""

# -- what a job writes --------------------------------------------------------------------------
LOG_BYTES: Final = 6_000
"""Bytes of log lines of a job. [measured] 4.3 kB on MiniStack, with Lambda's own three lines an
invocation: 20 files of 100 kB, watched by two requests. On AWS there are also the API's access log
(0.3 kB a request) and the names of the metrics in `job ended` (0.5 kB)."""

IDLE_LOG_BYTES: Final = 800
"""Bytes of a run of the sweeper, each minute. [measured] as above: 0.5 kB, and 0.3 kB for the names
of its metrics."""

RETENTION_DAYS: Final = 90
"""The default of LogRetentionDays."""

SPANS: Final = 10
SPAN_BYTES: Final = 1_000
"""Spans of a job, its requests among them, and the bytes of one as OTLP has it. [assumed]"""

SHIPMENTS: Final = 4
SHIPMENT_SECONDS: Final = 0.3
"""How often a job's lines wake the function `Telemetry`, and how long that takes. [assumed] Lambda
gets the lines of a few seconds at once, so many jobs share a call."""

# -- what is always there -----------------------------------------------------------------------
SWEPT_METRICS: Final = len(swept.METRICS)
"""Metrics of the sweeper, each minute."""

_FINAL: Final = set(Status) - OPEN - {Status.EXPIRED}
ENDED_METRICS: Final = len(endings.METRICS) * (1 + len(_FINAL))
"""Metrics of ends: of all jobs, and of each final status."""

FILTER_METRICS: Final = 1
"""stepsDone. The other filters find nothing as a rule."""


@dataclass(frozen=True)
class Cost:
    """What a part of it costs a month, in dollars, for each of some numbers of jobs."""

    part: str
    dollars: tuple[float, ...]


def of(numbers: Sequence[int]) -> list[Cost]:
    """Returns what each part costs a month, for each number of jobs. Jobs come evenly."""
    alarms = sum(len(a.alarm.metrics) for a in ALERTS if a.alarm.condition == "MakeAlarms")
    return [
        Cost(f"alarms: {alarms} metrics", (alarms * ALARM_METRIC,) * len(numbers)),
        Cost(
            f"metrics of our lines: {SWEPT_METRICS}, and up to "
            f"{ENDED_METRICS + FILTER_METRICS} in hours with jobs",
            tuple(
                METRIC * (SWEPT_METRICS + (ENDED_METRICS + FILTER_METRICS) * _busy(jobs))
                for jobs in numbers
            ),
        ),
        Cost("dashboard", (DASHBOARD,) * len(numbers)),
        Cost("log lines: taken", tuple(_log_gb(jobs) * LOG_GB for jobs in numbers)),
        Cost(
            f"log lines: kept for {RETENTION_DAYS} days",
            tuple(
                _log_gb(jobs) * LOG_COMPRESSED * LOG_GB_MONTH * RETENTION_DAYS * 24 / HOURS
                for jobs in numbers
            ),
        ),
        Cost("function `Telemetry`", tuple(_shipments(jobs) * _shipment() for jobs in numbers)),
        Cost("X-Ray", tuple(jobs * SPANS * SPAN_BYTES / GB * SPAN_GB for jobs in numbers)),
    ]


def table(numbers: Sequence[int] = (0, 1_000, 1_000_000)) -> str:
    """Returns the costs as a table in Markdown, in dollars a month."""
    head = ["| a month with", *(f"{jobs:,} jobs" for jobs in numbers)]
    rows = [" | ".join(head) + " |", "|---" + "|---:" * len(numbers) + "|"]
    rows += [
        " | ".join([f"| {cost.part}", *(f"{amount:.2f}" for amount in cost.dollars)]) + " |"
        for cost in of(numbers)
    ]
    return "\n".join(rows)


def _shipment() -> float:
    """Returns the dollars of a call of the shipper."""
    gigabytes = memory_gb()["Telemetry"]
    return costs.LAMBDA_REQUEST + SHIPMENT_SECONDS * gigabytes * costs.LAMBDA_GB_SECOND


def _busy(jobs: int) -> float:
    """Returns the part of a month's hours in which at least one of the jobs ends."""
    # Each job hits an hour with a chance of 1 / HOURS.
    return 1 - (1 - 1 / HOURS) ** jobs


def _minutes() -> int:
    return HOURS * 60


def _log_gb(jobs: int) -> float:
    return (jobs * LOG_BYTES + _minutes() * IDLE_LOG_BYTES) / GB


def _shipments(jobs: int) -> float:
    """Returns how often the shipper is called: also for each line of the sweeper."""
    return jobs * SHIPMENTS + _minutes()
