"""What the wrecks cost, told at the end of a run."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

_PROPERTY = "seconds"

Tell = Callable[[str, float], None]
"""Takes down what took so many seconds."""


def telling(record_property: Callable[[str, object], None]) -> Tell:
    """It is kept with the test's result, which reaches whoever runs the tests from any process."""
    return lambda about, seconds: record_property(_PROPERTY, (about, seconds))


def lines(properties: Iterable[tuple[str, Any]]) -> list[str]:
    """A line for each that was told of, with how often that was."""
    told: dict[str, list[float]] = defaultdict(list)
    for name, value in properties:
        if name == _PROPERTY:
            told[value[0]].append(value[1])
    width = max(map(len, told), default=0)
    return [
        f"{about:<{width}}  {len(seconds):3} times  median {median(seconds):5.1f} s"
        f"  most {max(seconds):5.1f} s"
        for about, seconds in told.items()
    ]
