"""The table of docs/targets.md is the one that the tests stand for."""

import importlib
from collections.abc import Iterator

from infra.paths import REPOSITORY
from tests.targets.rows import Row, row_of, table

PAGE = REPOSITORY / "docs" / "targets.md"
TESTS = REPOSITORY / "tests" / "targets"

ORDER = [
    *("contracts.test_objects", "contracts.test_versions", "contracts.test_uploads"),
    *("test_s3", "test_checksums"),
    *("test_access", "contracts.test_queue", "test_queues", "contracts.test_table"),
    *("contracts.test_index", "test_functions", "test_telling"),
    "test_time",
]
"""S3 is what most readers ask about."""


def rows() -> Iterator[Row]:
    """The rows that the tests stand for, in the tests' order."""
    for name in sorted(modules(), key=ORDER.index):
        for test in vars(importlib.import_module(f"tests.targets.{name}")).values():
            if (found := row_of(test)) is not None:
                yield found


def modules() -> Iterator[str]:
    for file in TESTS.rglob("test_*.py"):
        yield ".".join(file.relative_to(TESTS).with_suffix("").parts)


def test_the_page_has_a_row_for_each_test_and_no_other() -> None:
    begin, end = "<!-- rows -->\n\n", "\n\n<!-- end -->"

    written = PAGE.read_text().partition(begin)[2].partition(end)[0]

    assert written == table(rows())


def test_no_row_is_there_twice() -> None:
    claims = [(row.service, row.on_aws) for row in rows()]

    assert len(claims) == len(set(claims))
