"""The page without a stack: its files as the API serves them, and nothing else that answers.

For what the page does by itself: its languages, its directions, its modules' functions.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from chalicelib.http import page as served
from chalicelib.http.calls import Call
from chalicelib.settings import settings
from tests.unit.samples import REQUIRED

URL = "http://localhost:1"
"""Nobody listens there. The requests never leave the browser, which trusts this name as https."""

Answer = Callable[[Route], bool]
"""Answers a request and returns True, or returns False."""


def _answer(route: Route, answers: tuple[Answer, ...]) -> None:
    if any(answer(route) for answer in answers):
        return
    path = urlsplit(route.request.url).path
    if path == "/":
        context = {"path": "/", "resourcePath": "/", "domainName": "localhost"}
        reply = served.page(Call(context, route.request.headers, {}, b""))
    elif path.startswith("/assets/"):
        _, _, version, name = path.split("/")
        reply = served.asset(Call({}, {}, {}, b""), version, name)
    else:
        route.fulfill(status=404, json={"title": "Not found"})
        return
    route.fulfill(status=reply.status, headers=dict(reply.headers), body=reply.text)


@contextmanager
def opened(browser: Browser, *answers: Answer, **options: Any) -> Iterator[BrowserContext]:
    """A new browser context, in which the page is at URL. `options` are those of Playwright."""
    context = browser.new_context(**{"reduced_motion": "reduce", "locale": "en-GB", **options})
    with pytest.MonkeyPatch.context() as patch:
        for name, value in REQUIRED.items():
            patch.setenv(name, value)
        patch.delenv("API_URL_TEMPLATE", raising=False)
        settings.cache_clear()
        context.route(f"{URL}/**", lambda route: _answer(route, answers))
        yield context
        context.unroute_all(behavior="ignoreErrors")
        context.close()
    settings.cache_clear()


def call(page: Page, module: str, function: str, *arguments: object) -> Any:
    """Calls an exported function of a module: `call(page, "ids", "parse", text)`."""
    return page.evaluate(
        """async ([module, name, given]) => {
          const app = document.querySelector("script").src;
          return (await import(new URL(`${module}.js`, app)))[name](...given);
        }""",
        [module, function, arguments],
    )
