"""The table of docs/targets.md is the one that the tests stand for."""

import importlib
from collections.abc import Iterator
from pathlib import Path

from infra.paths import REPOSITORY
from tests.targets.rows import Row, row_of, table

PAGE = REPOSITORY / "docs" / "targets.md"
TESTS = REPOSITORY / "tests" / "targets"


def rows() -> Iterator[Row]:
    """The rows that the tests stand for, in the tests' order."""
    for file in sorted(TESTS.glob("test_*.py"), key=order):
        for test in vars(importlib.import_module(f"tests.targets.{file.stem}")).values():
            if (found := row_of(test)) is not None:
                yield found


def order(file: Path) -> int:
    """S3 is what most readers ask about."""
    names = ["s3", "checksums", "access", "queues", "tables", "functions", "time"]
    return names.index(file.stem.removeprefix("test_"))


def test_the_page_has_a_row_for_each_test_and_no_other() -> None:
    begin, end = "<!-- rows -->\n\n", "\n\n<!-- end -->"

    written = PAGE.read_text().partition(begin)[2].partition(end)[0]

    assert written == table(rows())


def test_no_row_is_there_twice() -> None:
    claims = [(row.service, row.on_aws) for row in rows()]

    assert len(claims) == len(set(claims))
