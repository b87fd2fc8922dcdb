"""Waits for a condition, with a time limit. No test waits in another way."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_PAUSE_SECONDS = 0.05


def wait_for(
    condition: Callable[[], T], seconds: float, what: str, *, pause: float = _PAUSE_SECONDS
) -> T:
    """Calls `condition` until it returns a true value, and returns that.

    Fails after `seconds`, and says `what` it waited for and the last value. Calls the condition at
    least once. `pause` is in seconds, between two calls.
    """
    deadline = time.monotonic() + seconds
    while not (last := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s for {what}; the last value was {last!r}")
        time.sleep(pause)
    return last
