"""A headless Chromium in front of one deployed stack, for all tests here.

The stack is that of tests/e2e, chosen in the same way. Without a Chromium these tests fail: whether
they are to run at all is for tests/run.py to say.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from infra.outputs import Outputs
from tests.browser import chromium
from tests.browser.states import Stage
from tests.e2e.backstage import Backstage
from tests.e2e.conftest import api, backstage, outputs, sources, stack_state
from tests.e2e.sources import Sources

__all__ = ["api", "backstage", "outputs", "sources", "stack_state"]

PATIENCE_MS = 30_000
"""How long something may take to be seen: the machine may be busy, and what has to be fast is
measured."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with chromium.launched() as opened:
        yield opened


@pytest.fixture(scope="session")
def kept() -> dict[str, Any]:
    """The page's files by their addresses, which stay what they are: the stack is asked for each of
    them once, as by a browser that has been there before."""
    return {}


@pytest.fixture
def context(browser: Browser, kept: dict[str, Any]) -> Iterator[BrowserContext]:
    def answer(route: Route) -> None:
        address = route.request.url
        if address not in kept:
            fetched = route.fetch()
            kept[address] = {"headers": fetched.headers, "body": fetched.body()}
        route.fulfill(**kept[address])

    opened = browser.new_context(reduced_motion="reduce")
    opened.set_default_timeout(PATIENCE_MS)
    opened.route("**/assets/**", answer)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab, whose scripts may not break, and may not break the page's own policy."""
    opened = context.new_page()
    broken: list[str] = []
    opened.on("pageerror", lambda error: broken.append(str(error)))
    opened.on("console", lambda line: broken.append(line.text) if "Policy" in line.text else None)
    yield opened
    assert broken == []


@pytest.fixture
def stage(page: Page, outputs: Outputs, backstage: Backstage, sources: Sources) -> Stage:
    """The page of a user who has nothing yet."""
    return Stage(page, outputs.api_url, backstage, sources)
