"""A choice of files that comes from elsewhere: by a link, or from an earlier export."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.form import EVIL, GONE, JOB, chosen, looked_up, quiet, start
from tests.browser.picks import pick, unpacked
from tests.browser.stage import Stage


@pytest.fixture(autouse=True)
def _quiet(stage: Stage) -> None:
    quiet(stage)


# -- a link ----------------------------------------------------------------------------------------


def test_a_choice_is_shared_by_a_link(stage: Stage) -> None:
    stage.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    made = pick("10001-10005", {"übersicht \u05d0/b": 7}, ["c/"])
    page = stage.open(f"#/new?pick={made}")
    expect(chosen(page)).to_have_count(3)
    assert page.url.endswith("#/new")

    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("The link is copied.")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")

    assert link.startswith(f"{stage.url}/#/new?pick=")
    other = page.context.new_page()
    other.goto(link)
    expect(other.get_by_text("These files were chosen by whoever made the link.")).to_be_visible()
    expect(chosen(other)).to_have_text(["c/", "10001\N{EN DASH}10005", "übersicht \u05d0/b"])
    assert unpacked(link.partition("pick=")[2])[0] == "10001-10005"
    other.close()


def test_a_choice_that_is_too_long_for_a_link_says_so(stage: Stage) -> None:
    stage.page.add_init_script(
        f"const owner = {stage.user!r};"
        """sessionStorage["longhaul.draft"] = JSON.stringify({
          owner, text: "",
          packed: [null, "own", [["a/", ...Array.from({ length: 900 }, (_, i) =>
            [crypto.randomUUID(), i]).flat()]], [], []],
        })"""
    )
    page = stage.open("#/new")
    expect(page.locator(".summary")).to_have_text(re.compile("900 files"))

    page.get_by_role("button", name="Copy link").click()

    expect(page.get_by_text("This choice is too long for a link")).to_be_visible()
    expect(page.get_by_text("Choose whole folders instead of their files.")).to_be_visible()


@pytest.mark.parametrize(
    "made",
    ["", "x", "%", "A" * 9_000, pick("10001")[:-4], pick(files={"a": -1})],
    ids=["empty", "short", "percent", "long", "cut", "wrong"],
)
def test_a_broken_link_is_said_and_chooses_nothing(stage: Stage, made: str) -> None:
    page = stage.open(f"#/new?pick={made}")

    expect(page.locator(".note")).to_have_text(re.compile("This link "))
    expect(page.get_by_text("No files chosen yet")).to_be_visible()
    assert page.url.endswith("#/new")


def test_what_a_link_says_of_files_is_looked_up(stage: Stage) -> None:
    looked_up(stage.page, {"file": "in/a", "size": 3000}, {"file": "in/b", **GONE})

    page = stage.open(f"#/new?pick={pick(files={'in/a': 1000, 'in/b': 1000})}")

    expect(page.locator(".chosen li").last).to_contain_text("Not found.")
    expect(page.locator(".chosen li").first).to_have_text(re.compile("2 files, 3.0 kB"))
    expect(page.locator(".summary")).to_have_text("2 files, 3.0 kB")
    expect(page.get_by_text("1 of them cannot be exported: in/b")).to_be_visible()


def test_what_a_link_says_counts_until_it_is_looked_up(stage: Stage) -> None:
    page = stage.open(f"#/new?pick={pick(files={'in/a': 1000, 'in/b': 1000})}")

    expect(page.locator(".summary")).to_have_text("2 files, 2.0 kB")


def test_what_was_chosen_before_a_reload_is_looked_up(stage: Stage) -> None:
    stage.sources.put_at(stage.folder, "a.txt", b"1")
    page = stage.open_folder()
    stage.box("a.txt").check()
    expect(page.locator(".summary")).to_have_text("1 file, 1 byte")
    looked_up(page, {"file": f"{stage.folder}a.txt", **GONE})

    page.reload()

    expect(page.get_by_text("1 of them cannot be exported")).to_be_visible()


def test_what_a_link_says_is_shown_as_text_and_typed_as_ids(stage: Stage) -> None:
    page = stage.open(f"#/new?pick={pick(EVIL, {EVIL: 1}, [f'{EVIL}/'], source=EVIL)}")

    shown = EVIL.replace("\u202e", "\ufffd")
    expect(chosen(page)).to_have_text([f"{shown}/", shown])
    expect(page.get_by_text("is not a file id").first).to_be_visible()
    expect(page.get_by_text("There is no source")).to_be_visible()
    assert page.locator("main img").count() == 0


def test_a_link_takes_the_place_of_a_choice_only_if_the_person_says_so(stage: Stage) -> None:
    page = stage.open("#/new")
    page.get_by_label("File ids").fill("10001")

    page.goto(f"{stage.url}/#/new?pick={pick('10002')}")
    page.get_by_role("button", name="Keep mine").click()
    expect(chosen(page)).to_have_text(["10001"])
    page.goto(f"{stage.url}/#/new?pick={pick('10002')}")
    page.get_by_role("button", name="Replace").click()

    expect(chosen(page)).to_have_text(["10002"])


# -- an earlier export -----------------------------------------------------------------------------


def test_the_form_is_filled_with_what_an_export_was_asked_for(stage: Stage) -> None:
    asked = {
        "files": [
            {"id": 10_001, "name": "First.pdf"},
            {"key": "a/b", "version": "v1"},
            {"prefix": "c/", "name": "."},
        ],
        "names": "key",
        "filename": "March.zip",
        "onMissing": "fail",
        "onUnreadable": "skip",
    }
    stage.page.route(f"**/v1/export/{JOB}/request", lambda route: route.fulfill(json=asked))

    page = stage.open(f"#/new?from={JOB}")

    expect(page.get_by_text("This is what an earlier export was asked for.")).to_be_visible()
    expect(chosen(page)).to_have_text(["c/", "10001", "a/b"])
    assert page.url.endswith("#/new")
    assert start(page) == {**asked, "userId": stage.user}


def test_a_name_from_an_earlier_export_does_not_turn_the_field_around(stage: Stage) -> None:
    asked = {"fileIds": [10_001], "filename": "x\u202egpj.zip"}
    stage.page.route(f"**/v1/export/{JOB}/request", lambda route: route.fulfill(json=asked))

    page = stage.open(f"#/new?from={JOB}")

    expect(page.get_by_label("Name of the archive")).to_have_value("x\ufffdgpj.zip")


@pytest.mark.parametrize(
    ("status", "words"),
    [(410, "is not kept any more. Choose the files again."), (404, "There is no such export.")],
)
def test_an_export_that_cannot_be_edited_is_said(stage: Stage, status: int, words: str) -> None:
    stage.page.route(
        f"**/v1/export/{JOB}/request",
        lambda route: route.fulfill(status=status, json={"title": "Gone"}),
    )

    page = stage.open(f"#/new?from={JOB}")

    expect(page.locator(".note")).to_contain_text(words)
    expect(page.get_by_label("File ids")).to_have_value("")
    assert page.url.endswith("#/new")
