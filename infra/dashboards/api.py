"""The dashboard `api`: what callers ask for, and how fast they get an answer."""

from typing import Final

from grafana_foundation_sdk.builders.dashboard import QueryVariable
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as models

from infra.dashboards import palette
from infra.dashboards.boards import Section, board, filled, with_alerts
from infra.dashboards.expressions import added, known, quantile, rate, some, total
from infra.dashboards.logs import OURS, facts
from infra.dashboards.panels import (
    PROMETHEUS,
    About,
    Column,
    Limit,
    Query,
    bars,
    by_label,
    lines,
    number,
)

_HERE: Final = 'path=~"$path"'
_REQUESTS: Final = f"http_requests_total{{{_HERE}}}"
_ROUTE: Final = ("method", "path")
_BUCKETS: Final = f"http_request_duration_seconds_bucket{{{_HERE}}}"
_ERRORS: Final = f'http_requests_total{{{_HERE},status=~"5.."}}'
_LIMITED: Final = f'http_requests_total{{{_HERE},status="429"}}'
_RANGE: Final = "$__range"
_HELD: Final = (
    "A request with `Prefer: wait`, and the event stream `/progress`, are held on purpose."
)
_SLOW: Final = [Limit(5)]
_MANY_ERRORS: Final = [Limit(0.01, palette.WARN), Limit(0.05)]


def api() -> models.Dashboard:
    """Returns the dashboard."""
    about = "Requests by route and status, errors, latency, cold starts. " + _HELD
    dashboard = with_alerts(board("api", about, "now-1h")).with_variable(_path())
    return filled(
        dashboard,
        [
            Section("Now", _now()),
            Section("Requests", _requests()),
            Section("Latency", _latency()),
            Section("Which requests", [_which()]),
        ],
    )


def _path() -> QueryVariable:
    return (
        QueryVariable("path")
        .label("Route")
        .description("Routes as in the OpenAPI document: there are as many as it has, never ids.")
        .datasource(PROMETHEUS)
        .query("label_values(http_requests_total, path)")
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".+")
        .current(models.VariableOption(selected=True, text=["All"], value=["$__all"]))
    )


def _now() -> list[Builder[models.Panel]]:
    requests = f"sum(rate({_REQUESTS}[{_RANGE}]))"
    errors = f"(sum(rate({_ERRORS}[{_RANGE}])) or vector(0)) / ({some(requests)})"
    p99 = quantile(0.99, _BUCKETS).replace("$__rate_interval", _RANGE)
    return [
        number(
            About("Requests", "reqps", "The mean rate of this time range.", width=6, height=4),
            Query(requests),
        ),
        number(
            About(
                "Error ratio",
                "percentunit",
                "The part of all requests that ended with 5xx. Above 1 %, look at the routes "
                "below; a caller's own mistakes (4xx) are not in it.",
                width=6,
                height=4,
                none="No requests",
            ),
            Query(errors),
            limits=_MANY_ERRORS,
        ),
        number(
            About(
                "99 % are faster than",
                "s",
                f"Over this time range. {_HELD}",
                width=6,
                height=4,
                none="No requests",
            ),
            Query(p99),
            limits=_SLOW,
        ),
        number(
            About(
                "Told to slow down (429)",
                "short",
                "Answers 429 of all routes in this time range. One caller may have all of them.",
                width=6,
                height=4,
            ),
            Query(total('export_throttles_total{what="rate_limit"}')),
            limits=[Limit(1, palette.WARN)],
        ),
    ]


def _requests() -> list[Builder[models.Panel]]:
    return [
        lines(
            About(
                "Requests by route",
                "reqps",
                "Which routes are asked for. Status requests without job requests are pages left "
                "open.",
                width=12,
            ),
            Query(known(rate(_REQUESTS, *_ROUTE), _REQUESTS, *_ROUTE), "{{method}} {{path}}"),
        ),
        lines(
            About(
                "Answers by status",
                "reqps",
                "5xx is ours to repair. Much 404 or 401 is a client with old links or tokens.",
                width=12,
            ),
            Query(known(rate(_REQUESTS, "status"), _REQUESTS, "status"), "{{status}}"),
        ),
        lines(
            About(
                "Error ratio over time",
                "percentunit",
                "Beyond the upper line, callers notice. A peak with a cold start is a timeout.",
                width=8,
                none="No requests",
            ),
            Query(f"({rate(_ERRORS)} or vector(0)) / ({some(rate(_REQUESTS))})", "5xx"),
            names=("5xx",),
            limits=_MANY_ERRORS,
        ),
        bars(
            About(
                "Told to slow down, by route",
                "short",
                "Answers 429. If they do not end, a client does not honour Retry-After.",
                width=8,
                none="None",
            ),
            Query(some(added(_LIMITED, *_ROUTE)), "{{method}} {{path}}"),
        ),
        bars(
            About(
                "Cold starts",
                "short",
                "New processes. Many at once follow a deployment, or a burst of callers.",
                width=8,
                none="None",
            ),
            Query(some(added("export_cold_starts_total", "function")), "{{function}}"),
        ),
    ]


def _latency() -> list[Builder[models.Panel]]:
    parts = (0.5, 0.95, 0.99)
    over_range = [
        quantile(part, _BUCKETS, *_ROUTE).replace("$__rate_interval", _RANGE) for part in parts
    ]
    return [
        lines(
            About(
                "Latency of all requests",
                "s",
                f"The distance of p99 to p50 is what few callers meet. {_HELD}",
                width=12,
            ),
            *(
                Query(quantile(part, _BUCKETS), f"p{part * 100:g}", exemplar=part == max(parts))
                for part in parts
            ),
            names=("p50", "p95", "p99"),
            limits=_SLOW,
        ),
        lines(
            About(
                "p95 by route",
                "s",
                f"A route that is slower than before. {_HELD}",
                width=12,
            ),
            Query(quantile(0.95, _BUCKETS, *_ROUTE), "{{method}} {{path}}"),
        ),
        by_label(
            About(
                "Slowest routes",
                "none",
                f"Over this time range, the slowest first. {_HELD}",
                width=24,
                height=9,
            ),
            _ROUTE,
            [
                Column("requests", some(total(_REQUESTS, *_ROUTE)), "short"),
                Column("5xx", some(total(_ERRORS, *_ROUTE)), "short"),
                *(
                    Column(f"p{part * 100:g}", expr, "s")
                    for part, expr in zip(parts, over_range, strict=True)
                ),
            ],
        ),
    ]


def _which() -> Builder[models.Panel]:
    return facts(
        About(
            "Requests that failed or were slow",
            "none",
            "5xx, or slower than 3 s, for which no request is held. Click on the trace to see "
            "what it waited for.",
            width=24,
            height=9,
            none="None, or Loki is not there",
        ),
        f'{OURS} |~ "^request$" | status >= 500 or ms >= 3000',
        [
            ("method", "string"),
            ("path", "string"),
            ("status", "string"),
            ("ms", "ms"),
            ("cold", "string"),
            ("requestId", "string"),
            ("trace_id", "string"),
            ("job", "string"),
        ],
    )
