"""What CloudWatch Logs hands to a function that is subscribed to a log group. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

import base64
import json
import zlib
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.telemetry.lines import Line

BYTES_MAX: Final = 64 * 1024 * 1024
"""The most bytes of lines in one batch. An event of Lambda's has a megabyte at most, and our lines
become a tenth when they are compressed."""

_GROUP: Final = "/aws/lambda/"
_GZIP: Final = 16 + zlib.MAX_WBITS


class BadBatch(ValueError):
    """There are no lines to be had of it. The text says why."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines of one log group. `unreadable`: how many more there were, which are no lines."""

    group: str
    lines: tuple[Line, ...]
    unreadable: int = 0


def group_of(function: str) -> str:
    """Returns the log group of the function with that name."""
    return f"{_GROUP}{function}"


def batch(event: object) -> Batch:
    """Returns the lines of an event of CloudWatch Logs, which may be none: it also asks whether
    somebody is there. Raises BadBatch."""
    match event:
        case {"awslogs": {"data": str(data)}}:
            said = _opened(data)
        case _:
            raise BadBatch("the event is not one of CloudWatch Logs")
    match said:
        case {"messageType": "CONTROL_MESSAGE"}:
            return Batch("", ())
        case {"messageType": "DATA_MESSAGE", "logGroup": str(group), "logEvents": list(events)}:
            # The name in the template is the last part: ${AWS::StackName}-Worker.
            function = group.rpartition("-")[2]
            lines = tuple(line for one in events if (line := _line(one, function)))
            return Batch(group, lines, len(events) - len(lines))
        case _:
            raise BadBatch("the event has no lines of a log group")


def _line(event: object, function: str) -> Line | None:
    match event:
        case {"id": str(uid), "timestamp": int(at), "message": str(text)} if uid:
            return Line(uid, at, function, text)
        case _:
            return None


def _opened(data: str) -> Any:
    """Returns the JSON that was compressed. Raises BadBatch."""
    opener = zlib.decompressobj(_GZIP)
    try:
        text = opener.decompress(base64.b64decode(data, validate=True), BYTES_MAX)
    except (ValueError, zlib.error):
        raise BadBatch("the event cannot be decompressed") from None
    if not opener.eof:
        too_long = len(text) >= BYTES_MAX
        why = f"is longer than {BYTES_MAX} bytes" if too_long else "has no end"
        raise BadBatch(f"the event {why}")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadBatch("the event is not JSON") from None
