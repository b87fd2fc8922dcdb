"""docs/how-to/behind-your-login.md as a reader sees it: files to save, lines to type, in order.

What stands in a page is only text, so this says which text is what. A block of `sh` is typed in a
terminal. A block after a paragraph that begins with a path is that file. A block of `js` without a
path is for the browser's console: `// 403` beside a line is what it answers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from infra.paths import REPOSITORY

PAGE = REPOSITORY / "docs" / "how-to" / "behind-your-login.md"

_BLOCK = re.compile(
    r"(?P<before>[^\n]+(?:\n[^\n]+)*)\n\n?```(?P<language>\w+)\n(?P<text>.*?)```$",
    re.DOTALL | re.MULTILINE,
)
_PATH = re.compile(r"`([\w./-]+\.\w+)`")


@dataclass(frozen=True)
class Block:
    """A block of the page. `path` is None if it is no file."""

    language: str
    text: str
    path: str | None


def blocks(heading: str, text: str | None = None) -> list[Block]:
    """Returns the blocks of the section whose heading begins like this, in order."""
    found = list(_sections(text or PAGE.read_text()))
    [section] = [body for title, body in found if title.startswith(heading)]
    return [_block(match) for match in _BLOCK.finditer(section)]


def with_files_of(folders: dict[str, Path]) -> str:
    """Returns the page's text with the files as they are in the folders, by their headings."""
    text = PAGE.read_text()
    for heading, folder in folders.items():
        [body] = [body for title, body in _sections(text) if title.startswith(heading)]
        text = text.replace(body, _BLOCK.sub(partial(_filled, folder), body))
    return text


def _filled(folder: Path, found: re.Match[str]) -> str:
    block = _block(found)
    if block.path is None:
        return found[0]
    content = (folder / block.path).read_text()
    return f"{found['before']}\n\n```{block.language}\n{content}```"


def _sections(text: str) -> Iterator[tuple[str, str]]:
    _, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    for part in parts:
        title, _, body = part.partition("\n")
        yield title, body


def _block(found: re.Match[str]) -> Block:
    path = _PATH.match(found["before"])
    return Block(found["language"], found["text"], path[1] if path else None)
