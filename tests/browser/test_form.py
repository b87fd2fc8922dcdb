"""The form for a new export: what is chosen is shown, kept and sent."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.form import JOB, chosen, holding, quiet, refused, start
from tests.browser.keyboard import focused, tab_to
from tests.browser.picks import pick
from tests.browser.stage import Stage


@pytest.fixture(autouse=True)
def _quiet(stage: Stage) -> None:
    quiet(stage)


# -- what is chosen --------------------------------------------------------------------------------


def test_a_choice_survives_a_reload_and_other_views(stage: Stage) -> None:
    for name in ("a.txt", "b.txt", "in/c.txt"):
        stage.sources.put_at(stage.folder, name, b"1")
    page = stage.open_folder()
    stage.box("a.txt").check()
    stage.box("Whole folder in").check()
    page.get_by_role("radio", name="By id").check()
    page.get_by_label("File ids").fill("10001 10003-10006")
    page.get_by_label("Name of the archive").fill("March.zip")
    page.get_by_role("group", name="is missing").get_by_label("Stop").check()
    expected = [f"{stage.folder}in/", "10001", "10003\N{EN DASH}10006", f"{stage.folder}a.txt"]
    expect(chosen(page)).to_have_text(expected)

    page.get_by_role("link", name="Exports", exact=True).click()
    expect(page.get_by_role("heading", name="Your exports")).to_be_visible()
    page.get_by_role("navigation").get_by_role("link", name="New export").click()
    expect(chosen(page)).to_have_text(expected)
    page.reload()

    expect(chosen(page)).to_have_text(expected)
    body = start(page)
    assert body.pop("files") == [
        *({"id": file_id} for file_id in (10_001, 10_003, 10_004, 10_005, 10_006)),
        {"key": f"{stage.folder}a.txt"},
        {"prefix": f"{stage.folder}in/"},
    ]
    assert body == {
        "names": "own",
        "filename": "March.zip",
        "onMissing": "fail",
        "onUnreadable": "fail",
        "userId": stage.user,
    }


def test_back_in_a_folder_goes_to_the_folder_before(stage: Stage) -> None:
    stage.sources.put_at(stage.folder, "in/deep/a.txt", b"1")
    page = stage.open_folder()
    for name in ("in", "deep"):
        stage.enter_folder(name)
    stage.box("a.txt").check()

    page.go_back()
    expect(page.locator(".crumbs [aria-current=true]")).to_have_text("in")
    page.go_back()
    expect(page.locator(".crumbs [aria-current=true]")).to_have_text(stage.user)

    expect(chosen(page)).to_have_text([f"{stage.folder}in/deep/a.txt"])
    page.reload()
    expect(page.locator(".crumbs [aria-current=true]")).to_have_text(stage.user)
    expect(chosen(page)).to_have_text([f"{stage.folder}in/deep/a.txt"])


@pytest.mark.parametrize(
    ("made", "body"),
    [
        (pick("10001-10003"), {"fileIds": [10_001, 10_002, 10_003]}),
        (pick(files={"a/b": 1, "c": 2}), {"keys": ["a/b", "c"], "names": "own"}),
        (pick(folders=["a/"]), {"prefix": "a/", "names": "own"}),
        (
            pick(folders=["a/", "b/"]),
            {"files": [{"prefix": "a/"}, {"prefix": "b/"}], "names": "own"},
        ),
        (
            pick("10001", {"a/b": None}, ["c/"]),
            {"files": [{"id": 10_001}, {"key": "a/b"}, {"prefix": "c/"}], "names": "own"},
        ),
    ],
    ids=["ids", "files", "a folder", "folders", "all"],
)
def test_the_request_is_in_its_shortest_form(
    stage: Stage, made: str, body: dict[str, object]
) -> None:
    page = stage.open(f"#/new?pick={made}")
    expect(chosen(page).first).to_be_visible()

    sent = start(page)

    missing = {} if "prefix" in body else {"onMissing": "skip"}
    assert sent == {**body, **missing, "onUnreadable": "fail", "userId": stage.user}


def test_each_thing_is_taken_out_by_keyboard_and_the_focus_stays(stage: Stage) -> None:
    page = stage.open(f"#/new?pick={pick('10001-10004 10009', {'a/1': 1, 'a/2': 2, 'b': 3})}")
    names = ["10001\N{EN DASH}10004", "10009", "In a/", "1", "2", "b"]
    expect(chosen(page)).to_have_text(names)
    page.get_by_role("radio", name="By id").check()

    tab_to(page, "Take out 10001\N{EN DASH}10004")
    page.keyboard.press("Enter")
    expect(chosen(page)).to_have_text(names[1:])
    expect(page.get_by_label("File ids")).to_have_value("10009")
    assert focused(page) == "Take out 10009"
    tab_to(page, "Take out the files in a/")
    page.keyboard.press("Enter")
    expect(chosen(page)).to_have_text(["10009", "b"])
    assert focused(page) == "Take out b"
    for _ in range(2):
        page.keyboard.press("Enter")

    expect(page.get_by_text("No files chosen yet")).to_be_visible()
    expect(page.get_by_label("File ids")).to_be_focused()
    expect(page.get_by_label("File ids")).to_have_value("")


def test_of_thousands_the_first_are_shown_and_then_more(stage: Stage) -> None:
    page = stage.open("#/new")
    page.get_by_label("File ids").fill(" ".join(str(10_000 + 2 * i) for i in range(5_000)))

    expect(chosen(page)).to_have_count(50)
    expect(page.locator(".summary")).to_have_text("5,000 files")
    page.get_by_role("button", name="Show more: 4,950 are not shown").click()

    expect(chosen(page)).to_have_count(100)
    assert focused(page) == "Take out 10100"


def test_clearing_also_takes_out_what_is_no_id(stage: Stage) -> None:
    page = stage.open("#/new")
    page.get_by_label("File ids").fill("10001 x9")

    page.get_by_role("button", name="Clear").click()
    page.get_by_role("dialog").get_by_role("button", name="Clear").click()

    expect(page.get_by_label("File ids")).to_have_value("")


def test_clearing_asks_first(stage: Stage) -> None:
    page = stage.open(f"#/new?pick={pick('10001', {'a': 1})}")
    expect(chosen(page)).to_have_count(2)

    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Keep it").click()
    expect(chosen(page)).to_have_count(2)
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("dialog").get_by_role("button", name="Clear").click()

    expect(page.get_by_text("No files chosen yet")).to_be_visible()
    expect(page.get_by_label("File ids")).to_have_value("")


def test_after_the_start_nothing_is_chosen(stage: Stage) -> None:
    page = stage.open("#/new")
    page.get_by_label("File ids").fill(str(stage.sources.put(b"1").file_id))
    page.get_by_role("button", name="Start export").click()
    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()

    page.get_by_role("navigation").get_by_role("link", name="New export").click()

    expect(page.get_by_text("No files chosen yet")).to_be_visible()
    page.reload()
    expect(page.get_by_label("File ids")).to_have_value("")


def test_whoever_leaves_while_it_starts_stays_where_they_are(stage: Stage) -> None:
    page = stage.open("#/new")
    page.get_by_label("File ids").fill("10001")
    held = holding(page, "**/v1/export")
    with page.expect_request("**/v1/export"):
        page.get_by_role("button", name="Start export").click()
    page.get_by_role("link", name="Exports", exact=True).click()
    expect(page.get_by_role("heading", name="Your exports")).to_be_visible()

    held[0].fulfill(status=202, json={"jobId": JOB})
    page.evaluate("fetch('health').then((answer) => answer.text())")  # Comes after it.
    page.get_by_role("navigation").get_by_role("link", name="New export").click()

    expect(page.get_by_label("File ids")).to_have_value("")
    assert JOB not in page.url


# -- what is wrong ---------------------------------------------------------------------------------


def test_an_empty_form_says_why_it_does_not_start_where_one_looks(stage: Stage) -> None:
    page = stage.open("#/new")

    page.get_by_role("button", name="Start export").click()

    expect(page.locator("#reason")).to_have_text("Choose files first.")
    ids = page.get_by_label("File ids")
    expect(ids).to_be_focused()
    expect(ids).to_have_accessible_description(re.compile("^Type the ids of files here"))
    expect(ids).to_have_attribute("aria-invalid", "true")
    ids.fill("10001")
    expect(page.locator("#reason")).to_have_text("")
    expect(ids).to_have_attribute("aria-invalid", "false")


def test_nothing_ticked_in_folders_is_said_there(stage: Stage) -> None:
    page = stage.open("#/new")
    page.get_by_role("radio", name="Browse folders").check()

    page.get_by_role("button", name="Start export").click()

    pane = page.get_by_role("group", name="Files and folders")
    expect(pane).to_be_focused()
    expect(pane).to_have_accessible_description("Tick files or folders here, or type ids.")
    expect(page.locator("#reason")).to_have_text("Choose files first.")


def test_a_wrong_id_is_said_even_if_folders_are_shown(stage: Stage) -> None:
    page = stage.open("#/new")
    page.get_by_label("File ids").fill("10001 nonsense")
    page.get_by_role("radio", name="Browse folders").check()

    page.get_by_role("button", name="Start export").click()

    expect(page.get_by_label("File ids")).to_be_focused()
    expect(page.get_by_label("File ids")).to_have_accessible_description(
        re.compile("nonsense is not a file id")
    )
    expect(page.locator("#reason")).to_have_text("Correct 1 id first.")


@pytest.mark.parametrize(
    ("pointer", "field", "words"),
    [
        ("/filename", "#filename", "Has a control character."),
        ("/files/0/id", "#ids", "10001: has a control character"),
        ("/files/1/key", "#picked", "a/b: Has a control character."),
        ("/files/2/prefix", "#picked", "c/: Has a control character."),
    ],
)
def test_what_the_api_refuses_is_said_beside_what_it_names(
    stage: Stage, pointer: str, field: str, words: str
) -> None:
    page = stage.open(f"#/new?pick={pick('10001', {'a/b': 1}, ['c/'])}")
    expect(chosen(page)).to_have_count(3)
    page.get_by_label("Name of the archive").fill("March.zip")
    errors = [{"pointer": pointer, "detail": "has a control character"}]
    page.route("**/v1/export", refused(errors=errors))

    page.get_by_role("button", name="Start export").click()

    expect(page.locator(field)).to_be_focused()
    expect(page.get_by_text(words)).to_be_visible()
    # The API says it in English, whatever the page speaks.
    expect(page.locator("bdi[lang=en]")).to_have_text(re.compile("^[Hh]as a control character.?$"))
    expect(page.locator("#reason")).to_have_text("Look at what is marked above.")


# -- sources ---------------------------------------------------------------------------------------


def test_another_source_takes_out_files_only_if_the_person_says_so(stage: Stage) -> None:
    sources = {"sources": ["documents", "scans"], "source": "documents", "topPrefix": ""}
    listing: dict[str, Any] = {"prefix": "", "folders": [], "files": [], "cursor": None}
    stage.page.route("**/v1/files?*", lambda route: route.fulfill(json={**sources, **listing}))
    page = stage.open(f"#/new?pick={pick('10001', {'a/b': 1}, source='documents')}")
    expect(chosen(page)).to_have_text(["10001", "a/b"])

    page.get_by_role("combobox", name="Source").select_option("scans")
    page.get_by_role("button", name="Keep them").click()
    expect(page.get_by_role("combobox", name="Source")).to_have_value("documents")
    expect(chosen(page)).to_have_text(["10001", "a/b"])
    page.get_by_role("combobox", name="Source").select_option("scans")
    page.get_by_role("button", name="Change the source").click()

    expect(chosen(page)).to_have_text(["10001"])
    body = start(page)
    assert (body["source"], body["fileIds"]) == ("scans", [10_001])
