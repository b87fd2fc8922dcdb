"""The list of a user's jobs, and names that contain HTML."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.mending_states import many_jobs
from tests.browser.records import DAY
from tests.browser.stage import Stage
from tests.browser.states import some_jobs

EVIL = "<img src=x onerror=alert(1)>\u202egpj.zip"
SHOWN = EVIL.replace("\u202e", "\ufffd")


def test_the_list_shows_the_newest_job_first_with_its_facts(stage: Stage) -> None:
    some_jobs(stage.records)

    page = stage.open()

    expect(page.get_by_role("listitem")).to_have_text(
        [
            re.compile("October audit.*40 files.*Queued"),
            re.compile("Lecture recordings.*64%.*left"),
            re.compile("March.*40 files · 200 MB · 18 minutes ago.*Download"),
            re.compile("Site photos.*2 left out.*Download"),
            re.compile("Contracts.*Files are missing.*Failed"),
            re.compile("wrong-folder.*Cancelled"),
            re.compile("Q2 invoices.*Expired"),
        ]
    )


@pytest.mark.parametrize(
    ("status", "names"),
    [
        ("Running", ["October audit.zip", "Lecture recordings.zip"]),
        ("Ready", ["March.zip", "Site photos — Hamburg.zip"]),
        ("Failed", ["Contracts 2019-2024.zip"]),
        ("Cancelled", ["wrong-folder.zip"]),
        ("Expired", ["Q2 invoices.zip"]),
    ],
)
def test_the_list_can_be_filtered_by_status(stage: Stage, status: str, names: list[str]) -> None:
    some_jobs(stage.records)
    page = stage.open()

    page.get_by_role("radio", name=status).check()

    expect(page.locator("li bdi")).to_have_text(names)


def test_the_filters_say_how_many_there_are(stage: Stage) -> None:
    some_jobs(stage.records)
    page = stage.open()

    expect(page.locator(".chips span")).to_have_text(
        ["All 7", "Running 2", "Ready 2", "Failed 1", "Cancelled 1", "Expired 1"]
    )
    page.get_by_label("Search by name").fill("in")
    expect(page.locator(".chips span")).to_have_text(
        ["All 2", "Running 1", "Ready 0", "Failed 0", "Cancelled 0", "Expired 1"]
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("march", ["March.zip"]),
        ("  ZIP lecture ", ["Lecture recordings.zip"]),
        ("2019-", ["Contracts 2019-2024.zip"]),
        (" ", None),
        ("(", []),
        ("marchx", []),
    ],
)
def test_the_list_is_searched_by_name(stage: Stage, text: str, names: list[str] | None) -> None:
    some_jobs(stage.records)
    page = stage.open()
    expect(page.get_by_role("listitem")).to_have_count(7)

    page.get_by_label("Search by name").fill(text)

    if names is None:
        expect(page.get_by_role("listitem")).to_have_count(7)
    else:
        expect(page.locator("li bdi")).to_have_text(names)


def test_a_search_finds_letters_however_they_are_composed(stage: Stage) -> None:
    stage.records.completed("U\N{COMBINING DIAERESIS}bersicht.zip")
    stage.records.completed("March.zip")
    page = stage.open()

    page.get_by_label("Search by name").fill("\N{LATIN SMALL LETTER U WITH DIAERESIS}bers")

    expect(page.get_by_role("listitem")).to_have_count(1)


def test_what_a_search_finds_is_read_out(stage: Stage) -> None:
    some_jobs(stage.records)
    page = stage.open()

    page.get_by_label("Search by name").fill("in")

    expect(page.locator("[aria-live=polite]")).to_have_text("2 exports")


def test_without_a_match_all_can_be_shown_again(stage: Stage) -> None:
    some_jobs(stage.records)
    page = stage.open()
    page.get_by_label("Search by name").fill("March")
    page.get_by_role("radio", name="Failed").check()
    expect(page.get_by_text("None of these exports has “March” in its name.")).to_be_visible()

    page.get_by_role("button", name="Show all exports").click()

    expect(page.get_by_role("listitem")).to_have_count(7)
    expect(page.get_by_label("Search by name")).to_be_focused()


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("Newest first", ["2.zip", "Ä.zip", "10.zip", "b.zip"]),
        ("By name", ["2.zip", "10.zip", "Ä.zip", "b.zip"]),
        ("Largest first", ["10.zip", "b.zip", "2.zip", "Ä.zip"]),
    ],
)
def test_the_list_is_sorted(stage: Stage, order: str, names: list[str]) -> None:
    for name, size in (("b.zip", 30), ("10.zip", 40), ("Ä.zip", 10), ("2.zip", 20)):
        stage.records.completed(name, bytes_total=size, bytes_done=size)
    page = stage.open()

    page.get_by_label("Sort").select_option(order)

    expect(page.locator("li bdi")).to_have_text(names)


def test_all_jobs_are_loaded_and_a_part_of_them_is_shown(stage: Stage) -> None:
    many_jobs(stage, 130)
    page = stage.open()
    expect(page.get_by_role("radio", name="All 130")).to_be_visible()
    expect(page.get_by_role("listitem")).to_have_count(50)

    page.get_by_role("button", name="Show 50 more").click()
    expect(page.get_by_role("link", name="50.zip", exact=True)).to_be_focused()
    page.get_by_role("button", name="Show 30 more").click()

    expect(page.get_by_role("listitem")).to_have_count(130)
    expect(page.get_by_role("button", name="Show")).to_be_hidden()
    page.get_by_label("Search by name").fill("129")
    expect(page.locator("li bdi")).to_have_text(["129.zip"])


def test_what_was_chosen_is_kept_for_who_comes_back_from_a_job(stage: Stage) -> None:
    some_jobs(stage.records)
    page = stage.open()
    page.get_by_label("Search by name").fill("zip")
    page.get_by_label("Sort").select_option("By name")
    page.get_by_role("radio", name="Ready").check()
    names = ["March.zip", "Site photos — Hamburg.zip"]
    expect(page.locator("li bdi")).to_have_text(names)

    page.get_by_role("link", name="March.zip", exact=True).click()
    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    page.go_back()

    expect(page.locator("li bdi")).to_have_text(names)
    expect(page.get_by_label("Search by name")).to_have_value("zip")
    expect(page.get_by_label("Sort")).to_have_value("name")
    expect(page.get_by_role("radio", name="Ready")).to_be_checked()


def test_another_user_has_another_list(stage: Stage) -> None:
    stage.records.completed("mine.zip")
    page = stage.open()
    expect(page.locator("li bdi")).to_have_text("mine.zip")

    page.get_by_role("button", name=re.compile("User")).click()
    page.get_by_label("User id").fill(f"{stage.user}-other")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("No exports yet")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name=f"User: {stage.user}-other")).to_be_visible()


def test_a_row_leads_to_its_job_and_back_leads_to_the_list(stage: Stage) -> None:
    stage.records.completed("March.zip", minutes_ago=2 * DAY / 60)
    page = stage.open()

    page.get_by_role("link", name="March.zip", exact=True).click()

    expect(page.get_by_role("heading", name="March.zip")).to_be_focused()
    page.go_back()
    expect(page.get_by_role("heading", name="Your exports")).to_be_focused()


def test_names_and_reasons_are_always_shown_as_text(stage: Stage) -> None:
    job_id = stage.records.failed(EVIL, EVIL, EVIL)
    page = stage.open()
    expect(page.locator("li bdi")).to_have_text(SHOWN)

    stage.open_job(job_id)

    expect(page.get_by_role("heading", level=1)).to_have_text(SHOWN)
    assert page.locator("main img").count() == 0


def test_missing_files_are_shown_as_text_and_can_be_copied(stage: Stage) -> None:
    stage.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    missing = (10_001, EVIL)
    page = stage.open_job(
        stage.records.completed(
            "March.zip", total_files=42, missing_count=len(missing), missing=missing
        )
    )

    page.get_by_role("button", name="Copy list").click()

    expect(page.get_by_text("List copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"10001\n{EVIL}"


def test_many_missing_files_scroll_down_and_never_sideways(stage: Stage) -> None:
    missing = tuple(range(10_000, 10_250))
    stage.page.set_viewport_size({"width": 390, "height": 844})
    page = stage.open_job(
        stage.records.completed(
            "March.zip", total_files=290, missing_count=len(missing), missing=missing
        )
    )

    expect(page.get_by_text("And 50 more: copy the list to see them.")).to_be_visible()

    assert page.locator(".codes").evaluate(
        "({ scrollWidth, clientWidth, scrollHeight, clientHeight }) =>"
        " [scrollWidth > clientWidth, scrollHeight > clientHeight]"
    ) == [False, True]
