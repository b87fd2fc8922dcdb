"""What is not in an archive, what cannot be read, and the sources to choose from."""

import re
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.browser.stage import Stage
from tests.browser.states import ARCHIVED, SKIPPED, skipping, with_sources

EVIL = "<img src=x onerror=alert(1)>\u202egpj.zip"
EVIL_SHOWN = EVIL.replace("\u202e", "\ufffd")
FROZEN = {"reason": "archived", "detail": ARCHIVED}


def sent(page: Page) -> Any:
    """Starts the export, and returns the request. The answer refuses it."""
    page.route("**/v1/export", lambda route: route.fulfill(status=503, json={"title": "No"}))
    with page.expect_request("**/v1/export") as asked:
        page.get_by_role("button", name="Start export").click()
    expect(page.get_by_role("alert")).to_be_visible()
    return asked.value.post_data_json


# -- the job ---------------------------------------------------------------------------------------


def test_each_file_that_was_left_out_is_shown_with_its_reason(stage: Stage) -> None:
    page = skipping(stage, SKIPPED)

    expect(page.get_by_role("list", name="5 files left out").get_by_role("listitem")).to_have_text(
        [
            "10300Not found.",
            "reports/2019/übersicht.pdfIn cold storage. It must be restored first.",
            "reports/2024/payroll/March, the second and last revision.xlsxEncrypted with a key "
            "that only its owner has.",
            "scans/7f0bb5b4.tifIts encryption key cannot be used.",
            "10301New-reason.",
        ]
    )


