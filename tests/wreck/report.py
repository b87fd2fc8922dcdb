"""Collects how long jobs took, for the summary at the end of a run."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

_PROPERTY = "seconds"

Record = Callable[[str, float], None]
"""Records what was measured, and how many seconds it took."""


def recorder(record_property: Callable[[str, object], None]) -> Record:
    """Stores it in the test's result. From there, pytest collects it from all processes."""
    return lambda about, seconds: record_property(_PROPERTY, (about, seconds))


def lines(properties: Iterable[tuple[str, Any]]) -> list[str]:
    """Returns a line for each thing that was measured: how often, the median and the maximum."""
    measured: dict[str, list[float]] = defaultdict(list)
    for name, value in properties:
        if name == _PROPERTY:
            measured[value[0]].append(value[1])
    width = max(map(len, measured), default=0)
    return [
        f"{about:<{width}}  {len(seconds):3} times  median {median(seconds):5.1f} s"
        f"  most {max(seconds):5.1f} s"
        for about, seconds in measured.items()
    ]
