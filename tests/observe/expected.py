"""What each panel of the dashboards must show, computed from what really happened.

The time range of the panels begins before the first job, when each counter of jobs was 0. So what
a counter got in it is all that has happened. A rate is that number over the range. An answer
that the OpenAPI document does not have begins a series of http_requests_total, which Prometheus
cannot see as an increase: what is made of those is at most what has happened.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from chalicelib.jobs.model import Job
from infra.dashboards.scenario import LANES, PROXIES
from infra.observe.catalog import METRICS
from tests.observe.truth import ENDED, Kind, Line

Labels = tuple[str, ...]
"""The values of a series' labels, in the order of their names."""

Numbers = Mapping[Any, float]
"""By `Labels`: a mapping of tuples of one length is none of tuples of any."""

Panel = tuple[str, str, str]
"""The name of a dashboard, the title of a panel, and the letter of its query."""

ONLY: Labels = ()

Key: TypeAlias = Callable[[Kind], Labels]

OUTCOMES = {
    "step done": "done",
    "step skipped": "skipped",
    "step retried": "retried",
    "step failed": "failed",
}


@dataclass(frozen=True)
class Expected:
    """`exactly`: these numbers, and no others but 0. `rate`: these numbers over the time range, but
    for a scrape at its ends. `most`: each of these numbers or less, and no other series. `between`:
    each series, whatever its labels, from the first to the second number. For the last two there
    must be a series, unless `may_be_none`."""

    how: Literal["exactly", "rate", "most", "between"]
    numbers: Numbers
    may_be_none: bool = False

    def fault(self, shown: Numbers, seconds: float) -> str | None:
        """Returns what is wrong with what a panel shows of a range of so many seconds; None if
        nothing is."""
        known = {labels: value for labels, value in shown.items() if not math.isnan(value)}
        if not known and self.how in ("between", "most"):
            is_right = self.may_be_none
        elif self.how == "between":
            low, high = self.numbers["from",], self.numbers["to",]
            is_right = all(low <= value <= high for value in known.values())
        elif self.how == "most":
            is_right = all(
                value <= self.numbers.get(labels, 0) * _EXTRAPOLATED
                for labels, value in known.items()
            )
        else:
            given = {labels: value for labels, value in self.numbers.items() if value}
            scale = seconds if self.how == "rate" else 1
            found = {labels: value * scale for labels, value in known.items() if value}
            near = _EDGES if self.how == "rate" else 1e-9
            is_right = found.keys() == given.keys() and all(
                math.isclose(found[labels], value, rel_tol=near) for labels, value in given.items()
            )
        return None if is_right else f"{dict(shown)} instead of {self.how} {dict(self.numbers)}"


_EDGES = 0.15
"""A rate leaves out, or adds, up to a scrape at each end of a range of about a minute."""
_EXTRAPOLATED = 1.15


