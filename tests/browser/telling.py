"""Who is told of a job's end: what the API answers, and what a person does in the page."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.browser.stage import Stage

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
NOTHING = {"webhook": None, "mail": None}
ANSWERED_500 = "it answered 500 Internal Server Error"
HERE = "A notification of this browser"
BUTTON = "Tell me when it is done"


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
