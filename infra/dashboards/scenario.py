"""The dashboard `scenario`: fast, medium and slow downloads, and the limits of proxies."""

from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as models

from infra.dashboards import palette
from infra.dashboards.boards import Section, board, filled, with_alerts
from infra.dashboards.expressions import DURATION, added, all_of, at_most, quantile, total
from infra.dashboards.logs import OURS, facts
from infra.dashboards.panels import MINUTE, About, Limit, Query, area, bars, heat, lines, number

STATUSES: Final = ("completed", "failed", "cancelled")


@dataclass(frozen=True)
class Lane:
    """Jobs that took more than `above` and up to `up_to` seconds: both are bounds of buckets."""

    name: str
    above: int
    up_to: int


LANES: Final = (Lane("Fast", 10, 15), Lane("Medium", 30, 60), Lane("Slow", 60, 120))


@dataclass(frozen=True)
class Proxy:
    """A proxy that gives up after `seconds`. No bucket need have this bound. The jobs above the
    bucket `surely` took longer; of those between `perhaps` and `surely`, nobody can tell."""

    name: str
    seconds: int
    perhaps: int
    surely: int


PROXIES: Final = (
    # docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
    Proxy("API Gateway", 29, 15, 30),
    # nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout
    Proxy("nginx", 60, 60, 60),
    # developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
    Proxy("Cloudflare", 100, 90, 120),
)
_LIMITS: Final = [
    Limit(proxy.seconds, colour)
    for proxy, colour in zip(
        PROXIES, (palette.ORANGE, palette.VERMILION, palette.PURPLE), strict=True
    )
]


def scenario() -> models.Dashboard:
    """Returns the dashboard."""
    about = (
        "Exports that take 10-15 s, 30-60 s and 60-120 s, as `make scenario FACTOR=1` makes them, "
        "and what a proxy would have done to each of them as one request."
    )
    return filled(
        with_alerts(board("scenario", about, "now-15m")),
        [
            Section("Jobs", _jobs()),
            Section("Three lanes", [*map(_lane_total, LANES), *map(_lane, LANES)]),
            Section("The limits of proxies", [*_durations(), *map(_beyond, PROXIES)]),
            Section("Which jobs", [_which()]),
        ],
    )


def _jobs() -> list[Builder[models.Panel]]:
    return [
        number(
            About(
                "Active jobs",
                "short",
                "Accepted, and not ended. It must come back to 0 when nobody exports.",
                width=4,
                height=5,
            ),
            Query("sum(export_jobs_active)"),
        ),
        number(
            About(
                "Accepted",
                "short",
                "Jobs accepted in this time range. All of them must end: compare with the next.",
                width=4,
                height=5,
            ),
            Query(total("export_jobs_accepted_total")),
        ),
        number(
            About(
                "Ended",
                "short",
                "Jobs that ended in this time range. Counted, not extrapolated; each end once.",
                width=8,
                height=5,
            ),
            Query(total("export_jobs_total", "status"), "{{status}}"),
        ),
        number(
            About(
                "Given up",
                "short",
                "Jobs that no worker could bring to an end. This must be 0.",
                width=4,
                height=5,
            ),
            Query(total("export_jobs_given_up_total")),
            limits=[Limit(1)],
        ),
        number(
            About(
                "Oldest queued job",
                "s",
                "For how long the oldest job that no worker has begun is waiting. MiniStack hands "
                "out the lines of a step when it is over: there, its job waits until then.",
                width=4,
                height=5,
            ),
            Query("max(export_oldest_queued_job_seconds)"),
            limits=[Limit(60, palette.WARN), Limit(300)],
        ),
        area(
            About(
                "Active jobs over time",
                "short",
                "Each job is one step up when it is accepted, and one step down when it ends.",
                width=12,
                height=7,
            ),
            Query("sum(export_jobs_active)", "active"),
        ),
        bars(
            About(
                "Ended, by status",
                "short",
                "Jobs that ended in each step. Click on `failed` in the legend to see it alone.",
                width=12,
                height=7,
            ),
            Query(added("export_jobs_total", "status"), "{{status}}"),
            names=STATUSES,
        ),
    ]


