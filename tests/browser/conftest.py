"""A headless Chromium in front of one deployed stack, for all tests here.

The stack is that of tests/e2e, chosen in the same way. Without a Chromium these tests fail: whether
they are to run at all is for tests/run.py to say.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

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


@pytest.fixture
def context_options() -> dict[str, Any]:
    """What a test's context has of its own."""
    return {}


@pytest.fixture
def context(browser: Browser, context_options: dict[str, Any]) -> Iterator[BrowserContext]:
    opened = browser.new_context(reduced_motion="reduce", **context_options)
    opened.set_default_timeout(PATIENCE_MS)
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
