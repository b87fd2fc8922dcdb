"""Makes opaque texts that say where the next page of a list begins, and reads them. Pure."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from chalicelib.errors import unknown_cursor


def to_cursor(position: Sequence[str | int | None] | None) -> str | None:
    """Returns the position as a cursor; None for None."""
    if position is None:
        return None
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def from_cursor(cursor: str | None) -> list[Any] | None:
    """Returns the position that the cursor holds; None for None. The caller checks the types of its
    values. Raises InvalidRequest."""
    if cursor is None:
        return None
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise unknown_cursor() from None
    if not isinstance(position, list):
        raise unknown_cursor()
    return position
