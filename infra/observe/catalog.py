"""Every metric of /metrics: its name, its kind, its labels, and what it is for. Pure.

The names are those of the dashboards and of the alerts. Prometheus' rules for names are at
https://prometheus.io/docs/practices/naming/
"""

from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final

from chalicelib.jobs.notices import Kind as NoticeKind
from chalicelib.jobs.notices import State as NoticeState
from infra.observe.labels import (
    FINDINGS,
    FUNCTIONS,
    JOB_FAILURES,
    LETTERS,
    LEVELS,
    OUTCOMES,
    RATE_LIMIT,
    SIGNALS,
    STATUSES,
    STEPS,
    WAYS,
    Dropped,
)
from infra.observe.starts import ANSWERS, RETRIES, THROTTLES


class Kind(StrEnum):
    """Prometheus' types of metrics."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric. `buckets` are the upper bounds of a histogram, in the metric's unit, without +Inf.
    `starts` are the values of the labels that are there from the beginning, with 0."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    starts: tuple[tuple[str, ...], ...] = ()


_DROPS: Final = (
    *product(SIGNALS, (Dropped.REFUSED.value, Dropped.REJECTED.value, Dropped.OUTBOX_FULL.value)),
    ("lines", Dropped.UNREADABLE.value),
)
_TOLD: Final = (NoticeState.SENT, NoticeState.RETRYING, NoticeState.GIVEN_UP, NoticeState.OPTED_OUT)

_REQUEST_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 29.0)
_JOB_SECONDS: Final = (5.0, 10.0, 15.0, 30.0, 60.0, 90.0, 120.0)
_WAIT_SECONDS: Final = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
_STEP_SECONDS: Final = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)


def _each(values: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Returns the values of one label as `starts` has them."""
    return tuple((value,) for value in values)


_ONCE: Final[tuple[tuple[str, ...], ...]] = ((),)
"""`starts` of a metric without labels."""

_COUNTERS: Final = (
    Metric(
        "http_requests_total",
        Kind.COUNTER,
        "Requests that the API has answered. `path` is the route, as in the OpenAPI document.",
        ("method", "path", "status"),
        starts=ANSWERS,
    ),
    Metric(
        "export_jobs_total",
        Kind.COUNTER,
        "Jobs that have ended, each once.",
        ("status",),
        starts=_each(STATUSES),
    ),
    Metric("export_jobs_accepted_total", Kind.COUNTER, "Jobs that were accepted.", starts=_ONCE),
    Metric(
        "export_jobs_failed_total",
        Kind.COUNTER,
        "Jobs that have failed, by the slug of the reason.",
        ("reason",),
        starts=_each(JOB_FAILURES),
    ),
    Metric(
        "export_jobs_given_up_total",
        Kind.COUNTER,
        "Jobs that have failed because all tries were in vain.",
        starts=_ONCE,
    ),
    Metric(
        "export_bytes_total",
        Kind.COUNTER,
        "Bytes in the archives of jobs that have ended: copied by S3, or streamed by a worker.",
        ("way",),
        starts=_each(WAYS),
    ),
    Metric(
        "export_files_total",
        Kind.COUNTER,
        "Files in the archives of jobs that have ended.",
        starts=_ONCE,
    ),
    Metric(
        "export_steps_total",
        Kind.COUNTER,
        "Attempts of steps, by what came of them.",
        ("step", "outcome"),
        starts=tuple(product(STEPS, OUTCOMES)),
    ),
    Metric(
        "export_step_cpu_seconds_total",
        Kind.COUNTER,
        "CPU time that steps have taken, in seconds.",
        ("step",),
        starts=_each(STEPS),
    ),
    Metric(
        "export_step_retries_total",
        Kind.COUNTER,
        "Attempts of steps that were put off, by the slug of the reason.",
        ("step", "reason"),
        starts=RETRIES,
    ),
    Metric("export_sweeper_runs_total", Kind.COUNTER, "Runs of the sweeper.", starts=_ONCE),
    Metric(
        "export_sweeper_findings_total",
        Kind.COUNTER,
        "What the sweeper had to do.",
        ("kind",),
        starts=_each(FINDINGS),
    ),
    Metric(
        "export_dead_letters_total",
        Kind.COUNTER,
        "Messages that the queue has given up, by what came of them.",
        ("outcome",),
        starts=_each(LETTERS),
    ),
    Metric(
        "export_throttles_total",
        Kind.COUNTER,
        "Requests that the API refused with 429 (rate_limit), and steps that were put off because "
        "a service throttled them, by the service's code.",
        ("what",),
        starts=_each((RATE_LIMIT, *THROTTLES)),
    ),
    Metric(
        "export_cold_starts_total",
        Kind.COUNTER,
        "Processes that have taken their first request or step.",
        ("function",),
        starts=_each(FUNCTIONS),
    ),
    Metric(
        "export_function_seconds_total",
        Kind.COUNTER,
        "Time that requests, steps and the sweeper's runs have taken, in seconds.",
        ("function",),
        starts=_each(FUNCTIONS),
    ),
    Metric(
        "export_notices_total",
        Kind.COUNTER,
        "Tries to send a notice, by what came of them.",
        ("kind", "state"),
        starts=tuple(product((kind.value for kind in NoticeKind), (one.value for one in _TOLD))),
    ),
    Metric(
        "export_log_lines_total",
        Kind.COUNTER,
        "Lines that functions have written.",
        ("function", "level"),
        starts=tuple(product(FUNCTIONS, LEVELS)),
    ),
    Metric(
        "telemetry_lines_total",
        Kind.COUNTER,
        "Lines that the shipper has read and counted, each once.",
        ("function",),
        starts=_each(FUNCTIONS),
    ),
    Metric(
        "telemetry_sent_total",
        Kind.COUNTER,
        "Spans (traces) and log records (logs) that a backend has taken.",
        ("signal",),
        starts=_each(SIGNALS),
    ),
    Metric(
        "telemetry_dropped_total",
        Kind.COUNTER,
        "Spans, log records and lines that were dropped.",
        ("signal", "reason"),
        starts=_DROPS,
    ),
)

