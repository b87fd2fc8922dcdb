"""Labels of counters that are there with 0 before the first event. Pure.

Prometheus tells a first event only from a sample before it: a series that begins with 1 has no
difference and no rate. So the series that one can know are there from the beginning.
"""

from itertools import product
from typing import Final

from chalicelib.errors import LonghaulError
from chalicelib.http import operations
from infra.observe.labels import STEPS

THROTTLES: Final = (
    "429",
    "503",
    "KMSThrottlingException",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
)
"""How the services say that they are asked for too much."""

_FAILURES: Final = ("500", "503")
"""What any route may answer if it has a bug, or a service does not answer."""


def _answers() -> set[tuple[str, str, str]]:
    """Returns method, path and status of each answer that the OpenAPI document has."""
    return {
        (method.upper(), path, status)
        for path, methods in operations.paths(()).items()
        for method, operation in methods.items()
        for status in (*operation["responses"], *_FAILURES)
        if status.isdecimal()
    }


def _retryable(of: type[LonghaulError]) -> set[str]:
    own = {of.slug} if of.retryable else set[str]()
    return own.union(*(_retryable(one) for one in of.__subclasses__()))


ANSWERS: Final = tuple(sorted(_answers()))
"""`method`, `path` and `status`."""

RETRIES: Final = tuple(product(STEPS, sorted({LonghaulError.slug} | _retryable(LonghaulError))))
"""`step` and `reason`. The root's slug is that of a bug."""
