"""The site is whole, and loads nothing from another host."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import expect

from infra.errors import PackageError
from infra.paths import REPOSITORY
from infra.site import environment
from tests.browser import chromium
from tests.browser.chromium import NoChromiumError
from tests.site import pages

LOADS = {"src", "srcset", "data", "poster", "action"}
LOADED_LINKS = {
    "stylesheet",
    "icon",
    "preload",
    "prefetch",
    "preconnect",
    "dns-prefetch",
    "manifest",
}


class Loaded(HTMLParser):
    """Gathers what a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.urls += [value for name, value in given.items() if name in LOADS]
        if tag == "link" and LOADED_LINKS & set(given.get("rel", "").split()):
            self.urls.append(given.get("href", ""))


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and says nothing."""

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder at an address of this machine, during the body."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_each_page_of_the_menu_is_built(built_site: Path) -> None:
    for page in pages.in_nav():
        uri = page.removeprefix("docs/").removesuffix(".md")
        uri = re.sub(r"(^|/)(index|README)$", r"\1", uri)
        assert (built_site / uri / "index.html").exists(), page


def test_no_page_loads_anything_from_another_host(built_site: Path) -> None:
    foreign = {}
    for path in built_site.rglob("*.html"):
        loaded = Loaded()
        loaded.feed(path.read_text())
        if strange := [url for url in loaded.urls if re.match(r"([a-z]+:)?//", url)]:
            foreign[path.name] = strange

    assert foreign == {}


def test_no_script_and_no_style_names_a_host_that_serves_files(built_site: Path) -> None:
    hosts = r"unpkg\.com|jsdelivr|cdnjs|googleapis|gstatic|google-analytics|googletagmanager"
    found = [
        str(path)
        for kind in ("*.js", "*.css", "*.html")
        for path in built_site.rglob(kind)
        if re.search(hosts, path.read_text())
    ]

    assert found == []


def test_a_link_that_leads_nowhere_fails(tmp_path: Path) -> None:
    wrong = {
        "page": "[a](nothing.md)",
        "anchor": "[a](index.md#nothing)",
        "file": "[a](../nothing.py)",
        "list": "A list:\n- one\n- two",
    }
    docs = tmp_path / "docs"
    docs.mkdir()
    settings = (REPOSITORY / "mkdocs.yml").read_text()
    settings = settings.replace("docs_dir: docs", f"docs_dir: {docs}").partition("\nnav:")[0]
    settings = settings.replace("infra/site", str(REPOSITORY / "infra" / "site"))
    (tmp_path / "mkdocs.yml").write_text(settings)
    for name, text in wrong.items():
        (docs / f"{name}.md").write_text(f"# {name}\n\n{text}\n")
    (docs / "index.md").write_text("# Index\n")
    mkdocs = str(environment.program("mkdocs"))

    with pytest.raises(PackageError) as failed:
        environment.run([mkdocs, "build", "--strict"], "No.", folder=tmp_path)

    said = str(failed.value)
    assert [name for name in wrong if f"{name}.md" not in said] == []


def test_a_browser_reads_and_searches_it_and_asks_no_other_host(built_site: Path) -> None:
    try:
        chromium.found()
    except NoChromiumError as error:
        pytest.skip(str(error))
    asked: list[str] = []
    errors: list[str] = []
    with served(built_site) as url, chromium.launched() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url)
        expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Longhaul"))
        page.get_by_role("link", name="Try it in five minutes").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("five minutes"))
        page.keyboard.press("/")
        page.get_by_role("textbox", name="Search").fill("tombstone")
        expect(page.locator(".md-search-result__link").first).to_be_visible()
        page.get_by_role("textbox", name="Search").press("Enter")
        expect(page.get_by_role("main")).to_contain_text("tombstone")

    assert errors == []
    assert [one for one in asked if not one.startswith((url, "data:", "blob:"))] == []


def test_two_versions_are_published_beside_each_other(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    run = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    repository.mkdir()
    subprocess.run([*run, "init", "-q", "-b", "main"], check=True)
    subprocess.run([*run, "commit", "-q", "--allow-empty", "-m", "Nothing"], check=True)
    mike = [str(environment.program("mike")), "deploy", "-F", str(REPOSITORY / "mkdocs.yml")]
    who = {"GIT_DIR": str(repository / ".git"), "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.c"}
    who |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b.c"}
    who["PATH"] = f"{environment.program('mike').parent}:/usr/local/bin:/usr/bin:/bin"

    environment.run([*mike, "0.1", "latest"], "The first version.", variables=who)
    environment.run([*mike, "--update-aliases", "0.2", "latest"], "The second.", variables=who)

    def shown(path: str) -> str:
        return subprocess.check_output([*run, "show", f"gh-pages:{path}"], text=True)

    versions = {one["version"]: one["aliases"] for one in json.loads(shown("versions.json"))}
    assert versions == {"0.2": ["latest"], "0.1": []}
    assert "Downloads that outlive the request" in shown("0.1/index.html")
    assert '"provider": "mike"' in shown("0.2/index.html")
