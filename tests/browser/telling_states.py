"""The page's states in which somebody is told of a job's end, beside all others."""

from playwright.sync_api import expect

from tests.browser.mending_states import STATES
from tests.browser.stage import Stage
from tests.browser.states import state
from tests.browser.telling import (
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

__all__ = ["STATES"]


@state
def job_to_be_told_of(stage: Stage) -> None:
    granting(stage.page)
    page = asked(stage, HOW)
    page.get_by_text("For developers: a webhook").click()
    page.get_by_label("A notification of this browser").check()
    expect(page.get_by_label("URL of the receiver")).to_be_visible()


@state
def job_to_be_told_of_by_nothing_here(stage: Stage) -> None:
    granting(stage.page, "denied")
    page = asked(stage, {"webhook": None, "mail": None})
    page.get_by_label("A notification of this browser").click()
    expect(page.get_by_text("This browser blocks notifications")).to_be_visible()


@state
def job_to_be_told_of_elsewhere(stage: Stage) -> None:
    words = (
        "bob@example.net is neither your own address, ann@example.com, nor allowed; "
        "MAIL_TO allows @example.com, the-whole-team@lists.example.org"
    )
    stage.page.route("**/notify", refusing("/email", words))
    granting(stage.page)
    page = asked(stage, HOW)
    page.get_by_label("Mail to another address").fill("bob@example.net")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Not taken: bob@example.net is neither")).to_be_visible()


@state
def job_running_and_to_be_told_of(stage: Stage) -> None:
    granting(stage.page)
    stage.page.add_init_script("permission = 'granted'")
    job_id = stage.records.running("Lecture recordings.zip", 64, minutes_ago=0.6)
    tells(stage, job_id, [notice(ANN), notice(HOOK)])
    offers(stage, HOW)
    page = stage.open_job(job_id)
    page.get_by_role("button", name="Tell me when it is done").click()
    page.get_by_label("A notification of this browser").check()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("region", name="Who will be told")).to_be_visible()


@state
def job_completed_and_told(stage: Stage) -> None:
    job_id = stage.records.completed("March.zip", minutes_ago=1)
    answered = "it answered 500 Internal Server Error"
    later = {"attempts": 3, "lastError": answered, "nextAttemptAt": "2099-11-26T12:10:00Z"}
    notices = [
        notice(ANN, "sent", attempts=1),
        notice("the-whole-team@lists.example.org", "opted-out", attempts=1),
        notice(HOOK, "retrying", **later),
        notice("https://hooks.example.com", "given-up", attempts=11, lastError=answered),
        notice("bob@example.com", "given-up", attempts=1, lastError="the mailbox does not exist"),
    ]
    tells(stage, job_id, notices)
    page = stage.open_job(job_id)
    expect(page.get_by_role("region", name="Who was told")).to_be_visible()
