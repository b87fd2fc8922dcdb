"""Has a `make observe` beside the scenario read the last lines before their stack goes."""

import json
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final

from infra.observe import runs

_LATE_SECONDS: Final = 1.0
"""MiniStack has the lines of a step when the step is over, which is a moment after its job."""
_LIMIT_SECONDS: Final = 20.0
_PAUSE_SECONDS: Final = 0.2


def wait_until_read(state: Path) -> None:
    """Returns when all lines up to now are counted; at once if nobody observes, and after 20 s at
    the latest. `state` is the directory of the target that `make observe` is for."""
    address = runs.address(state)
    until = time.time() + _LATE_SECONDS
    deadline = time.monotonic() + _LIMIT_SECONDS
    while address is not None and time.monotonic() < deadline:
        lag = _lag(address)
        if lag is None or time.time() - lag >= until:
            return
        time.sleep(_PAUSE_SECONDS)


def _lag(address: str) -> float | None:
    """Returns how far the shipper is behind, in seconds; None if it does not answer."""
    # Without the user's proxy: for a proxy, 127.0.0.1 is another machine.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{address.removesuffix('/metrics')}/health", timeout=5) as answer:
            return float(json.load(answer)["lagSeconds"])
    except (urllib.error.URLError, OSError, ValueError, KeyError, TypeError):
        return None
