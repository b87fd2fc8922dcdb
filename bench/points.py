"""Single measurements of the worker, of which curves are made."""

from dataclasses import dataclass

from bench.measure import Usage


@dataclass(frozen=True, slots=True)
class Point:
    """One size of a series: `axis` is what grows, `x` how much of it there was."""

    axis: str
    x: int
    usage: Usage


@dataclass(frozen=True, slots=True)
class Tuning:
    """One case under one memory setting of the function."""

    case: str
    memory_mb: int
    usage: Usage