def _lane_total(lane: Lane) -> Builder[models.Panel]:
    between = f"{lane.above}-{lane.up_to} s"
    return number(
        About(
            f"{lane.name}: {between}",
            "short",
            f"Jobs of this time range that took more than {lane.above} s and up to {lane.up_to} s, "
            "from the request to the end. Exact: both are bounds of buckets.",
            width=8,
            height=4,
        ),
        Query(f"{total(at_most(lane.up_to))} - {total(at_most(lane.above))}"),
    )


def _lane(lane: Lane) -> Builder[models.Panel]:
    upper, lower = (added(at_most(bound), "status") for bound in (lane.up_to, lane.above))
    return bars(
        About(
            f"{lane.name} downloads as they end",
            "short",
            f"When jobs of {lane.above}-{lane.up_to} s ended, and how. A lane with failures that "
            "the others do not have is cut by something at that time.",
            width=8,
            height=7,
        ),
        Query(f"clamp_min({upper} - {lower}, 0)", "{{status}}"),
        names=STATUSES,
    )


def _durations() -> list[Builder[models.Panel]]:
    buckets = f'{DURATION}{{status="completed"}}'
    return [
        lines(
            About(
                "Duration of completed jobs, and what proxies allow",
                "s",
                "The dashed lines are the limits: 29 s (API Gateway), 60 s (nginx), 100 s "
                "(Cloudflare). As one request, all above a line would have been cut. Each dot is a "
                "job: click it for its trace. Lines are interpolated within buckets.",
                width=12,
                height=9,
            ),
            *(
                Query(quantile(part, buckets), f"p{part * 100:g}", exemplar=part == _EXEMPLARS)
                for part in (0.5, 0.95)
            ),
            names=("p50", "p95"),
            limits=_LIMITS,
        ).interval(MINUTE),
        heat(
            About(
                "Durations of all jobs",
                "short",
                "How many jobs ended in each step, by how long they took. Three bands are the "
                "three lanes.",
                width=12,
                height=9,
            ),
            Query(added(DURATION, "le"), "{{le}}"),
        ),
    ]


_EXEMPLARS: Final = 0.5
"""Exemplars are the same for each quantile, so one of the queries asks for them."""


def _beyond(proxy: Proxy) -> Builder[models.Panel]:
    above = total(all_of())
    surely = Query(f"{above} - {total(at_most(proxy.surely))}", f"over {proxy.surely} s")
    queries = [surely]
    unsure = ""
    if proxy.perhaps != proxy.surely:
        between = f"{total(at_most(proxy.surely))} - {total(at_most(proxy.perhaps))}"
        queries.append(Query(between, f"{proxy.perhaps}-{proxy.surely} s: perhaps"))
        unsure = (
            f" No bucket ends at {proxy.seconds} s: those of {proxy.perhaps}-{proxy.surely} s "
            "may be on either side."
        )
    return number(
        About(
            f"Longer than {proxy.name} waits ({proxy.seconds} s)",
            "short",
            f"Jobs of this time range that {proxy.name} would have cut as one request.{unsure}",
            width=8,
            height=5,
        ),
        *queries,
    )


def _which() -> Builder[models.Panel]:
    return facts(
        About(
            "Jobs that ended",
            "none",
            "The newest first. Click on a job, or on its trace, to see its lines beside its trace.",
            width=24,
            height=10,
            none="No job has ended, or Loki is not there",
        ),
        f'{OURS} |= "job ended"',
        [
            ("job", "string"),
            ("trace_id", "string"),
            ("status", "string"),
            ("reason", "string"),
            ("secondsTotal", "s"),
            ("secondsQueued", "s"),
            ("files", "short"),
            ("bytesCopied", "bytes"),
            ("bytesStreamed", "bytes"),
        ],
    )
