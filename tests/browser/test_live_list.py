"""The list follows what happens, in every window."""

import statistics
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from tests.browser.mending_states import many_jobs, open_menu
from tests.browser.stage import LOOK, LOOK_AWAY, Stage, requests_during
from tests.browser.telling import pass_time

PACE_MS = 4_000
SLOW_PACE_MS = 30_000
IDLE_SECONDS = 600
SHOWN_WITHIN_SECONDS = 5
CHANGES = 3


_NO_PAUSE_ENDS = """
  const start = setTimeout;
  setTimeout = (act, ms, ...more) => (ms < 1000 ? start(act, ms, ...more) : 0);
"""


def _window(stage: Stage, context: BrowserContext) -> Page:
    """Opens the list in another window, which never looks again by itself."""
    other = context.new_page()
    other.add_init_script(f"localStorage['longhaul.user'] = {stage.user!r}; {_NO_PAUSE_ENDS}")
    other.goto(f"{stage.url}/")
    expect(other.get_by_role("listitem").first).to_be_visible()
    return other


# -- every window ---------------------------------------------------------------------------------


def _new(stage: Stage, job_id: str) -> None:
    stage.records.put("April.zip", minutes_ago=0)


def _renamed(stage: Stage, job_id: str) -> None:
    stage.records.change(job_id, filename="May.zip")


def _deleted(stage: Stage, job_id: str) -> None:
    table = stage.backstage.outputs.jobs_table
    stage.backstage.dynamodb.delete_item(TableName=table, Key={"jobId": {"S": job_id}})


@pytest.mark.parametrize(
    ("happen", "names"),
    [
        (_new, ["April.zip", "March.zip", "old.zip"]),
        (_renamed, ["May.zip", "old.zip"]),
        (_deleted, ["old.zip"]),
    ],
)
def test_what_happens_elsewhere_is_shown(
    stage: Stage, happen: Callable[[Stage, str], None], names: list[str]
) -> None:
    stage.records.completed("old.zip", minutes_ago=10)
    job_id = stage.records.completed("March.zip")
    page = stage.open()
    expect(page.locator("li bdi")).to_have_text(["March.zip", "old.zip"])

    happen(stage, job_id)

    expect(page.locator("li bdi")).to_have_text(names)


def test_a_change_is_shown_within_five_seconds_in_two_windows(
    stage: Stage, browser: Browser
) -> None:
    """Of two browsers: nobody tells the one what the other does."""
    job_id = stage.records.running("March.zip", 10)
    page = stage.open()
    apart = browser.new_context()
    other = apart.new_page()
    other.add_init_script(f"localStorage['longhaul.user'] = {stage.user!r}")
    other.goto(f"{stage.url}/")
    for window in (page, other):
        expect(window.get_by_text("10%", exact=True)).to_be_visible()

    delays = []
    for percent in range(20, 20 + CHANGES):
        changed_at = time.monotonic()
        stage.records.advance(job_id, percent)
        for window in (page, other):
            expect(window.get_by_text(f"{percent}%", exact=True)).to_be_visible()
        delays.append(time.monotonic() - changed_at)
    apart.close()

    # The median: the test machine may be busy for a moment.
    assert statistics.median(delays) < SHOWN_WITHIN_SECONDS, delays


def test_what_is_done_in_one_window_is_shown_at_once_in_the_other(
    stage: Stage, context: BrowserContext
) -> None:
    stage.records.completed("old.zip", minutes_ago=10)
    stage.records.running("March.zip", 10)
    page = stage.open()
    other = _window(stage, context)

    open_menu(page, "March.zip")
    page.get_by_role("menuitem", name="Rename").click()
    page.keyboard.type("April")
    page.keyboard.press("Enter")
    expect(other.locator("li bdi")).to_have_text(["April.zip", "old.zip"])
    open_menu(page, "April.zip")
    page.get_by_role("menuitem", name="Cancel export").click()
    page.get_by_role("button", name="Cancel export").click()
    expect(other.get_by_text("Cancelled", exact=True)).to_be_visible()
    open_menu(page, "old.zip")
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("button", name="Delete export").click()

    expect(other.locator("li bdi")).to_have_text(["April.zip"])


def test_a_job_that_one_window_follows_ends_at_once_in_the_list_of_the_other(
    stage: Stage, context: BrowserContext
) -> None:
    job_id = stage.records.running("March.zip", 10)
    page = stage.open_job(job_id)
    expect(page.get_by_text("10%", exact=True)).to_be_visible()
    other = _window(stage, context)

    stage.records.finish(job_id)
    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()

    expect(other.get_by_role("link", name="Download March.zip")).to_be_visible()


def test_a_job_that_is_shown_follows_what_another_window_does_with_it(
    stage: Stage, context: BrowserContext
) -> None:
    job_id = stage.records.completed("March.zip")
    page = stage.open_job(job_id)
    other = _window(stage, context)

    open_menu(other, "March.zip")
    other.get_by_role("menuitem", name="Rename").click()
    other.get_by_label("Name of the archive").fill("April.zip")
    other.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="April.zip")).to_be_visible()
    open_menu(other, "April.zip")
    other.get_by_role("menuitem", name="Delete").click()
    other.get_by_role("button", name="Delete export").click()

    expect(page.get_by_role("heading", name="There is no such export")).to_be_visible()
    expect(page.get_by_role("heading", name="April.zip")).to_have_count(0)
    expect(page.locator(".badge")).to_be_hidden()


