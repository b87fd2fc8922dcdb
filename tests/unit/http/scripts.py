"""Reads the page's scripts, as far as tests need it: their texts, and the strings in them."""

import json
import re
from collections.abc import Iterator
from typing import Any

_DATA = re.compile(
    r"""
    (?P<comment>//[^\n]*) | (?P<text>"(?:[^"\\\n]|\\.)*") | (?P<key>[A-Za-z]\w*)(?=:)
    | (?P<end>,\s*(?=[}\]])) | (?P<other>[{}\[\]:,]|\s+)
    """,
    re.VERBOSE,
)


def data(script: str, name: str) -> dict[str, Any]:
    """Returns the object that a script declares: `export const name = {…};`. Raises ValueError if
    it is more than texts by their keys: a call, a template, an operator."""
    begin = script.index(f"export const {name} = ") + len(f"export const {name} = ")
    found, position = [], begin
    end = script.index("\n};", begin) + 2
    while position < end:
        piece = _DATA.match(script, position, end)
        if piece is None:
            raise ValueError(f"{name}: {script[position : position + 40]!r} is no text")
        if piece["key"]:
            found.append(json.dumps(piece["key"]))
        elif not piece["comment"] and not piece["end"]:
            found.append(piece[0])
        position = piece.end()
    content: dict[str, Any] = json.loads("".join(found), object_pairs_hook=_unrepeated)
    return content


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns the pairs as an object. JSON and scripts both take a key twice, and forget one."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"a key is there twice: {sorted(key for key, _ in pairs)}")
    return found


_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'')
_REGEX = re.compile(r"/(?![/*])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_BEFORE_REGEX = re.compile(r"(?:^|[(,=:\[!&|?{};\n]|=>|return)\s*$")


def strings(script: str) -> Iterator[str]:
    """Yields the string literals of a script, and the pieces of its templates beside `${…}`."""
    yield from _strings(script, 0, len(script))[0]


def _strings(script: str, at: int, end: int) -> tuple[list[str], int]:
    """Returns the strings up to the brace that closes what was open at the beginning, and where it
    is."""
    found: list[str] = []
    depth = 0
    while at < end:
        letter = script[at]
        if script.startswith("//", at):
            at = _after(script, "\n", at)
        elif script.startswith("/*", at):
            at = _after(script, "*/", at)
        elif letter in "\"'":
            literal = _STRING.match(script, at)
            if literal is None:
                raise ValueError(f"a string has no end: {script[at : at + 40]!r}")
            found.append(literal[0][1:-1])
            at = literal.end()
        elif letter == "`":
            pieces, at = _template(script, at + 1, end)
            found += pieces
        elif letter == "/" and _BEFORE_REGEX.search(script, max(0, at - 20), at):
            pattern = _REGEX.match(script, at)
            at = pattern.end() if pattern else at + 1
        else:
            depth += (letter == "{") - (letter == "}")
            if depth < 0:
                break
            at += 1
    return found, at


def _template(script: str, at: int, end: int) -> tuple[list[str], int]:
    found, begin = [], at
    while script[at] != "`":
        if script[at] == "\\":
            at += 2
        elif script.startswith("${", at):
            found.append(script[begin:at])
            within, at = _strings(script, at + 2, end)
            found += within
            at += 1
            begin = at
        else:
            at += 1
    return [*found, script[begin:at]], at + 1


def _after(script: str, mark: str, at: int) -> int:
    found = script.find(mark, at)
    return len(script) if found < 0 else found + len(mark)
