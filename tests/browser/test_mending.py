"""What a person does about a job that has failed: export without some files, try again, edit. And
about a name that does not fit."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.archives import check_archive
from tests.browser.keyboard import focused, tab_to
from tests.browser.mending_states import given_up, missing
from tests.browser.stage import Stage
from tests.e2e import handmade
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources, noise

RLO = "\N{RIGHT-TO-LEFT OVERRIDE}"


def offered(page: Page) -> list[str]:
    """Returns what the card of a job offers."""
    expect(page.get_by_role("button", name="Delete")).to_be_visible()
    return page.locator(".card .actions").locator("a, button").all_inner_texts()


def _failing(stage: Stage, error: dict[str, Any] | None) -> Page:
    """Opens a failed job of which the API says this. Without `error`, it is an API that knows no
    remedies."""

    def answer(route: Route) -> None:
        told = route.fetch().json()
        if error is None:
            told["error"] = {key: told["error"][key] for key in ("type", "title", "detail")}
        else:
            told["error"] |= error
        route.fulfill(json=told)

    job_id = missing(stage)
    stage.page.route(f"**/v1/export/{job_id}", answer)
    return stage.open_job(job_id)


# -- a failure ------------------------------------------------------------------------------------


def test_an_export_that_failed_on_missing_files_is_mended_with_one_click(
    stage: Stage, api: Api, sources: Sources
) -> None:
    there, gone = sources.put(noise(1000)), [sources.new_id(), sources.new_id()]
    asked = {"fileIds": [there.file_id, *gone], "onMissing": "fail", "userId": stage.user}
    failed = api.ended(api.export(**asked))["jobId"]
    page = stage.open_job(failed)
    expect(page.get_by_role("list", name="2 files not found")).to_contain_text(str(gone[1]))

    page.get_by_role("button", name="Export without the 2 missing files").click()

    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    again = page.url.rpartition("/")[2]
    assert api.job(again)["retryOf"] == failed
    check_archive(api.archive(again), [there], gone, job_id=again)


@pytest.mark.parametrize(
    ("remedies", "affected", "words", "changes"),
    [
        (["skip-missing", "edit"], 1, "Export without the missing file", {"onMissing": "skip"}),
        (["skip-missing"], 2_000, "Export without the 2,000 missing files", {"onMissing": "skip"}),
        (
            ["skip-unreadable", "edit"],
            1,
            "Export without the file that cannot be read",
            {"onUnreadable": "skip"},
        ),
        (
            ["skip-unreadable"],
            2,
            "Export without the 2 that cannot be read",
            {"onUnreadable": "skip"},
        ),
        (
            ["skip-missing", "skip-unreadable", "edit"],
            5,
            "Export without these 5 files",
            {"onMissing": "skip", "onUnreadable": "skip"},
        ),
        (["skip-missing", "edit"], 0, "Export without the missing files", {"onMissing": "skip"}),
        (["retry", "edit"], 0, "Try again", {}),
    ],
)
def test_the_first_button_does_what_the_api_advises(
    stage: Stage, remedies: list[str], affected: int, words: str, changes: dict[str, str]
) -> None:
    told = {"remedies": remedies, "affectedFiles": affected, "affected": []}
    page = _failing(stage, told)
    edit = ["Edit and export again"] if "edit" in remedies else []
    page.route("**/retry", lambda route: route.abort())

    assert offered(page) == [words, *edit, "Delete"]
    with page.expect_request("**/retry") as sent:
        page.get_by_role("button", name=words, exact=True).click()
    assert sent.value.post_data_json == changes


def test_the_form_comes_filled_to_edit_an_export(stage: Stage, api: Api, sources: Sources) -> None:
    gone = sources.new_id()
    asked = {"fileIds": [gone], "onMissing": "fail", "userId": stage.user}
    failed = api.ended(api.export(**asked))["jobId"]
    page = stage.open_job(failed)

    with page.expect_request(f"**/v1/export/{failed}/request"):
        page.get_by_role("link", name="Edit and export again").click()

    expect(page.get_by_role("heading", name="New export")).to_be_focused()
    expect(page.get_by_text(str(gone), exact=True)).to_be_visible()


def test_nothing_is_offered_that_cannot_help(stage: Stage) -> None:
    detail = "the archive would have 6 TB"
    page = stage.open_job(stage.records.failed("All.zip", "limit-exceeded", detail))

    assert offered(page) == ["Edit and export again", "Delete"]


def test_a_failure_is_told_in_the_words_of_the_page_and_quotes_what_it_names(
    stage: Stage,
) -> None:
    page = stage.open_job(given_up(stage))

    expect(page.get_by_text("The export did not work")).to_be_visible()
    expect(page.locator("blockquote")).to_have_text(
        "10 tries failed; the last one: S3 answered SlowDown."
    )


def test_a_list_of_files_is_not_told_twice(stage: Stage) -> None:
    page = stage.open_job(missing(stage))

    expect(page.get_by_role("list", name="3 files not found").get_by_role("listitem")).to_have_text(
        ["10017", "10018", "contracts/2019/annex.pdf"]
    )
    expect(page.locator("blockquote")).to_be_hidden()


def test_the_files_to_blame_are_copied(stage: Stage) -> None:
    stage.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = stage.open_job(missing(stage))

    page.get_by_role("button", name="Copy list").click()

    expect(page.get_by_text("List copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "10017\n10018\ncontracts/2019/annex.pdf"


def test_a_list_that_no_answer_has_is_quoted_as_far_as_the_api_names_it(stage: Stage) -> None:
    page = _failing(stage, {"affected": None, "affectedFiles": 3})

    expect(page.locator("blockquote")).to_contain_text("3 of 212 files do not exist: 10017")
    expect(page.get_by_role("button", name="Export without the 3 missing files")).to_be_visible()
    expect(page.get_by_role("button", name="Copy list")).to_be_hidden()


def test_an_api_that_knows_no_remedies_can_be_asked_for_the_same_again(stage: Stage) -> None:
    page = _failing(stage, None)

    assert offered(page) == ["Try again", "Delete"]
    expect(page.locator("blockquote")).to_contain_text("3 of 212 files do not exist: 10017")


def test_a_failure_of_a_new_kind_is_told_as_the_api_tells_it(stage: Stage) -> None:
    page = stage.open_job(stage.records.failed("All.zip", "too-shy", f"it is{RLO} shy"))

    expect(page.locator(".outcome")).to_contain_text("Too shy")
    expect(page.locator(".outcome")).to_contain_text("It is\ufffd shy.")
    assert offered(page) == ["Edit and export again", "Delete"]


def test_who_has_a_share_link_sees_what_failed_and_cannot_mend_it(stage: Stage, api: Api) -> None:
    job_id = missing(stage)
    link = api.post(f"/v1/export/{job_id}/shares").json()["url"]

    stage.page.goto(link)

    expect(stage.page.get_by_role("list", name="3 files not found")).to_be_visible()
    expect(stage.page.locator(".card").locator("a, button")).to_have_count(0)
    expect(stage.page.get_by_role("button", name="Rename")).to_be_hidden()


# -- again ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["cancelled", "expired", "failed"])
def test_an_export_without_an_archive_is_started_again(
    stage: Stage, api: Api, sources: Sources, backstage: Backstage, end: str
) -> None:
    file = sources.put(b"still there")
    job_id = handmade.queued(backstage, file.file_id)
    if end == "expired":
        backstage.move(job_id, status="completed", stage="done")
        backstage.set_number(job_id, "expiresAt", 1_700_000_000_000)
    else:
        failure = json.dumps(["given-up", "The job was given up", "10 tries failed"])
        backstage.move(job_id, status=end, **({"failure": failure} if end == "failed" else {}))
    page = stage.open_job(job_id)
    words = "Try again" if end == "failed" else "Export again"
    assert offered(page) == [words, "Edit and export again", "Delete"]

    page.get_by_role("button", name=words).click()

    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    again = page.url.rpartition("/")[2]
    assert api.job(again)["retryOf"] == job_id
    check_archive(api.archive(again), [file], job_id=again)


def test_why_an_export_cannot_be_started_again_is_said_and_the_focus_stays(stage: Stage) -> None:
    page = stage.open_job(given_up(stage))  # Its request is not stored.
    tab_to(page, "Try again")

    page.keyboard.press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("Choose the files again")
    assert focused(page) == "Try again"


# -- another name ---------------------------------------------------------------------------------


def test_a_job_is_renamed_by_keyboard(stage: Stage, api: Api) -> None:
    job_id = stage.records.completed("March.zip")
    page = stage.open_job(job_id)
    expect(page.get_by_role("heading", name="March.zip")).to_be_visible()
    tab_to(page, "Rename")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name of the archive")).to_be_focused()

    page.keyboard.type("April")  # Over the name without its end, which is selected.
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="April.zip")).to_be_visible()
    expect(page.get_by_role("button", name="Rename")).to_be_focused()
    expect(page).to_have_title("✓ · April.zip · Longhaul")
    expect(page.locator("#toast")).to_have_text("The archive has a new name.")
    assert api.job(job_id)["filename"] == "April.zip"


@pytest.mark.parametrize("how", ["Escape", "Close"])
def test_a_name_is_kept_by_who_does_not_want_another_one_after_all(
    stage: Stage, api: Api, how: str
) -> None:
    job_id = stage.records.completed("March.zip")
    page = stage.open_job(job_id)
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Name of the archive").fill("April.zip")

    if how == "Escape":
        page.keyboard.press("Escape")
    else:
        page.get_by_role("button", name="Close").click()

    expect(page.get_by_role("heading", name="March.zip")).to_be_visible()
    expect(page.get_by_role("button", name="Rename")).to_be_focused()
    expect(page.get_by_label("Name of the archive")).to_be_hidden()
    assert api.job(job_id)["filename"] == "March.zip"


def test_a_job_that_runs_is_renamed_and_goes_on(stage: Stage) -> None:
    job_id = stage.records.running("March.zip", 10)
    page = stage.open_job(job_id)
    expect(page.get_by_text("10%", exact=True)).to_be_visible()

    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Name of the archive").fill("April.zip")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="April.zip")).to_be_visible()
    stage.records.advance(job_id, 55)

    expect(page.get_by_text("55%", exact=True)).to_be_visible()
    expect(page).to_have_title("55% · April.zip · Longhaul")


def test_a_name_that_is_not_taken_stays_in_the_field_with_the_reason(stage: Stage) -> None:
    page = stage.open_job(stage.records.completed("March.zip"))
    page.get_by_role("button", name="Rename").click()
    field = page.get_by_label("Name of the archive")

    field.fill(" ")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Write a name first.")
    page.route("**/v1/export/*", lambda route: route.abort())
    field.fill("April.zip")
    page.keyboard.press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("The server could not be reached.")
    expect(field).to_have_value("April.zip")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")


def test_a_name_that_turns_the_direction_is_not_turned_in_the_field(stage: Stage) -> None:
    page = stage.open_job(stage.records.completed(f"x{RLO}gpj.exe"))
    page.get_by_role("button", name="Rename").click()

    expect(page.get_by_label("Name of the archive")).to_have_value("x\ufffdgpj.exe")
    page.keyboard.press("Enter")  # It is as it was: nothing is sent.
    expect(page.get_by_role("heading", name=re.compile("gpj.exe"))).to_be_visible()


def test_long_buttons_have_lines_on_the_smallest_screen(stage: Stage) -> None:
    stage.page.set_viewport_size({"width": 320, "height": 640})
    page = stage.open_job(missing(stage))
    mends = page.locator(".outcome + .actions > *")
    expect(mends).to_have_count(3)
    mends.first.evaluate(
        "(one) => { one.textContent = 'Herunterladenohnedieunlesbaren Dateien '.repeat(3); }"
    )

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert mends.first.evaluate("(one) => one.scrollWidth <= one.clientWidth")
