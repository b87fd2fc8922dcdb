"""Values with their units, as Grafana writes them."""

import math
from collections.abc import Callable
from typing import Final

NONE: Final = "-"
"""In place of a value that is not there."""


def text(value: float, unit: str) -> str:
    """Returns a value with its unit, as short as a person wants it."""
    if math.isnan(value):
        return NONE
    scaled, suffix = _SCALES.get(unit, _plain)(value)
    return f"{scaled:.3g}{suffix}" if abs(scaled) < _THOUSAND else f"{scaled:,.0f}{suffix}"


_THOUSAND: Final = 1000
_MINUTE: Final = 60


def _plain(value: float) -> tuple[float, str]:
    return value, ""


def _seconds(value: float) -> tuple[float, str]:
    if abs(value) >= 3 * _MINUTE:
        return value / _MINUTE, " min"
    return (value * _THOUSAND, " ms") if 0 < abs(value) < 1 else (value, " s")


def _bytes(value: float) -> tuple[float, str]:
    for name in ("B", "kB", "MB"):
        if abs(value) < _THOUSAND:
            return value, f" {name}"
        value /= _THOUSAND
    return value, " GB"


_SCALES: Final[dict[str, Callable[[float], tuple[float, str]]]] = {
    "s": _seconds,
    "percentunit": lambda value: (value * 100, " %"),
    "bytes": _bytes,
    "Bps": lambda value: (_bytes(value)[0], f"{_bytes(value)[1]}/s"),
    "reqps": lambda value: (value, " req/s"),
    "ops": lambda value: (value, "/s"),
    "cpm": lambda value: (value, "/min"),
}
