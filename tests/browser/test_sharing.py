"""Share links, for who makes them and for who opens them; and deleting an export."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.issuer import Issuer
from tests.browser.keyboard import tab_to
from tests.browser.signing import Eavesdropper, sign_in
from tests.browser.stage import Stage, requests_during
from tests.e2e.api import Api
from tests.e2e.sources import Sources

LINK_MS = 60_000


def share(page: Page, time: str = "1 day") -> str:
    """Makes a share link in the page of a job. Returns it."""
    page.get_by_role("button", name="Share…").click()
    page.get_by_role("radio", name=time).check()
    page.get_by_role("button", name="Make a link").click()
    return str(page.get_by_label("The new link").input_value())


def ticket(api: Api, job_id: str) -> tuple[str, str]:
    """Returns (the link of a new share, its id)."""
    made = api.post(f"/v1/export/{job_id}/shares").json()
    return made["url"], made["id"]


# -- who shares ---------------------------------------------------------------------------------


def test_an_export_is_shared_for_a_time_that_is_chosen(
    stage: Stage, issuer: Issuer, api: Api
) -> None:
    job_id = stage.records.completed("March.zip")
    page = stage.open_job(job_id)
    sign_in(page)

    link = share(page, "1 hour")

    assert re.fullmatch(rf"{stage.url}/#/jobs/{job_id}\?ticket=lht_[\w-]+", link)
    expect(page.get_by_text("Copy it now: it is shown only once.")).to_be_visible()
    expect(
        page.get_by_role("list", name="Links that work now").get_by_role("listitem")
    ).to_have_count(1)
    made = api.get(f"/v1/export/{job_id}/shares").json()["shares"]
    assert len(made) == 1


def test_a_share_link_is_copied(stage: Stage, issuer: Issuer) -> None:
    stage.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = stage.open_job(stage.records.running("March.zip"))
    sign_in(page)
    link = share(page)

    page.get_by_role("button", name="Copy", exact=True).click()

    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text("Link copied.")
    assert page.evaluate("navigator.clipboard.readText()") == link


def test_a_share_link_is_shown_only_once_and_can_be_revoked(
    stage: Stage, issuer: Issuer, context: BrowserContext
) -> None:
    page = stage.open_job(stage.records.completed("March.zip"))
    sign_in(page)
    link = share(page)
    page.get_by_role("button", name="Close").click()

    page.get_by_role("button", name="Share…").click()
    expect(page.get_by_label("The new link")).to_be_hidden()
    page.get_by_role("button", name="Revoke").click()

    expect(page.get_by_text("The link was revoked.")).to_be_visible()
    expect(page.get_by_text("No link works now.")).to_be_visible()
    other = context.new_page()
    other.goto(link)
    expect(other.get_by_role("heading", name="This link does not work any more")).to_be_visible()


def test_only_times_that_the_stack_allows_are_offered(stage: Stage, issuer: Issuer) -> None:
    issuer.way = {"shareMaxDays": 1}
    page = stage.open_job(stage.records.completed("March.zip"))
    sign_in(page)

    page.get_by_role("button", name="Share…").click()

    expect(page.get_by_role("dialog").get_by_role("radio")).to_have_count(2)


def test_why_a_link_cannot_be_made_is_said(stage: Stage, issuer: Issuer) -> None:
    page = stage.open_job(stage.records.completed("March.zip"))
    sign_in(page)
    page.route(
        "**/shares",
        lambda route: route.fulfill(
            status=429, json={"title": "Too many links", "detail": "revoke one first"}
        ),
    )
    page.get_by_role("button", name="Share…").click()

    page.get_by_role("button", name="Make a link").click()

    expect(page.get_by_text("Revoke one first.").first).to_be_visible()


def test_a_keyboard_is_enough_to_share(stage: Stage, issuer: Issuer) -> None:
    page = stage.open_job(stage.records.completed("March.zip"))
    sign_in(page)
    tab_to(page, "Share…")
    page.keyboard.press("Enter")
    tab_to(page, "1 day")
    page.keyboard.press("ArrowLeft")
    tab_to(page, "Make a link")
    page.keyboard.press("Enter")
    expect(page.get_by_label("The new link")).to_be_focused()
    tab_to(page, "Revoke")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Links that work now")).to_be_focused()


def test_without_sign_in_the_plain_link_is_copied_as_before(stage: Stage) -> None:
    page = stage.open_job(stage.records.completed("March.zip"))

    expect(page.get_by_role("button", name="Copy link")).to_be_visible()
    expect(page.get_by_role("button", name="Share…")).to_be_hidden()


# -- who opens a link ---------------------------------------------------------------------------


def test_a_share_link_shows_the_job_and_the_download_and_nothing_else(
    stage: Stage, issuer: Issuer, api: Api, sources: Sources
) -> None:
    job = api.completed(api.export(file_ids=[sources.put(b"shared").file_id], user_id=stage.user))
    page = stage.page
    page.goto(ticket(api, job["jobId"])[0])

    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    assert [b.text_content() for b in page.locator("main").get_by_role("button").all()] == [
        "Download ZIP"
    ]
    expect(page.locator("main").get_by_role("link")).to_have_count(0)
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.locator("#person")).to_be_hidden()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download ZIP").click()
    assert download.value.path().stat().st_size > 0
    assert issuer.asked.total() == 0


def test_a_share_link_follows_a_job_to_its_end(stage: Stage, issuer: Issuer, api: Api) -> None:
    job_id = stage.records.running("March.zip", 30)
    page = stage.page
    page.goto(ticket(api, job_id)[0])
    expect(page.get_by_text("30%", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()

    stage.records.finish(job_id)

    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    assert issuer.asked.total() == 0


def test_the_ticket_is_in_the_memory_of_the_page_only(
    stage: Stage, issuer: Issuer, api: Api, context: BrowserContext
) -> None:
    job_id = stage.records.completed("March.zip")
    link, _ = ticket(api, job_id)
    secret = link.partition("ticket=")[2]
    heard = Eavesdropper()
    heard.follow(context)
    page = stage.page
    page.goto(link)
    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()

    heard.look(page)

    assert page.url == f"{stage.url}/#/jobs/{job_id}"
    assert [text for text in heard.heard if secret in text] == []


def test_a_shared_page_that_is_loaded_again_asks_for_its_link(
    stage: Stage, issuer: Issuer, api: Api
) -> None:
    page = stage.page
    page.goto(ticket(api, stage.records.completed("March.zip"))[0])
    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()

    page.reload()

    expect(page.get_by_role("heading", name="Open the link again")).to_be_visible()
    assert issuer.asked.total() == 0


@pytest.mark.parametrize("end", ["revoked", "deleted", "wrong", "cut", "odd"])
def test_a_link_that_does_not_work_says_so(
    stage: Stage, issuer: Issuer, api: Api, end: str
) -> None:
    job_id = stage.records.completed("March.zip")
    link, share_id = ticket(api, job_id)
    if end == "revoked":
        api.delete(f"/v1/export/{job_id}/shares/{share_id}")
    wrong = {
        "wrong": link[:-3] + "abc",
        "cut": link[:-9],
        "odd": link.partition("=")[0] + "=%0d%0a",
    }
    link = wrong.get(end, link)
    if end == "deleted":
        link = link.replace(job_id, "7f0bb5b4-9c2c-4f3e-8d3b-2d9d6a1f0c11")

    stage.page.goto(link)

    heading = stage.page.get_by_role("heading", name="This link does not work any more")
    expect(heading).to_be_visible()
    assert issuer.asked["authorize"] == 0
    page = stage.page
    assert requests_during(page, lambda: page.wait_for_load_state("networkidle")) == []


def test_a_link_that_is_revoked_while_it_is_open_says_so(
    stage: Stage, issuer: Issuer, api: Api
) -> None:
    job_id = stage.records.running("March.zip", 30)
    link, share_id = ticket(api, job_id)
    page = stage.page
    page.goto(link)
    expect(page.get_by_text("30%", exact=True)).to_be_visible()

    api.delete(f"/v1/export/{job_id}/shares/{share_id}")

    expect(page.get_by_role("heading", name="This link does not work any more")).to_be_visible()


def test_a_download_by_a_link_that_was_revoked_says_so(
    stage: Stage, issuer: Issuer, api: Api
) -> None:
    job_id = stage.records.completed("March.zip")
    link, share_id = ticket(api, job_id)
    page = stage.page
    page.goto(link)
    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    api.delete(f"/v1/export/{job_id}/shares/{share_id}")

    page.get_by_role("button", name="Download ZIP").click()

    expect(page.get_by_role("heading", name="This link does not work any more")).to_be_visible()


def test_the_list_is_not_open_to_who_has_only_a_link(
    stage: Stage, issuer: Issuer, api: Api
) -> None:
    page = stage.page
    page.goto(ticket(api, stage.records.completed("March.zip"))[0])
    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()

    page.get_by_role("link", name="Longhaul").click()

    expect(page.get_by_role("heading", name="Provider")).to_be_visible()


def test_who_is_signed_in_stays_so_after_they_open_a_link(
    stage: Stage, issuer: Issuer, api: Api
) -> None:
    link, _ = ticket(api, stage.records.completed("theirs.zip"))
    page = stage.open()
    sign_in(page)

    page.goto(link)  # the page stays: only what follows the # is another
    expect(page.get_by_role("heading", name="theirs.zip")).to_be_visible()
    expect(page.get_by_role("navigation")).to_be_hidden()
    page.go_back()

    expect(page.get_by_role("heading", name="Exports")).to_be_visible()
    expect(page.get_by_role("navigation")).to_be_visible()
    assert issuer.asked["authorize"] == 1


def test_a_link_works_on_a_stack_without_sign_in_too(stage: Stage, api: Api) -> None:
    job_id = stage.records.completed("March.zip")

    stage.page.goto(ticket(api, job_id)[0])

    expect(stage.page.get_by_role("button", name="Download ZIP")).to_be_visible()
    expect(stage.page.get_by_role("button", name="Delete")).to_be_hidden()


# -- deleting -----------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["completed", "cancelled", "expired"])
def test_an_export_that_has_ended_is_deleted(stage: Stage, api: Api, end: str) -> None:
    job_id = getattr(stage.records, end)("March.zip")
    page = stage.open_job(job_id)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("heading", name="March.zip")).to_be_visible()

    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete export").click()

    expect(page.get_by_text("The export was deleted.")).to_be_visible()
    expect(page.get_by_text("No exports yet")).to_be_visible()
    assert api.get(f"/v1/export/{job_id}").status_code == 404


def test_why_an_export_cannot_be_deleted_is_said(stage: Stage) -> None:
    page = stage.open_job(stage.records.completed("March.zip"))
    page.get_by_role("button", name="Delete").click()
    page.route("**/v1/**", lambda route: route.abort())

    page.get_by_role("button", name="Delete export").click()

    expect(page.get_by_text("The server could not be reached.")).to_be_visible()
    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()


def test_a_cancel_that_comes_too_late_deletes_nothing(stage: Stage, api: Api) -> None:
    job_id = stage.records.running("Recordings.zip", 99)
    page = stage.open_job(job_id)
    page.get_by_role("button", name="Cancel").click()
    page.route("**/progress", lambda route: route.abort())

    stage.records.finish(job_id)
    page.get_by_role("button", name="Cancel export").click()

    expect(page.get_by_text("so there is nothing to cancel")).to_be_visible()
    assert api.job(job_id)["status"] == "completed"
