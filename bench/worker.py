"""Longhaul's worker as a contender. This module imports nothing that Lambda does not have."""

from collections.abc import Callable
from typing import Any


def worker() -> Callable[[dict[str, Any]], Any]:
    """The handler of the deployed package, warm: as after an environment's first invocation."""
    from app import worker as handler

    handler({"Records": []}, None)
    return lambda event: handler(event, None)
