"""One measurement of the worker: a point of a curve."""

from dataclasses import dataclass

from bench.measure import Usage


@dataclass(frozen=True, slots=True)
class Point:
    """One size of a growth series. `axis` is what grows, "bytes" or "files", and `x` the number of
    them."""

    axis: str
    x: int
    usage: Usage


@dataclass(frozen=True, slots=True)
class Tuning:
    """One case with one memory setting of the function, in MB."""

    case: str
    memory_mb: int
    usage: Usage
