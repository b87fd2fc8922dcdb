"""The table of docs/errors.md: what a person is told when something goes wrong, and is offered.

A row names the texts of the page by their keys, and says what to type. What stands in the file is
made from the page's texts, and from what the command line prints.
"""

import re
import shlex
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pytest

from chalicelib.http import page
from tests.unit.http import scripts
from tests.unit.longhaul.cli.conftest import Ran, Run
from tests.unit.longhaul.stub import JOB_ID, Answer, Stub

TEXTS: Final = scripts.data((page.FOLDER / "texts-en.js").read_text(), "texts")
HEAD: Final = (
    "| when | the page says | and offers | tried by | the command line says and offers | exit |"
)
NONE: Final = "\N{EN DASH}"

_KEY: Final = re.compile(r"\{([a-z]\w*(?:\.[\w-]+)+)\}")
_PLACE: Final = re.compile(r"\{(\w+)\}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UNSHOWN: Final = re.compile(r"^(Usage: |Try '|Request )|^$")
_AT_ONCE: Final = ("--patience", "0")
"""What a person does not type, so that nothing is tried again."""

_LINE_END: Final = "<br>"
_STACK: Final = "https://api.example.com"


@dataclass
class World:
    """What a row may change before its command line runs."""

    stub: Stub
    folder: Path
    config: Path
    monkeypatch: pytest.MonkeyPatch
    captured: Callable[[Callable[[], object]], Ran]
    """Runs a program that prints, and ends by SystemExit."""


@dataclass(frozen=True)
class Try:
    """A command line, and what is the case when it runs. `program` runs one beside longhaul."""

    typed: str
    prepare: Callable[[World], object] | None = None
    program: Callable[[World, list[str]], Ran] | None = None


@dataclass(frozen=True)
class Row:
    """One error. `says` and `offers` are of the page: texts, with `{section.name}` for a text of
    its own. `values` stand in those. `tried` is the test in tests/browser that shows it there."""

    when: str
    says: str = ""
    offers: str = ""
    typed: tuple[Try, ...] = ()
    tried: str = ""
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def keys(self) -> set[str]:
        return set(_KEY.findall(self.says + self.offers))


class Always(defaultdict[str, list[Answer]]):
    """One answer to each request that has no own."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(list)
        self.answer = answer

    def get(self, line: str, _: Any = None) -> Any:
        return super().get(line) or [self.answer]


def said(slug: str, more: str = "words") -> str:
    """The page's title and words of a problem."""
    return f"**{{problems.{slug}.title}}** {{problems.{slug}.{more}}}"


def text_of(key: str, values: Mapping[str, object]) -> str:
    """Returns a text of the page, in English."""
    found: Any = TEXTS
    for name in key.split("."):
        found = found[name]
    if isinstance(found, dict):
        found = found["one" if values["n"] == 1 else "other"]
    return _PLACE.sub(lambda place: str(values[place[1]]), found)


def filled(template: str, values: Mapping[str, object]) -> str:
    """Returns the template with the page's texts in it."""
    lines = template.replace("} {", f"}}{_LINE_END}{{")
    return _KEY.sub(lambda key: text_of(key[1], values), lines) or NONE


def line(row: Row, world: World, run: Run) -> str:
    """Returns the row as a line of the table. Runs its command lines."""
    runs = [(one, _ran(one, world, run)) for one in row.typed]
    told = _LINE_END.join(part for one, ran in runs for part in _told(one, ran, world))
    codes = _LINE_END.join(dict.fromkeys(str(ran.code) for _, ran in runs))
    shown = (filled(row.says, row.values), filled(row.offers, row.values))
    cells = (row.when, *shown, f"`{row.tried}`" if row.tried else NONE)
    return f"| {' | '.join((*cells, told or NONE, codes or NONE))} |"


def _ran(one: Try, world: World, run: Run) -> Ran:
    with pytest.MonkeyPatch.context() as patch:
        world.stub.replies = defaultdict(list)
        world.stub.objects.clear()
        world.config.unlink(missing_ok=True)
        for path in world.folder.iterdir():
            if path.is_file():
                path.unlink()
        own = replace(world, monkeypatch=patch)
        if one.prepare:
            one.prepare(own)
        words = shlex.split(one.typed.replace("JOB", JOB_ID).replace(_STACK, world.stub.url))[1:]
        if one.program:
            return one.program(own, words)
        return run(*words, *_AT_ONCE)


def _told(one: Try, ran: Ran, world: World) -> Iterator[str]:
    yield f"`{one.typed}`"
    for text in ran.err.splitlines():
        if not _UNSHOWN.search(text.strip()):
            yield _shown(text, world)


def _shown(text: str, world: World) -> str:
    """Returns a line without what differs from run to run, safe in a cell."""
    for own, usual in (
        (world.stub.url, _STACK),
        (world.stub.url.partition("//")[2], "api.example.com"),
        (str(world.config), "~/.config/longhaul/config.toml"),
        (str(world.config.parent), "~/.config/longhaul"),
        (f"{world.folder}/", ""),
        (str(world.folder), "."),
        (JOB_ID, "JOB"),
        (f" {shlex.join(_AT_ONCE)}", ""),
    ):
        text = text.replace(own, usual)
    text = _UUID.sub("KEY", text.strip())
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")
