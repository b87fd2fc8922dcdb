"""The component goes on after a reload, at each moment, and asks for one export once."""

import json
from contextlib import suppress

import pytest
from playwright.sync_api import Error, Page, Route, expect

from tests.js.element.stage import (
    CREATE,
    STATUS,
    Stage,
    answer,
    lose_answer,
    once,
    posts,
    problem,
)


def test_a_reload_between_the_request_and_its_answer_makes_no_second_job(stage: Stage) -> None:
    sent = posts(stage.page)
    stage.page.route(CREATE, once(lose_answer))
    stage.open(stage.order(uses=1, jti="order-1"))
    with stage.page.expect_event("requestfailed"):
        stage.start()

    stage.reload()

    stage.expect_state("ready")
    assert len(stage.jobs()) == 1
    assert len(sent) >= 2
    assert len({headers["idempotency-key"] for headers in sent}) == 1


def test_a_reload_while_the_backend_signs_starts_nothing(stage: Stage) -> None:
    sent = posts(stage.page)
    attributes = stage.order()
    stage.page.route("**/selection", once(lambda _: None))
    stage.open(attributes)
    with stage.page.expect_request("**/selection"):
        stage.start()

    stage.reload()

    expect(stage.page.get_by_role("button", name="Export")).to_be_visible()
    assert sent == []


def test_a_reload_half_way_shows_the_progress_again(stage: Stage) -> None:
    job_id = stage.records.running("March.zip", 41)
    stage.of_record(job_id)
    stage.open('prefix="march/"')
    stage.start()
    expect(stage.page.get_by_text("41%", exact=True)).to_be_visible()

    stage.reload()

    expect(stage.page.get_by_text("41%", exact=True)).to_be_visible()
    stage.records.advance(job_id, 62)
    expect(stage.page.get_by_text("62%", exact=True)).to_be_visible()
    stage.records.change(job_id, status="cancelled", wake_at=None)
    stage.expect_state("cancelled")


def test_a_reload_keeps_the_download_and_starts_it_no_more(stage: Stage) -> None:
    downloads: list[str] = []
    stage.page.on("download", lambda download: downloads.append(download.url))
    stage.open(stage.order())
    with stage.page.expect_download():
        stage.start()

    stage.reload()

    expect(stage.page.get_by_role("link", name="Download")).to_be_visible()
    with stage.page.expect_download():
        stage.page.get_by_role("link", name="Download").click()
    assert len(downloads) == 2
    assert len(stage.jobs()) == 1


def test_a_reload_keeps_a_failure_and_forgets_what_was_cancelled(stage: Stage) -> None:
    failed = stage.records.failed("March.zip", "source-missing", "march/1 is missing")
    stage.of_record(failed)
    stage.open('prefix="march/"')
    stage.start()
    stage.expect_state("failed")

    stage.reload()

    stage.expect_state("failed")
    expect(stage.page.locator("strong", has_text="Files are missing")).to_be_visible()
    cancelled = stage.records.cancelled("March.zip")
    stage.page.context.unroute(CREATE)
    stage.of_record(cancelled)
    stage.start("Try again")
    stage.expect_state("cancelled")
    stage.reload()
    expect(stage.page.get_by_role("button", name="Export")).to_be_visible()


def test_somebody_else_in_the_same_tab_does_not_see_the_export(stage: Stage) -> None:
    attributes = stage.order()
    stage.open(attributes)
    with stage.page.expect_download():
        stage.start()
    path = attributes.split('"')[1]
    stage.shop.answers[path] = (200, {"selection": stage.shop.signed("bob", fileIds=[1])})

    stage.reload()

    expect(stage.page.get_by_role("button", name="Export")).to_be_visible()
    assert stage.page.evaluate("sessionStorage.length") == 0


def test_a_selection_that_ended_during_the_reload_is_signed_again(stage: Stage) -> None:
    stage.page.route(CREATE, once(lambda route: route.abort()))
    stage.open(stage.order(uses=1, jti="order-2"))
    with stage.page.expect_event("requestfailed"):
        stage.start()
    late = stage.shop.signed(stage.user, fileIds=[1], exp=1_700_000_000)
    stage.page.add_init_script(
        f"""for (const name of Object.keys(sessionStorage)) {{
          const kept = {{ ...JSON.parse(sessionStorage[name]), selection: {late!r} }};
          if (!kept.jobId) sessionStorage[name] = JSON.stringify(kept);
        }}"""
    )

    stage.reload()

    stage.expect_state("ready")


