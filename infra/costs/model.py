"""What a month of a stack costs, for what is exported in it. Pure.

The planner's facts and prices (chalicelib/archive/costs.py), with what the alerts and the bench
know besides. Its formulas are data: docs/assets/costs.json has them for the calculator of
docs/how-to/costs.md. tests/unit/infra/costs compares them with what the bench has counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Final

from chalicelib.archive import costs
from chalicelib.archive.scale import MIN_PART, SEGMENT_SECONDS
from infra import config
from infra.alerts import canary, spend, watching
from infra.alerts.listed import ALERTS
from infra.costs.formula import Formula, value
from infra.costs.prices import PRICES

GB: Final = watching.GB
"""Bytes of a gigabyte, as AWS bills it."""


@dataclass(frozen=True)
class Input:
    """What somebody can choose. `is_choice`: 1 for yes, 0 for no."""

    id: str
    label: str
    value: float
    most: float
    unit: str = ""
    is_choice: bool = False


@dataclass(frozen=True)
class Line:
    """A line of the bill."""

    id: str
    label: str
    dollars: Formula


INPUTS: Final = (
    Input("exports", "Exports a month", 1000, 1e9),
    Input("files", "Files of an export", 20, 1e6),
    Input("megabytes", "Size of an export", 1000, 1e8, "MB"),
    Input("largeFiles", "Of its files, how many are large (10 MB or more)", 50, 100, "%"),
    Input("largeBytes", "Of its bytes, how many are in large files", 95, 100, "%"),
    Input("watchers", "People who watch an export's page", 1, 1e4),
    Input("downloads", "Downloads of an archive", 1, 1e4),
    Input("internet", "Of the downloads, how many go to the internet", 100, 100, "%"),
    Input("archiveDays", "Days that an archive is kept", spend.archive_days(), 3650),
    Input("webhooks", "Webhooks for an export", 0, 100),
    Input("mails", "Mails for an export", 0, 100),
    Input("secrets", "Secrets that the stack makes (keys of webhooks, of selections)", 0, 2),
    Input("logDays", "Days that log lines are kept", watching.RETENTION_DAYS, 3653),
    Input("alarms", "Alarms and a dashboard (ALARMS)", 1, 1, is_choice=True),
    Input("canary", "New versions bit by bit (CANARY)", 0, 1, is_choice=True),
)

_MEMORY: Final = spend.memory_gb()
_MINUTES: Final = spend.HOURS * 60
_HOLD: Final = float(config.settings_of("prod")["PROGRESS_HOLD_SECONDS"])
_PAUSE: Final = float(config.settings_of("prod")["PROGRESS_RETRY_SECONDS"])

_TYPICAL_WORK: Final = 100.0
_SEGMENT_ROOT: Final = costs.segment_seconds(_TYPICAL_WORK) / sqrt(_TYPICAL_WORK)
"""A segment has so many seconds of work for each root of a second of the whole job's."""

_WHOLE: Final = (costs.SPLIT_SECONDS + costs.START_SECONDS) / (
    1 - _SEGMENT_ROOT**2 / costs.START_SECONDS
)
_STEEP: Final = 1000.0
"""A job of less work is not split: see costs.segment_seconds. No operation compares, so the number
of segments rises steeply from there on."""

_ROOT: Final = costs.copy_part(10**12, costs.COPY_PART, lambda work: work) / 1e6
"""A copied part has so many bytes for each root of a byte that is copied in all."""

_LEAST_WRITES: Final = 6
"""Of a job of one step: plan, tail, the upload's begin and end, a list of its parts, and a list of
files. [measured] bench/results/ministack.json. A short request lies in the job's record."""

_LEAST_READS: Final = 4
_TABLE_WRITES: Final = 11
_TABLE_READS: Final = 1
"""Of a job of one step. [measured] as above: four or five writes of 2 KB, and two small ones by the
API."""

_STEPS_BESIDE: Final = 2
"""Steps besides the segments: `plan` or `finalize`, and `discard`. A job that is split has `watch`,
too. All are messages. Of the segments, those are that do not go to workers directly."""
_REQUESTS_OF_A_STEP: Final = 3

_END_SECONDS: Final = 1.0
"""S3's completion of an upload. [assumed] bench/results/simulate.md."""

_PAGE_REQUESTS: Final = 10
_ANSWER_SECONDS: Final = 0.05
_SWEEP_SECONDS: Final = 0.15
"""Requests for a page with its scripts, seconds of the function for an answer, and of a run of the
sweeper that finds nothing. [assumed]"""

_SWEEP_READS: Final = 12
_SWEEP_ASKS: Final = 3
"""Queries of a run of the sweeper, one for each shard of each index, and its questions to
queues."""

