"""A browser in the shop of an example."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from playwright.sync_api import APIResponse, Browser, Locator, Page

PATIENCE_MS = 30_000
"""How long a test waits for the page to show something. Long, because the machine may be busy."""

_VIOLATION = re.compile("Content.Security.Policy|Trusted")


@dataclass(frozen=True)
class Shop:
    """An example that runs, and the stack's own URL."""

    name: str
    url: str
    stack_url: str

    @property
    def hosts(self) -> set[str]:
        """The only hosts that its page may ask."""
        return {urlsplit(self.url).netloc, urlsplit(self.stack_url).netloc}


@dataclass(frozen=True)
class Visitor:
    """A browser tab in the shop."""

    page: Page
    shop: Shop

    def sign_in(self, user: str) -> Page:
        """Signs in as a user."""
        self.page.goto(self.shop.url)
        self.page.get_by_role("button", name=f"Sign in as {user}").click()
        self.page.get_by_text(f"You are {user}").wait_for()
        return self.page

    def export(self, number: int) -> Locator:
        """The component of an order."""
        return self.page.locator(f"longhaul-export[selection-url='/orders/{number}/selection']")

    def selection(self, number: int) -> APIResponse:
        """Asks the backend for a selection, with the cookies of this browser."""
        return self.page.request.get(f"{self.shop.url}/orders/{number}/selection")

    def status(self, number: int) -> HTTPStatus:
        """Returns how the backend answers to a request for a selection."""
        return HTTPStatus(self.selection(number).status)


@contextmanager
def visiting(browser: Browser, shop: Shop) -> Iterator[Visitor]:
    """Opens a browser of its own in the shop, and looks what it does."""
    context = browser.new_context(reduced_motion="reduce", locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    wrong: list[str] = []
    hosts: set[str] = set()
    context.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on(
        "console",
        lambda line: wrong.append(line.text) if _VIOLATION.search(line.text) else None,
    )
    try:
        yield Visitor(context.new_page(), shop)
    finally:
        context.close()
    assert wrong == []
    assert hosts <= shop.hosts
