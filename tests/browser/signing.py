"""What a person does to sign in and out, and who listens."""

from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.issuer import CLAIMS

_STORED = "JSON.stringify([{ ...localStorage }, { ...sessionStorage }])"


@dataclass
class Eavesdropper:
    """All that others could read: addresses of requests and pages, what is stored, the console."""

    heard: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self.heard.append(request.url))
        context.on("request", lambda request: self.heard.append(request.headers.get("referer", "")))
        context.on("console", lambda line: self.heard.append(line.text))

    def look(self, page: Page) -> None:
        self.heard += [page.url, page.title(), str(page.evaluate(_STORED))]
        self.heard.append(str(page.evaluate("JSON.stringify(history.state)")))


def sign_in(page: Page) -> None:
    page.get_by_role("link", name="Sign in as Mira").click()
    expect(page.get_by_role("button", name=f"User: {CLAIMS['name']}")).to_be_visible()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="User").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