_HISTOGRAMS: Final = (
    Metric(
        "http_request_duration_seconds",
        Kind.HISTOGRAM,
        "Time from a request to its answer, in seconds.",
        ("method", "path", "status"),
        _REQUEST_SECONDS,
    ),
    Metric(
        "export_job_duration_seconds",
        Kind.HISTOGRAM,
        "Time from a job's request to its end, in seconds.",
        ("status",),
        _JOB_SECONDS,
        _each(STATUSES),
    ),
    Metric(
        "export_job_queued_seconds",
        Kind.HISTOGRAM,
        "Time from a job's request to its first step, in seconds.",
        (),
        _WAIT_SECONDS,
        _ONCE,
    ),
    Metric(
        "export_step_duration_seconds",
        Kind.HISTOGRAM,
        "Time that an attempt of a step has taken, in seconds.",
        ("step",),
        _STEP_SECONDS,
        _each(STEPS),
    ),
    Metric(
        "export_queue_wait_seconds",
        Kind.HISTOGRAM,
        "Time from the sending of a step's message to an attempt, in seconds.",
        ("step",),
        _WAIT_SECONDS,
        _each(STEPS),
    ),
)

_GAUGES: Final = (
    Metric("export_jobs_active", Kind.GAUGE, "Jobs that were accepted and have not ended."),
    Metric(
        "export_oldest_queued_job_seconds",
        Kind.GAUGE,
        "Age of the oldest job that has neither started nor ended, in seconds; 0 if there is none.",
    ),
    Metric(
        "export_queue_messages",
        Kind.GAUGE,
        "Messages in a queue, as the sweeper saw it last.",
        ("queue",),
    ),
    Metric(
        "export_open_jobs_in_table", Kind.GAUGE, "Open jobs, as the sweeper saw the table last."
    ),
    Metric(
        "export_sweeper_last_run_timestamp_seconds",
        Kind.GAUGE,
        "When the sweeper ran last, in Unix time.",
    ),
    Metric(
        "telemetry_outbox_rows",
        Kind.GAUGE,
        "Spans and log records that wait for their backend.",
        ("signal",),
    ),
    Metric(
        "telemetry_lag_seconds",
        Kind.GAUGE,
        "All lines that are older than this are counted, in seconds.",
    ),
    Metric(
        "telemetry_started_timestamp_seconds",
        Kind.GAUGE,
        "When the shipper was started, in Unix time.",
    ),
)

CATALOG: Final = (*_COUNTERS, *_HISTOGRAMS, *_GAUGES)
"""All metrics. No two have the same name."""

METRICS: Final = {metric.name: metric for metric in CATALOG}
"""All metrics by their names."""
