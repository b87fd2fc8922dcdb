"""The page's states in which somebody is told of a job's end, beside all others."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.browser.signed_states import STATES
from tests.browser.stage import Stage
from tests.browser.states import state

__all__ = ["STATES"]

HOOK = "https://hooks.example.com/longhaul/in?token=" + "0123456789abcdef" * 8
ANN = "ann@example.com"
HOW: dict[str, Any] = {
    "webhook": {"hosts": ["hooks.example.com", "*.example.org"]},
    "mail": {"address": ANN, "to": ["@example.com", "the-whole-team@lists.example.org"]},
}

# Headless Chromium shows no notifications, so this records them.
KEEP_NOTICES = """
  window.notices = [];
  window.permission ??= "default";
  window.asked = 0;
  Notification = class {
    static get permission() { return permission; }
    static async requestPermission() { asked += 1; return permission = answer; }
    constructor(title, { body, tag }) {
      notices.push([title, body, tag]);
      window.newest = this;
    }
    close() { this.isClosed = true; }
  };
"""


def notice(to: str, status: str = "pending", **facts: Any) -> dict[str, Any]:
    """Returns a notice as the API shows it, to a mail address or a URL."""
    kind = "mail" if "@" in to else "webhook"
    rest = {"attempts": 0, "lastError": None, "nextAttemptAt": None}
    return {"kind": kind, "to": to, "status": status, **rest, **facts}


def tells(stage: Stage, job_id: str, notices: list[dict[str, Any]]) -> None:
    """Has the API say these notices of the job. The list may change meanwhile."""

    def answer(route: Route) -> None:
        told = route.fetch().json()
        route.fulfill(json={**told, "notifications": notices})

    stage.page.route(f"**/v1/export/{job_id}", answer)


def offers(stage: Stage, how: dict[str, Any]) -> None:
    """Has the API say that the caller can be told in these ways."""
    stage.page.route("**/v1/notifications", lambda route: route.fulfill(json=how))


def granting(page: Page, answer: str = "granted") -> None:
    """Has the user answer the browser's question so, and records the notifications."""
    page.add_init_script(f"window.answer = '{answer}';{KEEP_NOTICES}")


def asked(stage: Stage, how: dict[str, Any], job_id: str | None = None) -> Page:
    """Opens the page of a running job, and there what can tell of its end."""
    offers(stage, how)
    page = stage.open_job(job_id or stage.records.running("Lecture recordings.zip", 64))
    page.get_by_role("button", name="Tell me when it is done").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    return page


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


def refusing(pointer: str, detail: str) -> Callable[[Route], None]:
    return lambda route: route.fulfill(
        status=400,
        content_type="application/problem+json",
        json={
            "type": "urn:problem-type:longhaul:invalid-request",
            "title": "The request is not valid",
            "detail": f"{pointer}: {detail}",
            "errors": [{"pointer": pointer, "detail": detail}],
        },
    )


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