_QUEUES: Final = 3
_POLLS: Final = 5 * 3600 * spend.HOURS / 20
"""Lambda polls a queue with five requests each 20 s while it is empty, at most.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""

_ANNOUNCE_SECONDS: Final = 0.1
_ALARM_METRICS: Final = sum(
    len(one.alarm.metrics) for one in ALERTS if one.alarm.condition == "MakeAlarms"
)
_CANARY_METRICS: Final = sum(len(watch.alarm.metrics) for watch in canary.WATCHES)
_METRICS_WITH_JOBS: Final = watching.ENDED_METRICS + watching.FILTER_METRICS

_TB: Final = 1024.0
_EGRESS: Final = ([10 * _TB, 40 * _TB, 100 * _TB], ["egress1", "egress2", "egress3", "egress4"])


def _sum(*of: Formula) -> Formula:
    return ["+", *of]


def _product(*of: Formula) -> Formula:
    return ["*", *of]


_ONE_WORKER: Final[Formula] = [
    "max",
    ["/", "streamed", costs.STREAM_RATE],
    ["/", _product("gets", costs.READ_SECONDS), costs.READS_AT_ONCE],
    [
        "/",
        _sum(_product("gets", costs.READ_CPU), _product("streamed", costs.BYTE_CPU)),
        costs.VCPUS,
    ],
]


def _ramp(*of: Formula) -> Formula:
    """What the queue's workers take for so much work: costs.ramp."""
    most = ["sqrt", _sum(costs.WORKERS_AT_FIRST**2, _product(2 * costs.WORKERS_PER_SECOND, *of))]
    return ["/", ["-", most, costs.WORKERS_AT_FIRST], costs.WORKERS_PER_SECOND]


QUANTITIES: Final[tuple[tuple[str, Formula], ...]] = (
    ("large", ["/", _product("files", "largeFiles"), 100]),
    ("small", ["-", "files", "large"]),
    ("bytes", _product("megabytes", 1e6)),
    # Without large files nothing is copied, whatever the shares say. An object has 5 TB at most.
    ("copied", ["min", ["/", _product("bytes", "largeBytes"), 100], _product("large", 5e12)]),
    ("heads", ["min", _product("large", MIN_PART), "copied"]),
    ("streamed", _sum(["-", "bytes", "copied"], "heads")),
    ("copyPart", ["max", costs.COPY_PART, _product(_ROOT, ["sqrt", "copied"])]),
    ("copies", ["max", "large", ["/", ["-", "copied", "heads"], "copyPart"]]),
    ("parts", _sum("large", ["/", ["-", "bytes", "copied"], costs.STREAM_PART], 1)),
    ("gets", _sum("small", _product("large", 2))),
    (
        "work",
        _sum(
            _ONE_WORKER,
            _product("copies", costs.COPY_SECONDS / costs.COPIES_AT_ONCE),
            ["/", ["-", "copied", "heads"], costs.COPY_RATE * costs.COPIES_AT_ONCE],
        ),
    ),
    (
        "segment",
        [
            "min",
            SEGMENT_SECONDS,
            [
                "max",
                _product(_SEGMENT_ROOT, ["sqrt", "work"]),
                ["/", "work", costs.DIRECT_SEGMENTS],
                costs.START_SECONDS,
            ],
        ],
    ),
    (
        "segments",
        [
            "max",
            1,
            ["min", ["/", "work", "segment"], _sum(1, _product(_STEEP, ["-", "work", _WHOLE]))],
        ],
    ),
    ("more", ["-", "segments", 1]),
    ("watches", ["min", 1, "more"]),
    ("queued", ["max", 0, ["-", "segments", costs.DIRECT_SEGMENTS]]),
    ("reads", _sum("gets", "large", _LEAST_READS, _product("more", 3))),
    ("writes", _sum("copies", "parts", _LEAST_WRITES, ["/", "files", 1000], "more")),
    (
        "workerSeconds",
        _sum(
            "work",
            _product("segments", costs.START_SECONDS + costs.SEGMENT_SECONDS),
            _END_SECONDS,
        ),
    ),
    (
        "seconds",
        _sum(
            _END_SECONDS,
            [
                "min",
                _sum(costs.START_SECONDS, "work"),
                _sum(
                    costs.SPLIT_SECONDS,
                    "segment",
                    _product("segments", costs.SEGMENT_SERIAL_SECONDS + costs.INVOKE_SECONDS),
                    _ramp("queued", "segment"),
                ),
            ],
        ),
    ),
    ("polls", _product("watchers", ["/", "seconds", _HOLD + _PAUSE])),
    ("others", _sum(1, "downloads", _product("watchers", _PAGE_REQUESTS))),
    ("steps", _sum("segments", _STEPS_BESIDE, "watches")),
    ("messages", _sum(1 + _STEPS_BESIDE, "watches", "queued")),
    ("archiveGb", ["/", _product("exports", "bytes"), GB]),
    (
        "egressGb",
        ["/", _product("archiveGb", "downloads", "internet"), 100],
    ),
    (
        "logGbs",
        [
            "/",
            _sum(_product("exports", watching.LOG_BYTES), _MINUTES * watching.IDLE_LOG_BYTES),
            GB,
        ],
    ),
)
"""What follows from the choices, in this order. All but the last three are of one export."""