@pytest.mark.parametrize("status", [401, 404])
def test_what_cannot_be_seen_any_more_is_forgotten_on_a_reload(stage: Stage, status: int) -> None:
    stage.of_record(stage.records.running("March.zip"))
    stage.open('prefix="march/"')
    stage.start()
    stage.expect_state("running")
    slug = {401: "unauthorized", 404: "not-found"}[status]
    stage.page.route(STATUS, lambda route: route.fulfill(**problem(status, slug)))

    stage.reload()

    expect(stage.page.get_by_role("button", name="Export")).to_be_visible()


def test_a_ticket_that_ends_meanwhile_ends_the_export_in_words(stage: Stage) -> None:
    stage.of_record(stage.records.running("March.zip"))
    stage.open('prefix="march/"')
    stage.start()
    stage.expect_state("running")

    stage.page.route(STATUS, lambda route: route.fulfill(**problem(401, "unauthorized")))

    stage.expect_state("expired")
    expect(stage.page.locator("strong", has_text="The archive has expired")).to_be_visible()
    assert stage.noted()[-1][::2] == ("error", "unauthorized")


def test_what_has_expired_before_is_not_even_asked_for(stage: Stage) -> None:
    stage.of_record(stage.records.running("March.zip"))
    stage.open('prefix="march/"')
    stage.start()
    stage.expect_state("running")
    stage.page.evaluate(
        """() => { for (const name of Object.keys(sessionStorage)) sessionStorage[name] =
          JSON.stringify({ ...JSON.parse(sessionStorage[name]), ends: Date.now() - 1 }); }"""
    )
    asked: list[str] = []
    stage.page.on("request", lambda request: asked.append(request.url))

    stage.reload()

    expect(stage.page.get_by_role("button", name="Export")).to_be_visible()
    assert not [url for url in asked if "/v1/" in url]


def test_an_archive_expires_while_one_looks_at_it(stage: Stage) -> None:
    stage.page.clock.install()
    stage.open(stage.order())
    with stage.page.expect_download():
        stage.start()

    stage.page.clock.fast_forward(8 * 24 * 3_600_000)

    stage.expect_state("expired")
    assert stage.noted()[-1][::2] == ("end", "expired")


# -- several elements, several tabs ---------------------------------------------------------------


def test_two_components_of_a_page_do_not_disturb_each_other(stage: Stage) -> None:
    running = stage.records.running("One.zip", 10), stage.records.running("Two.zip", 20)

    def accept(route: Route) -> None:
        number = 0 if "one/" in (route.request.post_data or "") else 1
        route.fulfill(**answer(202, jobId=running[number], status="queued", totalFiles=40))

    stage.page.route(CREATE, accept)
    stage.page.goto(
        stage.shop.page(
            '<longhaul-export prefix="one/">One</longhaul-export>'
            '<longhaul-export prefix="two/">Two</longhaul-export>'
        )
    )
    one, two = (stage.element.nth(number) for number in (0, 1))
    stage.start("One")
    expect(one.get_by_text("10%", exact=True)).to_be_visible()
    expect(two.get_by_role("button", name="Two")).to_be_visible()
    stage.start("Two")
    expect(two.get_by_text("20%", exact=True)).to_be_visible()
    one.get_by_role("button", name="Cancel").click()

    expect(one).to_have_attribute("state", "cancelled")
    expect(two).to_have_attribute("state", "running")
    stage.page.reload()
    expect(one).to_have_attribute("state", "idle")
    expect(two.get_by_text("20%", exact=True)).to_be_visible()


