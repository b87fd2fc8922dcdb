"""The page's files, and the routes that answer with them."""

import gzip
import html
import json
import re
from collections.abc import Iterable

import pytest

from chalicelib.errors import NotFound
from chalicelib.http import page, sign_in
from chalicelib.http.calls import Call, Reply
from chalicelib.settings import settings
from infra.smaller import FOLDER, smaller
from tests.unit.samples import REQUIRED

SIZE_MAX = 95_000
"""Bytes of the page, its scripts and the texts of one language that a view loads to be shown: as
they are packaged, before API Gateway compresses them. 12,000 are the client, which is a package of
its own (docs/decisions/0030-the-javascript-client.md). 3,000 are the choice of a format and of a
size, which the form always shows, and what is said of several archives."""

SIZE_MAX_OF_ALL = 170_000
"""The same of all views, with what is loaded only when it is needed."""

COMPRESSED_MAX = 80_000
"""The same as API Gateway compresses it."""

LARGER = {"texts-ar.js": 8_000}
"""More bytes for a language: each letter of Arabic has two, and a number has six forms."""

STYLE_MAX = 20_000

FILES = page.web().files
VERSION = page.web().version
VIEWS = ["create.js", "job.js", "jobs.js"]
MODULES = [name for name in FILES if name.endswith(".js")]
IMPORTED = {name for text in FILES.values() for name in re.findall(r'from "\./(.+)"', text)}
TEXTS_OF = {name for name in MODULES if name.startswith("texts-")}
WHEN_NEEDED = {n for text in FILES.values() for n in re.findall(r'import\("\./(.+?)"\)', text)}
TEXTS = [pytest.param(text, id=name) for name, text in FILES.items()]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("API_URL_TEMPLATE", raising=False)
    settings.cache_clear()


def _page(path: str = "/api/", if_none_match: str = "", accept_language: str = "") -> Reply:
    context = {"resourcePath": "/", "path": path, "domainName": "example.com"}
    headers = {"if-none-match": if_none_match, "accept-language": accept_language}
    return page.page(Call(context, headers, {}, b""))


def _asset(name: str, version: str = VERSION) -> Reply:
    return page.asset(Call({}, {}, {}, b""), version, name)


# -- what it is made of -------------------------------------------------------------------------


def _packaged(names: Iterable[str]) -> list[bytes]:
    """Returns the page and these files as they are packaged."""
    files = [smaller(FOLDER + name, FILES[name].encode()) for name in names]
    return [_page().text.encode(), *files]


def _size(names: Iterable[str]) -> int:
    return sum(map(len, _packaged(names)))


def _loaded_with(view: str) -> set[str]:
    """Returns the modules that are loaded to show a view."""
    found: set[str] = set()
    new = {"app.js", view}
    while new:
        found |= new
        new = {n for name in new for n in re.findall(r'from "\./(.+)"', FILES[name])} - found
    return found


@pytest.mark.parametrize("language", sorted(TEXTS_OF))
@pytest.mark.parametrize("view", VIEWS)
def test_what_a_visit_loads_is_small(view: str, language: str) -> None:
    assert _size({*_loaded_with(view), language}) < SIZE_MAX + LARGER.get(language, 0)


@pytest.mark.parametrize("language", sorted(TEXTS_OF))
def test_all_of_it_is_small(language: str) -> None:
    assert _size({*MODULES, language} - (TEXTS_OF - {language})) < SIZE_MAX_OF_ALL + LARGER.get(
        language, 0
    )
    assert _size({"app.css"}) - _size(()) < STYLE_MAX


@pytest.mark.parametrize("language", sorted(TEXTS_OF))
def test_all_of_it_is_small_as_api_gateway_compresses_it(language: str) -> None:
    all_of_it = _packaged({*FILES, language} - (TEXTS_OF - {language}))

    assert sum(len(gzip.compress(file)) for file in all_of_it) < COMPRESSED_MAX


def test_what_few_visits_need_is_loaded_when_it_is_needed() -> None:
    seldom = {"signin.js", "share.js", "tell.js", "watch.js", "arrivals.js", "menu.js"}
    seldom.add("refusals.js")
    assert {*VIEWS, *seldom} <= WHEN_NEEDED
    assert not any(seldom & _loaded_with(view) for view in VIEWS)


def test_the_page_names_files_that_there_are() -> None:
    named = re.findall(rf'"assets/{VERSION}/([^"]+)"', _page().text)

    assert {"app.js", "app.css", "icon.svg"} <= set(named) <= set(FILES)


def test_what_is_loaded_early_is_what_each_view_needs() -> None:
    early = set(re.findall(rf'modulepreload" href="assets/{VERSION}/([^"]+)"', _page().text))

    needed = set.intersection(*map(_loaded_with, VIEWS)) - {"app.js"}
    assert early - {"texts-en.js"} == needed


def test_every_module_is_imported_by_another_or_by_the_page() -> None:
    assert {"app.js", *IMPORTED, *WHEN_NEEDED, *TEXTS_OF} == set(MODULES)


def test_secrets_are_taken_out_of_the_address_before_anything_else_runs() -> None:
    first = re.findall(r'from "\./(.+)"', FILES["app.js"])[0]

    assert first == "address.js"
    assert "import" not in FILES["address.js"]


def test_nothing_of_it_stands_in_the_page_itself() -> None:
    text = FILES["index.html"]

    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text)


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_is_ever_read_as_html_or_as_code(text: str) -> None:
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|createContextualFragment|document\.write|setHTML"
        r"|\beval\(|new Function|srcdoc|javascript:",
        text,
    )


