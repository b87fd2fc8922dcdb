"""A browser page, the stack behind it, and a user."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

from tests.browser.records import Records
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources

_VISIBILITY = """
  Object.defineProperty(document, "visibilityState", {{ configurable: true, get: () => "{}" }});
  document.dispatchEvent(new Event("visibilitychange"));
"""
LOOK_AWAY, LOOK = _VISIBILITY.format("hidden"), _VISIBILITY.format("visible")
"""Scripts that hide the tab, and that show it again."""


@dataclass
class Stage:
    """A browser page and the stack behind it, with a new user who has no jobs."""

    page: Page
    url: str
    backstage: Backstage
    sources: Sources
    user: str = field(default_factory=lambda: f"mira-{uuid4().hex[:8]}")

    @property
    def records(self) -> Records:
        return Records(self.backstage, self.user)

    def open(self, address: str = "") -> Page:
        """Opens the page at an address, for example `#/new`, as this user."""
        # Not set again when the page is reloaded: a test may change the user.
        self.page.add_init_script(
            f"localStorage['longhaul.user'] ??= {self.user!r}"  # contains no quotes
        )
        self.page.goto(f"{self.url}/{address}")
        return self.page

    @property
    def folder(self) -> str:
        """The prefix of a folder at the top of the source bucket, for this user alone."""
        return f"{self.user}/"

    def open_folder(self) -> Page:
        """Opens the page for a new export, and that folder in it."""
        page = self.open("#/new")
        page.get_by_role("radio", name="Browse folders").check()
        self.enter_folder(self.user)
        return page

    def enter_folder(self, name: str) -> None:
        """Opens one of the folders that are listed."""
        # A stack with folders of earlier test runs has more of them than are in view.
        self.page.get_by_label("Search this folder").fill(name)
        self.page.locator(".scroll .folder").get_by_text(name, exact=True).click()
        expect(self.page.locator(".crumbs [aria-current=true]")).to_have_text(name)

    def box(self, name: str) -> Locator:
        """The box of a file that is listed, or of a folder: "Whole folder NAME"."""
        return self.page.get_by_role("checkbox", name=name)

    def open_job(self, job_id: str) -> Page:
        return self.open(f"#/jobs/{job_id}")


def requests_during(page: Page, act: Callable[[], None]) -> list[str]:
    """Returns the URLs that the page requests while `act` runs."""
    _hear_of_all_requests(page)
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    act()
    _hear_of_all_requests(page)
    *others, last = urls
    assert last.endswith("/health")
    return others


def _hear_of_all_requests(page: Page) -> None:
    """Waits until Playwright has told of all requests that were sent: of one more, as the last."""
    with page.expect_request("**/health"):
        page.evaluate("void fetch('health').then((answer) => answer.text(), () => {})")