@pytest.mark.parametrize("storage", ["session", "local"])
def test_the_same_export_in_two_tabs_is_one_job(stage: Stage, storage: str) -> None:
    sent = posts(stage.page)
    attributes = f'{stage.order()} storage="{storage}"'
    before = stage.page.context.new_page()
    stage.open(attributes)
    url = stage.page.url
    before.goto(url)
    expect(before.get_by_role("button", name="Export")).to_be_visible()
    with stage.page.expect_download():
        stage.start()

    later = stage.page.context.new_page()
    later.goto(url)

    for tab in (before, later):
        expect(tab.get_by_role("link", name="Download")).to_be_visible()
    assert len(sent) == 1
    assert len(stage.jobs()) == 1


def test_clicks_in_two_tabs_at_once_make_one_job(stage: Stage) -> None:
    sent = posts(stage.page)
    stage.open(stage.order(uses=1, jti="order-3"))
    other = stage.page.context.new_page()
    other.goto(stage.page.url)
    expect(other.get_by_role("button", name="Export")).to_be_visible()
    held: list[Route] = []
    stage.page.route(CREATE, once(held.append))
    with stage.page.expect_request(CREATE):
        stage.start()

    expect(other.locator("longhaul-export")).to_have_attribute("state", "starting")
    held[0].continue_()

    for tab in (stage.page, other):
        expect(tab.locator("longhaul-export")).to_have_attribute("state", "ready")
    assert len({headers["idempotency-key"] for headers in sent}) == 1
    assert len(stage.jobs()) == 1


def _shows(page: Page, text: str) -> None:
    expect(page.get_by_text(text, exact=True)).to_be_visible()


def _at_once(route: Route) -> None:
    """Answers without waiting for a change: so the next request waits for a timer."""
    with suppress(Error):  # the page may not want to know any more
        route.fulfill(response=route.fetch(headers={**route.request.headers, "prefer": ""}))


def test_a_moved_element_goes_on_and_a_removed_one_asks_no_more(stage: Stage) -> None:
    stage.page.clock.install()
    job_id = stage.records.running("March.zip", 41)
    stage.of_record(job_id)
    stage.open('prefix="march/"')
    stage.start()
    _shows(stage.page, "41%")

    stage.element.evaluate("element => document.body.append(element)")
    stage.records.advance(job_id, 52)
    _shows(stage.page, "52%")
    stage.page.route(STATUS, _at_once)
    with stage.page.expect_request_finished(lambda request: "/v1/export/" in request.url):
        stage.page.clock.run_for(30_000)
    stage.element.evaluate("element => { window.kept = element; element.remove(); }")
    asked: list[str] = []
    stage.page.on("request", lambda request: asked.append(request.url))
    stage.page.clock.run_for(60_000)
    stage.page.evaluate("fetch('/shop.css').then((answer) => answer.text())")
    assert [url for url in asked if not url.endswith("/shop.css")] == []

    stage.records.advance(job_id, 63)
    stage.page.evaluate("document.body.append(window.kept)")
    _shows(stage.page, "63%")


@pytest.mark.parametrize("how", ["none", "forbidden"])
def test_without_storage_it_works_and_keeps_nothing(stage: Stage, how: str) -> None:
    if how == "forbidden":
        stage.page.add_init_script(
            """const refuse = { get() { throw new Error("SecurityError"); } };
            for (const name of ["sessionStorage", "localStorage"])
              Object.defineProperty(window, name, refuse);"""
        )
    stage.open(stage.order() + (' storage="none"' if how == "none" else ""))

    with stage.page.expect_download():
        stage.start()

    stage.expect_state("ready")
    if how == "none":
        assert json.loads(stage.page.evaluate("JSON.stringify(sessionStorage)")) == {}
    stage.reload()
    expect(stage.page.get_by_role("button", name="Export")).to_be_visible()


def test_another_order_in_the_same_element_is_another_export(stage: Stage) -> None:
    first, second = (stage.order().split('"')[1] for _ in range(2))
    stage.open(f'selection-url="{first}"')
    with stage.page.expect_download():
        stage.start()

    stage.element.evaluate("(element, url) => element.setAttribute('selection-url', url)", second)
    expect(stage.page.get_by_role("button", name="Export")).to_be_visible()
    stage.element.evaluate("(element, url) => element.setAttribute('selection-url', url)", first)

    expect(stage.page.get_by_role("link", name="Download")).to_be_visible()
    stage.element.evaluate("element => element.reset()")
    expect(stage.page.get_by_role("button", name="Export")).to_be_visible()
