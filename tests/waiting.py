"""The one place where a test waits."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_PAUSE_SECONDS = 0.05


def wait_for(
    condition: Callable[[], T], seconds: float, what: str, *, pause: float = _PAUSE_SECONDS
) -> T:
    """The first true value that `condition` gives, asked again after so many seconds.

    Fails when there was none within so many seconds, with `what` was awaited and what came last.
    """
    deadline = time.monotonic() + seconds
    while not (seen := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s for {what}, in vain; last was {seen!r}")
        time.sleep(pause)
    return seen
