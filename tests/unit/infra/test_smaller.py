"""The page's files as they are packaged: smaller, and with the same meaning."""

import re
from pathlib import Path

import pytest

from infra import compact, smaller
from infra.paths import REPOSITORY

WEB = REPOSITORY / "chalicelib" / "web"
MODULES = sorted(WEB.glob("*.js"))
STYLES = sorted(WEB.glob("*.css"))


def _packaged(path: Path) -> str:
    return smaller.smaller(smaller.FOLDER + path.name, path.read_bytes()).decode()


def _lines(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text().splitlines()]


def _ids(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", [*MODULES, *STYLES], ids=_ids)
def test_a_file_becomes_smaller(path: Path) -> None:
    assert 0 < len(_packaged(path).encode()) < path.stat().st_size


@pytest.mark.parametrize("path", MODULES, ids=_ids)
def test_what_others_import_keeps_its_name(path: Path) -> None:
    exported = r"\bexport (?:async )?(?:const|function|class)\*? (\w+)"

    assert re.findall(exported, _packaged(path)) == re.findall(exported, path.read_text())


@pytest.mark.parametrize(
    "name", ["app.py", "chalicelib/web/index.html", "chalicelib/web/icon.svg", "web/app.js"]
)
def test_every_other_file_stays_as_it_is(name: str) -> None:
    content = b"a  =  1;  // \xff"

    assert smaller.smaller(name, content) == content


# -- where there is no minifier -----------------------------------------------------------------


@pytest.mark.parametrize("path", MODULES, ids=_ids)
def test_a_module_loses_what_only_people_read(path: Path) -> None:
    lines = _lines(path)

    kept = [line for line in lines if line and not re.match(r"//|/\*|\*[ /]", line)]
    served = compact.module(path.read_text())
    assert served.splitlines() == [line.replace(" => ", "=>") for line in kept]
    # So nothing of a text is left out: none of them goes over several lines, or has an arrow.
    assert [line for line in lines if line.count("`") % 2] == []
    texts = re.findall(r'"[^"]*"', "\n".join(kept))
    assert [text for text in texts if " => " in text and "\n" not in text] == []


@pytest.mark.parametrize("path", STYLES, ids=_ids)
def test_a_stylesheet_loses_what_only_people_read(path: Path) -> None:
    def essence(text: str) -> str:
        return re.sub(r"\s|;(?=\s*})", "", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))

    source = path.read_text()
    served = compact.stylesheet(source)

    assert essence(served) == essence(source)
    assert re.findall('"[^"]*"', served) == re.findall('"[^"]*"', source)
