"""The dashboard `pipeline`: queues, steps, bytes, what watches over them, and telemetry itself."""

from typing import Final

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as models

from infra.dashboards import palette
from infra.dashboards.boards import Section, board, filled, with_alerts
from infra.dashboards.expressions import added, quantile, rate, some, total
from infra.dashboards.logs import OURS, facts
from infra.dashboards.panels import MINUTE, About, Limit, Query, bars, lines, number
from infra.dashboards.watching import telemetry, watching

_OLD: Final = [Limit(60, palette.WARN), Limit(300)]
_SILENT: Final = [Limit(120, palette.WARN), Limit(300)]
_STEP: Final = "export_step_duration_seconds_bucket"
_WAIT: Final = "export_queue_wait_seconds_bucket"
_QUEUED: Final = "export_job_queued_seconds_bucket"


def pipeline() -> models.Dashboard:
    """Returns the dashboard."""
    about = "From the queue to the archive: what waits, what works, what had to be done again."
    return filled(
        with_alerts(board("pipeline", about, "now-1h")),
        [
            Section("Now", _now()),
            Section("Queues", _queues()),
            Section("Steps", _steps()),
            Section("Bytes and functions", _work()),
            Section("What watches over it", watching()),
            Section("Which steps", [_which()]),
            Section("Telemetry itself", telemetry()),
        ],
    )


def _now() -> list[Builder[models.Panel]]:
    return [
        number(
            About(
                "Oldest queued job",
                "s",
                "How long the oldest job that no worker has begun is waiting. If it grows while "
                "workers run, there are too few; if none runs, look at Worker's errors.",
                width=5,
                height=5,
            ),
            Query("max(export_oldest_queued_job_seconds)"),
            limits=_OLD,
        ),
        number(
            About(
                "Since the sweeper ran",
                "s",
                "It runs each minute. Without it, a job whose message is lost waits for ever.",
                width=5,
                height=5,
            ),
            Query("time() - max(export_sweeper_last_run_timestamp_seconds)"),
            limits=_SILENT,
        ),
        number(
            About(
                "Dead letters waiting",
                "short",
                "Messages that a queue gave up after eight tries. `make redrive` sends them again.",
                width=5,
                height=5,
            ),
            Query('sum(export_queue_messages{queue="dead_letters"})'),
            limits=[Limit(1)],
        ),
        number(
            About(
                "Given up",
                "short",
                "Jobs of this time range that no worker could bring to an end. This must be 0.",
                width=4,
                height=5,
            ),
            Query(total("export_jobs_given_up_total")),
            limits=[Limit(1)],
        ),
        number(
            About(
                "Telemetry behind by",
                "s",
                "All lines that are older than this are counted. All panels are late by this.",
                width=5,
                height=5,
            ),
            Query("max(telemetry_lag_seconds)"),
            limits=_OLD,
        ),
    ]


def _queues() -> list[Builder[models.Panel]]:
    return [
        lines(
            About(
                "Messages waiting",
                "short",
                "As the sweeper saw it, each minute. A queue that only grows has no worker.",
                width=8,
            ),
            Query("sum by (queue) (export_queue_messages)", "{{queue}}"),
            names=("exports", "announcements", "dead_letters"),
        ),
        lines(
            About(
                "Jobs until their first step",
                "s",
                "From the request to the first step, and the oldest that still waits. MiniStack "
                "hands out the lines of a step when it is over: there, its job waits until then.",
                width=8,
            ),
            Query(quantile(0.5, _QUEUED), "p50"),
            Query(quantile(0.95, _QUEUED), "p95"),
            Query("max(export_oldest_queued_job_seconds)", "oldest now"),
            names=("p50", "p95", "oldest now"),
            limits=_OLD,
        ),
        lines(
            About(
                "Wait of messages, by step (p95)",
                "s",
                "Since SQS took the message. A step that waits while others do not is put off: "
                "see the reasons below.",
                width=8,
            ),
            Query(quantile(0.95, _WAIT, "step"), "{{step}}"),
        ),
        lines(
            About(
                "Open jobs",
                "short",
                "By the log (accepted and not ended) and by the table (the sweeper counts). If "
                "they stay apart, lines of the log are missing.",
                width=8,
            ),
            Query("sum(export_jobs_active)", "by the log"),
            Query("sum(export_open_jobs_in_table)", "in the table"),
            names=("by the log", "in the table"),
        ),
        lines(
            About(
                "Jobs accepted and ended",
                "short",
                "In each minute. Over a longer time, both are equal. If none ends, look at the "
                "workers.",
                width=8,
            ),
            Query(added("export_jobs_accepted_total"), "accepted"),
            Query(added("export_jobs_total"), "ended"),
            names=("accepted", "ended"),
        ).interval(MINUTE),
        bars(
            About(
                "Failed jobs, by reason",
                "short",
                "The reason is the slug of docs/problems.md, which says what to do.",
                width=8,
                none="None",
            ),
            Query(some(added("export_jobs_failed_total", "reason")), "{{reason}}"),
        ),
    ]


