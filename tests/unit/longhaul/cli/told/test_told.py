"""docs/errors.md has every error that a person can meet, in the words that they read.

After a change of words: `WRITE_DOCS=yes pytest tests/unit/longhaul/cli/told`, then read the change.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.errors import LonghaulError, PlanReplaced
from infra.paths import REPOSITORY
from longhaul.cli import main
from tests.unit.longhaul.cli.conftest import Ran, Run
from tests.unit.longhaul.cli.test_phrases import HTTP
from tests.unit.longhaul.cli.told import ends, people, requests
from tests.unit.longhaul.cli.told.table import HEAD, TEXTS, World, line
from tests.unit.longhaul.stub import Stub

PAGE = REPOSITORY / "docs" / "errors.md"
BROWSER = REPOSITORY / "tests" / "browser"

SECTIONS = {
    "before": requests.BEFORE,
    "requests": requests.REQUESTS,
    "failures": ends.FAILURES,
    "connection": ends.CONNECTION,
    "sign-in": people.SIGN_IN,
    "shares": ends.SHARES,
    "downloads": ends.DOWNLOADS,
    "settings": people.SETTINGS,
    "make": people.MAKE,
}
ROWS = [row for rows in SECTIONS.values() for row in rows]


@pytest.fixture
def world(
    stub: Stub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> World:
    config = tmp_path / "settings" / "longhaul" / "config.toml"
    config.parent.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(config.parent.parent))
    # Rich asks for the width; click too.
    monkeypatch.setenv("COLUMNS", "200")

    def captured(program: Callable[[], object]) -> Ran:
        try:
            program()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return World(stub, tmp_path, config, monkeypatch, captured)


def _parts(name: str) -> tuple[str, str, str]:
    """Returns what stands before the section's table, the table, and what stands after it."""
    before, begin, rest = PAGE.read_text().partition(f"<!-- {name} -->\n\n")
    table, end, after = rest.partition("\n\n<!-- end -->")
    assert begin, name
    assert end, name
    return before + begin, table, end + after


@pytest.mark.parametrize("name", SECTIONS)
def test_the_table_says_what_people_read(name: str, world: World, run: Run) -> None:
    columns = HEAD.count("|") - 1
    lines = [HEAD, "|" + "---|" * columns, *(line(row, world, run) for row in SECTIONS[name])]
    before, written, after = _parts(name)
    if os.environ.get("WRITE_DOCS"):
        PAGE.write_text(before + "\n".join(lines) + after)
        return

    assert written.splitlines() == lines


def _slugs(of: type[LonghaulError]) -> set[str]:
    return {of.slug}.union(*map(_slugs, of.__subclasses__()))


def test_every_error_of_the_api_has_a_row() -> None:
    named = {slug for row in ROWS for slug in re.findall(r"^`([a-z-]+)`", row.when)}

    # Nobody meets it: the next message goes on with the new plan.
    assert named == _slugs(LonghaulError) - {PlanReplaced.slug}


def test_every_problem_of_the_page_has_a_row() -> None:
    shown = {key for row in ROWS for key in row.keys}

    assert {f"problems.{slug}.title" for slug in TEXTS["problems"]} <= shown


def test_nothing_that_people_read_speaks_of_http() -> None:
    lines = PAGE.read_text().partition("## Before")[2].splitlines()

    assert [line for line in lines if HTTP.search(line.partition(" | ")[2])] == []


ADVISED = re.compile(r"(?:`|: |>)longhaul ([a-z]+)([^`|]*?)(?:`|<br>| \|)")
MISTYPED = {"exprot", "jobs"}


def test_each_advice_is_a_command_line_that_there_is() -> None:
    advised = ADVISED.findall(PAGE.read_text())
    wrong = [
        f"longhaul {name}{words}"
        for name, words in advised
        if name not in MISTYPED and not _is_possible(name, words)
    ]

    assert len(advised) > 100
    assert wrong == ["longhaul export 10001 --on-mising skip"]


def _is_possible(name: str, words: str) -> bool:
    known = {option for one in main.cli.commands[name].params for option in one.opts}
    return set(re.findall(r"(?<= )--?[a-z][a-z-]*", words)) <= known


def test_what_was_tried_in_a_browser_is_there() -> None:
    there = "\n".join(file.read_text() for file in BROWSER.glob("test_*.py"))

    assert [row.tried for row in ROWS if row.tried and f"def {row.tried}(" not in there] == []


def test_no_row_is_there_twice() -> None:
    assert len({row.when for row in ROWS}) == len(ROWS)


def test_each_row_says_something() -> None:
    assert [row.when for row in ROWS if not (row.says or row.typed)] == []
