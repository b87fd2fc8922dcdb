"""Who is told of a job's end: by the browser, by mail, by a webhook. And what came of it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import fastjsonschema
import pytest
from playwright.sync_api import Page, Route, expect

from chalicelib.http import answer_schemas
from chalicelib.instants import iso
from chalicelib.jobs.model import Failure
from chalicelib.jobs.states import Status
from tests.browser.issuer import Issuer
from tests.browser.keyboard import tab_to
from tests.browser.signing import sign_in
from tests.browser.stage import LOOK, LOOK_AWAY, Stage, requests_during
from tests.browser.telling_states import (
    ANN,
    HOOK,
    HOW,
    asked,
    granting,
    notice,
    offers,
    refusing,
    tells,
)
from tests.e2e.api import Api

EVIL = '<img src=x onerror=alert(1)>"\u202e'
NOTHING = {"webhook": None, "mail": None}
ANSWERED_500 = "it answered 500 Internal Server Error"
HERE = "A notification of this browser"
BUTTON = "Tell me when it is done"


def wish(page: Page) -> None:
    """Asks the page of a job for a notification."""
    page.get_by_role("button", name=BUTTON).click()
    page.get_by_label(HERE).check()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("region", name="Who will be told")).to_contain_text("This browser")


def notices(page: Page) -> list[list[str]]:
    """Returns (title, words, tag) of each notification so far."""
    found: list[list[str]] = page.evaluate("notices")
    return found


def expect_notices(page: Page, number: int, of: str = "notices") -> None:
    # The page's security policy blocks Playwright's own wait for a condition.
    page.evaluate(
        """async ([name, number]) => {
          for (let looks = 0; window[name].length < number && looks < 1_000; looks += 1) {
            await new Promise((done) => setTimeout(done, 20));
          }
        }""",
        [of, number],
    )
    assert len(page.evaluate(of)) == number


def pass_time(page: Page, seconds: int, pieces: int = 10) -> None:
    """Lets the page's clock go on, in pieces: between them, answers come."""
    for _ in range(pieces):
        page.clock.run_for(seconds * 1000 // pieces)
        # As the page's requests before it, this one takes its time.
        page.evaluate("fetch('health').then(() => {})")


def told(page: Page, name: str = "Who was told") -> list[str]:
    """Returns the lines that say who is told."""
    return page.get_by_role("region", name=name).get_by_role("listitem").all_inner_texts()


def recorded(page: Page, answer: Any, status: int = 202) -> list[Any]:
    """Has the API answer so to whom a receiver is named. Returns the bodies, as they come."""
    bodies: list[Any] = []

    def taken(route: Route) -> None:
        bodies.append(route.request.post_data_json)
        route.fulfill(status=status, json=answer)

    page.route("**/notify", taken)
    return bodies


# -- this browser -------------------------------------------------------------------------------


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
        ["First.zip", "A source file is missing", first],
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


# -- mail and webhooks --------------------------------------------------------------------------


def test_only_what_the_stack_allows_is_offered(stage: Stage) -> None:
    granting(stage.page)

    page = asked(stage, NOTHING)

    expect(page.get_by_label(HERE)).to_be_visible()
    expect(page.locator(".skeleton")).to_be_hidden()
    expect(page.get_by_role("dialog").get_by_role("textbox")).to_have_count(0)
    expect(page.get_by_text("webhook")).to_be_hidden()


def test_one_click_has_mail_sent_to_ones_own_address(stage: Stage) -> None:
    page = asked(stage, {**HOW, "mail": {"address": ANN, "to": []}})
    bodies = recorded(page, {"notifications": [notice(ANN)]})
    expect(page.get_by_label("Mail to another address")).to_be_hidden()

    page.get_by_role("button", name=f"Mail to {ANN}").click()

    expect(page.get_by_role("dialog").get_by_role("status").last).to_have_text(
        f"Mail to {ANN}: When it is done."
    )
    expect(page.get_by_role("button", name=f"Mail to {ANN}")).to_be_disabled()
    page.get_by_role("button", name="Close").click()
    assert told(page, "Who will be told") == [f"Mail to {ANN}\nWhen it is done."]
    assert bodies == [{"email": ANN}]


def test_mail_goes_to_another_address_and_webhooks_to_a_url(stage: Stage) -> None:
    page = asked(stage, HOW)
    bodies = recorded(page, {"notifications": [notice("bob@example.com"), notice(HOOK)]})
    expect(page.get_by_text("any at example.com, the-whole-team@")).to_be_visible()

    page.get_by_label("Mail to another address").fill(" bob@example.com ")
    page.get_by_role("button", name="Add address").click()
    expect(page.get_by_text("Mail to bob@example.com: When it is done.")).to_be_visible()
    page.get_by_text("For developers: a webhook").click()
    expect(page.get_by_text("hooks.example.com, *.example.org")).to_be_visible()
    page.get_by_label("URL of the receiver").fill(HOOK)
    page.get_by_role("button", name="Add webhook").click()
    expect(page.get_by_text(f"Webhook to {HOOK}: When it is done.")).to_be_visible()

    expect(page.get_by_label("URL of the receiver")).to_have_value("")
    expect(page.get_by_label("URL of the receiver")).to_be_focused()
    assert bodies == [{"email": "bob@example.com"}, {"url": HOOK}]


@pytest.mark.parametrize(
    ("field", "pointer", "value"),
    [
        # Both forms of the API.
        ("Mail to another address", "/email", "bob@example.net"),
        ("URL of the receiver", "url", "https://evil.example"),
    ],
)
def test_what_the_stack_refuses_is_said_at_the_field(
    stage: Stage, field: str, pointer: str, value: str
) -> None:
    page = asked(stage, HOW)
    page.route("**/notify", refusing(pointer, f"{value} is not allowed: {EVIL}"))
    page.get_by_text("For developers: a webhook").click()

    page.get_by_label(field).fill(value)
    page.keyboard.press("Enter")

    expect(page.get_by_label(field)).to_be_focused()
    expect(page.get_by_label(field)).to_have_accessible_description(
        re.compile(f"^Not taken: {re.escape(value)} is not allowed: <img")
    )
    expect(page.get_by_label(field)).to_have_value(value)
    assert page.get_by_label(field).get_attribute("aria-invalid") == "true"
    assert page.locator("dialog img").count() == 0


def test_an_empty_field_sends_nothing(stage: Stage) -> None:
    page = asked(stage, HOW)
    bodies = recorded(page, {"notifications": []})

    page.get_by_role("button", name="Add address").click()

    expect(page.get_by_text("Fill this in first.")).to_be_visible()
    assert bodies == []


def test_ways_that_cannot_be_loaded_are_asked_for_again(stage: Stage) -> None:
    stage.page.route("**/v1/notifications", lambda route: route.abort())
    page = stage.open_job(stage.records.running("Recordings.zip"))
    page.get_by_role("button", name=BUTTON).click()
    expect(page.get_by_role("alert")).to_contain_text("could not be reached")
    offers(stage, HOW)

    page.get_by_role("button", name="Try again").click()

    expect(page.get_by_role("button", name=f"Mail to {ANN}")).to_be_visible()


def test_a_page_that_cannot_load_the_rest_says_so_and_tries_again(stage: Stage) -> None:
    offers(stage, HOW)
    page = stage.open_job(stage.records.running("Recordings.zip"))
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.context.route("**/tell.js", lambda route: route.abort())

    page.get_by_role("button", name=BUTTON).click()

    expect(page.get_by_text("The server could not be reached.")).to_be_visible()


# -- what came of it ----------------------------------------------------------------------------


def test_what_came_of_each_notice_is_said(stage: Stage) -> None:
    job_id = stage.records.completed("March.zip")
    soon = datetime.now(UTC) + timedelta(days=2)
    again = {"lastError": ANSWERED_500, "nextAttemptAt": soon.isoformat()}
    gone = "it answered 410 Gone: it wants no more"
    tells(
        stage,
        job_id,
        [
            notice(ANN, "sent", attempts=1),
            notice("bob@example.com", "opted-out"),
            notice(HOOK, "retrying", attempts=3, **again),
            notice("https://a.example.org/", "retrying", attempts=1, lastError=ANSWERED_500),
            notice("https://b.example.org/", "given-up", attempts=1, lastError=gone),
            notice("https://c.example.org/", "given-up", lastError="not allowed"),
        ],
    )
    page = stage.open_job(job_id)

    expect(page.get_by_role("region", name="Who was told")).to_be_visible()
    lines = told(page)
    assert lines[:2] == [
        f"Mail to {ANN}\nSent.",
        "Mail to bob@example.com\nNot sent: this address asked for no more mail from here.",
    ]
    assert re.fullmatch(
        rf"{re.escape(f'Webhook to {HOOK}')}\nFailed 3 times, next try at \d+ \w+ \d+, \d\d:\d\d "
        rf"\({ANSWERED_500}\)\.",
        lines[2],
    )
    assert lines[3:] == [
        f"Webhook to https://a.example.org/\nFailed once ({ANSWERED_500}).",
        f"Webhook to https://b.example.org/\nNot sent: given up after 1 try ({gone}).\nSend again",
        "Webhook to https://c.example.org/\nNot sent: given up (not allowed).\nSend again",
    ]


def test_what_comes_of_it_is_shown_and_read_out_without_a_reload(stage: Stage) -> None:
    stage.page.clock.install()
    job_id = stage.records.running("March.zip")
    said = [notice(ANN)]
    tells(stage, job_id, said)
    page = stage.open_job(job_id)
    expect(page.get_by_role("region", name="Who will be told")).to_be_visible()

    stage.records.finish(job_id)
    expect(page.get_by_text("Being sent…")).to_be_visible()
    expect(page.locator("#announcer")).to_have_text("Ready to download")
    said[:] = [notice(ANN, "sent", attempts=1)]
    pass_time(page, 20)

    expect(page.get_by_text("Sent.", exact=True)).to_be_visible()
    expect(page.locator("#announcer")).to_have_text(f"Mail to {ANN}: Sent.")
    sent = requests_during(page, lambda: pass_time(page, 3600))
    assert [url for url in sent if "/v1/" in url] == []


def test_a_hidden_tab_does_not_ask_what_came_of_it(stage: Stage) -> None:
    stage.page.clock.install()
    job_id = stage.records.completed("March.zip")
    said = [notice(HOOK, "retrying", attempts=3, lastError=ANSWERED_500)]
    tells(stage, job_id, said)
    page = stage.open_job(job_id)
    expect(page.get_by_text("Failed 3 times")).to_be_visible()

    page.evaluate(LOOK_AWAY)
    sent = requests_during(page, lambda: pass_time(page, 3600))
    assert [url for url in sent if "/v1/" in url] == []
    said[:] = [notice(HOOK, "sent", attempts=4)]
    page.evaluate(LOOK)
    pass_time(page, 120)

    expect(page.get_by_text("Sent.", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    ("to", "body", "button"),
    [
        (ANN, {"email": ANN}, "Send again"),
        (HOOK, {"url": HOOK}, "Send again"),
        # The stack's own webhook, of which only the origin is told.
        ("https://hooks.example.com", {}, "Send all again"),
        ("", {}, "Send all again"),
    ],
)
def test_what_was_given_up_is_sent_again(
    stage: Stage, to: str, body: dict[str, str], button: str
) -> None:
    job_id = stage.records.completed("March.zip")
    tells(stage, job_id, [notice(to, "given-up", attempts=11, lastError=ANSWERED_500)])
    page = stage.open_job(job_id)
    expect(page.get_by_text("given up after 11 tries")).to_be_visible()
    bodies = recorded(page, {"notifications": [notice(to)]})

    page.get_by_text(button, exact=True).click()

    expect(page.get_by_text("Being sent…", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Who was told")).to_be_focused()
    assert bodies == [body]


def test_these_answers_are_like_those_of_the_api() -> None:
    answered = [notice(ANN), notice(HOOK, "retrying", attempts=3, nextAttemptAt=iso(0))]

    fastjsonschema.compile(answer_schemas.NOTIFICATIONS)({"notifications": answered})
    for how in (HOW, NOTHING):
        fastjsonschema.compile(answer_schemas.RECEIVERS)(how)


def test_why_it_cannot_be_sent_again_is_said(stage: Stage) -> None:
    job_id = stage.records.completed("March.zip")
    tells(stage, job_id, [notice(ANN, "given-up", attempts=1, lastError="no such mailbox")])
    page = stage.open_job(job_id)
    page.route("**/notify", refusing("/email", "MAIL_FROM is not set any more"))

    page.get_by_text("Send again").click()

    expect(page.get_by_role("alert")).to_contain_text("MAIL_FROM is not set any more.")
    expect(page.get_by_text("Send again")).to_be_focused()


def test_what_others_have_written_is_shown_as_text(stage: Stage) -> None:
    stage.page.set_viewport_size({"width": 320, "height": 640})
    job_id = stage.records.completed("March.zip")
    long = "x" * 2_000
    tells(
        stage,
        job_id,
        [
            notice(f"@{EVIL}", "given-up", lastError=EVIL),
            notice(f"https://{long}", EVIL, lastError=long),
        ],
    )
    page = stage.open_job(job_id)

    expect(page.get_by_role("region", name="Who was told")).to_contain_text(f"Mail to @{EVIL}")
    assert page.locator("main img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_a_page_of_a_job_nobody_is_told_of_shows_and_loads_nothing_of_it(stage: Stage) -> None:
    loaded: list[str] = []
    stage.page.on("request", lambda request: loaded.append(request.url.rpartition("/")[2]))
    job_id = stage.records.running("March.zip")
    page = stage.open_job(job_id)
    expect(page.get_by_role("progressbar")).to_be_visible()

    stage.records.finish(job_id)

    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    expect(page.get_by_role("region", name="Who was told")).to_be_hidden()
    assert not {"tell.js", "watch.js", "notifications"} & {*loaded}


def test_nothing_moves_while_a_job_runs(stage: Stage) -> None:
    job_id = stage.records.running("March.zip", 10)
    tells(stage, job_id, [notice(ANN)])
    page = stage.open_job(job_id)
    region = page.get_by_role("region", name="Who will be told")
    expect(region).to_be_visible()
    before = region.bounding_box()

    stage.records.advance(job_id, 60)

    expect(page.get_by_text("60%", exact=True)).to_be_visible()
    assert region.bounding_box() == before
    assert told(page, "Who will be told") == [f"Mail to {ANN}\nWhen it is done."]


# -- who may ask --------------------------------------------------------------------------------


def test_a_keyboard_is_enough_to_be_told(stage: Stage) -> None:
    granting(stage.page)
    offers(stage, HOW)
    page = stage.open_job(stage.records.running("March.zip"))
    bodies = recorded(page, {"notifications": [notice(ANN), notice(HOOK)]})
    expect(page.get_by_role("progressbar")).to_be_visible()

    tab_to(page, BUTTON)
    page.keyboard.press("Enter")
    expect(page.get_by_label(HERE)).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name=f"Mail to {ANN}")).to_be_visible()
    tab_to(page, f"Mail to {ANN}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=f"Mail to {ANN}")).to_be_disabled()
    tab_to(page, "For developers")
    page.keyboard.press("Enter")
    tab_to(page, "URL of the receiver")
    page.keyboard.type(HOOK)
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Webhook to {HOOK}: When it is done.")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("button", name=BUTTON)).to_be_focused()
    assert bodies == [{"email": ANN}, {"url": HOOK}]
    assert [line.partition("\n")[0] for line in told(page, "Who will be told")] == [
        "This browser",
        f"Mail to {ANN}",
        f"Webhook to {HOOK}",
    ]


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