@dataclass(frozen=True)
class Said:
    """All that is known of what happened."""

    jobs: Sequence[Job]
    lines: Sequence[Line]
    sent: Mapping[Kind, int]
    range_seconds: float

    def panels(self) -> dict[Panel, Expected]:
        """Returns what each query of each panel must give."""
        return {**self._scenario(), **self._pipeline(), **self._api()}

    # -- dashboards ------------------------------------------------------------------------------

    def _scenario(self) -> dict[Panel, Expected]:
        ended = {(status,): self._ended(status) for status in ENDED}
        durations = "export_job_duration_seconds"
        completed = [seconds(job) for job in self.jobs if job.status == "completed"]
        by_bound = buckets(map(seconds, self.jobs), durations)
        found: dict[Panel, Expected] = {
            ("scenario", "Active jobs", "A"): _number(0),
            ("scenario", "Accepted", "A"): _number(len(self.jobs)),
            ("scenario", "Ended", "A"): _exactly(ended),
            ("scenario", "Given up", "A"): _number(0),
            ("scenario", "Oldest queued job", "A"): _number(0),
            ("scenario", "Active jobs over time", "A"): _number(0),
            ("scenario", "Ended, by status", "A"): _exactly(ended),
            ("scenario", "Durations of all jobs", "A"): _exactly(
                {(_bound(bound),): number for bound, number in by_bound.items()}
            ),
            ("scenario", "annotation Alerts", "A"): _exactly({}),
        }
        title = "Duration of completed jobs, and what proxies allow"
        for letter, part in (("A", 0.5), ("B", 0.95)):
            found["scenario", title, letter] = _number(_quantile(part, completed, durations))
        for lane in LANES:
            between = f"{lane.above}-{lane.up_to} s"
            found["scenario", f"{lane.name}: {between}", "A"] = _number(
                self._lasted(lane.above, lane.up_to)
            )
            found["scenario", f"{lane.name} downloads as they end", "A"] = _exactly(
                {(status,): self._lasted(lane.above, lane.up_to, status) for status in ENDED}
            )
        for proxy in PROXIES:
            title = f"Longer than {proxy.name} waits ({proxy.seconds} s)"
            found["scenario", title, "A"] = _number(self._lasted(proxy.surely, math.inf))
            if proxy.perhaps != proxy.surely:
                found["scenario", title, "B"] = _number(self._lasted(proxy.perhaps, proxy.surely))
        return found

    def _pipeline(self) -> dict[Panel, Expected]:
        steps = [line for line in self.lines if line.event in OUTCOMES]
        swept = [line for line in self.lines if line.event == "swept"]
        queued = [((j.started_at or j.updated_at) - j.created_at) / 1000 for j in self.jobs]
        findings = {
            ("announced_again",): _sum(swept, "announcedAgain"),
            ("discarded",): _sum(swept, "discarded"),
            ("given_up",): _sum(swept, "givenUp"),
            ("woken",): _sum(swept, "woken"),
        }
        loud = Counter(
            (line.function, str(line.facts["level"]))
            for line in self.lines
            if line.facts.get("level") not in ("INFO", "DEBUG")
        )
        found = {
            "Oldest queued job": _number(0),
            "Since the sweeper ran": _between(0, 90),
            "Dead letters waiting": _number(0),
            "Given up": _number(0),
            "Telemetry behind by": _between(0, 30),
            "Messages waiting": _between(0, 100),
            "Open jobs": _number(0),
            "Jobs accepted and ended": _number(len(self.jobs)),
            "Failed jobs, by reason": _exactly(
                Counter((job.failure.slug,) for job in self.jobs if job.failure)
            ),
            "Steps by outcome": _rate(Counter((OUTCOMES[line.event],) for line in steps)),
            "Steps done, by step": _rate(
                Counter((str(it.facts["step"]),) for it in steps if it.event == "step done")
            ),
            "Seconds of a step (p95)": _quantiles(steps, _took, "export_step_duration_seconds"),
            "Wait of messages, by step (p95)": _quantiles(
                steps, lambda line: line.facts["waitedMs"] / 1000, "export_queue_wait_seconds"
            ),
            "Put off, by reason": _exactly(
                Counter(
                    (str(line.facts["why"]), str(line.facts["step"]))
                    for line in steps
                    if line.event == "step retried"
                )
            ),
            "CPU of steps": _rate(_sums(steps, "cpuMs", "step")),
            "Bytes": _rate(
                {
                    ("copied",): sum(job.bytes_copied for job in self._builders()),
                    ("streamed",): sum(
                        job.bytes_done - job.bytes_copied for job in self._builders()
                    ),
                }
            ),
            "Files": _rate({ONLY: sum(job.files_done for job in self.jobs)}),
            "Functions at work": _rate(
                self._work([*steps, *swept, *self._events("request")]),
            ),
            "Cold starts": _exactly(self._cold()),
            "What the sweeper found": _exactly(findings),
            "Dead letters": _exactly({}),
            "Throttles": _exactly({("rate_limit",): self._answers("429")}),
            "Sweeper's runs": _number(len(swept)),
            "Announcements": _exactly({}),
            "Lines read": _between(0, 1000),
            "Warnings and errors logged": _rate(loud),
            "Sent to Loki and Jaeger": _between(0, 1000),
            "Waiting to be sent": _between(0, 1000),
            "Dropped": _exactly({}),
            "Lag": _between(0, 30),
            "Up for": _between(0, 3600),
            "annotation Alerts": _exactly({}),
        }
        more = {
            ("Open jobs", "B"): _between(0, 20),
            ("Jobs accepted and ended", "B"): _number(sum(map(self._ended, ENDED))),
            ("Jobs until their first step", "C"): _number(0),
        }
        for letter, part in (("A", 0.5), ("B", 0.95)):
            number = _quantile(part, queued, "export_job_queued_seconds")
            more["Jobs until their first step", letter] = _number(number)
        return {
            **{("pipeline", title, "A"): expected for title, expected in found.items()},
            **{("pipeline", *place): expected for place, expected in more.items()},
        }

    def _api(self) -> dict[Panel, Expected]:
        by_route = _sum_by(self.sent, lambda kind: (kind[0], kind[1]))
        limited = _sum_by(
            {kind: number for kind, number in self.sent.items() if kind[2] == "429"},
            lambda kind: (kind[0], kind[1]),
        )
        a_second = {labels: number / self.range_seconds for labels, number in by_route.items()}
        statuses = _sum_by(self.sent, lambda kind: (kind[2],))
        total = sum(self.sent.values()) / self.range_seconds
        latency = _between(0, 29)
        found: dict[Panel, Expected] = {
            ("api", "Requests", "A"): Expected("most", {ONLY: total}),
            ("api", "Error ratio", "A"): _number(0),
            ("api", "Error ratio over time", "A"): _number(0),
            ("api", "99 % are faster than", "A"): latency,
            ("api", "Told to slow down (429)", "A"): _number(self._answers("429")),
            ("api", "Told to slow down, by route", "A"): _exactly(limited),
            ("api", "Requests by route", "A"): Expected("most", a_second),
            ("api", "Answers by status", "A"): Expected(
                "most", {labels: number / self.range_seconds for labels, number in statuses.items()}
            ),
            ("api", "Cold starts", "A"): _exactly(self._cold()),
            ("api", "p95 by route", "A"): latency,
            ("api", "Slowest routes", "A"): Expected("most", by_route),
            ("api", "Slowest routes", "B"): _exactly({}),
            ("api", "annotation Alerts", "A"): _exactly({}),
        }
        for letter in "ABC":
            found["api", "Latency of all requests", letter] = latency
        for letter in "CDE":
            found["api", "Slowest routes", letter] = latency
        return found

    # -- what happened ---------------------------------------------------------------------------

    def _ended(self, status: str) -> int:
        return sum(job.status == status for job in self.jobs)

    def _lasted(self, above: float, up_to: float, status: str | None = None) -> int:
        return sum(
            above < seconds(job) <= up_to for job in self.jobs if status in (None, job.status)
        )

    def _builders(self) -> list[Job]:
        return [job for job in self.jobs if not job.reused_from]

    def _answers(self, status: str) -> int:
        return sum(number for kind, number in self.sent.items() if kind[2] == status)

    def _events(self, name: str) -> list[Line]:
        return [line for line in self.lines if line.event == name]

    def _cold(self) -> Numbers:
        return Counter((line.function,) for line in self.lines if line.facts.get("cold"))

    def _work(self, lines: Iterable[Line]) -> Numbers:
        sums: defaultdict[Labels, float] = defaultdict(float)
        for line in lines:
            sums[line.function,] += _took(line)
        return sums


