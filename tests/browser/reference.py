"""The reference page in a browser: what a person does on it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, Request, expect

_ANY_STATUS = re.compile(r"^\d{3}")

_LISTEN = """
  window.violations = [];
  document.addEventListener("securitypolicyviolation", (event) =>
    window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
"""


@dataclass
class Reference:
    """The page at GET /docs of the stack with this URL. `requests` are those it has sent."""

    page: Page
    url: str
    requests: list[Request] = field(default_factory=list)

    def open(self, fragment: str = "") -> None:
        self.page.add_init_script(_LISTEN)
        self.page.on("request", self._heard)
        self.page.goto(f"{self.url}/docs{fragment}")
        expect(self.operation("createExport")).to_be_visible()

    def _heard(self, request: Request) -> None:
        self.requests.append(request)

    @property
    def violations(self) -> list[str]:
        """What the browser has refused because of the page's security policy."""
        found: list[str] = self.page.evaluate("window.violations")
        return found

    @property
    def hosts(self) -> set[str]:
        """Whom the page has asked; pictures within the stylesheet are asked of nobody."""
        return {urlsplit(one.url).netloc for one in self.requests} - {""}

    def operation(self, name: str) -> Locator:
        return self.page.locator(f"[id$=-{name}].opblock")

    def expand(self, name: str) -> Locator:
        """Opens an operation, and its fields."""
        block = self.operation(name)
        block.locator(".opblock-summary-control").click()
        block.get_by_role("button", name="Try it out").click()
        return block

    def send(
        self, name: str, body: object = None, parameters: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Tries an operation out. Returns the status and the body that the page shows: parsed if it
        is JSON."""
        block = self.expand(name)
        if body is not None:
            block.get_by_label("Request body").fill(json.dumps(body))
        for parameter, value in (parameters or {}).items():
            row = block.locator(f"tr[data-param-name='{parameter}']")
            field_ = row.locator("input, select").first
            if field_.evaluate("field => field.localName") == "select":
                field_.select_option(value)
            else:
                field_.fill(value)
        block.get_by_role("button", name="Execute").click()
        live = block.locator(".live-responses-table .response")
        expect(live.locator(".response-col_status")).to_have_text(_ANY_STATUS)
        status = int(live.locator(".response-col_status").inner_text().split()[0])
        shown = live.locator(".highlight-code code, .highlight-code pre").first.inner_text()
        block.locator(".opblock-summary-control").click()
        try:
            return status, json.loads(shown)
        except ValueError:
            return status, shown

    def authorize(self, scheme: str, secret: str) -> None:
        """Gives a token or a ticket."""
        self.page.get_by_role("button", name="Authorize").first.click()
        dialog = self.page.get_by_role("dialog")
        form = dialog.locator(".auth-container", has_text=scheme)
        form.locator("input").fill(secret)
        form.get_by_role("button", name="Apply credentials").click()
        self.page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
