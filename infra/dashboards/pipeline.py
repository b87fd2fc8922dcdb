"""The dashboard `pipeline`: queues, steps, bytes, what watches over them, and telemetry itself."""

from typing import Final

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as models

from infra.dashboards import palette
from infra.dashboards.boards import Section, board, filled, with_alerts
from infra.dashboards.expressions import added, quantile, rate, total
from infra.dashboards.logs import OURS, facts
from infra.dashboards.panels import About, Limit, Query, bars, lines, number, side_by_side

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
            Section("What watches over it", _watching()),
            Section("Which steps", [_which()]),
            Section("Telemetry itself", _telemetry()),
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
                "Messages that five workers could not work on. `make redrive` sends them again.",
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
                "From the request to the first step, and the oldest that still waits.",
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
        side_by_side(
            About(
                "Jobs accepted and ended",
                "short",
                "The two are equal over a longer time. If none ends, workers are stuck.",
                width=8,
            ),
            Query(added("export_jobs_accepted_total"), "accepted"),
            Query(added("export_jobs_total"), "ended"),
            names=("accepted", "ended"),
        ),
        bars(
            About(
                "Failed jobs, by reason",
                "short",
                "The reason is the slug of docs/problems.md, which says what to do.",
                width=8,
                none="None",
            ),
            Query(added("export_jobs_failed_total", "reason"), "{{reason}}"),
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
                "The upper line is Lambda's limit of 900 s. A step near it is cut, and done again.",
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
            Query(added("export_step_retries_total", "step", "reason"), "{{step}}: {{reason}}"),
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
                "what Lambda bills (times the memory).",
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
            Query(added("export_cold_starts_total", "function"), "{{function}}"),
        ),
    ]


def _watching() -> list[Builder[models.Panel]]:
    return [
        bars(
            About(
                "What the sweeper found",
                "short",
                "`woken`: a job whose message was lost. `given_up`: one that nobody can end. Now "
                "and then one is woken; many are a fault.",
                width=8,
                none="Nothing",
            ),
            Query(added("export_sweeper_findings_total", "kind"), "{{kind}}"),
            names=("woken", "given_up", "discarded", "announced_again"),
        ),
        bars(
            About(
                "Dead letters",
                "short",
                "`retried`: sent again. `buried`: their job has failed. `dropped`: nobody needs "
                "them any more.",
                width=8,
                none="None",
            ),
            Query(added("export_dead_letters_total", "outcome"), "{{outcome}}"),
            names=("retried", "buried", "dropped"),
        ),
        bars(
            About(
                "Throttles",
                "short",
                "`rate_limit` is the API's own, for its callers. All else is AWS: ask for a "
                "higher quota if it does not end.",
                width=8,
                none="None",
            ),
            Query(added("export_throttles_total", "what"), "{{what}}"),
        ),
        lines(
            About(
                "Sweeper's runs",
                "cpm",
                "One a minute.",
                width=8,
            ),
            Query(f"60 * {rate('export_sweeper_runs_total')}", "runs"),
            names=("runs",),
        ),
        bars(
            About(
                "Announcements",
                "short",
                "Webhooks and mails by state. Those that were not sent are tried again for a day.",
                width=16,
                none="None",
            ),
            Query(added("export_notices_total", "kind", "state"), "{{kind}}: {{state}}"),
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


def _telemetry() -> list[Builder[models.Panel]]:
    return [
        lines(
            About(
                "Lines read",
                "ops",
                "Lines of the log by function. None while requests come: the shipper is blind.",
                width=6,
            ),
            Query(rate("telemetry_lines_total", "function"), "{{function}}"),
        ),
        lines(
            About(
                "Warnings and errors logged",
                "ops",
                "Lines by level. A new kind of error is seen here before anyone complains.",
                width=6,
                none="None",
            ),
            Query(
                rate('export_log_lines_total{level!~"INFO|DEBUG"}', "function", "level"),
                "{{function}} {{level}}",
            ),
        ),
        lines(
            About(
                "Sent to Loki and Jaeger",
                "ops",
                "Log records and spans. It is 0 where no OTLP_ENDPOINT is set.",
                width=6,
            ),
            Query(rate("telemetry_sent_total", "signal"), "{{signal}}"),
            names=("logs", "traces"),
        ),
        lines(
            About(
                "Waiting to be sent",
                "short",
                "It grows while Loki or Jaeger is down, up to a bound; then the oldest are "
                "dropped, and counted as dropped.",
                width=6,
            ),
            Query("sum by (signal) (telemetry_outbox_rows)", "{{signal}}"),
            names=("logs", "traces"),
        ),
        bars(
            About(
                "Dropped",
                "short",
                "What will never arrive, and why. Metrics are not affected.",
                width=8,
                none="None",
            ),
            Query(added("telemetry_dropped_total", "signal", "reason"), "{{signal}}: {{reason}}"),
        ),
        lines(
            About(
                "Lag",
                "s",
                "All lines that are older than this are counted. It grows while the shipper "
                "cannot read.",
                width=8,
            ),
            Query("max(telemetry_lag_seconds)", "lag"),
            names=("lag",),
            limits=_OLD,
        ),
        lines(
            About(
                "Up for",
                "s",
                "It falls to 0 when the shipper starts again. No counter does.",
                width=8,
            ),
            Query("time() - max(telemetry_started_timestamp_seconds)", "shipper"),
            names=("shipper",),
        ),
    ]