def test_what_was_left_out_is_shown_as_text_and_can_be_copied(stage: Stage) -> None:
    stage.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = skipping(
        stage,
        [
            {"file": 0, "reason": "missing", "detail": ""},
            {"file": EVIL, "reason": EVIL, "detail": EVIL},
        ],
    )

    page.get_by_role("button", name="Copy list").click()

    expect(page.get_by_text("List copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"0\tNot found.\n{EVIL}\t{EVIL_SHOWN}."
    assert page.locator("main img").count() == 0


def test_long_names_and_reasons_never_scroll_sideways(stage: Stage) -> None:
    stage.page.set_viewport_size({"width": 320, "height": 640})
    long = "x" * 1_000
    page = skipping(
        stage, [{"file": f"{i}{long}", "reason": long, "detail": long} for i in range(250)]
    )

    expect(page.get_by_text("And 50 more: copy the list to see them.")).to_be_visible()

    assert (
        page.locator(".codes").evaluate(
            "({ scrollWidth, clientWidth }) => scrollWidth > clientWidth"
        )
        is False
    )
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_a_list_that_is_too_long_for_an_event_is_asked_for(stage: Stage) -> None:
    job_id = stage.records.completed("March.zip", total_files=41)
    lists: list[Any] = [None, [{"file": "a", "reason": "denied", "detail": "S3 denies it"}]]

    def answer(route: Route) -> None:
        told = route.fetch().json()
        told["result"] |= {"skipped": lists[0], "missing": [] if lists.pop(0) else None}
        route.fulfill(json=told)

    stage.page.route(f"**/v1/export/{job_id}", answer)
    page = stage.open_job(job_id)

    expect(page.get_by_role("list", name="1 file left out")).to_have_text(
        "aThis service may not read it."
    )
    assert lists == []


def test_a_list_that_is_too_long_for_any_answer_is_asked_for_once(stage: Stage) -> None:
    job_id = stage.records.completed("March.zip", total_files=41)
    asked: list[Route] = []

    def answer(route: Route) -> None:
        asked.append(route)
        told = route.fetch().json()
        told["result"] |= {"skipped": None, "missing": None, "processedFiles": 20}
        route.fulfill(json=told)

    stage.page.route(f"**/v1/export/{job_id}", answer)
    page = stage.open_job(job_id)

    expect(page.get_by_role("heading", name="21 files left out")).to_be_visible()
    expect(page.get_by_text("The manifest at the end of the archive lists them.")).to_be_visible()
    assert len(asked) == 2


def test_an_older_answer_names_only_the_missing_files(stage: Stage) -> None:
    job_id = stage.records.completed("March.zip", total_files=41)

    def answer(route: Route) -> None:
        told = route.fetch().json()
        told["result"] = {**told["result"], "missing": [10_001]}
        told["result"].pop("skipped", None)
        route.fulfill(json=told)

    stage.page.route(f"**/v1/export/{job_id}", answer)
    page = stage.open_job(job_id)

    expect(page.get_by_role("list", name="1 file not found")).to_have_text("10001")


# -- the form --------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_read_stops_the_export_unless_it_is_left_out(stage: Stage) -> None:
    page = stage.open("#/new")
    page.get_by_label("File ids").fill("10001")
    group = page.get_by_role("group", name="If a file cannot be read")
    expect(group.get_by_label("Stop the whole export")).to_be_checked()
    before = sent(page)

    group.get_by_label("Leave it out, and list it").check()
    page.get_by_role("link", name="Exports", exact=True).click()
    page.get_by_role("link", name="New export").first.click()
    expect(group.get_by_label("Leave it out, and list it")).to_be_checked()
    after = sent(page)

    expected = {"fileIds": [10_001], "onMissing": "skip", "userId": stage.user}
    assert before == {**expected, "onUnreadable": "fail"}
    assert after == {**expected, "onUnreadable": "skip"}


def test_a_file_that_cannot_be_read_is_not_chosen(stage: Stage) -> None:
    with_sources(stage, ["documents"], {"b.txt": FROZEN, "d.txt": {"reason": EVIL, "detail": EVIL}})
    for name in ("a.txt", "b.txt", "c.txt", "d.txt"):
        stage.sources.put_at(stage.folder, name, b"1")
    page = stage.open_folder()
    expect(stage.box("b.txt")).to_be_disabled()
    why = ["In cold storage. It must be restored first.", f"{EVIL_SHOWN}."]
    expect(page.locator(".scroll .not .sub")).to_have_text(why)
    expect(page.get_by_role("combobox", name="Source")).to_be_hidden()

    for name in ("a.txt", "c.txt"):
        stage.box(name).check()

    expect(page.locator(".summary")).to_have_text("2 files, 2 bytes")
    assert sent(page)["keys"] == [f"{stage.folder}a.txt", f"{stage.folder}c.txt"]
    assert page.locator("main img").count() == 0


def test_a_file_that_was_chosen_before_can_still_be_unselected(stage: Stage) -> None:
    unreadable: dict[str, Any] = {}
    with_sources(stage, ["documents"], unreadable)
    stage.sources.put_at(stage.folder, "a/b.txt", b"1")
    page = stage.open_folder()
    stage.enter_folder("a")
    stage.box("b.txt").check()
    unreadable["b.txt"] = FROZEN

    page.reload()
    expect(page.get_by_text("In cold storage.")).to_be_visible()
    stage.box("b.txt").uncheck()

    expect(page.get_by_text("No files chosen yet")).to_be_visible()


def test_files_are_chosen_in_one_of_several_sources(stage: Stage) -> None:
    with_sources(stage, ["documents", "scans"], {})
    stage.sources.put_at(stage.folder, "a.txt", b"1")
    page = stage.open_folder()
    stage.box("a.txt").check()
    first = sent(page)

    page.get_by_role("combobox", name="Source").select_option("scans")
    with page.expect_request(re.compile(r"/v1/files\?.*source=scans")):
        page.get_by_role("button", name="Change the source").click()
    expect(page.get_by_text("No files chosen yet")).to_be_visible()
    page.get_by_label("Search this folder").fill(stage.user)
    stage.box(f"Whole folder {stage.user}").check()
    second = sent(page)

    assert (first["source"], first["keys"]) == ("documents", [f"{stage.folder}a.txt"])
    assert (second["source"], second["prefix"]) == ("scans", stage.folder)


def test_a_source_that_cannot_be_listed_offers_no_files_of_another(stage: Stage) -> None:
    with_sources(stage, ["documents", "scans"], {})
    stage.sources.put_at(stage.folder, "a.txt", b"1")
    page = stage.open_folder()
    offer = stage.box("a.txt")
    expect(offer).to_be_visible()
    gone = {
        "type": "urn:problem-type:longhaul:invalid-request",
        "title": "The request is not valid",
        "detail": "there is no such bucket",
    }
    page.route(
        re.compile(r"/v1/files\?.*source=scans"),
        lambda route: route.fulfill(status=400, json=gone, content_type="application/problem+json"),
    )

    page.get_by_role("combobox", name="Source").select_option("scans")

    expect(page.get_by_role("alert")).to_be_visible()
    expect(offer).to_be_hidden()


def test_ids_are_of_one_of_several_sources_which_a_draft_keeps(stage: Stage) -> None:
    with_sources(stage, ["documents", "scans"], {})
    page = stage.open("#/new")
    expect(page.get_by_role("combobox", name="Source")).to_have_value("documents")

    page.get_by_role("combobox", name="Source").select_option("scans")
    page.get_by_label("File ids").fill("10001")
    page.get_by_role("link", name="Exports", exact=True).click()
    page.get_by_role("link", name="New export").first.click()
    expect(page.get_by_role("combobox", name="Source")).to_have_value("scans")

    assert sent(page)["source"] == "scans"


def test_without_an_answer_about_sources_the_form_works(stage: Stage) -> None:
    stage.page.route("**/v1/files*", lambda route: route.abort())
    page = stage.open("#/new")
    page.get_by_label("File ids").fill("10001")

    assert "source" not in sent(page)
    expect(page.get_by_role("combobox", name="Source")).to_be_hidden()
