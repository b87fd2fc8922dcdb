"""The list of alerts. `python -m infra.alerts` writes Prometheus' rules from it.
CloudWatch's alarms come into the template when it is packaged.

Prometheus sees what the functions have written. CloudWatch also sees what they cannot write: what
API Gateway, Lambda and SQS count themselves. So the two queries of an alert are not the same.
"""

from typing import Final

from chalicelib.settings import HOLD_MAX
from infra import config
from infra.alerts import spend
from infra.alerts.model import API, OURS, Alarm, Alert, Filter, Intrinsic, Metric, of_function

_STEP_SECONDS: Final = 900
"""The worker's largest timeout: how long a step may work, with its message in the queue."""

HOLD_SECONDS: Final = int(config.settings_of("prod")["PROGRESS_HOLD_SECONDS"])
"""How long a route may wait for progress before it answers."""

_LONGER_SECONDS: Final = 3
SLOW_SECONDS: Final = HOLD_SECONDS + _LONGER_SECONDS

_SLOW_MS: Final[Intrinsic] = {
    "Fn::Select": [
        {"Ref": "ProgressHoldSeconds"},
        [str((hold + _LONGER_SECONDS) * 1000) for hold in range(HOLD_MAX + 1)],
    ]
}
"""The same in milliseconds, as it follows from the parameter of the template."""


def _queue(name: str) -> dict[str, Intrinsic]:
    return {"QueueName": {"Fn::GetAtt": [name, "QueueName"]}}


_JOBS_GIVEN_UP: Final = Alert(
    "JobsGivenUp",
    "critical",
    "Jobs were given up",
    "One is too many: a step was tried eight times, and a user has nothing. 15 minutes: so "
    "long the alert stays after the last one.",
    "sum(increase(export_jobs_given_up_total[15m])) > 0",
    "0m",
    Alarm((Metric("given_up", OURS, "givenUp", "Sum"),), 0),
)

_STEPS_DONE: Final = Filter(
    # Nobody waits for `discard`: it deletes what has expired.
    "WorkerLogs",
    '{ $.message = "step done" && $.step != "discard" }',
    "stepsDone",
)
_NO_JOB_ENDS: Final = Alert(
    "NoJobEnds",
    "critical",
    "Jobs are open, and for half an hour none has ended and no step was done",
    "A step works for 15 minutes at most (the worker's timeout), so one long job says `step done` "
    "more often than that. Twice as long without one is no long step any more.",
    "sum(export_jobs_active) > 0\n"
    "unless (sum(increase(export_jobs_total[5m])) > 0)\n"
    'unless (sum(increase(export_steps_total{outcome="done",step!="discard"}[5m])) > 0)',
    "30m",
    Alarm(
        (
            Metric("open", OURS, "openJobs", "Minimum"),
            Metric("ended", OURS, "ended", "Sum"),
            Metric("steps", OURS, _STEPS_DONE.metric, "Sum"),
        ),
        0,
        periods=6,
        expression="IF((open > 0) AND (FILL(ended, 0) + FILL(steps, 0) == 0), 1, 0)",
        filters=(_STEPS_DONE,),
    ),
)

_QUEUE_OLD: Final = Alert(
    "QueueOld",
    "warning",
    "A job has been waiting for a worker for five minutes",
    "Lambda adds 300 workers a minute, so a queue of thousands is gone in five minutes. "
    "CloudWatch knows only how old the oldest message is, and a message stays in the queue "
    "while its step works: hence 15 minutes more there.",
    "max(export_oldest_queued_job_seconds) > 300",
    "5m",
    Alarm(
        (
            Metric(
                "age",
                "AWS/SQS",
                "ApproximateAgeOfOldestMessage",
                "Maximum",
                _queue("ExportQueue"),
                60,
            ),
        ),
        _STEP_SECONDS + 300,
        periods=5,
    ),
)

