"""The form for a new export: what is chosen is shown, kept, shared and sent."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.browser.keyboard import focused, tab_to
from tests.browser.picks import pick, unpacked
from tests.browser.stage import Stage

EVIL = "<img src=x onerror=alert(1)>\u202egpj.zip"
JOB = "7f0bb5b4-9c2c-4f3e-8d3b-2d9d6a1f0c11"


@pytest.fixture(autouse=True)
def _quiet(stage: Stage) -> None:
    """What the form looks up besides, where a test does not say what comes of it."""
    for path in ("**/v1/files/totals?*", "**/v1/estimate?*", "**/v1/download/check"):
        stage.page.route(path, lambda route: route.fulfill(status=404, json={"title": "No"}))


def refused(**more: Any) -> Callable[[Route], None]:
    problem = {"type": "urn:problem-type:longhaul:invalid-request", "title": "No", "detail": ""}
    return lambda route: route.fulfill(
        status=400, content_type="application/problem+json", json={**problem, **more}
    )


def start(page: Page) -> Any:
    """Starts the export, and returns the request. The answer refuses it."""
    page.route("**/v1/export", refused())
    with page.expect_request("**/v1/export") as asked:
        page.get_by_role("button", name="Start export").click()
    expect(page.get_by_role("alert")).to_be_visible()
    return asked.value.post_data_json


def chosen(page: Page) -> Locator:
    return page.locator(".chosen li > .name")


def totals(page: Page, *answers: dict[str, Any]) -> list[Request]:
    """Has the totals of a folder come in these answers. Returns the requests."""
    asked: list[Request] = []

    def answer(route: Route) -> None:
        whole = {"files": 0, "bytes": 0, "unreadableFiles": 0, "cursor": None}
        asked.append(route.request)
        route.fulfill(json={**whole, **answers[min(len(asked), len(answers)) - 1]})

    page.route("**/v1/files/totals?*", answer)
    return asked


def holding(page: Page, url: str) -> list[Route]:
    """Answers no request for this URL. Returns them as they come."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(url, hold)
    return held


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


# -- a link ----------------------------------------------------------------------------------------


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


def looked_up(page: Page, *found: dict[str, Any]) -> None:
    """Has a look at files find these."""
    whole = {
        "available": True,
        "s3Key": "k",
        "size": 1,
        "name": None,
        "reason": None,
        "detail": None,
    }
    page.route(
        "**/v1/download/check",
        lambda route: route.fulfill(json={"files": [whole | one for one in found]}),
    )


GONE = {"available": False, "size": None, "reason": "missing", "detail": "does not exist"}


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


# -- before the start ------------------------------------------------------------------------------


def test_folders_are_counted_while_one_looks(stage: Stage) -> None:
    page = stage.page
    asked = totals(
        page,
        {"files": 5_000, "bytes": 10**9, "cursor": "next"},
        {"files": 200, "bytes": 10**9, "unreadableFiles": 3},
    )
    held = holding(page, "**/v1/files/totals?*cursor=next*")
    estimates: list[str] = []

    def estimate(route: Route) -> None:
        estimates.append(route.request.url)
        seconds = 190 if "files=5201" in route.request.url else 130
        route.fulfill(json={"seconds": seconds, "limits": {}, "exceeded": []})

    page.route("**/v1/estimate?*", estimate)

    stage.open(f"#/new?pick={pick(files={'z': 10}, folders=['a/'])}")

    expect(page.locator(".summary")).to_have_text("At least 5,001 files, 1.0 GB so far")
    expect(page.get_by_text("It takes at least 2 min.")).to_be_visible()
    page.unroute("**/v1/files/totals?*cursor=next*")
    held[0].fallback()
    expect(page.locator(".summary")).to_have_text("5,201 files, 2.0 GB")
    expect(page.get_by_text("3 files in it cannot be read.")).to_be_visible()
    expect(page.get_by_text("It takes about 3 min.")).to_be_visible()
    assert [("cursor" in one.url) for one in asked] == [False, True]
    assert "files=5201&bytes=2000000010&entries=2" in estimates[-1]


def test_a_folder_that_is_taken_out_is_not_counted_on(stage: Stage) -> None:
    page = stage.page
    held = holding(page, "**/v1/files/totals?*")
    stage.open(f"#/new?pick={pick('10001', folders=['a/'])}")
    expect(page.get_by_text("Counting…")).to_be_visible()

    with page.expect_event("requestfailed", lambda request: "totals" in request.url):
        page.get_by_role("button", name="Take out a/").click()

    expect(page.locator(".summary")).to_have_text("1 file")
    assert len(held) == 1


@pytest.mark.parametrize(
    ("limit", "most", "words", "starts"),
    [
        ("filesPerJob", 4, "An export may have at most 4 files here.", False),
        ("filesPerJob", 5, "An export may have at most 5 files here.", True),
        ("bytesPerJob", 1_000, "An export may have at most 1.0 kB here.", True),
        ("bytesLeftToday", 0, "You may export 0 bytes more today.", False),
        ("new-limit", 1, "Said by the API.", True),
    ],
)
def test_what_is_too_much_is_said_before_the_start(
    stage: Stage, limit: str, most: int, words: str, *, starts: bool
) -> None:
    page = stage.page
    over = {"limit": limit, "most": most, "detail": "said by the API"}
    page.route(
        "**/v1/estimate?*",
        lambda route: route.fulfill(json={"seconds": 1, "limits": {}, "exceeded": [over]}),
    )
    stage.open("#/new")
    page.get_by_label("File ids").fill("10001-10005")
    expect(page.locator(".over")).to_have_text(words)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.route("**/v1/export", refused())

    page.get_by_role("button", name="Start export").click()

    if starts:
        expect(page.get_by_role("alert")).to_be_visible()
    else:
        expect(page.locator("#reason")).to_have_text("This is too much for one export.")
        assert [url for url in sent if url.endswith("/export")] == []


def test_ids_that_are_not_there_are_said_in_the_sum(stage: Stage) -> None:
    looked_up(
        stage.page,
        {"file": 10_001, "size": 2000},
        *({"file": 20_000 + i, **GONE} for i in range(7)),
    )

    page = stage.open(f"#/new?pick={pick('10001 20000-20006')}")

    expect(page.locator(".summary")).to_have_text("8 files, 2.0 kB")
    said = "7 of them cannot be exported: 20000, 20001, 20002, 20003, 20004, …"
    expect(page.locator(".over")).to_have_text(said)


def test_the_names_of_ids_are_shown_and_which_are_not_there(stage: Stage) -> None:
    def check(route: Route) -> None:
        asked = json.loads(route.request.post_data or "")["fileIds"]
        gone = {"available": False, "size": None, "name": None, "reason": "missing", "detail": ""}
        there = {"available": True, "size": 500, "reason": None, "detail": None}
        route.fulfill(
            json={
                "files": [
                    {"file": i, **(gone if i % 3 == 0 else {**there, "name": f"{EVIL}{i}"})}
                    for i in asked
                ]
            }
        )

    page = stage.page
    page.route("**/v1/download/check", check)
    stage.open("#/new")
    page.get_by_label("File ids").fill("10001 10004 10002 10010-10020")

    shown = EVIL.replace("\u202e", "\ufffd")
    expect(chosen(page).first).to_have_text(f"10001: {shown}10001")
    expect(page.locator(".chosen .why")).to_have_text(
        ["Not found.", "4 of them cannot be exported: 10011, 10014, 10017, 10020"]
    )
    expect(page.locator(".summary")).to_have_text("14 files, 4.5 kB")


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
