"""PromQL that several panels need.

The shipper's counters survive its restarts, and each event counts once. So the difference of two
samples is the number of events between them. `increase` would extrapolate, and say 2.3 jobs.
A difference below zero means that the counters were deleted (`make down`); it counts as zero.
"""

from typing import Final

DURATION: Final = "export_job_duration_seconds_bucket"


def added(selector: str, *by: str) -> str:
    """Returns the query of how many events a counter got since the panel's last step. In the first
    step that Prometheus knows of, it is how many since the first sample."""
    before = f"({selector} offset $__interval or min_over_time({selector}[$__interval]))"
    return f"sum{_by(by)}(clamp_min({selector} - {before}, 0))"


def total(selector: str, *by: str) -> str:
    """Returns the query of how many events a counter got in the dashboard's time range."""
    return f"sum{_by(by)}({selector} - min_over_time({selector}[$__range]))"


def some(expr: str) -> str:
    """Returns the same without zeros. Many counters are there with 0 from the beginning; they
    would fill the legend with what never happened."""
    return f"{expr} > 0"


def known(expr: str, selector: str, *by: str) -> str:
    """Returns the same, but only of what a counter has ever counted. So a line that falls to zero
    stays, and what never happened is not there."""
    return f"{expr} and sum{_by(by)}({selector}) > 0"


def rate(selector: str, *by: str) -> str:
    """Returns the query of a rate a second."""
    return f"sum{_by(by)}(rate({selector}[$__rate_interval]))"


def quantile(part: float, buckets: str, *by: str) -> str:
    """Returns the query of a quantile from a histogram's buckets. Prometheus interpolates within
    a bucket."""
    inner = f"sum{_by(('le', *by))}(rate({buckets}[$__rate_interval]))"
    return f"histogram_quantile({part:g}, {inner})"


def at_most(seconds: int, bucket: str = DURATION) -> str:
    """Returns the selector of a bucket. Programs write its bound as 15 or as 15.0."""
    return f'{bucket}{{le=~"{seconds}([.]0)?"}}'


def all_of(bucket: str = DURATION) -> str:
    """Returns the selector of the bucket that has everything."""
    return f'{bucket}{{le="+Inf"}}'


def _by(labels: tuple[str, ...]) -> str:
    return f" by ({', '.join(labels)}) " if labels else ""
