"""A tab with the shop's page and the component in it, and the stack behind."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import requests
from playwright.sync_api import BrowserContext, Error, Locator, Page, Request, Route, expect

from tests.browser.records import Records
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources
from tests.js.element.shop import Shop

CREATE: Final = "**/v1/export"
STATUS: Final = "**/v1/export/*"
LINK: Final = "**/v1/export/*/download"

_OPEN: Final = {"access-control-allow-origin": "*", "access-control-expose-headers": "*"}

_NOTE: Final = """element => {
  window.noted = [];
  for (const type of ["start", "progress", "end", "error"]) {
    element.addEventListener("longhaul-" + type, ({ detail }) => window.noted.push([type,
      JSON.stringify(detail), detail.job?.status ?? detail.error?.slug ?? null]));
  }
}"""


def answer(code: int = 200, /, **content: Any) -> dict[str, Any]:
    """Returns what `route.fulfill` takes, as a page of another origin may read it."""
    kind = "application/json" if code < 400 else "application/problem+json"
    return {
        "status": code,
        "headers": {**_OPEN, "content-type": kind},
        "body": json.dumps(content),
    }


def problem(code: int, slug: str, /, **more: Any) -> dict[str, Any]:
    """Returns an answer with a problem of the API."""
    return answer(code, type=f"urn:problem-type:longhaul:{slug}", title=slug, status=code, **more)


@dataclass
class Stage:
    """A tab, the shop behind its page, and the stack. Nobody else has this user's jobs."""

    page: Page
    shop: Shop
    backstage: Backstage
    sources: Sources
    user: str = field(default_factory=lambda: f"alice-{uuid4().hex[:8]}")

    @property
    def records(self) -> Records:
        """Jobs that do not move by themselves."""
        return Records(self.backstage, self.user)

    @property
    def element(self) -> Locator:
        return self.page.locator("longhaul-export")

    def open(self, attributes: str, label: str = "Export", html: str = 'lang="en"') -> Locator:
        """Opens a page with one component, and notes its events. Returns the component."""
        body = f"<longhaul-export {attributes}>{label}</longhaul-export>"
        self.page.goto(self.shop.page(body, html))
        self.note()
        return self.element

    def note(self) -> None:
        """Begins to note the events of the component."""
        self.element.first.evaluate(_NOTE)

    def noted(self) -> list[tuple[str, str, str | None]]:
        """Returns the events so far: type, detail as JSON, and what it is about."""
        return [tuple(one) for one in self.page.evaluate("window.noted")]

    def reload(self) -> None:
        self.page.reload()
        self.page.wait_for_function("!!customElements.get('longhaul-export')")
        self.note()

    def order(self, **claims: Any) -> str:
        """Returns the attribute of a component that exports an order of this user: two files."""
        files = claims.pop("fileIds", None) or [
            self.sources.put(text).file_id for text in (b"invoice", b"receipt")
        ]
        url = self.shop.order(user=self.user, fileIds=files, **claims)
        return f'selection-url="{url}"'

    def of_record(self, job_id: str, context: BrowserContext | None = None) -> None:
        """Lets each new export be this job, which is in the stack's table already."""

        def accept(route: Route) -> None:
            if route.request.method != "POST":
                return route.fallback()
            return route.fulfill(**answer(202, jobId=job_id, status="queued", totalFiles=40))

        (context or self.page.context).route(CREATE, accept)

    def expect_state(self, state: str) -> None:
        expect(self.element.first).to_have_attribute("state", state)

    def start(self, label: str = "Export") -> None:
        self.page.get_by_role("button", name=label).click()

    def jobs(self) -> list[str]:
        """Returns the ids of this user's jobs."""
        found = requests.get(f"{self.shop.api}/v1/export", params={"userId": self.user}, timeout=30)
        return [job["jobId"] for job in found.json()["jobs"]]


def posts(page: Page) -> list[Mapping[str, Any]]:
    """Returns a list that gets the headers of each request that makes an export, from now on."""
    found: list[Mapping[str, Any]] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/v1/export"):
            found.append(request.headers)

    page.context.on("request", note)
    return found


def once(first: Callable[[Route], None]) -> Callable[[Route], None]:
    """Returns a handler of which only the first call is `first`; all others go on their way."""
    is_over = [False]

    def handle(route: Route) -> None:
        if is_over[0] or route.request.method == "OPTIONS":
            return route.fallback()
        is_over[0] = True
        return first(route)

    return handle


def lose_answer(route: Route) -> None:
    """Lets the server have the request, and the page no answer."""
    with suppress(Error):  # the page may be gone
        route.fetch()
        route.abort()
