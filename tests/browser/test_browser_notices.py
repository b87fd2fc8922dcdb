"""A notification of the browser at a job's end, while a tab of the page is open."""

import pytest
from playwright.sync_api import expect

from chalicelib.jobs.model import Failure
from chalicelib.jobs.states import Status
from tests.browser.issuer import Issuer
from tests.browser.signing import sign_in
from tests.browser.stage import LOOK, LOOK_AWAY, Stage, requests_during
from tests.browser.telling import (
    BUTTON,
    HERE,
    NOTHING,
    asked,
    expect_notices,
    granting,
    notices,
    offers,
    pass_time,
    wish,
)
from tests.e2e.api import Api


def test_who_asks_is_notified_of_the_end_in_the_background(stage: Stage) -> None:
    granting(stage.page)
    offers(stage, NOTHING)
    job_id = stage.records.running("Recordings.zip")
    page = stage.open_job(job_id)
    expect(page.get_by_role("progressbar")).to_be_visible()
    assert page.evaluate("asked") == 0
    wish(page)
    page.evaluate(LOOK_AWAY)

    stage.records.finish(job_id)

    expect_notices(page, 1)
    assert notices(page) == [["Recordings.zip", "Ready to download", job_id]]
    expect(page).to_have_title("✓ · Recordings.zip · Longhaul")


def test_who_sees_the_end_is_not_notified(stage: Stage) -> None:
    granting(stage.page)
    offers(stage, NOTHING)
    job_id = stage.records.running("Recordings.zip")
    page = stage.open_job(job_id)
    wish(page)

    stage.records.finish(job_id)

    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    expect(page.get_by_text("This browser")).to_be_hidden()
    page.evaluate(LOOK_AWAY)
    assert notices(page) == []


def test_who_works_in_another_window_is_notified(stage: Stage) -> None:
    granting(stage.page)
    offers(stage, NOTHING)
    job_id = stage.records.running("Recordings.zip")
    page = stage.open_job(job_id)
    wish(page)
    page.evaluate("document.hasFocus = () => false")

    stage.records.finish(job_id)

    expect_notices(page, 1)


def test_who_does_not_ask_is_not_notified(stage: Stage) -> None:
    granting(stage.page)
    stage.page.add_init_script("permission = 'granted'")
    job_id = stage.records.running("Recordings.zip")
    page = stage.open_job(job_id)
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.evaluate(LOOK_AWAY)

    stage.records.finish(job_id)

    expect(page).to_have_title("✓ · Recordings.zip · Longhaul")
    assert notices(page) == []


def test_each_job_notifies_once_from_the_list_too_and_a_click_opens_it(stage: Stage) -> None:
    stage.page.clock.install()
    granting(stage.page)
    offers(stage, NOTHING)
    failure = Failure("source-missing", "A source file is missing", "10001 does not exist")
    first = stage.records.running("First.zip")
    second = stage.records.running("Second.zip")
    for job_id in (first, second):
        page = stage.open_job(job_id)
        expect(page.get_by_role("progressbar")).to_be_visible()
        wish(page)
    page.get_by_role("link", name="Exports").first.click()
    expect(page.get_by_role("listitem")).to_have_count(2)
    page.evaluate(LOOK_AWAY)

    stage.records.finish(second)
    pass_time(page, 60)
    expect(page).to_have_title("✓ · Second.zip · Longhaul")
    stage.records.change(first, status=Status.FAILED, failure=failure, wake_at=None)
    pass_time(page, 60)
    expect(page).to_have_title("Failed · First.zip · Longhaul")
    pass_time(page, 600)

    assert notices(page) == [
        ["Second.zip", "Ready to download", second],
        ["First.zip", "Files are missing", first],
    ]
    page.evaluate("focus = () => (window.isFocused = true); newest.onclick()")
    expect(page.get_by_role("heading", name="First.zip")).to_be_visible()
    assert page.evaluate("[newest.isClosed, isFocused]") == [True, True]