def seconds(job: Job) -> float:
    """Returns how long a job that has ended took."""
    return (job.updated_at - job.created_at) / 1000


def _exactly(numbers: Numbers) -> Expected:
    return Expected("exactly", numbers)


def _number(number: float) -> Expected:
    return _exactly({ONLY: number})


def _rate(numbers: Numbers) -> Expected:
    return Expected("rate", numbers)


def _between(low: float, high: float) -> Expected:
    return Expected("between", {("from",): low, ("to",): high})


def _sum(lines: Iterable[Line], fact: str) -> float:
    return sum(line.facts.get(fact) or 0 for line in lines)


def _sums(lines: Iterable[Line], fact: str, by: str) -> Numbers:
    """Returns the sums in seconds of a fact in ms."""
    sums: defaultdict[Labels, float] = defaultdict(float)
    for line in lines:
        sums[str(line.facts[by]),] += line.facts[fact] / 1000
    return sums


def _sum_by(sent: Mapping[Kind, int], key: Key) -> dict[Labels, float]:
    sums: defaultdict[Labels, float] = defaultdict(float)
    for kind, number in sent.items():
        sums[key(kind)] += number
    return dict(sums)


def buckets(values: Iterable[float], name: str) -> dict[float, int]:
    """Returns how many of the values are in each bucket of a metric or in a lower one, by its upper
    bound."""
    known = list(values)
    bounds = (*METRICS[name].buckets, math.inf)
    return {bound: sum(value <= bound for value in known) for bound in bounds}


def _bound(bound: float) -> str:
    return "+Inf" if math.isinf(bound) else str(float(bound))


def _quantile(part: float, values: Iterable[float], name: str) -> float:
    """Returns what histogram_quantile makes of the buckets of a metric: it takes values to be
    spread evenly in each. https://prometheus.io/docs/prometheus/latest/querying/functions/"""
    counted = buckets(values, name)
    rank = part * counted[math.inf]
    below, low = 0, 0.0
    for bound, number in counted.items():
        if number >= rank:
            if math.isinf(bound):
                return low
            return low + (bound - low) * (rank - below) / (number - below)
        below, low = number, bound
    raise AssertionError("the last bucket has all")


def _quantiles(steps: Iterable[Line], seconds: Callable[[Line], float], name: str) -> Expected:
    by_step: defaultdict[str, list[float]] = defaultdict(list)
    for line in steps:
        by_step[str(line.facts["step"])].append(seconds(line))
    return _exactly({(step,): _quantile(0.95, took, name) for step, took in by_step.items()})


def _took(line: Line) -> float:
    """Returns the seconds of a request, a step or a run. A step's span ends with its job at the
    latest, and the line says how much longer the step took."""
    return float(line.facts["ms"] + line.facts.get("overranMs", 0)) / 1000
