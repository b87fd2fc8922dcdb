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

NUMBER: Final = r"\d(?:[\d,.:]*\d)?"

_TOKEN: Final = re.compile(
    rf"""
      (?P<id>{ID}) | (?P<any>…) | (?P<state>\b(?:queued|processing|completed)\b)
    | (?P<mark>[✓✗?][ ]) | (?P<size>{NUMBER}[ ](?:B|kB|MB|GB)\b)
    | (?P<time>{NUMBER}[ ](?:ms|s|min|h)\b)
    | (?P<number>{NUMBER}) | (?P<space>\s+) | (?P<text>.)
    """,
    re.DOTALL | re.VERBOSE,
)
_ANSI: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\a]*\a|\x1b[()][A-Z0-9]")
_BAR: Final = re.compile(
    r"(?:Queued|Planning|Reading|Assembling|Finalizing|Done)(?:  |$)|\w+ +\d+ % "
)
"""How far something is: the longer it takes, the more of these lines there are."""
_PUNCTUATION: Final = '{}[],:"'


def plain(printed: str) -> str:
    """Returns what a terminal shows of it: without colours, each line as it was last."""
    lines = re.sub(r"\r+\n", "\n", _ANSI.sub("", printed)).split("\n")
    last = (line.rsplit("\r", 1)[-1].rstrip() for line in lines)
    return "\n".join(line for line in last if not _BAR.match(line))


def ids_in(text: str) -> list[str]:
    """Returns what stands for an id in a text."""
    return re.findall(ID, text)


def with_ids(command: str, known: Mapping[str, str]) -> str:
    """Returns a command with the ids of today in place of those of the page."""
    for name in sorted(known, key=len, reverse=True):
        command = command.replace(name, known[name])
    return command


def ids(shown: str, printed: str, known: Mapping[str, str]) -> dict[str, str] | None:
    """Returns which ids stand for those of the page. None if the page shows another text."""
    names: dict[str, str] = {}
    pieces = []
    for token in _TOKEN.finditer(shown.strip()):
        if token["id"]:
            pieces.append(_id(token["id"], names, known))
        elif token["any"]:
            pieces.append(".*?")
        elif token["state"]:
            pieces.append("(?:queued|processing|completed)")  # an export may be fast or slow
        elif token["mark"]:
            pieces.append(f"(?:{re.escape(token['mark'])})?")  # a simple terminal has words
        elif token["size"]:
            pieces.append(rf"{NUMBER} (?:B|kB|MB|GB)")
        elif token["time"]:
            pieces.append(rf"{NUMBER} (?:ms|s|min|h)")
        elif token["number"]:
            pieces.append(NUMBER)
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
    return f"(?P<{names[name]}>{UUID if '…' not in name else r'[0-9a-zA-Z_.:-]+'})"


def _space(text: str, start: int, end: int) -> str:
    around = {text[start - 1], text[end]}
    return r"\s*" if around & set(_PUNCTUATION) else r"\s+"


def _text(character: str) -> str:
    written = re.escape(character)
    return rf"{written}\s*" if character in "{[" else written
