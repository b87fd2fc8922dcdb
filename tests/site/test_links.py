"""Links between files lead somewhere on a git host too, also those of pages off the site."""

import re
from pathlib import Path

import pytest

from infra.paths import REPOSITORY

LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^( *)(```|~~~).*?^\1\2 *$|`[^`\n]+`", re.DOTALL | re.MULTILINE)
OUTSIDE = (
    "README.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "clients/js/*.md",
    "examples/*.md",
    "examples/*/README.md",
)

PAGES = sorted(
    path.relative_to(REPOSITORY).as_posix()
    for pattern in (*OUTSIDE, "docs/**/*.md", "bench/results/*.md")
    for path in REPOSITORY.glob(pattern)
    if "node_modules" not in path.parts
)


def anchors(path: Path) -> set[str]:
    """Returns the anchors of a page's headings, as git hosts make them."""
    titles = re.findall(r"^#{1,6} (.*)$", BLOCK.sub(_only_code, path.read_text()), re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower() for title in titles]
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in plain}


def _only_code(found: re.Match[str]) -> str:
    return "" if found[2] else found[0]


@pytest.mark.parametrize("page", PAGES)
def test_each_link_leads_to_a_file_and_a_heading(page: str) -> None:
    here = REPOSITORY / page
    wrong = []
    for target in LINK.findall(BLOCK.sub(_only_code, here.read_text())):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (here.parent / name).resolve() if name else here
        if not path.exists() or (anchor and anchor not in anchors(path)):
            wrong.append(target)

    assert wrong == []
