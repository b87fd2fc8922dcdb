"""Evaluates the part of DynamoDB's expression language that Longhaul writes.

Any other expression raises UnknownExpression: a condition of a new kind must not pass unnoticed.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

Value = dict[str, Any]
Item = dict[str, Any]
Names = Mapping[str, str]
Values = Mapping[str, Value]
Condition = Callable[[Item, Names, Values], bool]
Change = Callable[[Item, Names, Values], None]

_PATH: Final = r"#?\w+"
_COMPARED: Final = re.compile(rf"({_PATH}) (=|<|<=|>|>=) (:\w+)")
_EXISTS: Final = re.compile(rf"attribute_(not_)?exists\(({_PATH})\)")
_IN: Final = re.compile(rf"({_PATH}) IN \(([^)]*)\)")
_CONTAINS: Final = re.compile(rf"(NOT )?contains\(({_PATH}), (:\w+)\)")
_OR: Final = re.compile(r"\((.+ OR .+)\)")
_CLAUSE: Final = re.compile(r"\b(SET|ADD|REMOVE|DELETE) ")


class UnknownExpression(NotImplementedError):
    """The expression is not of the part that this module evaluates."""


@cache
def condition(expression: str) -> Condition:
    """Returns the function that says whether an item meets a ConditionExpression or
    KeyConditionExpression. Raises UnknownExpression."""
    terms = [_term(term) for term in expression.split(" AND ")]
    return lambda item, names, values: all(term(item, names, values) for term in terms)


@cache
def change(expression: str) -> Change:
    """Returns the function that changes an item as an UpdateExpression says. Raises
    UnknownExpression."""
    words = _CLAUSE.split(expression)
    if words[0]:
        raise UnknownExpression(expression)
    changes = [
        _change(clause, part.strip())
        for clause, parts in zip(words[1::2], words[2::2], strict=True)
        for part in parts.split(",")
    ]

    def apply(item: Item, names: Names, values: Values) -> None:
        for one in changes:
            one(item, names, values)

    return apply


def number(value: Value) -> int:
    return int(value["N"])


def _term(term: str) -> Condition:
    if found := _COMPARED.fullmatch(term):
        return _comparison(*found.groups())
    if found := _EXISTS.fullmatch(term):
        absent, path = bool(found[1]), found[2]
        return lambda item, names, _: (names.get(path, path) in item) != absent
    if found := _IN.fullmatch(term):
        path, wanted = found[1], found[2].split(", ")
        return lambda item, names, values: (
            item.get(names.get(path, path)) in [values[one] for one in wanted]
        )
    if found := _CONTAINS.fullmatch(term):
        return _containing(*found.groups())
    if found := _OR.fullmatch(term):
        either = [_term(one) for one in found[1].split(" OR ")]
        return lambda item, names, values: any(one(item, names, values) for one in either)
    raise UnknownExpression(term)


def _containing(negated: str | None, path: str, operand: str) -> Condition:
    """A set of numbers contains the number."""

    def holds(item: Item, names: Names, values: Values) -> bool:
        there = item.get(names.get(path, path), {}).get("NS", ())
        return (number(values[operand]) in map(int, there)) != bool(negated)

    return holds


def _comparison(path: str, sign: str, operand: str) -> Condition:
    def holds(item: Item, names: Names, values: Values) -> bool:
        there, given = item.get(names.get(path, path)), values[operand]
        if there is None or there.keys() != given.keys():
            return False
        if sign == "=":
            return bool(there == given)
        left, right = (number(v) if "N" in v else v["S"] for v in (there, given))
        if left == right:
            return sign.endswith("=")
        return bool((left < right) == sign.startswith("<"))

    return holds


def _change(clause: str, part: str) -> Change:
    if clause == "SET" and (found := re.fullmatch(rf"({_PATH}) = (:\w+)", part)):
        path, operand = found.groups()
        return lambda item, names, values: item.update({names.get(path, path): values[operand]})
    if clause == "SET" and (found := re.fullmatch(r"(\w+) = (\w+)", part)):
        to, source = found.groups()
        return lambda item, *_: item.update({to: item[source]})
    if clause == "SET" and (found := re.fullmatch(rf"({_PATH}) = \1 \+ (:\w+)", part)):
        path, operand = found.groups()
        return lambda item, names, values: _add(item, names.get(path, path), values[operand])
    if clause == "ADD" and (found := re.fullmatch(rf"({_PATH}) (:\w+)", part)):
        path, operand = found.groups()
        return lambda item, names, values: _add(item, names.get(path, path), values[operand])
    if clause == "DELETE" and (found := re.fullmatch(rf"({_PATH}) (:\w+)", part)):
        path, operand = found.groups()
        return lambda item, names, values: _delete(item, names.get(path, path), values[operand])
    if clause == "REMOVE" and re.fullmatch(_PATH, part):
        return lambda item, names, _: (item.pop(names.get(part, part), None), None)[1]
    raise UnknownExpression(f"{clause} {part}")


def _add(item: Item, name: str, value: Value) -> None:
    there = item.get(name)
    if "N" in value:
        item[name] = {"N": str((number(there) if there else 0) + number(value))}
    elif "NS" in value:
        numbers = {*(there["NS"] if there else ()), *value["NS"]}
        item[name] = {"NS": sorted(numbers, key=int)}
    elif "SS" in value:
        item[name] = {"SS": sorted({*(there["SS"] if there else ()), *value["SS"]})}
    else:
        raise UnknownExpression(f"ADD {name}")


def _delete(item: Item, name: str, value: Value) -> None:
    """Takes elements from a set. There are no empty sets: the attribute goes with the last one."""
    if "SS" not in value:
        raise UnknownExpression(f"DELETE {name}")
    left = set(item.get(name, {"SS": []})["SS"]) - set(value["SS"])
    item[name] = {"SS": sorted(left)}
    if not left:
        del item[name]
