"""The page's states under sign-in, and those of share links, beside all others."""

from typing import Any

from playwright.sync_api import Route, expect

from tests.browser.format_states import STATES
from tests.browser.issuer import Issuer
from tests.browser.stage import Stage
from tests.browser.states import state

__all__ = ["STATES"]

_SHARES = [
    ("2026-11-24T09:30:00Z", "2026-11-25T09:30:00Z"),
    ("2026-11-24T14:02:00Z", "2026-12-01T14:02:00Z"),
]


def _signed_in(stage: Stage, address: str = "") -> Issuer:
    """Opens the page as a person who is signed in already at the provider."""
    issuer = Issuer(stage, has_session=True)
    stage.open(address)
    expect(stage.page.get_by_role("button", name="User")).to_be_visible()
    return issuer


def _fake_shares(stage: Stage, job_id: str) -> None:
    """Answers for a stack that has two share links of this job, and makes a third."""
    shares = [
        {"id": str(number), "createdAt": made, "expiresAt": end}
        for number, (made, end) in enumerate(_SHARES)
    ]
    link = f"https://exports.example.com/#/jobs/{job_id}?ticket=lht_{'Zm9v' * 12}"

    def answer(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=201, json={**shares[1], "ticket": "lht_", "url": link})
        else:
            route.fulfill(json={"shares": shares})

    stage.page.context.route("**/shares", answer)


def _refuse(stage: Stage, status: int, slug: str, detail: str, **headers: str) -> None:
    problem: dict[str, Any] = {
        "type": f"urn:problem-type:longhaul:{slug}",
        "title": {"forbidden": "Not allowed", "rate-limited": "Too many requests"}.get(
            slug, "More than the quota"
        ),
        "detail": detail,
    }
    content_type = "application/problem+json"
    stage.page.context.route(
        "**/v1/export",
        lambda route: route.fulfill(
            status=status, headers={**headers, "Content-Type": content_type}, json=problem
        ),
    )


# -- who is signed in ---------------------------------------------------------------------------


@state
def signed_in(stage: Stage) -> None:
    stage.records.completed("March.zip", minutes_ago=18)
    stage.records.running("Lecture recordings.zip", 64, minutes_ago=2)
    _signed_in(stage)
    expect(stage.page.get_by_role("listitem")).to_have_count(2)


@state
def signed_in_person(stage: Stage) -> None:
    _signed_in(stage)
    stage.page.get_by_role("button", name="User").click()
    expect(stage.page.get_by_role("button", name="Sign out")).to_be_visible()


@state
def signed_out(stage: Stage) -> None:
    signed_in_person(stage)
    stage.page.get_by_role("button", name="Sign out").click()
    expect(stage.page.get_by_role("button", name="Sign in")).to_be_visible()


@state
def sign_in_refused(stage: Stage) -> None:
    Issuer(stage, refusal={"error": "access_denied"})
    page = stage.open()
    expect(page.get_by_text("It was refused.")).to_be_visible()


@state
def sign_in_not_accepted(stage: Stage) -> None:
    Issuer(stage, has_session=True)
    stage.page.context.route(
        "**/v1/**", lambda route: route.fulfill(status=401, json={"title": "No"})
    )
    page = stage.open()
    expect(page.get_by_role("heading", name="This sign-in is not accepted")).to_be_visible()


@state
def signing_in(stage: Stage) -> None:
    Issuer(stage)
    stage.page.add_init_script("crypto.subtle.digest = () => new Promise(() => {})")
    stage.open()
    expect(stage.page.get_by_role("heading", name="Signing in…")).to_be_visible()


@state
def for_programs(stage: Stage) -> None:
    Issuer(stage, way={"way": "iam"})
    page = stage.open()
    expect(page.get_by_role("heading", name="This service is for programs")).to_be_visible()


# -- links and deletion -------------------------------------------------------------------------


