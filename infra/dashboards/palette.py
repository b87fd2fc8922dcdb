"""Colours that people with any kind of colour vision can tell apart."""

from collections.abc import Sequence
from typing import Final

# Okabe and Ito's set. https://jfly.uni-koeln.de/color/
BLUE: Final = "#0072B2"
SKY: Final = "#56B4E9"
GREEN: Final = "#009E73"
ORANGE: Final = "#E69F00"
VERMILION: Final = "#D55E00"
PURPLE: Final = "#CC79A7"
GREY: Final = "#999999"

_SERIES: Final = (SKY, ORANGE, GREEN, PURPLE, BLUE, GREY)
_ALARMING: Final = frozenset(
    {"failed", "5xx", "given_up", "buried", "dead_letters", "p99", "oldest now"}
)

WARN: Final = ORANGE
BAD: Final = VERMILION
"""Beyond a limit. Nothing is said by these alone: the value stands beside."""


def of(names: Sequence[str]) -> dict[str, str]:
    """Returns a colour for each name of a panel. What is bad is vermilion, and nothing else is."""
    others = iter(_SERIES)
    return {name: VERMILION if name in _ALARMING else next(others) for name in names}
