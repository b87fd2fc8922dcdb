"""What a stack costs at the pace of the last day, in dollars a month: for Prometheus and for
CloudWatch, from the prices that the planner knows. Pure.

It is what follows from the work: functions, requests, queue, table, S3's requests, and archives
while they are kept. It knows nothing of what people download ($0.09 a GB from S3 to the internet),
of the source files' storage, or of what watching costs (infra/alerts/watching.py). Lambda's price
is that of x86_64. On arm64 a fifth of it is not paid.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from chalicelib.archive import costs
from infra import config, functions, retention
from infra.alerts.model import API, OURS, Metric, of_function

HOURS: Final = 730
"""Hours of a month, as AWS's own examples count."""

LIMIT: Final = 50
"""Dollars a month: the default of SPEND_LIMIT. That is about 8 TB of archives a
month, or half a million small ones."""

# [cited] https://aws.amazon.com/api-gateway/pricing/ (REST, the first 333 million a month)
API_REQUEST: Final = 3.50 / 1e6
# [cited] https://aws.amazon.com/s3/pricing/ (S3 Standard, the first 50 TB)
S3_GB_MONTH: Final = 0.023

_GB: Final = 1024**3
WINDOW_HOURS: Final = 24
"""Exports come in bursts. In three hours, one of 40 GB would look like a month of them. In a day it
takes 300 GB. What costs ten times the limit is still seen after two and a half hours, as Prometheus
divides what it has seen by the whole window."""

_WINDOW: Final = f"{WINDOW_HOURS}h"

REQUEST: Final = API_REQUEST + costs.LAMBDA_REQUEST
"""Dollars of a request to the API, without the function's seconds."""

STEP: Final = costs.SEGMENT_DOLLARS
"""Dollars of a step, without the function's seconds."""

STREAMED_BYTE: Final = costs.S3_WRITE / costs.STREAM_PART
COPIED_BYTE: Final = costs.S3_WRITE / costs.COPY_PART
"""Dollars of the requests to S3 that write a byte of an archive."""


_PRICES: Final = {
    "http_requests_total": REQUEST,
    "export_steps_total": STEP,
    "export_files_total": costs.S3_READ,
    'export_bytes_total{way="streamed"}': STREAMED_BYTE,
    'export_bytes_total{way="copied"}': COPIED_BYTE,
}
"""What one of each counter costs in requests, in dollars."""


def kept_byte(days: float) -> float:
    """Returns the dollars of a byte that S3 keeps for so many days."""
    return S3_GB_MONTH / _GB * days * 24 / HOURS


def archive_days() -> float:
    """Returns how long an archive is kept, in days."""
    return float(config.settings_of("prod")["ARCHIVE_TTL_DAYS"])


def memory_gb() -> dict[str, float]:
    """Returns the memory of each function, in GB, by its name in the template."""
    return {name: megabytes / 1024 for name, megabytes in config.memory().items()}


@dataclass(frozen=True)
class Recording:
    """A recording rule: a query that Prometheus keeps the result of, as a metric with labels."""

    name: str
    query: str
    labels: Mapping[str, str] = field(default_factory=dict)


def recordings(limit: float) -> list[Recording]:
    """Returns the recording rules that lead to the spend in dollars a month, and the limit."""
    a_month = f"{HOURS} * 3600"
    return [
        *(
            Recording("longhaul:function_memory:gigabytes", f"vector({gb:g})", {"function": name})
            for name, gb in sorted(memory_gb().items())
        ),
        Recording(
            "longhaul:spend_functions:dollars_per_month",
            f"{a_month} * {costs.LAMBDA_GB_SECOND:.10g} * sum(\n"
            f"  rate(export_function_seconds_total[{_WINDOW}])\n"
            "  * on (function) group_left () longhaul:function_memory:gigabytes\n"
            ") or vector(0)",
        ),
        Recording(
            "longhaul:spend_requests:dollars_per_month",
            f"{a_month} * (\n  "
            + "\n  + ".join(
                f"{price:.4g} * (sum(rate({counter}[{_WINDOW}])) or vector(0))"
                for counter, price in _PRICES.items()
            )
            + "\n)",
        ),
        Recording(
            "longhaul:spend_archives:dollars_per_month",
            f"{a_month} * {kept_byte(archive_days()):.4g}"
            f" * sum(rate(export_bytes_total[{_WINDOW}]))\nor vector(0)",
        ),
        Recording(
            "longhaul:spend:dollars_per_month",
            "longhaul:spend_functions:dollars_per_month\n"
            "+ longhaul:spend_requests:dollars_per_month\n"
            "+ longhaul:spend_archives:dollars_per_month",
        ),
        Recording("longhaul:spend_limit:dollars_per_month", f"vector({limit:g})"),
    ]


_PERIOD: Final = WINDOW_HOURS * 3600


def _lambda(id_: str, function: str, name: str) -> Metric:
    return Metric(id_, "AWS/Lambda", name, "Sum", of_function(function), _PERIOD)


_DURATIONS: Final = {"worker": "Worker", "api": "APIHandler", "announcer": "Announcer"}

METRICS: Final = (
    *(_lambda(id_, function, "Duration") for id_, function in _DURATIONS.items()),
    _lambda("steps", "Worker", "Invocations"),
    Metric("requests", "AWS/ApiGateway", "Count", "Sum", API, _PERIOD),
    Metric("copied", OURS, "bytesCopied", "Sum", period=_PERIOD),
    Metric("streamed", OURS, "bytesStreamed", "Sum", period=_PERIOD),
)
"""What CloudWatch knows of a day."""


def expression(hours: int = WINDOW_HOURS) -> str:
    """Returns metric math: the dollars of a month like these hours, if they are the period of
    METRICS. The functions' memory and the days of an archive are parameters of the template, so it
    is for Fn::Sub."""
    per_ms_and_mb = costs.LAMBDA_GB_SECOND / 1000 / 1024
    kept = f"{_number(kept_byte(1))} * ${{{retention.PARAMETER}}}"
    terms = {
        **{
            id_: f"{_number(per_ms_and_mb)} * ${{{functions.memory_of(function)}}}"
            for id_, function in _DURATIONS.items()
        },
        "steps": _number(STEP),
        "requests": _number(REQUEST),
        "copied": f"({_number(COPIED_BYTE)} + {kept})",
        "streamed": f"({_number(STREAMED_BYTE)} + {kept})",
    }
    total = " + ".join(f"FILL({id_}, 0) * {price}" for id_, price in terms.items())
    return f"{HOURS} / {hours} * ({total})"


def _number(price: float) -> str:
    # A number with an exponent is not part of the grammar that AWS documents.
    return f"{price:.20f}"
