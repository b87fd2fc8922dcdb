"""Formulas as data, so that the calculator of the docs computes by the same ones. Pure.

A formula is a number, the name of something that is known, or a list: an operation and what it is
done to. docs/assets/costs.js does the same with it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from math import sqrt
from operator import add, mul, sub, truediv
from typing import Any, Final

Formula = float | str | list[Any]

_TIERS: Final = "tiers"

_OPERATIONS: Final[dict[str, Callable[[Sequence[float]], float]]] = {
    "+": lambda of: reduce(add, of),
    "-": lambda of: reduce(sub, of),
    "*": lambda of: reduce(mul, of),
    "/": lambda of: reduce(truediv, of),
    "max": max,
    "min": min,
    "sqrt": lambda of: sqrt(of[0]),
    "power": lambda of: float(of[0] ** of[1]),
}


def value(formula: Formula, known: Mapping[str, float]) -> float:
    """Returns what the formula comes to. Raises KeyError for a name or an operation that there is
    not."""
    if isinstance(formula, str):
        return known[formula]
    if not isinstance(formula, list):
        return formula
    operation, *of = formula
    if operation == _TIERS:
        return _tiers(value(of[0], known), [value(price, known) for price in of[1]], of[2])
    return _OPERATIONS[operation]([value(one, known) for one in of])


def names(formula: Formula) -> set[str]:
    """Returns the names that the formula needs."""
    if isinstance(formula, str):
        return {formula}
    if not isinstance(formula, list):
        return set()
    if formula[0] == _TIERS:
        return names(formula[1]).union(*map(names, formula[2]))
    return set().union(*map(names, formula[1:]))


def _tiers(amount: float, prices: Sequence[float], sizes: Sequence[float]) -> float:
    """Returns the price of an amount whose first `sizes[0]` cost `prices[0]` each, and so on. The
    last price has no size: it is that of the rest."""
    total = 0.0
    for price, size in zip(prices, [*sizes, amount], strict=True):
        part = min(amount, size)
        total += part * price
        amount -= part
    return total