_ERROR_RATIO_HIGH: Final = Alert(
    "ErrorRatioHigh",
    "critical",
    "More than 5 % of the API's answers are errors of ours (5xx)",
    "A client repeats a 503 and one in twenty is then hardly seen. Five or fewer in five "
    "minutes are no ratio: one of two requests at night would be 50 %. CloudWatch also counts "
    "what API Gateway answers in the function's place (502, 504).",
    "longhaul:answers_failed:ratio_rate5m > 0.05\n"
    'and sum(increase(http_requests_total{status=~"5.."}[5m])) > 5',
    "5m",
    Alarm(
        (
            Metric("errors", "AWS/ApiGateway", "5XXError", "Sum", API),
            Metric("requests", "AWS/ApiGateway", "Count", "Sum", API),
        ),
        0.05,
        periods=2,
        expression="IF(errors > 5, errors / requests, 0)",
    ),
)

_ANSWERS_SLOW: Final = Alert(
    "AnswersSlow",
    "warning",
    f"One answer of the API in a hundred takes {_LONGER_SECONDS} s longer than a route may hold it",
    f"A route holds its answer for up to {HOLD_SECONDS} s (PROGRESS_HOLD_SECONDS) if nothing "
    "moves, and a cold start takes one or two. Of 50 requests or fewer, the slowest hundredth "
    "is one cold start.",
    f"longhaul:answer_seconds:p99_10m > {SLOW_SECONDS}\n"
    "and sum(increase(http_request_duration_seconds_count[10m])) > 50",
    "10m",
    Alarm(
        (
            Metric("latency", "AWS/ApiGateway", "Latency", "p99", API),
            Metric("requests", "AWS/ApiGateway", "Count", "Sum", API),
        ),
        _SLOW_MS,
        periods=4,
        expression="IF(requests > 25, latency, 0)",
    ),
)

_THROTTLES: Final = (
    "SlowDown",
    "*Throttl*",
    "*LimitExceeded*",
    "*ThroughputExceeded*",
    "TooManyRequests*",
    "503",
    "429",
)
"""How services say that they are asked for too much."""

_STEPS_THROTTLED: Final = Filter(
    "WorkerLogs",
    '{ $.message = "step retried" && ('
    + " || ".join(f'$.code = "{code}"' for code in _THROTTLES)
    + ") }",
    "stepsThrottled",
)
_GATEWAY_THROTTLED: Final = Filter(
    # The quota and the WAF have names of their own.
    "AccessLogs",
    '{ $.error = "THROTTLED" }',
    "gatewayThrottled",
)
_THROTTLED: Final = Alert(
    "Throttled",
    "warning",
    "Services throttle the stack, and it lasts",
    "S3 answers SlowDown while it divides a busy prefix, for minutes; the steps come again by "
    "themselves. 20 in ten minutes, for ten minutes more, is a quota. A 429 of ours "
    "(`rate_limit`) is about one caller, who is told when to come again: no alert. On AWS it "
    "is also what API Gateway refuses for the whole stack (ThrottleRate), and what Lambda "
    "does.",
    'sum(increase(export_throttles_total{what!="rate_limit"}[10m])) > 20',
    "10m",
    Alarm(
        (
            Metric("api", "AWS/Lambda", "Throttles", "Sum", of_function("APIHandler")),
            Metric("worker", "AWS/Lambda", "Throttles", "Sum", of_function("Worker")),
            Metric("steps", OURS, _STEPS_THROTTLED.metric, "Sum"),
            Metric("gateway", OURS, _GATEWAY_THROTTLED.metric, "Sum"),
        ),
        10,
        periods=4,
        expression="FILL(api, 0) + FILL(worker, 0) + FILL(steps, 0) + FILL(gateway, 0)",
        filters=(_STEPS_THROTTLED, _GATEWAY_THROTTLED),
    ),
)

