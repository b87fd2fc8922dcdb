"""The reference page: its files, and the routes that answer with them."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.errors import NotFound
from chalicelib.http import reference
from chalicelib.http.calls import Call, Reply
from chalicelib.settings import settings
from infra import reference as swagger_ui
from infra.smaller import smaller
from tests.unit.samples import REQUIRED

SIZE_MAX = 1_790_000
"""Bytes of all that GET /docs loads but the OpenAPI document, as it is packaged."""
GZIP_MAX = 465_000
"""The same as API Gateway compresses it."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of the page's files as it is in a package."""
    made = tmp_path / "reference"
    made.mkdir()
    ours = {swagger_ui.FOLDER + p.name: p.read_bytes() for p in reference.FOLDER.iterdir()}
    for name, content in (ours | swagger_ui.files()).items():
        if name.startswith(swagger_ui.FOLDER):
            (made / Path(name).name).write_bytes(smaller(name, content))
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("API_URL_TEMPLATE", raising=False)
    monkeypatch.setattr(reference, "FOLDER", made)
    _forget()
    yield made
    _forget()


def _forget() -> None:
    settings.cache_clear()
    reference.files.cache_clear()
    reference.version.cache_clear()


def _page(if_none_match: str = "", path: str = "/api/docs") -> Reply:
    context = {"resourcePath": "/docs", "path": path, "domainName": "example.com"}
    return reference.reference(Call(context, {"if-none-match": if_none_match}, {}, b""))


def _asset(name: str, version: str | None = None) -> Reply:
    call = Call({}, {}, {}, b"")
    return reference.asset(call, reference.version() if version is None else version, name)


def _loaded() -> list[bytes]:
    names = re.findall(r'(?:href|src)="/api/docs/\w+/([^"]+)"', _page().text)
    return [_page().text.encode(), *(_asset(name).text.encode() for name in sorted(set(names)))]


def test_what_it_loads_is_no_larger_than_it_must_be() -> None:
    loaded = _loaded()

    assert len(loaded) == 6
    assert sum(map(len, loaded)) < SIZE_MAX
    assert sum(len(gzip.compress(file)) for file in loaded) < GZIP_MAX


def test_its_files_begin_where_the_api_does() -> None:
    named = re.findall(r'(?:href|src|data-base)="([^"#]*)"', _page().text)

    assert set(named) == {"/api/", "/api/openapi.json"} | {
        f"/api/docs/{reference.version()}/{name}"
        for name in ("icon.svg", "reference.css", "reference.js", *swagger_ui.NAMES)
    }


def test_its_path_is_never_read_as_html() -> None:
    assert 'data-base="/&quot;&gt;&lt;b&gt;/"' in _page(path='/"><b>/docs').text


def test_nothing_of_it_stands_in_the_page_itself_or_comes_from_another_host() -> None:
    text = (reference.FOLDER / "index.html").read_text()
    ours = text + _asset("reference.js").text + _asset("reference.css").text

    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text)
    assert "//" not in re.sub(r"(?m)^//.*|/\*.*?\*/", "", ours)
    assert "innerHTML" not in ours


def test_its_policy_allows_its_own_files_and_nothing_inline() -> None:
    policy = _page().headers["Content-Security-Policy"]

    assert policy == _asset("reference.js").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "unsafe" not in policy


def test_it_is_looked_for_again_each_time_and_sent_if_it_is_another() -> None:
    first = _page()

    again = _page(if_none_match=first.headers["ETag"])

    assert first.headers["Content-Type"] == "text/html; charset=utf-8"
    assert first.headers["Cache-Control"] == "no-cache"
    assert (again.status, again.text) == (304, "")


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("swagger-ui.css", "text/css; charset=utf-8"),
        ("reference.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ],
)
def test_a_file_is_kept_for_good_under_its_version(name: str, content_type: str) -> None:
    reply = _asset(name)

    assert reply.status == 200
    assert reply.headers["Content-Type"] == content_type
    assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert _asset(name, "0123456789ab").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["index.html", "LICENSE", "../app.py", "", "ü" * 500])
def test_what_is_no_file_of_it_is_not_found(name: str) -> None:
    with pytest.raises(NotFound, match="the reference page has no"):
        _asset(name)


@pytest.mark.parametrize("missing", swagger_ui.NAMES)
def test_without_swagger_ui_it_says_where_the_document_is(folder: Path, missing: str) -> None:
    (folder / missing).unlink()

    with pytest.raises(NotFound, match=r"packaged without its reference page; see /openapi\.json"):
        _page()
    with pytest.raises(NotFound, match="packaged without"):
        _asset("reference.js", "0123456789ab")


def test_another_file_makes_another_version(folder: Path) -> None:
    before = reference.version()
    (folder / "reference.css").write_text("body { margin: 0 }")
    _forget()

    assert reference.version() != before
