"""The calculator of what a month costs: it computes as one types, and axe finds nothing."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page

from infra.costs.model import month
from infra.paths import REPOSITORY

_PAGE = """<!doctype html><html lang="en"><title>Costs</title><body><main><h1>Costs</h1>
<div id="costs-calculator">nothing yet</div>
<link rel="stylesheet" href="../../assets/costs.css">
<script src="../../assets/costs.js" defer></script></main></body></html>"""
_INTERNET = "To the internet: the first 10 TB of a month"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing: what is asked for is no test's output."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page with the calculator, as the site has it."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "how-to" / "costs").mkdir(parents=True)
    (folder / "how-to" / "costs" / "index.html").write_text(_PAGE)
    (folder / "assets").symlink_to(REPOSITORY / "docs" / "assets")
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/how-to/costs/"
        server.shutdown()


@pytest.fixture(params=[1280, 360])
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": request.param, "height": 800})
    opened.goto(address)
    opened.wait_for_selector(".costs-total")
    yield opened
    opened.close()


def _total(page: Page) -> str:
    return page.inner_text(".costs-total")


def _dollars(**chosen: float) -> str:
    return f"${month(chosen)['total']:,.2f}"


def test_the_bill_follows_what_is_typed(page: Page) -> None:
    assert _total(page) == _dollars()

    page.get_by_label("Exports a month").fill("50000")
    page.get_by_label("Alarms and a dashboard (ALARMS)").uncheck()
    assert _total(page) == _dollars(exports=50_000, alarms=0)

    page.get_by_text("Prices of us-east-1, in dollars").click()
    page.get_by_label(_INTERNET).and_(page.locator("input")).fill("0.02")
    assert _total(page) == _dollars(exports=50_000, alarms=0, egress1=0.02)


def test_a_number_that_is_none_is_said(page: Page) -> None:
    page.get_by_label("Exports a month").fill("-1")

    assert "a number is missing" in _total(page)


def test_axe_finds_nothing_and_nothing_is_cut_off(page: Page) -> None:
    page.get_by_text("Prices of us-east-1, in dollars").click()
    page.evaluate(AXE_SCRIPT)

    assert page.evaluate("axe.run()")["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_without_its_numbers_it_leads_to_the_tables(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.route("**/costs.json", lambda route: route.abort())
    page.goto(address)

    page.get_by_text("The calculator could not be loaded.").wait_for()
    page.close()