def test_a_language_is_a_module_that_imports_nothing() -> None:
    assert "texts-en.js" in TEXTS_OF
    assert not [name for name in TEXTS_OF if re.search(r"\bimport\b", FILES[name])]


@pytest.mark.parametrize("text", TEXTS)
def test_no_other_host_is_named(text: str) -> None:
    assert set(re.findall(r"https?://[^\"'` ]*", text)) <= {"http://www.w3.org/2000/svg"}


def test_the_page_is_looked_for_again_each_time_and_sent_if_it_is_another() -> None:
    first = _page()

    again = _page(if_none_match=first.headers["ETag"])

    assert first.headers["Content-Type"] == "text/html; charset=utf-8"
    assert first.headers["Cache-Control"] == "no-cache"
    assert (again.status, again.text) == (304, "")


@pytest.mark.parametrize(
    ("path", "base"),
    [
        ("/api/", "/api/"),
        ("/api", "/api/"),
        ("/", "/"),
        ("", "/"),
        ("/a/b/", "/a/b/"),
        ('/"><script>', "/&quot;&gt;&lt;script&gt;/"),
    ],
)
def test_its_links_begin_where_the_api_does(path: str, base: str) -> None:
    assert f'<base href="{base}">' in _page(path).text


def test_on_an_emulator_they_begin_where_the_template_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_URL_TEMPLATE", "http://127.0.0.1:4566/apis/{apiId}/{stage}")
    context = {"resourcePath": "/", "path": "/api/", "apiId": "a1", "stage": "api"}

    reply = page.page(Call(context, {}, {}, b""))

    assert '<base href="/apis/a1/api/">' in reply.text


def test_it_may_load_what_is_its_own_and_nothing_else() -> None:
    policy = _page().headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy


def test_it_says_how_people_sign_in_and_may_ask_for_their_tokens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = {"way": "jwt", "issuer": '"><script>', "tokenEndpoint": "https://id.example/a/token?b=1"}
    monkeypatch.setattr(sign_in, "for_page", lambda _: told)

    reply = _page()

    found = re.findall('<meta name="longhaul-auth" content="([^"<>]+)">', reply.text)
    assert json.loads(html.unescape(found[0])) == told
    assert "connect-src 'self' https://id.example;" in reply.headers["Content-Security-Policy"]


def test_without_a_safe_address_for_tokens_it_may_ask_its_own_server_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sign_in, "for_page", lambda _: {"way": "jwt", "tokenEndpoint": None})

    assert "connect-src 'self';" in _page().headers["Content-Security-Policy"]


def test_it_says_nothing_of_sign_in_where_nobody_has_to_sign_in() -> None:
    reply = _page()

    assert '<meta name="longhaul-auth" content="">' in reply.text
    assert "connect-src 'self';" in reply.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("wanted", "language", "direction"),
    [
        ("", "en", "ltr"),
        ("ar-EG,en;q=0.5", "ar", "rtl"),
        ("de", "de", "ltr"),
        ('"><script>', "en", "ltr"),
    ],
)
def test_the_page_comes_with_the_language_that_the_browser_asks_for(
    monkeypatch: pytest.MonkeyPatch, wanted: str, language: str, direction: str
) -> None:
    there = page.Web({**FILES, "texts-ar.js": "", "texts-de.js": ""}, VERSION)
    monkeypatch.setattr(page, "web", lambda: there)

    reply = _page(accept_language=wanted)

    assert f'<html lang="{language}" dir="{direction}" ' in reply.text
    preload = f'<link rel="modulepreload" href="assets/{VERSION}/texts-{language}.js">'
    assert preload in reply.text
    assert reply.headers["Vary"] == "Accept-Language"


def test_a_cache_keeps_a_page_for_each_language(monkeypatch: pytest.MonkeyPatch) -> None:
    there = page.Web({**FILES, "texts-de.js": ""}, VERSION)
    monkeypatch.setattr(page, "web", lambda: there)
    english, german = _page(), _page(accept_language="de")

    again = _page(if_none_match=german.headers["ETag"], accept_language="en")

    assert english.headers["ETag"] != german.headers["ETag"]
    assert (again.status, again.text) == (200, english.text)
    same = _page(if_none_match=german.headers["ETag"], accept_language="de-AT")
    assert (same.status, same.headers["Vary"]) == (304, "Accept-Language")


# -- GET /assets/{version}/{name} -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("app.js", "text/javascript; charset=utf-8"),
        ("app.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ],
)
def test_a_file_is_kept_for_good_under_its_version(name: str, content_type: str) -> None:
    reply = _asset(name)

    assert (reply.status, reply.text) == (200, FILES[name])
    assert reply.headers["Content-Type"] == content_type
    assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_page_of_before_a_deployment_gets_the_files_of_now_and_does_not_keep_them() -> None:
    reply = _asset("app.js", "0123456789ab")

    assert reply.text == FILES["app.js"]
    assert reply.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["index.html", "nope.js", "../page.py", "", "app.js/", "ü" * 500])
def test_what_is_no_file_of_the_page_is_not_found(name: str) -> None:
    with pytest.raises(NotFound, match="the page has no"):
        _asset(name)


def test_the_page_knows_whether_ids_are_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 'data-ids=""' in _page().text

    monkeypatch.setenv("FILE_ID_PATTERN", "[0-9a-f-]{36}")
    settings.cache_clear()

    assert 'data-ids="any"' in _page().text
