"""Compares what a command has printed with what a page shows of it.

A page shows one day's output. So a number stands for any number, an id for any id, and "…" for
anything. A piece of an id ("0b0e…") stands for the whole one, also in the commands after it.
"""

import re
from collections.abc import Mapping
from typing import Final

UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
ID: Final = rf"(?:{UUID}|\b[0-9a-zA-Z_-]*\d[0-9a-zA-Z_-]*…)"
"""What stands for an id: all of it, or its beginning and "…"."""

_TOKEN: Final = re.compile(
    rf"(?P<id>{ID})|(?P<any>…)|(?P<number>\d[\d,.:]*(?<=\d))|(?P<space>\s+)|(?P<text>.)", re.DOTALL
)
_ANSI: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\a]*\a|\x1b[()][A-Z0-9]")
_PUNCTUATION: Final = '{}[],:"'


def plain(printed: str) -> str:
    """Returns what a terminal shows of it: without colours, each line as it was last."""
    lines = _ANSI.sub("", printed).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rsplit("\r", 1)[-1].rstrip() for line in lines)


def ids_in(text: str) -> list[str]:
    """Returns what stands for an id in a text."""
    return re.findall(ID, text)


def with_ids(command: str, known: Mapping[str, str]) -> str:
    """Returns a command with the ids of today in place of those of the page."""
    for name in sorted(known, key=len, reverse=True):
        command = command.replace(name, known[name])
    return command


def ids(shown: str, printed: str, known: Mapping[str, str]) -> dict[str, str] | None:
    """Returns which ids stand for those that the page shows. None if the page shows another text."""
    names: dict[str, str] = {}
    pieces = []
    for token in _TOKEN.finditer(shown.strip()):
        if token["id"]:
            pieces.append(_id(token["id"], names, known))
        elif token["any"]:
            pieces.append(".*?")
        elif token["number"]:
            pieces.append(r"\d[\d,.:]*")
        elif token["space"]:
            pieces.append(_space(shown.strip(), token.start(), token.end()))
        else:
            pieces.append(_text(token["text"]))
    found = re.fullmatch("".join(pieces), plain(printed).strip(), re.DOTALL)
    return None if found is None else {name: found[group] for name, group in names.items()}


def _id(name: str, names: dict[str, str], known: Mapping[str, str]) -> str:
    if name in known:
        return re.escape(known[name])
    if name in names:
        return f"(?P={names[name]})"
    names[name] = f"id{len(names)}"
    return f"(?P<{names[name]}>{UUID if '…' not in name else r'[0-9a-zA-Z_.-]+'})"


def _space(text: str, start: int, end: int) -> str:
    around = {text[start - 1], text[end]}
    return r"\s*" if around & set(_PUNCTUATION) else r"\s+"


def _text(character: str) -> str:
    written = re.escape(character)
    return rf"{written}\s*" if character in "{[" else written