def test_a_window_of_another_person_shows_none_of_it(stage: Stage, browser: Browser) -> None:
    stage.records.completed("March.zip")
    theirs = browser.new_context()
    page = theirs.new_page()
    page.goto(f"{stage.url}/")

    expect(page.get_by_role("heading", name="Your exports")).to_be_visible()
    expect(page.get_by_role("link", name="March.zip", exact=True)).to_be_hidden()
    theirs.close()


# -- how often ------------------------------------------------------------------------------------


def test_the_list_is_looked_at_every_four_seconds_and_slower_while_nobody_is_there(
    stage: Stage,
) -> None:
    sent: list[Request] = []
    stage.page.clock.install()
    stage.records.completed("March.zip")
    page = stage.open()
    expect(page.get_by_role("listitem")).to_have_count(1)
    page.on("request", lambda asked: sent.append(asked) if "/v1/export?" in asked.url else None)

    with page.expect_request("**/v1/export?*"):
        page.clock.run_for(PACE_MS + 500)
    # Nobody does anything for ten minutes.
    page.clock.fast_forward(IDLE_SECONDS * 1000)
    pass_time(page, 10)
    sent.clear()
    pass_time(page, 120, pieces=60)
    idle = len(sent)
    page.mouse.move(100, 100)
    pass_time(page, 120, pieces=60)

    assert idle in range(3, 6)
    assert len(sent) - idle > 20


def test_the_list_sends_no_requests_in_a_hidden_tab_also_if_another_acts(
    stage: Stage, context: BrowserContext
) -> None:
    stage.records.completed("March.zip")
    page = stage.open()
    expect(page.get_by_role("listitem")).to_have_count(1)
    page.evaluate(LOOK_AWAY)

    def act() -> None:
        other = _window(stage, context)
        open_menu(other, "March.zip")
        other.get_by_role("menuitem", name="Rename").click()
        other.get_by_label("Name of the archive").fill("April.zip")
        other.keyboard.press("Enter")
        expect(other.get_by_role("link", name="April.zip", exact=True)).to_be_visible()

    assert requests_during(page, act) == []
    page.evaluate(LOOK)
    expect(page.get_by_role("link", name="April.zip", exact=True)).to_be_visible()


def test_a_running_job_that_is_not_among_the_newest_is_followed_too(stage: Stage) -> None:
    job_id = stage.records.running("old.zip", 10, minutes_ago=200)
    many_jobs(stage, 100)
    page = stage.open()
    page.get_by_label("Search by name").fill("old")
    expect(page.get_by_text("10%", exact=True)).to_be_visible()

    stage.records.advance(job_id, 55)

    expect(page.get_by_text("55%", exact=True)).to_be_visible()


def test_older_jobs_come_also_after_a_failure(stage: Stage) -> None:
    many_jobs(stage, 101)
    stage.page.clock.install()
    refused: list[str] = []

    def once(route: Route) -> None:
        if "cursor" in route.request.url and not refused:
            refused.append(route.request.url)
            route.fulfill(status=503, json={"title": "A service is not available"})
        else:
            route.fallback()

    stage.page.route("**/v1/export?*", once)
    page = stage.open()
    expect(page.get_by_text("Loading older exports…")).to_be_visible()
    expect(page.get_by_role("radio", name="All 100")).to_be_visible()

    pass_time(page, 15)

    expect(page.get_by_role("radio", name="All 101")).to_be_visible()
    expect(page.get_by_text("Loading older exports…")).to_be_hidden()


# -- thousands ------------------------------------------------------------------------------------

_MANY = 5_000


def test_thousands_of_jobs_are_searched_and_sorted_while_one_types(stage: Stage) -> None:
    """The API's part is played: five thousand records take too long to write."""
    job_id = stage.records.completed("March.zip")
    page = stage.page

    def answer(route: Route) -> None:
        _, _, at = route.request.url.partition("cursor=")
        begin = int(at or 0)
        template = jobs[0]
        names = [f"{(number * 7919) % _MANY} of many.zip" for number in range(begin, begin + 100)]
        told = [
            {**template, "jobId": f"{begin + i:08}-0000-4000-8000-000000000000", "filename": name}
            for i, name in enumerate(names)
        ]
        end = begin + 100
        route.fulfill(json={"jobs": told, "cursor": str(end) if end < _MANY else None})

    stage.open_job(job_id)
    jobs = [page.request.get(f"{stage.url}/v1/export/{job_id}").json()]
    page.route("**/v1/export?*", answer)
    page.goto(f"{stage.url}/#/")
    expect(page.get_by_role("radio", name="All 5,000")).to_be_visible()

    page.get_by_label("Sort").select_option("By name")
    expect(page.locator("li bdi").first).to_have_text("0 of many.zip")
    search = page.get_by_label("Search by name")
    for text, first in (
        ("49", "49 of many.zip"),
        ("499", "499 of many.zip"),
        ("", "0 of many.zip"),
    ):
        search.fill(text)
        expect(page.locator("li bdi").first).to_have_text(first)

    # Of thousands, the page has as many rows as one looks at.
    expect(page.get_by_role("listitem")).to_have_count(50)
