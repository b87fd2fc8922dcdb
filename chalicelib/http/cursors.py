"""Where the next page of a list begins, as an opaque text. Pure."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from chalicelib.errors import unknown_cursor


def to_cursor(position: Sequence[str | int] | None) -> str | None:
    if position is None:
        return None
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def from_cursor(cursor: str | None) -> list[Any] | None:
    """The position: who asked for it checks that its parts are of the right kind. Raises
    InvalidRequest."""
    if cursor is None:
        return None
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise unknown_cursor() from None
    if not isinstance(position, list):
        raise unknown_cursor()
    return position
