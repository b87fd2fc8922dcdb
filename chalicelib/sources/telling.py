"""Names files in a sentence. Pure."""

from collections.abc import Iterable
from itertools import islice
from typing import Final

_MOST: Final = 10
"""The most files that a message names."""

_BYTES: Final = 500
"""About how long these names may be together: the record of a job keeps the message."""


def told(texts: Iterable[str], between: str = ", ") -> str:
    """Returns the first texts, as many as a message has room for, and how many more there are."""
    texts = list(texts)
    named: list[str] = []
    left = _BYTES
    for text in islice(texts, _MOST):
        left -= len(text.encode(errors="replace")) + len(between)
        if left < 0 and named:
            break
        named.append(text)
    more = len(texts) - len(named)
    return between.join(named) + (f" and {more} more" if more else "")
