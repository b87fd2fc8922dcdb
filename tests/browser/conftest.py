"""A headless Chromium and one deployed stack, for all tests of this folder.

The stack is chosen as in tests/e2e. Without Chromium these tests fail: tests/run.py decides whether
they run at all.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from infra.outputs import Outputs
from tests.browser import chromium
from tests.browser.issuer import Issuer
from tests.browser.signing import Eavesdropper
from tests.browser.stage import Stage
from tests.e2e.backstage import Backstage
from tests.e2e.conftest import api, backstage, outputs, receivers, sources, stack_state
from tests.e2e.sources import Sources

__all__ = ["api", "backstage", "outputs", "receivers", "sources", "stack_state"]

PATIENCE_MS = 30_000
"""How long a test waits for the page to show something. Long, because the machine may be busy.
Tests of speed measure the time themselves."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with chromium.launched() as opened:
        yield opened


@pytest.fixture(scope="session")
def kept() -> dict[str, Any]:
    """The page's files by their addresses, as in a browser's cache.

    The files never change, so each of them is requested from the stack only once.
    """
    return {}


@pytest.fixture
def context(browser: Browser, kept: dict[str, Any]) -> Iterator[BrowserContext]:
    def answer(route: Route) -> None:
        address = route.request.url
        if address not in kept:
            fetched = route.fetch()
            kept[address] = {"headers": fetched.headers, "body": fetched.body()}
        route.fulfill(**kept[address])

    opened = browser.new_context(reduced_motion="reduce", locale="en-GB")
    opened.set_default_timeout(PATIENCE_MS)
    opened.route("**/assets/**", answer)
    yield opened
    # A test may end while the page loads something. That must not fail the next one.
    opened.unroute_all(behavior="ignoreErrors")
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A browser tab. Fails on a script error, or a violation of the page's security policy."""
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda line: errors.append(line.text) if "Policy" in line.text else None)
    yield opened
    # A request of a test that has ended may still be on its way through the test's own answer.
    if not opened.is_closed():
        opened.unroute_all(behavior="ignoreErrors")
    assert errors == []


@pytest.fixture
def stage(page: Page, outputs: Outputs, backstage: Backstage, sources: Sources) -> Stage:
    """The page of a new user, who has no jobs yet."""
    return Stage(page, outputs.api_url, backstage, sources)


@pytest.fixture
def issuer(stage: Stage) -> Issuer:
    return Issuer(stage)


@pytest.fixture
def eavesdropper(context: BrowserContext) -> Eavesdropper:
    found = Eavesdropper()
    found.follow(context)
    return found
