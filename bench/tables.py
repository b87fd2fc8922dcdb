"""Writes the results as a page of Markdown tables."""

from collections.abc import Iterable, Sequence
from typing import Final

from bench import prices
from bench.cases import Case
from bench.contenders import CONTENDERS, Contender, Run
from bench.growth import AXES, exponent
from bench.measure import Usage
from bench.power import GOOD_ENOUGH, chosen, on_aws
from bench.results import Results, median, sentences

MIB: Final = 1024**2
_TOP: Final = 2
"""How many points the largest decade has. There, what every job costs weighs least."""


def document(results: Results, cases: Sequence[Case]) -> str:
    """Returns the page: all results, as Markdown."""
    about = results.circumstances
    lines = [f"# Bench, {about.date}", "", *sentences(about)]
    for case in cases:
        lines += ["", f"## {case.title}", "", *_table(results, case)]
        lines += ["", "Requests of one run:", "", *_requests(results, case)]
    if not about.quick:
        lines += ["", "## The goals", "", *_goals(results, {case.name: case for case in cases})]
    if results.growth:
        lines += ["", "## Growth", "", *_growth(results)]
    if results.tunings:
        lines += ["", "## The function's memory", "", *_power(results)]
    return "\n".join(lines) + "\n"


def _table(results: Results, case: Case) -> list[str]:
    head = (
        "contender",
        "wall s",
        "(least to most)",
        "x floor",
        "CPU s",
        "start CPU s",
        "peak RSS MiB",
        "MiB in",
        "MiB out",
        "requests",
        "$ requests",
        "$ Lambda",
    )
    floor = _wall(results.of(case.name, "floor"))
    rows = []
    for contender in CONTENDERS:
        runs = results.of(case.name, contender.name)
        if runs:
            rows.append(_row(contender, runs, floor, results.circumstances.memory_mb))
    return list(_rows(head, rows))


def _row(contender: Contender, runs: Sequence[Run], floor: float, memory_mb: int) -> list[str]:
    walls = [run.usage.seconds for run in runs]
    row = [
        contender.title,
        f"{_wall(runs):.2f}",
        f"{min(walls):.2f} to {max(walls):.2f}",
        f"{_wall(runs) / floor:.2f}",
    ]
    usage = runs[-1].usage
    if not usage.requests:
        return [*row, *["" for _ in range(8)]]  # it ran in functions, which are not measured
    requests = median(runs, lambda run: prices.request_dollars(run.usage.requests))
    return [
        *row,
        f"{_cpu(runs):.2f}",
        f"{median(runs, lambda run: run.start.cpu):.2f}",
        f"{max(run.usage.peak_rss for run in runs) / MIB:.0f}",
        f"{median(runs, lambda run: run.usage.bytes_in) / MIB:.0f}",
        f"{median(runs, lambda run: run.usage.bytes_out) / MIB:.0f}",
        f"{sum(usage.requests.values()):,}",
        f"{requests:.5f}",
        f"{prices.lambda_dollars(_wall(runs), memory_mb):.5f}",
    ]


def _requests(results: Results, case: Case) -> list[str]:
    """Returns a table with a row for each kind of request, and a column for each contender."""
    used = {
        contender.name: runs[-1].usage.requests
        for contender in CONTENDERS
        if (runs := results.of(case.name, contender.name)) and runs[-1].usage.requests
    }
    kinds = sorted({kind for requests in used.values() for kind in requests})
    rows = [[kind, *(f"{asked.get(kind, 0) or ''}" for asked in used.values())] for kind in kinds]
    return list(_rows(("", *used), rows))


