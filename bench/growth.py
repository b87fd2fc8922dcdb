"""Measures how the worker's time, CPU and memory grow with an archive's bytes and files."""

import math
import statistics
from collections.abc import Callable, Sequence
from typing import Final, Literal

from bench import archives, cases, ours, processes
from bench.cases import KB, Case
from bench.measure import Usage
from bench.place import Place
from bench.points import Point
from infra import bucket

Axis = Literal["bytes", "files"]
AXES: Final[tuple[Axis, ...]] = ("bytes", "files")

FILES_OF_AN_ARCHIVE: Final = 4
BYTES_OF_A_FILE: Final = 10 * KB

_BYTES: Final = tuple(10**power for power in range(5, 10))
_FILES: Final = tuple(10**power for power in range(5))

Series = dict[Axis, tuple[int, ...]]
"""The sizes to measure, by what grows."""

FOUR_DECADES: Final[Series] = {"bytes": _BYTES, "files": _FILES}
TWO_DECADES: Final[Series] = {"bytes": _BYTES[1:4], "files": _FILES[1:4]}


def measured(place: Place, series: Series, show: Callable[[str], None]) -> list[Point]:
    """Measures the worker at each size of the series, each time in a new process."""
    points = []
    for axis, sizes in series.items():
        for x in sizes:
            show(f"{x:,} {axis}")
            points.append(Point(axis, x, _usage(place, _case(axis, x))))
    return points


def exponent(points: Sequence[Point], value: Callable[[Usage], float]) -> float:
    """Returns the slope of the straight line through the points, both scales being logarithmic.

    1 is linear growth, 2 is quadratic growth.
    """
    logarithms = [(math.log(point.x), math.log(value(point.usage))) for point in points]
    return statistics.linear_regression(*zip(*logarithms, strict=True)).slope


def _case(axis: Axis, x: int) -> Case:
    if axis == "files":
        return Case(f"growth-files-{x}", "", (BYTES_OF_A_FILE,) * x)
    return Case(f"growth-bytes-{x}", "", (x // FILES_OF_AN_ARCHIVE,) * FILES_OF_AN_ARCHIVE)


def _usage(place: Place, case: Case) -> Usage:
    cases.put(place, case, lambda _: None)
    with processes.running("bench.worker:worker", place.environment) as worker:
        job_id, usage = ours.export(place, {"prefix": case.prefix, "fresh": True}, worker)
    archives.check_names(place, ours.archive_key(job_id), case)
    archives.delete(place, ours.archive_key(job_id))
    bucket.empty(place.s3, place.outputs.source_bucket, case.prefix)
    return usage