def test_what_is_awaited_is_asked_for_slowly_and_not_after_the_end(stage: Stage) -> None:
    stage.page.clock.install()
    granting(stage.page)
    offers(stage, NOTHING)
    jobs = [stage.records.running(f"{number}.zip") for number in "123"]
    for job_id in jobs:
        page = stage.open_job(job_id)
        wish(page)
    page.get_by_role("link", name="Exports").first.click()
    expect(page.get_by_role("listitem")).to_have_count(3)
    page.evaluate(LOOK_AWAY)

    sent = requests_during(page, lambda: pass_time(page, 60, pieces=60))
    for job_id in jobs:
        stage.records.finish(job_id)
    pass_time(page, 60)
    after = requests_during(page, lambda: pass_time(page, 600))

    asked_for = [url.rpartition("/")[2] for url in sent if "/v1/" in url]
    assert 0 < len(asked_for) <= 12
    assert set(asked_for) == set(jobs)
    assert [url for url in after if "/v1/" in url] == []
    assert len(notices(page)) == 3


@pytest.mark.parametrize(("status", "most"), [(404, 1), (503, 6), (429, 2)])
def test_what_is_awaited_is_asked_for_less_when_that_fails(
    stage: Stage, status: int, most: int
) -> None:
    stage.page.clock.install()
    granting(stage.page)
    offers(stage, NOTHING)
    page = stage.open_job(stage.records.running("Recordings.zip"))
    wish(page)
    page.get_by_role("link", name="New export").click()
    expect(page.get_by_role("heading", name="New export")).to_be_visible()
    page.route(
        "**/v1/export/*",
        lambda route: route.fulfill(
            status=status, headers={"Retry-After": "100"} if status == 429 else {}, json={}
        ),
    )

    sent = requests_during(page, lambda: pass_time(page, 180, pieces=90))

    assert 1 <= len([url for url in sent if "/v1/export/" in url]) <= most


def test_a_page_that_is_loaded_again_still_notifies(stage: Stage) -> None:
    granting(stage.page)
    stage.page.add_init_script("permission = 'granted'")
    offers(stage, NOTHING)
    job_id = stage.records.running("Recordings.zip")
    page = stage.open_job(job_id)
    wish(page)

    page.reload()
    expect(page.get_by_role("region", name="Who will be told")).to_contain_text("This browser")
    page.evaluate(LOOK_AWAY)
    stage.records.finish(job_id)

    expect_notices(page, 1)


def test_another_tab_notifies_of_nothing(stage: Stage) -> None:
    granting(stage.page)
    offers(stage, NOTHING)
    job_id = stage.records.running("Recordings.zip")
    page = stage.open_job(job_id)
    wish(page)
    other = page.context.new_page()
    granting(other)
    other.goto(page.url)
    expect(other.get_by_role("progressbar")).to_be_visible()
    expect(other.get_by_role("region", name="Who will be told")).to_be_hidden()
    for tab in (page, other):
        tab.evaluate(LOOK_AWAY)

    stage.records.finish(job_id)

    expect_notices(page, 1)
    expect(other).to_have_title("✓ · Recordings.zip · Longhaul")
    assert notices(other) == []


def test_who_wants_no_notification_any_more_gets_none(stage: Stage) -> None:
    granting(stage.page)
    offers(stage, NOTHING)
    job_id = stage.records.running("Recordings.zip")
    page = stage.open_job(job_id)
    wish(page)
    page.get_by_role("button", name=BUTTON).click()
    page.get_by_label(HERE).uncheck()
    expect(page.get_by_text("A notification when it is done.")).to_be_hidden()
    page.evaluate(LOOK_AWAY)

    stage.records.finish(job_id)

    expect(page).to_have_title("✓ · Recordings.zip · Longhaul")
    assert notices(page) == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("denied", "Open the site's settings, beside the address, and allow them."),
        ("default", "Tick this again, and answer the browser's question."),
    ],
)
def test_who_does_not_allow_notifications_is_told_what_to_do(
    stage: Stage, answer: str, words: str
) -> None:
    granting(stage.page, answer)
    job_id = stage.records.running("Recordings.zip")
    page = asked(stage, NOTHING, job_id)

    page.get_by_label(HERE).click()

    expect(page.get_by_role("dialog")).to_contain_text(words)
    expect(page.get_by_label(HERE)).not_to_be_checked()
    page.get_by_role("button", name="Close").click()
    page.evaluate(LOOK_AWAY)
    stage.records.finish(job_id)
    expect(page).to_have_title("✓ · Recordings.zip · Longhaul")
    assert notices(page) == []


