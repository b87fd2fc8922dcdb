"""Panels of `pipeline`: what watches over the jobs, and the telemetry that all panels are from."""

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as models

from infra.dashboards import palette
from infra.dashboards.expressions import added, rate, some
from infra.dashboards.panels import MINUTE, About, Limit, Query, bars, lines


def watching() -> list[Builder[models.Panel]]:
    """Returns panels of the sweeper, the dead letters, throttles and announcements."""
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
            Query(some(added("export_sweeper_findings_total", "kind")), "{{kind}}"),
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
            Query(some(added("export_dead_letters_total", "outcome")), "{{outcome}}"),
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
            Query(some(added("export_throttles_total", "what")), "{{what}}"),
        ),
        bars(
            About(
                "Sweeper's runs",
                "short",
                "One a minute. A gap is a minute in which nobody watched.",
                width=8,
            ),
            Query(added("export_sweeper_runs_total"), "runs"),
            names=("runs",),
        ).interval(MINUTE),
        bars(
            About(
                "Announcements",
                "short",
                "Webhooks and mails by state. Those that were not sent are tried again for a day.",
                width=16,
                none="None",
            ),
            Query(some(added("export_notices_total", "kind", "state")), "{{kind}}: {{state}}"),
        ),
    ]


def telemetry() -> list[Builder[models.Panel]]:
    """Returns panels of the shipper. If these are wrong, so are all others."""
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
                some(rate('export_log_lines_total{level!~"INFO|DEBUG"}', "function", "level")),
                "{{function}} {{level}}",
            ),
        ),
        lines(
            About(
                "Sent to Loki and Jaeger",
                "ops",
                "Log records and spans. It is 0 without Docker, if no OTLP_ENDPOINT is set.",
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
            Query(
                some(added("telemetry_dropped_total", "signal", "reason")), "{{signal}}: {{reason}}"
            ),
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
            limits=[Limit(60, palette.WARN), Limit(300)],
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