def _goals(results: Results, cases: dict[str, Case]) -> list[str]:
    """Returns the table of goals: what was found, what was allowed, and whether that is met."""
    goals: list[tuple[str, float, float]] = []
    if "large" in cases and (ours := results.of("large", "longhaul")):
        title, files = cases["large"].title, len(cases["large"].sizes)
        floor = _wall(results.of("large", "floor"))
        through = max(max(run.usage.bytes_in, run.usage.bytes_out) for run in ours)
        goals += [
            (f"{title}: wall over the floor's", _wall(ours) / floor, 1.3),
            (f"{title}: CPU-seconds of the worker", _cpu(ours), 0.35),
            (f"{title}: MiB through the worker, each file", through / files / MIB, 5.5),
        ]
    if "tar" in cases and (ours := results.of("tar", "longhaul")):
        title, floor = cases["tar"].title, _wall(results.of("tar", "floor"))
        goals += [
            (f"{title}: wall over the floor's", _wall(ours) / floor, 1.3),
            (f"{title}: CPU-seconds of the worker", _cpu(ours), 0.35),
        ]
    if "again" in cases and (again := results.of("again", "longhaul")):
        known = _wall(results.of("large", "longhaul"))
        goals.append(
            (f"{cases['again'].title}: wall over that with them", _wall(again) / known, 1.1)
        )
    if "small" in cases and (ours := results.of("small", "longhaul")):
        peers = [results.of("small", one.name) for one in CONTENDERS if one.kind == "peer"]
        title = cases["small"].title
        goals += [
            (f"{title}: wall over the best peer's", _wall(ours) / min(map(_wall, peers)), 0.6),
            (f"{title}: CPU over the best peer's", _cpu(ours) / min(map(_cpu, peers)), 0.4),
        ]
    worker = [run.usage.peak_rss for run in results.runs if run.contender == "longhaul"]
    worker += [point.usage.peak_rss for point in results.growth]
    if worker:
        goals.append(("any number of files and bytes: peak RSS in MiB", max(worker) / MIB, 200))
    for axis in AXES if results.growth else ():
        points = [point for point in results.growth if point.axis == axis]
        for what, value in (("wall", seconds), ("CPU", cpu)):
            goals.append((f"{what} by {axis}, exponent of all", exponent(points, value), 1.05))
            top = exponent(points[-_TOP:], value)
            goals.append((f"{what} by {axis}, exponent of the last decade", top, 1.05))
    rows = [
        [what, f"{found:.2f}", f"{bound:g}", "yes" if found <= bound else "**no**"]
        for what, found, bound in goals
    ]
    return list(_rows(("", "found", "at most", "met"), rows))


def _growth(results: Results) -> list[str]:
    rows = [
        [
            point.axis,
            f"{point.x:,}",
            f"{point.usage.seconds:.2f}",
            f"{point.usage.cpu:.2f}",
            f"{point.usage.peak_rss / MIB:.0f}",
            f"{sum(point.usage.requests.values()):,}",
        ]
        for point in results.growth
    ]
    head = ("what grows", "number", "wall s", "CPU s", "peak RSS MiB", "requests")
    return list(_rows(head, rows))


def seconds(usage: Usage) -> float:
    return usage.seconds


def cpu(usage: Usage) -> float:
    return usage.cpu


def _power(results: Results) -> list[str]:
    rows = []
    for tuning in results.tunings:
        there = on_aws(tuning)
        rows.append(
            [
                tuning.case,
                f"{tuning.memory_mb}",
                f"{tuning.usage.seconds:.2f}",
                f"{tuning.usage.cpu:.2f}",
                f"{there.seconds:.2f}",
                f"{there.dollars:.7f}",
            ]
        )
    head = ("", "MB", "s, measured here", "CPU s", "s, modelled on AWS", "$, modelled")
    conclusion = (
        f"The least memory with which no case takes more than {GOOD_ENOUGH} times its best time: "
        f"{chosen(results.tunings)} MB."
    )
    return [*_rows(head, rows), "", conclusion]


def _wall(runs: Sequence[Run]) -> float:
    return median(runs, lambda run: run.usage.seconds)


def _cpu(runs: Sequence[Run]) -> float:
    return median(runs, lambda run: run.usage.cpu)


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|---|{'---:|' * (len(head) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
