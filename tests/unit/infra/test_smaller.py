"""The page's files as they are packaged: smaller, and with the same meaning."""

import re
from pathlib import Path

import pytest

from infra import smaller
from infra.paths import REPOSITORY
from tests.unit.http.scripts import strings

WEB = REPOSITORY / "chalicelib" / "web"
MODULES = [pytest.param(path, id=path.name) for path in sorted(WEB.glob("*.js"))]
STYLE = WEB / "app.css"


def _packaged(path: Path) -> str:
    return smaller.smaller(smaller.FOLDER + path.name, path.read_bytes()).decode()


@pytest.mark.parametrize("path", MODULES)
def test_a_module_becomes_smaller(path: Path) -> None:
    assert 0 < len(_packaged(path).encode()) < path.stat().st_size


@pytest.mark.parametrize("path", MODULES)
def test_its_texts_stay_as_they_are(path: Path) -> None:
    assert list(strings(_packaged(path))) == list(strings(path.read_text()))


@pytest.mark.parametrize("path", MODULES)
def test_nothing_but_spaces_and_comments_is_left_out(path: Path) -> None:
    source = re.sub(r"/\*\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    source = re.sub(r"^\s*//.*$|\s// .*$", "", source, flags=re.MULTILINE)

    assert re.sub(r"\s", "", _packaged(path)) == re.sub(r"\s", "", source)


def test_the_stylesheet_becomes_smaller_and_says_the_same() -> None:
    def essence(text: str) -> str:
        return re.sub(r"\s|;(?=\s*})", "", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))

    source, packaged = STYLE.read_text(), _packaged(STYLE)

    assert len(packaged) < len(source)
    assert essence(packaged) == essence(source)
    assert re.findall('"[^"]*"', packaged) == re.findall('"[^"]*"', source)


@pytest.mark.parametrize(
    "name", ["app.py", "chalicelib/web/index.html", "chalicelib/web/icon.svg", "web/app.js"]
)
def test_every_other_file_stays_as_it_is(name: str) -> None:
    content = b"a  =  1;  // \xff"

    assert smaller.smaller(name, content) == content