@state
def job_to_share(stage: Stage) -> None:
    job_id = stage.records.completed("March.zip", minutes_ago=1)
    _signed_in(stage, f"#/jobs/{job_id}")
    _fake_shares(stage, job_id)
    stage.page.get_by_role("button", name="Share…").click()
    expect(stage.page.get_by_role("button", name="Revoke")).to_have_count(2)


@state
def job_with_a_new_link(stage: Stage) -> None:
    job_to_share(stage)
    stage.page.get_by_role("button", name="Make a link").click()
    expect(stage.page.get_by_label("The new link")).to_be_visible()


@state
def job_running_signed_in(stage: Stage) -> None:
    job_id = stage.records.running("Lecture recordings.zip", 64, minutes_ago=0.6)
    _signed_in(stage, f"#/jobs/{job_id}")
    expect(stage.page.get_by_role("button", name="Share…")).to_be_visible()


@state
def job_being_deleted(stage: Stage) -> None:
    page = stage.open_job(stage.records.completed("March.zip", minutes_ago=1))
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog", name="Delete “March.zip”?")).to_be_visible()


def _open_shared(stage: Stage, job_id: str, ticket: str = "lht_any") -> None:
    """Opens a share link on a stack that takes any ticket."""
    Issuer(stage)
    stage.page.context.route("**/v1/**", _without_credentials)
    stage.page.goto(f"{stage.url}/#/jobs/{job_id}?ticket={ticket}")


def _without_credentials(route: Route) -> None:
    headers = {k: v for k, v in route.request.headers.items() if k != "authorization"}
    route.continue_(headers=headers)


@state
def shared_running(stage: Stage) -> None:
    _open_shared(stage, stage.records.running("Lecture recordings.zip", 64, minutes_ago=0.6))
    expect(stage.page.get_by_text("64%", exact=True)).to_be_visible()


@state
def shared_completed(stage: Stage) -> None:
    _open_shared(stage, stage.records.completed("March.zip", minutes_ago=1))
    expect(stage.page.get_by_role("button", name="Download ZIP")).to_be_visible()


@state
def shared_no_more(stage: Stage) -> None:
    Issuer(stage)
    job_id = stage.records.completed("March.zip")
    stage.page.goto(f"{stage.url}/#/jobs/{job_id}?ticket=lht_none")
    heading = stage.page.get_by_role("heading", name="This link does not work any more")
    expect(heading).to_be_visible()


@state
def shared_and_loaded_again(stage: Stage) -> None:
    shared_completed(stage)
    stage.page.reload()
    expect(stage.page.get_by_role("heading", name="Open the link again")).to_be_visible()


# -- refusals -----------------------------------------------------------------------------------


def _new_but_refused(stage: Stage, words: str) -> None:
    page = stage.open("#/new")
    page.get_by_label("File ids").fill("10001, 10002\n10010-10050\n")
    page.get_by_role("button", name="Start export").click()
    expect(page.get_by_role("alert")).to_contain_text(words)


@state
def new_outside_of_what_is_allowed(stage: Stage) -> None:
    _refuse(stage, 403, "forbidden", "file_ids/0: 10001 is not among the files that you may have")
    _new_but_refused(stage, "ask the people who run this service")


@state
def new_too_soon(stage: Stage) -> None:
    detail = "you may make 60 requests a minute, and 20 at once; the next one is possible in 12 s"
    _refuse(stage, 429, "rate-limited", detail, **{"Retry-After": "12"})
    _new_but_refused(stage, "Try again in 12 s.")


@state
def new_over_the_quota_of_a_job(stage: Stage) -> None:
    detail = "these files have 12884901888 bytes, and an export may have 1000000; export fewer"
    _refuse(stage, 422, "quota-exceeded", detail)
    _new_but_refused(stage, "These files have 12.9 GB, and an export may have 1000000; export")


@state
def new_over_the_quota_of_the_day(stage: Stage) -> None:
    detail = "you may export 100000000000 bytes a day, and 99 are used; this ends at 2026-11-27"
    _refuse(stage, 429, "quota-exceeded", detail, **{"Retry-After": "19000"})
    _new_but_refused(stage, "Try again in 5 h 17 min.You may export 100 GB a day")
