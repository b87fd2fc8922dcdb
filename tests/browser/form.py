"""The form for a new export: what its tests do and answer for."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.browser.stage import Stage

EVIL = "<img src=x onerror=alert(1)>\u202egpj.zip"
JOB = "7f0bb5b4-9c2c-4f3e-8d3b-2d9d6a1f0c11"
GONE = {"available": False, "size": None, "reason": "missing", "detail": "does not exist"}


def quiet(stage: Stage) -> None:
    """What the form looks up besides, where a test does not say what comes of it."""
    for path in ("**/v1/files/totals?*", "**/v1/estimate?*", "**/v1/download/check"):
        stage.page.route(path, lambda route: route.fulfill(status=404, json={"title": "No"}))


def refused(**more: Any) -> Callable[[Route], None]:
    problem = {"type": "urn:problem-type:longhaul:invalid-request", "title": "No", "detail": ""}
    return lambda route: route.fulfill(
        status=400, content_type="application/problem+json", json={**problem, **more}
    )


def start(page: Page) -> Any:
    """Starts the export, and returns the request. The answer refuses it."""
    page.route("**/v1/export", refused())
    with page.expect_request("**/v1/export") as asked:
        page.get_by_role("button", name="Start export").click()
    expect(page.get_by_role("alert")).to_be_visible()
    return asked.value.post_data_json


def chosen(page: Page) -> Locator:
    return page.locator(".chosen li > .name")


def totals(page: Page, *answers: dict[str, Any]) -> list[Request]:
    """Has the totals of a folder come in these answers. Returns the requests."""
    asked: list[Request] = []

    def answer(route: Route) -> None:
        whole = {"files": 0, "bytes": 0, "unreadableFiles": 0, "cursor": None}
        asked.append(route.request)
        route.fulfill(json={**whole, **answers[min(len(asked), len(answers)) - 1]})

    page.route("**/v1/files/totals?*", answer)
    return asked


def holding(page: Page, url: str) -> list[Route]:
    """Answers no request for this URL. Returns them as they come."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(url, hold)
    return held


def looked_up(page: Page, *found: dict[str, Any]) -> None:
    """Has a look at files find these."""
    whole = {
        "available": True,
        "s3Key": "k",
        "size": 1,
        "name": None,
        "reason": None,
        "detail": None,
    }
    page.route(
        "**/v1/download/check",
        lambda route: route.fulfill(json={"files": [whole | one for one in found]}),
    )
