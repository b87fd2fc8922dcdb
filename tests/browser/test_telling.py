"""Mail and webhooks at a job's end: who is offered them, and what came of each."""

import re
from datetime import UTC, datetime, timedelta

import fastjsonschema
import pytest
from playwright.sync_api import expect

from chalicelib.http import answer_schemas
from chalicelib.instants import iso
from tests.browser.keyboard import tab_to
from tests.browser.stage import LOOK, LOOK_AWAY, Stage, requests_during
from tests.browser.telling import (
    ANN,
    ANSWERED_500,
    BUTTON,
    HERE,
    HOOK,
    HOW,
    NOTHING,
    asked,
    granting,
    notice,
    offers,
    pass_time,
    recorded,
    refusing,
    tells,
    told,
)

EVIL = '<img src=x onerror=alert(1)>"\u202e'
EVIL_SHOWN = EVIL.replace("\u202e", "\ufffd")


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
    expect(page.get_by_text("any at example.com or the-whole-team@")).to_be_visible()

    page.get_by_label("Mail to another address").fill(" bob@example.com ")
    page.get_by_role("button", name="Add address").click()
    expect(page.get_by_text("Mail to bob@example.com: When it is done.")).to_be_visible()
    page.get_by_text("For developers: a webhook").click()
    expect(page.get_by_text("hooks.example.com or *.example.org")).to_be_visible()
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
        rf"{re.escape(f'Webhook to {HOOK}')}\nFailed 3 times\. "
        r"Next try: \d+ \w+ \d+, \d{1,2}:\d\d\.\s+It answered 500 Internal Server Error\.",
        lines[2],
    )
    assert [re.sub(r"\s*\n\s*", "\n", line) for line in lines[3:]] == [
        "Webhook to https://a.example.org/\nFailed once.\nIt answered 500 Internal Server Error.",
        "Webhook to https://b.example.org/\nNot sent: given up after 1 try.\n"
        "It answered 410 Gone: it wants no more.\nSend again",
        "Webhook to https://c.example.org/\nNot sent: given up.\nNot allowed.\nSend again",
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

    expect(page.get_by_role("region", name="Who was told")).to_contain_text(
        f"Mail to @{EVIL_SHOWN}"
    )
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


def test_on_a_phone_a_button_is_below_its_hint(stage: Stage) -> None:
    stage.page.set_viewport_size({"width": 360, "height": 740})
    page = asked(stage, HOW)
    hint = page.get_by_text("any at example.com or the-whole-team@").bounding_box()
    add = page.get_by_role("button", name="Add address").bounding_box()

    assert hint
    assert add
    assert hint["y"] + hint["height"] <= add["y"]
    assert abs(hint["width"] - add["width"]) < 1
