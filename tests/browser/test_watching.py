"""The requests of the page, how soon it shows a change, and what other tabs see of it."""

import statistics
import time
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.mending_states import STATES
from tests.browser.stage import LOOK, LOOK_AWAY, Stage, requests_during
from tests.browser.telling import pass_time

SHOWN_WITHIN_SECONDS = 2
CHANGES = 5

HOUR_MS = 3_600_000

# The time at which the page shows a text. The browser and the test use the same clock.
_SHOWN_AT = """text => new Promise(resolve => {
  const look = () => document.querySelector(".number")?.textContent === text && resolve(Date.now());
  new MutationObserver(look).observe(document.body, {
    subtree: true, childList: true, characterData: true });
  look();
})"""

_PLAIN_EVENT_SOURCE = """id => {
  window.seen = [];
  window.source = new EventSource(`v1/export/${id}/progress`);
  const add = ({ type, data }) => seen.push(`${type} ${JSON.parse(data).progress.percent}`);
  for (const status of ["queued", "processing", "completed", "failed", "cancelled", "expired"]) {
    source.addEventListener(status, add);
  }
}"""
# The page's security policy blocks Playwright's own wait for a condition.
_ONCE = (
    "new Promise((done) => {{ const look = () => {} ? done() : setTimeout(look, 50); look(); }})"
)
_SEEN = "number => " + _ONCE.format("seen.length === number")
_STOPPED = _ONCE.format("source.readyState === EventSource.CLOSED")


def test_a_change_is_shown_within_two_seconds(stage: Stage) -> None:
    job_id = stage.records.running("Recordings.zip", 10)
    page = stage.open_job(job_id)
    expect(page.get_by_text("10%", exact=True)).to_be_visible()

    delays = []
    for percent in range(20, 20 + CHANGES):
        changed_at = time.time()
        stage.records.advance(job_id, percent)
        delays.append(page.evaluate(_SHOWN_AT, f"{percent}%") / 1000 - changed_at)

    # The median: the test machine may be busy for a moment.
    assert statistics.median(delays) < SHOWN_WITHIN_SECONDS, delays


@pytest.mark.parametrize("name", ["job-completed", "job-failed", "new-by-id"])
def test_no_page_but_the_list_sends_requests_while_no_job_runs(stage: Stage, name: str) -> None:
    stage.page.clock.install()
    STATES[name](stage)
    pass_time(stage.page, 20)  # The form checks what was chosen, once.

    assert requests_during(stage.page, lambda: stage.page.clock.run_for(HOUR_MS)) == []


def test_the_list_is_refreshed_while_a_job_runs(stage: Stage) -> None:
    job_id = stage.records.running("Recordings.zip", 40)
    page = stage.open()
    expect(page.get_by_text("40%", exact=True)).to_be_visible()

    stage.records.advance(job_id, 60)

    expect(page.get_by_text("60%", exact=True)).to_be_visible()


def test_the_list_sends_no_requests_in_a_hidden_tab(stage: Stage) -> None:
    stage.page.clock.install()
    job_id = stage.records.running("Recordings.zip", 40)
    page = stage.open()
    expect(page.get_by_text("40%", exact=True)).to_be_visible()

    page.evaluate(LOOK_AWAY)
    assert requests_during(page, lambda: page.clock.run_for(HOUR_MS)) == []

    stage.records.advance(job_id, 60)
    page.evaluate(LOOK)
    expect(page.get_by_text("60%", exact=True)).to_be_visible()


def test_no_request_is_sent_after_the_job_has_ended(stage: Stage) -> None:
    stage.page.clock.install()
    job_id = stage.records.running("Recordings.zip")
    page = stage.open_job(job_id)
    expect(page.get_by_text("41%", exact=True)).to_be_visible()

    stage.records.finish(job_id)

    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    assert requests_during(page, lambda: page.clock.run_for(HOUR_MS)) == []


def test_an_event_source_stops_by_itself_at_the_end(stage: Stage) -> None:
    job_id = stage.records.running("Recordings.zip", 20)
    page = stage.open()
    page.evaluate(_PLAIN_EVENT_SOURCE, job_id)
    page.evaluate(_SEEN, 1)

    stage.records.advance(job_id, 40)
    page.evaluate(_SEEN, 2)
    stage.records.finish(job_id)
    page.evaluate(_STOPPED)

    assert page.evaluate("seen") == ["processing 20", "processing 40", "completed 100"]