LINES: Final = (
    Line("egress", "Downloads to the internet", ["tiers", "egressGb", _EGRESS[1], _EGRESS[0]]),
    Line(
        "archives",
        "Archives while they are kept",
        _product("archiveGb", "s3Month", "archiveDays", 24 / spend.HOURS),
    ),
    Line(
        "s3",
        "Requests to S3",
        _product(
            "exports",
            _sum(
                _product(_sum("reads", "downloads"), "s3Read"),
                _product("writes", "s3Write"),
            ),
        ),
    ),
    Line(
        "workers",
        "Workers",
        _product(
            "exports",
            _sum(
                _product("workerSeconds", _MEMORY["Worker"], "lambdaSecond"),
                _product("steps", "lambdaCall"),
            ),
        ),
    ),
    Line(
        "api",
        "The API, and the page of those who watch",
        _product(
            "exports",
            _sum(
                _product(_sum("others", "polls"), _sum("apiCall", "lambdaCall")),
                _product(
                    _sum(_product("others", _ANSWER_SECONDS), _product("polls", _HOLD)),
                    _MEMORY["APIHandler"],
                    "lambdaSecond",
                ),
                _product("polls", 2, "tableRead"),
            ),
        ),
    ),
    Line(
        "table",
        "Table and queue",
        _product(
            "exports",
            _sum(
                _product(_sum(_TABLE_WRITES, _product("more", 4)), "tableWrite"),
                _product(_sum(_TABLE_READS, _product("more", 2)), "tableRead"),
                _product("messages", _REQUESTS_OF_A_STEP, "queueCall"),
            ),
        ),
    ),
    Line(
        "told",
        "Who is told: events, webhooks, mail",
        _product(
            "exports",
            _sum(
                "event",
                "lambdaCall",
                _product(_ANNOUNCE_SECONDS * _MEMORY["Announcer"], "lambdaSecond"),
                _product(4, "queueCall"),
                _product(4, "tableWrite"),
                "tableRead",
                _product(
                    _sum("webhooks", "mails"),
                    _sum(_product(5, "tableWrite"), _product(3, "tableRead")),
                ),
                _product("mails", "mail"),
            ),
        ),
    ),
    Line(
        "logs",
        "Log lines",
        _sum(
            _product("logGbs", "logGb"),
            _product("logGbs", watching.LOG_COMPRESSED, "logMonth", "logDays", 24 / spend.HOURS),
        ),
    ),
    Line(
        "watching",
        "Alarms, their metrics, the dashboard",
        _sum(
            _product(
                "alarms",
                _sum(
                    _product(_ALARM_METRICS, "alarmMetric"),
                    "dashboard",
                    _product(
                        "metric",
                        _sum(
                            watching.SWEPT_METRICS,
                            _product(
                                _METRICS_WITH_JOBS,
                                ["-", 1, ["power", 1 - 1 / spend.HOURS, "exports"]],
                            ),
                        ),
                    ),
                ),
            ),
            _product("canary", _CANARY_METRICS, "alarmMetric"),
        ),
    ),
    Line(
        "idle",
        "What is there also while nobody exports: queues that are asked, the sweeper, secrets",
        _sum(
            _product(_QUEUES * _POLLS + _SWEEP_ASKS * _MINUTES, "queueCall"),
            _product(_SWEEP_READS * _MINUTES, "tableRead"),
            _product(_MINUTES, "lambdaCall"),
            _product(_MINUTES * _SWEEP_SECONDS * _MEMORY["Sweeper"], "lambdaSecond"),
            _product("secrets", "secret"),
        ),
    ),
)


def month(chosen: Mapping[str, float] | None = None) -> dict[str, float]:
    """Returns the dollars of a month for each line of the bill, and their sum as `total`.

    `chosen` are inputs and prices by their ids, in place of the usual ones. Raises KeyError for an
    id that there is not.
    """
    usual = {one.id: one.value for one in INPUTS} | {one.id: one.dollars for one in PRICES}
    wanted = chosen or {}
    if unknown := wanted.keys() - usual.keys():
        raise KeyError(*unknown)
    known = {name: float(wanted.get(name, one)) for name, one in usual.items()}
    for name, formula in QUANTITIES:
        known[name] = value(formula, known)
    bill = {line.id: value(line.dollars, known) for line in LINES}
    return bill | {"total": sum(bill.values())}