def test_a_real_browser_asks_and_is_refused(stage: Stage) -> None:
    """Headless Chromium refuses each question."""
    page = asked(stage, NOTHING)

    page.get_by_label(HERE).click()

    expect(page.get_by_text("This browser blocks notifications of this page.")).to_be_visible()


def test_a_real_browser_that_was_allowed_notifies(stage: Stage) -> None:
    stage.page.context.grant_permissions(["notifications"])
    stage.page.add_init_script(
        """const Real = Notification; window.made = [];
        Notification = class extends Real { constructor(...all) { super(...all); made.push(all); } }
        """
    )
    offers(stage, NOTHING)
    job_id = stage.records.running("Recordings.zip")
    page = stage.open_job(job_id)
    wish(page)
    page.evaluate(LOOK_AWAY)

    stage.records.finish(job_id)

    expect(page).to_have_title("✓ · Recordings.zip · Longhaul")
    expect_notices(page, 1, of="made")
    assert page.evaluate("made") == [
        ["Recordings.zip", {"body": "Ready to download", "tag": job_id}]
    ]


@pytest.mark.parametrize(
    "lacking",
    [
        "delete globalThis.Notification",
        "Object.defineProperty(globalThis, 'isSecureContext', { value: false })",
        "Object.defineProperty(navigator, 'userAgentData', { value: { platform: 'Android' } })",
    ],
)
def test_a_browser_that_cannot_notify_does_not_offer_it(stage: Stage, lacking: str) -> None:
    stage.page.add_init_script(lacking)

    page = asked(stage, NOTHING)

    expect(page.get_by_text("Nor does this service send mail or webhooks.")).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(0)


def test_an_end_that_came_meanwhile_is_said(stage: Stage) -> None:
    granting(stage.page)
    job_id = stage.records.running("Recordings.zip")
    page = asked(stage, NOTHING, job_id)
    stage.records.finish(job_id)
    expect(page).to_have_title("✓ · Recordings.zip · Longhaul")

    page.get_by_label(HERE).click()

    expect(page.get_by_text("The export has ended already.")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("heading", name="Recordings.zip")).to_be_focused()


# -- who else may ask ---------------------------------------------------------------------------


def test_a_share_link_offers_the_browser_alone(stage: Stage, issuer: Issuer, api: Api) -> None:
    granting(stage.page)
    job_id = stage.records.running("March.zip", 30)
    asked_for: list[str] = []
    stage.page.on("request", lambda request: asked_for.append(request.url))
    page = stage.page
    page.goto(api.post(f"/v1/export/{job_id}/shares").json()["url"])

    page.get_by_role("button", name=BUTTON).click()
    page.get_by_label(HERE).check()
    page.get_by_role("button", name="Close").click()
    page.evaluate(LOOK_AWAY)
    stage.records.finish(job_id)

    expect_notices(page, 1)
    assert [url for url in asked_for if "/v1/notif" in url or url.endswith("/notify")] == []


def test_who_signs_in_is_notified_after_the_page_is_loaded_again(
    stage: Stage, issuer: Issuer
) -> None:
    granting(stage.page)
    stage.page.add_init_script("permission = 'granted'")
    offers(stage, NOTHING)
    job_id = stage.records.running("March.zip")
    page = stage.open_job(job_id)
    sign_in(page)
    wish(page)

    page.goto(f"{stage.url}/#/new")
    page.reload()
    expect(page.get_by_role("heading", name="New export")).to_be_visible()
    page.evaluate(LOOK_AWAY)
    stage.records.finish(job_id)

    expect_notices(page, 1)
    expect(page).to_have_title("✓ · March.zip · Longhaul")
    page.evaluate(LOOK)
    expect(page).to_have_title("New export · Longhaul")
    assert issuer.asked["refused"] == 0