def _steps() -> list[Builder[models.Panel]]:
    return [
        lines(
            About(
                "Steps by outcome",
                "ops",
                "`skipped` is a message that came twice, or late: harmless. `retried` was put "
                "off, and comes again.",
                width=12,
            ),
            Query(rate("export_steps_total", "outcome"), "{{outcome}}"),
            names=("done", "failed", "retried", "skipped"),
        ),
        lines(
            About(
                "Steps done, by step",
                "ops",
                "`assemble` comes once for each segment, all others about once for each job.",
                width=12,
            ),
            Query(rate('export_steps_total{outcome="done"}', "step"), "{{step}}"),
        ),
        lines(
            About(
                "Seconds of a step (p95)",
                "s",
                "The line is Lambda's limit of 900 s: a step near it is cut, and done again. From "
                "60 s on, buckets are wide (300 s, 900 s), so this shows rather too much.",
                width=8,
            ),
            Query(quantile(0.95, _STEP, "step"), "{{step}}"),
            limits=[Limit(900)],
        ),
        bars(
            About(
                "Put off, by reason",
                "short",
                "What made a step wait for another try. `SlowDown` is S3, a throttle the table.",
                width=8,
                none="None",
            ),
            Query(
                some(added("export_step_retries_total", "step", "reason")), "{{step}}: {{reason}}"
            ),
        ),
        lines(
            About(
                "CPU of steps",
                "percentunit",
                "CPU seconds each second, so 100 % is one core. Copies by S3 need nearly none.",
                width=8,
            ),
            Query(rate("export_step_cpu_seconds_total", "step"), "{{step}}"),
        ),
    ]


def _work() -> list[Builder[models.Panel]]:
    return [
        lines(
            About(
                "Bytes",
                "Bps",
                "`copied` went from S3 to S3; `streamed` went through a worker, and costs CPU. A "
                "job's bytes count when it ends.",
                width=8,
            ),
            Query(rate("export_bytes_total", "way"), "{{way}}"),
            names=("copied", "streamed"),
        ),
        lines(
            About(
                "Files",
                "ops",
                "Files in the archives, each second. They count when their job ends.",
                width=4,
            ),
            Query(rate("export_files_total"), "files"),
            names=("files",),
        ),
        lines(
            About(
                "Functions at work",
                "short",
                "Seconds of requests, steps and sweeps each second: how many run at once, and "
                "what Lambda bills (times the memory). They count at the end: a step of a minute "
                "is a peak when it is over.",
                width=8,
            ),
            Query(rate("export_function_seconds_total", "function"), "{{function}}"),
        ),
        bars(
            About(
                "Cold starts",
                "short",
                "New processes. Many at once follow a deployment, or a burst of jobs.",
                width=4,
                none="None",
            ),
            Query(some(added("export_cold_starts_total", "function")), "{{function}}"),
        ),
    ]


def _which() -> Builder[models.Panel]:
    return facts(
        About(
            "Steps that were put off or failed",
            "none",
            "The newest first. Click on the job to see what came before.",
            width=24,
            height=9,
            none="None, or Loki is not there",
        ),
        f'{OURS} |~ "^step (retried|failed)"',
        [
            ("job", "string"),
            ("step", "string"),
            ("segment", "string"),
            ("attempt", "short"),
            ("why", "string"),
            ("ms", "ms"),
            ("waitedMs", "ms"),
            ("trace_id", "string"),
        ],
    )
