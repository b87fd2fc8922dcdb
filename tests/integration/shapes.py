"""Whether two answers have the same shape: the same fields, with values of the same types."""

import re
from typing import Any

_NAMED = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]+")


def shape(value: Any) -> Any:
    """Returns the types of a value from JSON. All entries of a list count, each kind once."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        kinds = [shape(inner) for inner in value]
        return [kind for number, kind in enumerate(kinds) if kind not in kinds[:number]]
    return type(value).__name__


def nameless(text: str) -> str:
    """Returns a sentence with a sign for each id and each number: these are another time others."""
    return _NAMED.sub("#", text)
