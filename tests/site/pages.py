"""The pages of the site, and what a person is to type on them.

A page's commands stand in fenced blocks of `console` (with `$ ` before each, and what it prints) or
of `sh` and `bash`. A comment before a block says what is to be known of it:

    <!-- not run: needs an AWS account -->            why no test can run it
    <!-- run by tests/browser/test_story.py -->       which other test runs it
    <!-- exits with 1 -->                             the exit code of its last command
    <!-- first: echo 10001 > ids -->                  what a reader has, and a new clone has not
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import yaml

from infra.paths import REPOSITORY

SHELLS: Final = ("console", "sh", "bash", "shell")

_FENCE: Final = re.compile(r"^(?P<indent> *)(?P<fence>```+|~~~+) *(?P<language>[\w-]*).*$")
_COMMENT: Final = re.compile(r"<!--(.*?)-->", re.DOTALL)
_KINDS: Final = re.compile(r"^(not run|run by|exits with|first)(?::| )\s*(.*)$", re.DOTALL)


class PageError(Exception):
    """A page is not as the tests can read it."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: str
    line: int
    language: str
    text: str
    not_run: str = ""
    run_by: str = ""
    exits_with: int = 0
    first: str = ""

    @property
    def is_shell(self) -> bool:
        return self.language in SHELLS

    @property
    def runs(self) -> bool:
        return self.is_shell and not self.not_run and not self.run_by

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Command:
    """One command, and what the page shows of its output: None if it shows nothing."""

    text: str
    shown: str | None = None


class _Loader(yaml.SafeLoader):
    """Reads mkdocs.yml, whose tags are of no interest here."""


_Loader.add_multi_constructor("", lambda *_: None)


def in_nav() -> list[str]:
    """Returns the pages of the site's menu in the repository, in their order: docs/….md."""
    settings = yaml.load((REPOSITORY / "mkdocs.yml").read_text(), _Loader)  # noqa: S506 - safe's child
    return [page for page in map(_at, _leaves(settings["nav"])) if (REPOSITORY / page).exists()]


def all_pages() -> list[str]:
    """Returns README.md, the pages of the menu, and the decisions."""
    decisions = sorted(path.name for path in (REPOSITORY / "docs" / "decisions").glob("0*.md"))
    return ["README.md", *in_nav(), *(f"docs/decisions/{name}" for name in decisions)]


def text_of(page: str) -> str:
    """Returns a page of the repository."""
    return (REPOSITORY / page).read_text()


def blocks(page: str, text: str | None = None) -> list[Block]:
    """Returns the fenced blocks of a page, in their order. Raises PageError."""
    return list(_blocks(page, text_of(page) if text is None else text))


def commands(block: Block) -> list[Command]:
    """Returns the commands of a block of a shell, in their order. Raises PageError."""
    if block.language != "console":
        return [Command(block.text)]
    found: list[Command] = []
    lines: list[str] = []
    shown: list[str] = []
    for line in block.text.split("\n"):
        if line.startswith("$ ") and not is_open("\n".join(lines)):
            _close(found, lines, shown)
            lines, shown = [line[2:]], []
        elif not lines:
            raise PageError(f"{block}: a console's first line begins with $")
        elif not shown and is_open("\n".join(lines)):
            lines.append(line.removeprefix("> "))
        else:
            shown.append(line)
    _close(found, lines, shown)
    return found


def is_open(text: str) -> bool:
    """Returns whether a shell would wait for another line: for a quote, a backslash, a document."""
    if text.endswith("\\"):
        return True
    if document := re.search(r"<<-?\s*['\"]?(\w+)['\"]?", text):
        return not re.search(rf"^\s*{document[1]}$", text, re.MULTILINE)
    quote = ""
    characters = iter(text)
    before = " "
    for character in characters:
        if character == "\\" and quote != "'":
            next(characters, None)
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "#" and before.isspace():
            # A comment may have an apostrophe.
            while next(characters, "\n") != "\n":
                pass
        before = character
    return bool(quote)


def _close(found: list[Command], lines: list[str], shown: list[str]) -> None:
    if lines:
        text = "\n".join(shown).strip("\n")
        found.append(Command("\n".join(lines), text or None))


def _blocks(page: str, text: str) -> Iterator[Block]:
    lines = text.split("\n")
    number, since = 0, 0
    while number < len(lines):
        opened = _FENCE.match(lines[number])
        if not opened:
            number += 1
            continue
        indent, fence = opened["indent"], opened["fence"]
        end = next(
            (
                at
                for at in range(number + 1, len(lines))
                if lines[at].strip() == fence and lines[at].startswith(indent)
            ),
            None,
        )
        if end is None:
            raise PageError(f"{page}:{number + 1}: the block does not end")
        body = "\n".join(line.removeprefix(indent) for line in lines[number + 1 : end])
        said = _said("\n".join(lines[since:number]), f"{page}:{number + 1}")
        yield _block(page, number + 1, opened["language"], body, said)
        number = since = end + 1


def _said(text: str, where: str) -> dict[str, str]:
    """Returns what the comments directly before a block say, by their kind."""
    said: dict[str, str] = {}
    rest = text.rstrip()
    while rest.endswith("-->"):
        start = rest.rindex("<!--")
        comment = rest[start + 4 : -3].strip()
        kind = _KINDS.match(comment)
        if not kind:
            raise PageError(f"{where}: what does this comment mean? {comment}")
        said[kind[1]] = kind[2].strip()
        rest = rest[:start].rstrip()
    return said


def _block(page: str, line: int, language: str, text: str, said: dict[str, str]) -> Block:
    return Block(
        page,
        line,
        language,
        text,
        not_run=said.get("not run", ""),
        run_by=said.get("run by", ""),
        exits_with=int(said.get("exits with", "0")),
        first=said.get("first", ""),
    )


def _leaves(nav: object) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    elif isinstance(nav, list):
        for entry in nav:
            yield from _leaves(entry)
    elif isinstance(nav, dict):
        for entry in nav.values():
            yield from _leaves(entry)


def _at(uri: str) -> str:
    inside = f"docs/{uri}"
    return inside if (REPOSITORY / inside).exists() else uri
