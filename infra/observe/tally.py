"""Sums of changes, as they are stored: one number for each series and part. Pure.

A histogram has a part for each bucket, by its upper bound, and `sum`. The buckets are counted each
for itself here, and are made cumulative when they are shown. So a value is one addition.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeVar

from prometheus_client.utils import floatToGoString

from infra.observe.catalog import METRICS
from infra.observe.counters import Add, Change, Observe

K = TypeVar("K")

SUM: Final = "sum"
WHOLE: Final = ""
"""The only part of a counter."""

INFINITE: Final = "+Inf"


class Series(NamedTuple):
    """A metric with the values of its labels, in the order of the catalog."""

    metric: str
    labels: tuple[str, ...]


class Part(NamedTuple):
    """A number of a series: `WHOLE`, `SUM`, or the upper bound of a bucket."""

    series: Series
    name: str


class Seen(NamedTuple):
    """A value, and when it was seen, in Unix ms. `trace` is that of an exemplar."""

    at: int
    value: float
    trace: str = ""


@dataclass(slots=True)
class Tally:
    """What some lines add. Of gauges and exemplars, the latest is kept."""

    amounts: dict[Part, float] = field(default_factory=dict)
    gauges: dict[Series, Seen] = field(default_factory=dict)
    exemplars: dict[Part, Seen] = field(default_factory=dict)

    def take(self, changes: Iterable[Change]) -> None:
        """Adds the changes."""
        for change in changes:
            series = Series(change.metric, change.labels)
            if isinstance(change, Add):
                self._add(Part(series, WHOLE), change.amount)
            elif isinstance(change, Observe):
                self._observe(series, change)
            else:
                _keep_latest(self.gauges, series, Seen(change.at, change.value))

    def _observe(self, series: Series, change: Observe) -> None:
        bucket = Part(series, bucket_of(series.metric, change.value))
        self._add(bucket, 1)
        self._add(Part(series, SUM), change.value)
        if change.trace:
            _keep_latest(self.exemplars, bucket, Seen(change.at, change.value, change.trace))

    def _add(self, part: Part, amount: float) -> None:
        self.amounts[part] = self.amounts.get(part, 0) + amount


def _keep_latest(kept: dict[K, Seen], key: K, seen: Seen) -> None:
    kept[key] = max(kept.get(key, seen), seen)


def bounds(metric: str) -> tuple[str, ...]:
    """Returns the names of a histogram's buckets, in their order."""
    return _BOUNDS[metric]


def bucket_of(metric: str, value: float) -> str:
    """Returns the name of the bucket that the value is counted in."""
    return _BOUNDS[metric][bisect_left(METRICS[metric].buckets, value)]


_BOUNDS: Final[dict[str, tuple[str, ...]]] = {
    name: (*map(floatToGoString, metric.buckets), INFINITE)
    for name, metric in METRICS.items()
    if metric.buckets
}
