"""Lines for the tests."""

import json
from typing import Any, Final

from chalicelib.telemetry.lines import Line

AT: Final = 1_790_000_000_000
TRACE: Final = "ab" * 16
SPAN: Final = "cd" * 8
JOB: Final = "12" * 16

SPAN_FIELDS: Final[dict[str, Any]] = {"trace": TRACE, "span": SPAN, "at": AT, "ms": 12.5}


def line(text: str, function: str = "Worker", uid: str = "1") -> Line:
    """A line of that text."""
    return Line(uid, AT + 20, function, text)


def structured(message: str, function: str = "Worker", **facts: object) -> Line:
    """A structured line of ours."""
    return line(json.dumps({"message": message, **facts}), function)
