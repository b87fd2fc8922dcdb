"""The menu of a job in the list, and what it does."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.issuer import Issuer
from tests.browser.keyboard import focused, tab_to
from tests.browser.mending_states import missing, open_menu
from tests.browser.signing import sign_in
from tests.browser.stage import Stage
from tests.e2e.api import Api
from tests.e2e.sources import Sources, noise

EDIT, LINK, RENAME = "Edit and export again", "Copy link", "Rename"


def _menu(page: Page, name: str = "March.zip") -> list[str]:
    open_menu(page, name)
    return page.get_by_role("menuitem").all_inner_texts()


def _choose(page: Page, words: str, name: str = "March.zip") -> None:
    open_menu(page, name)
    page.get_by_role("menuitem", name=words).click()


@pytest.mark.parametrize(
    ("status", "items"),
    [
        ("put", [LINK, RENAME, "Cancel export"]),
        ("running", [LINK, RENAME, "Cancel export"]),
        ("completed", ["Download", EDIT, LINK, RENAME, "Delete"]),
        ("cancelled", ["Export again", EDIT, LINK, RENAME, "Delete"]),
        ("expired", ["Export again", EDIT, LINK, RENAME, "Delete"]),
    ],
)
def test_the_menu_has_what_can_be_done_with_a_job(
    stage: Stage, status: str, items: list[str]
) -> None:
    getattr(stage.records, status)("March.zip")

    assert _menu(stage.open()) == items


def test_the_menu_of_a_failed_job_mends_it(stage: Stage, api: Api, sources: Sources) -> None:
    ids = [sources.put(noise(1000)).file_id, sources.new_id()]
    asked = {"fileIds": ids, "onMissing": "fail", "userId": stage.user, "filename": "March.zip"}
    failed = api.ended(api.export(**asked))["jobId"]
    page = stage.open()

    items = _menu(page)
    page.get_by_role("menuitem", name="Export without the missing file").click()

    assert items == ["Export without the missing file", EDIT, LINK, RENAME, "Delete"]
    expect(page.locator("#toast")).to_have_text("It was started again, as a new export.")
    expect(page.get_by_role("link", name="Download March.zip")).to_be_visible()
    expect(page.get_by_role("listitem")).to_have_count(2)
    assert failed in str(page.get_by_role("link", name="March.zip").last.get_attribute("href"))


def test_a_menu_is_used_by_keyboard(stage: Stage) -> None:
    stage.records.completed("March.zip")
    page = stage.open()
    expect(page.get_by_role("listitem")).to_have_count(1)
    tab_to(page, "More for March.zip")
    trigger = page.get_by_role("button", name="More for March.zip")
    expect(trigger).to_have_attribute("aria-expanded", "false")

    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Download")).to_be_focused()
    expect(trigger).to_have_attribute("aria-expanded", "true")
    at = []
    for key in ("ArrowDown", "End", "ArrowDown", "ArrowUp", "Home", "r", "c"):
        page.keyboard.press(key)
        at.append(focused(page))
    page.keyboard.press("Escape")

    assert at == [EDIT, "Delete", "Download", "Delete", "Download", RENAME, LINK]
    expect(page.get_by_role("menu")).to_be_hidden()
    expect(trigger).to_be_focused()
    expect(trigger).to_have_attribute("aria-expanded", "false")


def test_an_arrow_opens_a_menu_and_tab_leaves_it(stage: Stage) -> None:
    stage.records.completed("April.zip")
    stage.records.completed("March.zip")
    page = stage.open()
    expect(page.get_by_role("listitem")).to_have_count(2)
    tab_to(page, "More for March.zip")

    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Download")).to_be_focused()
    page.keyboard.press("Tab")

    expect(page.get_by_role("menu")).to_be_hidden()
    expect(page.get_by_role("link", name="April.zip", exact=True)).to_be_focused()


def test_a_press_beside_a_menu_or_on_its_button_closes_it(stage: Stage) -> None:
    stage.records.completed("March.zip")
    page = stage.open()

    open_menu(page, "March.zip")
    page.get_by_role("heading", name="Your exports").click()
    expect(page.get_by_role("menu")).to_be_hidden()
    open_menu(page, "March.zip")
    page.get_by_role("button", name="More for March.zip").click()

    expect(page.get_by_role("menu")).to_be_hidden()


def test_an_open_menu_stays_while_the_list_changes(stage: Stage) -> None:
    job_id = stage.records.running("March.zip", 10)
    page = stage.open()
    open_menu(page, "March.zip")
    page.keyboard.press("End")

    stage.records.advance(job_id, 55)
    stage.records.put("April.zip", minutes_ago=0)

    expect(page.get_by_text("55%", exact=True)).to_be_visible()
    expect(page.get_by_role("listitem")).to_have_count(2)
    expect(page.get_by_role("menuitem", name="Cancel export")).to_be_focused()


def test_a_job_is_downloaded_from_its_menu(stage: Stage, api: Api, sources: Sources) -> None:
    ids = [sources.put(noise(1000)).file_id]
    api.completed(api.export(fileIds=ids, userId=stage.user, filename="March.zip"))
    page = stage.open()

    with page.expect_download() as download:
        _choose(page, "Download")

    assert download.value.suggested_filename == "March.zip"


def test_the_link_of_a_job_is_copied_from_its_menu(stage: Stage) -> None:
    stage.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    job_id = stage.records.completed("March.zip")
    page = stage.open()

    _choose(page, LINK)

    expect(page.get_by_text("Link copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{stage.url}/#/jobs/{job_id}"


def test_who_is_signed_in_shares_a_job_from_its_menu(stage: Stage, issuer: Issuer) -> None:
    stage.records.completed("March.zip")
    page = stage.open()
    sign_in(page)

    _choose(page, "Share…")

    expect(page.get_by_role("button", name="Make a link")).to_be_visible()


def test_a_job_is_renamed_in_the_list_and_the_focus_comes_back(stage: Stage, api: Api) -> None:
    job_id = stage.records.completed("March.zip")
    page = stage.open()

    _choose(page, RENAME)
    page.keyboard.type("April")
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name="April.zip", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="More for April.zip")).to_be_focused()
    assert api.job(job_id)["filename"] == "April.zip"


@pytest.mark.parametrize("how", ["Escape", "Close"])
def test_a_dialog_of_the_list_can_be_left(stage: Stage, how: str) -> None:
    stage.records.completed("March.zip")
    page = stage.open()
    _choose(page, RENAME)
    expect(page.get_by_label("Name of the archive")).to_be_focused()

    if how == "Escape":
        page.keyboard.press("Escape")
    else:
        page.get_by_role("button", name="Close").click()

    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="More for March.zip")).to_be_focused()


def test_a_job_is_cancelled_in_the_list(stage: Stage, api: Api) -> None:
    job_id = stage.records.running("March.zip", 30)
    page = stage.open()

    _choose(page, "Cancel export")
    expect(page.get_by_role("dialog", name="Cancel “March.zip”?")).to_be_visible()
    page.get_by_role("button", name="Cancel export").click()

    expect(page.get_by_role("listitem")).to_have_text(re.compile("Cancelled"))
    expect(page.get_by_role("radio", name="Cancelled 1")).to_be_visible()
    assert api.job(job_id)["status"] == "cancelled"


def test_a_job_is_deleted_in_the_list_after_it_was_asked_for(stage: Stage, api: Api) -> None:
    for name in ("April.zip", "March.zip"):
        job_id = stage.records.completed(name)
    page = stage.open()

    _choose(page, "Delete")
    page.get_by_role("dialog", name="Delete “March.zip”?").get_by_role(
        "button", name="Keep it"
    ).click()
    expect(page.get_by_role("listitem")).to_have_count(2)
    _choose(page, "Delete")
    page.get_by_role("button", name="Delete export").click()

    expect(page.locator("li bdi")).to_have_text(["April.zip"])
    expect(page.get_by_role("button", name="More for April.zip")).to_be_focused()
    assert api.get(f"/v1/export/{job_id}").status_code == 404


def test_what_cannot_be_done_is_said(stage: Stage) -> None:
    missing(stage)  # Its request is not stored.
    page = stage.open()

    _choose(page, "Export without the 3 missing files", "Contracts 2019-2024.zip")

    expect(page.locator("#toast")).to_contain_text("Choose the files again")


def test_a_menu_is_whole_in_a_small_window(stage: Stage) -> None:
    stage.page.set_viewport_size({"width": 360, "height": 640})
    missing(stage)
    page = stage.open()

    open_menu(page, "Contracts 2019-2024.zip")

    box = page.get_by_role("menu").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    heights = page.get_by_role("menuitem").evaluate_all(
        "items => items.map((item) => item.getBoundingClientRect().height)"
    )
    assert min(heights) >= 44
