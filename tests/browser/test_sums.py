"""What the form says before the start: how much it is, and what cannot be exported."""

import json

import pytest
from playwright.sync_api import Route, expect

from tests.browser.form import (
    EVIL,
    GONE,
    chosen,
    holding,
    looked_up,
    quiet,
    refused,
    totals,
)
from tests.browser.picks import pick
from tests.browser.stage import Stage


@pytest.fixture(autouse=True)
def _quiet(stage: Stage) -> None:
    quiet(stage)


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
