"""The states of the page in which something is to be mended, searched or renamed, beside all
others."""

import re

from playwright.sync_api import Page, Route, expect

from chalicelib.archive.manifest import Skipped
from tests.browser.signed_states import STATES
from tests.browser.stage import Stage
from tests.browser.states import ARCHIVED, some_jobs, state

__all__ = ["STATES"]

MISSING = (10_017, 10_018, "contracts/2019/annex.pdf")
UNREADABLE = (
    Skipped("contracts/2019/a.pdf", "archived", ARCHIVED),
    Skipped("contracts/2020/b.pdf", "denied", "S3 denies it"),
)
MANY = 130

# -- a failed job ---------------------------------------------------------------------------------


def missing(stage: Stage, **facts: object) -> str:
    """Makes a job that has failed because of three missing files. Returns its id."""
    return stage.records.failed(
        "Contracts 2019-2024.zip",
        "source-missing",
        "3 of 212 files do not exist: 10017, 10018, contracts/2019/annex.pdf",
        **{"total_files": 212, "missing_count": len(MISSING), "missing": MISSING, **facts},
    )


@state
def job_failed(stage: Stage) -> None:
    page = stage.open_job(missing(stage))
    expect(page.get_by_role("button", name="Export without the 3 missing files")).to_be_visible()


@state
def job_failed_as_files_cannot_be_read(stage: Stage) -> None:
    job_id = stage.records.failed(
        "Contracts 2019-2024.zip",
        "source-unreadable",
        "2 of 212 files cannot be read",
        total_files=212,
        missing_count=0,
        unreadable_count=len(UNREADABLE),
        unreadable=UNREADABLE,
    )
    page = stage.open_job(job_id)
    expect(page.get_by_role("button", name="Export without the 2 that")).to_be_visible()


@state
def job_failed_in_two_ways(stage: Stage) -> None:
    page = stage.open_job(missing(stage, unreadable_count=len(UNREADABLE), unreadable=UNREADABLE))
    expect(page.get_by_role("button", name="Export without these 5 files")).to_be_visible()


def given_up(stage: Stage) -> str:
    return stage.records.failed(
        "Contracts 2019-2024.zip", "given-up", "10 tries failed; the last one: S3 answered SlowDown"
    )


@state
def job_failed_after_many_tries(stage: Stage) -> None:
    page = stage.open_job(given_up(stage))
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


@state
def job_that_cannot_be_retried(stage: Stage) -> None:
    page = stage.open_job(given_up(stage))  # Its request is not stored.
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose the files again")


# -- another name ---------------------------------------------------------------------------------


@state
def job_being_renamed(stage: Stage) -> None:
    page = stage.open_job(stage.records.completed("March.zip", minutes_ago=1))
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_label("Name of the archive")).to_be_focused()


@state
def job_whose_name_is_refused(stage: Stage) -> None:
    job_being_renamed(stage)
    stage.page.route("**/v1/export/*", _refuse)
    stage.page.get_by_label("Name of the archive").fill("a" * 180)
    stage.page.get_by_role("button", name="Save").click()
    expect(stage.page.get_by_role("alert")).to_contain_text("That name is in use")


def _refuse(route: Route) -> None:
    route.fulfill(
        status=409,
        content_type="application/problem+json",
        json={"type": "about:new", "title": "Not now", "detail": "that name is in use"},
    )


# -- the list -------------------------------------------------------------------------------------


def open_menu(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"More for {name}").click()
    expect(page.get_by_role("menu", name=name)).to_be_visible()


@state
def exports_with_a_menu(stage: Stage) -> None:
    some_jobs(stage.records)
    open_menu(stage.open(), "Contracts 2019-2024.zip")


@state
def exports_with_the_menu_of_the_last(stage: Stage) -> None:
    some_jobs(stage.records)
    open_menu(stage.open(), "Q2 invoices.zip")


@state
def exports_of_which_one_is_being_renamed(stage: Stage) -> None:
    exports_with_a_menu(stage)
    stage.page.get_by_role("menuitem", name="Rename").click()
    expect(stage.page.get_by_label("Name of the archive")).to_be_focused()


@state
def exports_of_which_one_is_being_deleted(stage: Stage) -> None:
    exports_with_a_menu(stage)
    stage.page.get_by_role("menuitem", name="Delete").click()
    expect(stage.page.get_by_role("dialog")).to_be_visible()


@state
def exports_searched(stage: Stage) -> None:
    some_jobs(stage.records)
    page = stage.open()
    page.get_by_label("Search by name").fill("in")
    expect(page.get_by_role("listitem")).to_have_count(2)


@state
def exports_without_a_match(stage: Stage) -> None:
    some_jobs(stage.records)
    page = stage.open()
    page.get_by_label("Search by name").fill("A name of which there is none")
    expect(page.get_by_role("heading", name="No match")).to_be_visible()


def many_jobs(stage: Stage, number: int = MANY) -> None:
    for minutes in range(number):
        stage.records.completed(f"{minutes}.zip", minutes_ago=minutes)


@state
def exports_many(stage: Stage) -> None:
    many_jobs(stage)
    page = stage.open()
    page.get_by_role("button", name="Show 50 more").scroll_into_view_if_needed()
    expect(page.get_by_role("radio", name=re.compile(f"All {MANY}"))).to_be_visible()


@state
def exports_with_names_in_any_script(stage: Stage) -> None:
    for name in (
        "تقرير المبيعات السنوي للفروع كلها وملاحق العقود والفواتير للعام الماضي 2024.zip",
        "x\u202egpj.exe.zip",
        "A name of many words that goes on and on until nobody reads it any more, and then on.zip",
    ):
        stage.records.completed(name)
    page = stage.open()
    expect(page.get_by_role("listitem")).to_have_count(3)
