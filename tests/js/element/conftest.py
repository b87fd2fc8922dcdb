"""A deployed stack that takes selections, a shop on another origin, and a page of it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from infra import stack
from infra.outputs import Outputs
from tests.browser import chromium
from tests.e2e import deployment, fixtures
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources
from tests.js.element import shop as shops
from tests.js.element.shop import Shop
from tests.js.element.stage import Stage

PATIENCE_MS = 30_000
"""How long a test waits for the component to show something. Long: the machine may be busy."""


@pytest.fixture(scope="session")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outputs]:
    given = deployment.given_outputs()
    if given is not None:
        yield given
        return
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SELECTION_KEYS", "make")
        running = stack.running(
            tmp_path_factory.mktemp("stack"), settings={"RATE_LIMIT_PER_MINUTE": "0"}
        )
        made = running.__enter__()
    try:
        yield made
    finally:
        running.__exit__(None, None, None)


backstage = pytest.fixture(scope="session")(fixtures.backstage)
sources = pytest.fixture(scope="session")(fixtures.sources)


@pytest.fixture(scope="session")
def shop(outputs: Outputs, backstage: Backstage) -> Iterator[Shop]:
    secrets = backstage.session.client("secretsmanager")
    secret = secrets.get_secret_value(SecretId=outputs.selection_keys or "")["SecretString"]
    with shops.opened(outputs.api_url, json.loads(secret)) as opened:
        yield opened


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with chromium.launched() as opened:
        yield opened


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(reduced_motion="reduce", locale="en-GB")
    opened.set_default_timeout(PATIENCE_MS)
    yield opened
    opened.unroute_all(behavior="ignoreErrors")
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab. Fails on a script error, or a violation of the page's policy."""
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda line: errors.append(line.text) if "Policy" in line.text else None)
    yield opened
    assert errors == []


@pytest.fixture
def stage(page: Page, shop: Shop, backstage: Backstage, sources: Sources) -> Stage:
    return Stage(page, shop, backstage, sources)


@pytest.fixture(scope="session")
def bundle() -> Path:
    """The component as it is committed."""
    from infra.js import COMPONENT

    return COMPONENT