def test_a_job_is_not_followed_after_its_page_is_left(stage: Stage) -> None:
    stage.page.clock.install()
    job_id = stage.records.running("Recordings.zip")
    page = stage.open_job(job_id)
    expect(page.get_by_text("41%", exact=True)).to_be_visible()

    page.get_by_role("link", name="New export").click()

    expect(page.get_by_role("heading", name="New export")).to_be_visible()
    sent = requests_during(page, lambda: page.clock.run_for(HOUR_MS))
    assert [url for url in sent if job_id in url] == []


def test_a_job_is_followed_by_one_short_request_after_the_other(stage: Stage) -> None:
    sent: list[Request] = []
    stage.page.on("request", lambda r: sent.append(r) if "/v1/" in r.url else None)
    job_id = stage.records.running("Recordings.zip", 10)
    page = stage.open_job(job_id)

    for percent in (20, 30):
        stage.records.advance(job_id, percent)
        expect(page.get_by_text(f"{percent}%", exact=True)).to_be_visible()

    status, first, *others = sent
    assert status.url.endswith(job_id)
    assert {request.url for request in (first, *others)} == {f"{status.url}/progress"}
    seen = [request.headers.get("last-event-id") for request in (first, *others)]
    assert seen[0] is None
    assert None not in seen[1:]


def test_a_watcher_waits_as_long_as_the_stream_says(stage: Stage) -> None:
    stage.page.clock.install()
    job_id = stage.records.running("Recordings.zip", 10)
    stage.page.route(
        "**/progress",
        lambda route: route.fulfill(content_type="text/event-stream", body="retry: 60000\n: not\n"),
    )
    # The clock goes on by itself, too: so the first request may come at any moment.
    with stage.page.expect_request_finished(lambda sent: sent.url.endswith("/progress")):
        page = stage.open_job(job_id)

    assert requests_during(page, lambda: page.clock.run_for(50_000)) == []
    with page.expect_request("**/progress"):
        page.clock.run_for(10_000)


@pytest.mark.parametrize("hidden", [False, True])
def test_a_limit_on_requests_is_kept_quietly(stage: Stage, *, hidden: bool) -> None:
    stage.page.clock.install()
    job_id = stage.records.running("Recordings.zip", 30)
    page = stage.open_job(job_id)
    expect(page.get_by_text("30%", exact=True)).to_be_visible()
    if hidden:
        page.evaluate(LOOK_AWAY)
    page.route("**/v1/**", _too_many)
    with page.expect_response(lambda answer: answer.status == 429):
        page.clock.run_for(5_000)

    assert requests_during(page, lambda: page.clock.run_for(90_000)) == []
    expect(page.get_by_text("does not answer")).to_be_hidden()
    page.unroute("**/v1/**")
    stage.records.advance(job_id, 70)
    page.clock.run_for(40_000)
    expect(page.get_by_text("70%", exact=True)).to_be_visible()


def test_the_list_keeps_a_limit_on_requests_quietly(stage: Stage) -> None:
    stage.page.clock.install()
    job_id = stage.records.running("Recordings.zip", 30)
    page = stage.open()
    expect(page.get_by_text("30%", exact=True)).to_be_visible()
    page.route("**/v1/**", _too_many)
    with page.expect_response(lambda answer: answer.status == 429):
        page.clock.run_for(11_000)

    assert requests_during(page, lambda: page.clock.run_for(90_000)) == []
    expect(page.get_by_text("does not answer")).to_be_hidden()
    page.unroute("**/v1/**")
    stage.records.advance(job_id, 70)
    page.clock.run_for(40_000)
    expect(page.get_by_text("70%", exact=True)).to_be_visible()


def _too_many(route: Route) -> None:
    route.fulfill(
        status=429,
        headers={"Retry-After": "120", "Content-Type": "application/problem+json"},
        json={
            "type": "urn:problem-type:longhaul:rate-limited",
            "title": "Too many requests",
            "detail": "60 requests a minute",
        },
    )


def test_the_tab_shows_how_far_a_job_is(stage: Stage) -> None:
    job_id = stage.records.running("Recordings.zip", 40)
    page = stage.open_job(job_id)
    expect(page).to_have_title("40% · Recordings.zip · Longhaul")
    assert 'stroke-dasharray="40 100"' in _icon(page)

    stage.records.finish(job_id)

    expect(page).to_have_title("✓ · Recordings.zip · Longhaul")
    assert 'stroke-dasharray="100 100"' in _icon(page)
    page.get_by_role("link", name="Exports").first.click()
    expect(page).to_have_title("Your exports · Longhaul")
    assert _icon(page).endswith("icon.svg")


def _icon(page: Page) -> str:
    return unquote(str(page.locator("link[rel=icon]").get_attribute("href")))
