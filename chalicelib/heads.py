"""The head of a request and of its answer, in HTTP/1.1 (RFC 9112). Pure.

Nothing of an answer is read but its status and how long to wait.
"""

import re
from collections.abc import Mapping
from io import BufferedReader
from math import ceil
from typing import Final

# RFC 9112, section 4. The words after the status are optional, and nobody reads them.
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: [^\r\n]*)?\r?\n")
_ENDS: Final = (b"\r\n", b"\n")

_FINAL: Final = 200
"""The lowest status of a final answer. Those below come before it (RFC 9110, section 15.2)."""

_SECONDS: Final = re.compile(r"[0-9]{1,9}", re.ASCII)  # more is no pause that anybody means


class NotHttp(Exception):
    """What came is no head of an answer."""


class BrokenOff(Exception):
    """The connection was closed before the end of the head."""


def request(target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Returns a POST. Raises ValueError for a header that would end its line."""
    lines = [
        f"POST {target} HTTP/1.1",
        *(f"{name}: {value}" for name, value in headers.items()),
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    head = "\r\n".join([*lines, "", ""]).encode("ascii")
    # A line break in a value would begin another header, or a request, that nobody has meant.
    if head.count(b"\n") != len(lines) + 1 or head.count(b"\r") != len(lines) + 1:
        raise ValueError("a header has a line break")
    return head + body


def answer(reader: BufferedReader) -> tuple[int, str | None]:
    """Reads the head of the final answer. Returns its status, and its Retry-After if it has one.
    Raises NotHttp, BrokenOff, and what the reader raises, which must end at some time."""
    while True:
        status, wait = _next(reader)
        if status >= _FINAL:
            return status, wait


def _next(reader: BufferedReader) -> tuple[int, str | None]:
    """Reads the next head."""
    line = reader.readline()
    found = _STATUS_LINE.fullmatch(line)
    if not found:
        raise NotHttp if line.endswith(b"\n") else BrokenOff
    wait = None
    while (line := reader.readline()) not in _ENDS:
        if not line.endswith(b"\n"):
            raise BrokenOff
        name, _, value = line.partition(b":")
        if name.lower() == b"retry-after":
            wait = value.decode("latin-1")
    return int(found[1]), wait


def seconds_to_wait(written: str, now: float) -> int | None:
    """Returns the whole seconds that a Retry-After asks for: a number, or a date (RFC 9110, section
    10.2.3). None if it is neither. `now` is Unix time in seconds."""
    from datetime import UTC
    from email.utils import parsedate_to_datetime

    text = written.strip()
    if _SECONDS.fullmatch(text):
        return int(text)
    try:
        at = parsedate_to_datetime(text)
        # A date of HTTP is in UTC, whether it says so or not.
        until = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return max(ceil(until - now), 0)
