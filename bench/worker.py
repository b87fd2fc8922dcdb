"""Longhaul's worker as a contender. This module imports only what a Lambda function has."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, cast


def worker() -> Callable[[dict[str, Any]], Any]:
    """Returns the handler of the deployed package, already called once: warm, as a Lambda function
    is after its first invocation."""
    from app import worker as handler

    handler({"Records": []}, None)
    return lambda event: handler(event, None)


def worker_without_zlib_ng() -> Callable[[dict[str, Any]], Any]:
    """Returns the same worker, as it is where zlib-ng cannot be imported."""
    sys.modules["zlib_ng"] = cast("ModuleType", None)
    return worker()
