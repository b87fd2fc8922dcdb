"""docs/threat-model.md names a test for each item of OWASP's API Security Top 10."""

import re
from pathlib import Path

import pytest

from infra.paths import REPOSITORY

PAGE = (REPOSITORY / "docs" / "threat-model.md").read_text()
ROWS = dict(re.findall(r"^\| (API\d+) .*?\|.*?\|(.*)\|$", PAGE, re.MULTILINE))
TEST = re.compile(r"`(tests/[\w/.]+|test_\w+\.py)`")


def test_the_table_has_all_ten() -> None:
    assert list(ROWS) == [f"API{number}" for number in range(1, 11)]


@pytest.mark.parametrize("item", ROWS)
def test_each_names_tests_that_exist(item: str) -> None:
    named = TEST.findall(ROWS[item])

    assert named
    for name in named:
        assert _exists(name), name


def _exists(name: str) -> bool:
    if "/" in name:
        return (REPOSITORY / name).exists()
    return any(Path(REPOSITORY, "tests").rglob(name))
