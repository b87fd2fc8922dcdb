"""docs/reference/template.md has each parameter of the template, as the template says it.

After a change: `WRITE_DOCS=yes pytest tests/unit/infra/test_parameter_table.py`, then read it.
"""

import os
import re
from typing import Any

import pytest

from infra import package, parameter_table, template
from infra.paths import REPOSITORY

PAGE = REPOSITORY / "docs" / "reference" / "template.md"
HOW_TO = REPOSITORY / "docs" / "how-to" / "deploy-your-own-way.md"
_TABLE = re.compile(r"(?<=<!-- table -->\n).*(?=<!-- end -->)", re.DOTALL)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    built = package.build(tmp_path_factory.mktemp("package"))
    return template.complete(built.template, architecture="arm64")


def test_the_page_has_the_table_of_the_template(made: dict[str, Any]) -> None:
    wanted = f"\n{parameter_table.table(made)}\n\n"
    text = PAGE.read_text()
    if os.environ.get("WRITE_DOCS"):
        text = _TABLE.sub(lambda _: wanted, text)
        PAGE.write_text(text)

    found = _TABLE.search(text)
    assert found
    assert found[0] == wanted, "WRITE_DOCS=yes pytest tests/unit/infra/test_parameter_table.py"


def test_each_parameter_has_one_row(made: dict[str, Any]) -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE)

    assert sorted(rows) == sorted(made["Parameters"])


def test_what_must_be_said_is_what_the_how_to_names(made: dict[str, Any]) -> None:
    required = {name for name, one in made["Parameters"].items() if "Default" not in one}
    section = HOW_TO.read_text().split("## What must be said")[1].split("\n## ")[0]
    named = set(re.findall(r"`([A-Z][A-Za-z]+)`", section))

    assert required <= named


def test_each_parameter_that_the_how_to_names_is_there(made: dict[str, Any]) -> None:
    given = re.findall(
        r"\b([A-Z][a-z][A-Za-z]+)(?:=(?=[\w$])| = |: (?=\w+\.s3|\"\w+\" \}))", HOW_TO.read_text()
    )
    known = made["Parameters"].keys()

    assert {"CodeBucket", "CodeKey", "Auth", "JwtIssuer"} <= set(given) <= known


def test_the_size_that_the_how_to_says_is_about_that_of_the_template(made: dict[str, Any]) -> None:
    said = re.search(r"The template has ([0-9,]+) bytes", HOW_TO.read_text())

    assert said
    _, size = parameter_table.size(made)
    assert int(said[1].replace(",", "")) == pytest.approx(size, rel=0.1)