_DEAD_LETTERS: Final = Alert(
    "DeadLetters",
    "critical",
    "Dead letters stay in their queue",
    "Their handler takes a letter at once, and it comes again after six minutes if it could not be "
    "handled. After 15 minutes that has happened twice.",
    'max(export_queue_messages{queue="dead_letters"}) > 0',
    "15m",
    Alarm(
        (
            # A letter that the handler has taken in vain is not visible for six minutes.
            Metric(
                "visible",
                "AWS/SQS",
                "ApproximateNumberOfMessagesVisible",
                "Maximum",
                _queue("DeadLetterQueue"),
            ),
            Metric(
                "taken",
                "AWS/SQS",
                "ApproximateNumberOfMessagesNotVisible",
                "Maximum",
                _queue("DeadLetterQueue"),
            ),
        ),
        0,
        periods=3,
        expression="FILL(visible, 0) + FILL(taken, 0)",
    ),
)

_SWEEPER_SILENT: Final = Alert(
    "SweeperSilent",
    "critical",
    "The sweeper has not run for five minutes, or nothing is known of it",
    "It runs each minute. Nothing else finds a job whose message was lost. If all series are gone, "
    "nobody would be told of anything else: so that fires too, and no other alert does.",
    "(time() - max(export_sweeper_last_run_timestamp_seconds) > 300)\n"
    "or absent(export_sweeper_last_run_timestamp_seconds)",
    "5m",
    Alarm(
        # It is a number in each line `swept`, also of a run that found nothing.
        (Metric("runs", OURS, "woken", "SampleCount"),),
        1,
        periods=2,
        below=True,
        breaching=True,
    ),
)

_SPEND_HIGH: Final = Alert(
    "SpendHigh",
    "warning",
    "At the pace of the last day, the stack's work costs more than SPEND_LIMIT a month",
    "The limit is the operator's; infra/alerts/spend.py says what is counted, and why a day.",
    "longhaul:spend:dollars_per_month > longhaul:spend_limit:dollars_per_month",
    "15m",
    Alarm(spend.METRICS, {"Ref": "SpendLimit"}, expression=spend.expression()),
)

_KEYS_NOT_READ: Final = Filter("AnnouncerLogs", '{ $.message = "keys not read" }', "keysNotRead")
_WEBHOOKS_UNSIGNED: Final = Alert(
    "WebhooksUnsigned",
    "critical",
    "Webhooks wait: their keys cannot be read, or the announcer has a bug",
    "Nothing mends a secret by itself. Prometheus counts lines by their level, and the "
    "announcer writes no other errors than `keys not read` and those of a bug.",
    'sum(increase(export_log_lines_total{function="Announcer",level=~"ERROR|CRITICAL"}[15m])) > 0',
    "0m",
    Alarm(
        (Metric("lines", OURS, _KEYS_NOT_READ.metric, "Sum"),),
        0,
        filters=(_KEYS_NOT_READ,),
    ),
)

_DROPPED: Final = Filter("TelemetryLogs", '{ $.message = "telemetry dropped" }', "telemetryDropped")
_TELEMETRY_DROPS: Final = Alert(
    "TelemetryDrops",
    "warning",
    "Traces or log lines were dropped on their way to the backend",
    "Nothing is dropped as a rule: what a backend does not take waits. The lines themselves are "
    "still in their log groups.",
    "sum by (signal, reason) (increase(telemetry_dropped_total[15m])) > 0",
    "0m",
    Alarm(
        (Metric("lines", OURS, _DROPPED.metric, "Sum"),),
        0,
        filters=(_DROPPED,),
        condition="WatchTelemetry",
    ),
)

ALERTS: Final = (
    _JOBS_GIVEN_UP,
    _NO_JOB_ENDS,
    _QUEUE_OLD,
    _ERROR_RATIO_HIGH,
    _ANSWERS_SLOW,
    _THROTTLED,
    _DEAD_LETTERS,
    _SWEEPER_SILENT,
    _SPEND_HIGH,
    _WEBHOOKS_UNSIGNED,
    _TELEMETRY_DROPS,
)
