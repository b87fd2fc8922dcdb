"""Longhaul's worker as a contender. This module imports only what a Lambda function has."""

from collections.abc import Callable
from typing import Any


def worker() -> Callable[[dict[str, Any]], Any]:
    """Returns the handler of the deployed package, already called once: warm, as a Lambda function
    is after its first invocation."""
    from app import worker as handler

    handler({"Records": []}, None)
    return lambda event: handler(event, None)
