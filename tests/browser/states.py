"""Puts the page into each of its states, for axe and for screenshots."""

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Route, expect

from tests.browser.picks import pick
from tests.browser.records import Records
from tests.browser.stage import Stage

ARCHIVED = "in GLACIER; restore it first"
UNKNOWN_JOB = "7f0bb5b4-9c2c-4f3e-8d3b-2d9d6a1f0c11"


State = Callable[[Stage], None]
STATES: dict[str, State] = {}


def state(function: State) -> State:
    STATES[function.__name__.replace("_", "-")] = function
    return function


# -- the list -----------------------------------------------------------------------------------


def some_jobs(records: Records) -> None:
    """Makes a job of each status. The newest is made last."""
    records.expired("Q2 invoices.zip", minutes_ago=12 * 24 * 60)
    records.cancelled("wrong-folder.zip", minutes_ago=3 * 24 * 60)
    records.failed(
        "Contracts 2019-2024.zip",
        "source-missing",
        "3 of 212 files do not exist: 10017, 10018, 10340",
        minutes_ago=26 * 60,
        total_files=212,
        missing_count=3,
        missing=(10_017, 10_018, 10_340),
    )
    records.completed(
        "Site photos — Hamburg.zip", minutes_ago=240, total_files=1_204, files_done=1_202
    )
    records.completed("March.zip", minutes_ago=18)
    records.running("Lecture recordings.zip", 64, minutes_ago=2)
    records.put("October audit.zip", minutes_ago=0.2)


@state
def exports(stage: Stage) -> None:
    some_jobs(stage.records)
    page = stage.open()
    expect(page.get_by_role("listitem")).to_have_count(7)


@state
def exports_none(stage: Stage) -> None:
    page = stage.open()
    expect(page.get_by_text("No exports yet")).to_be_visible()


@state
def exports_none_of_a_status(stage: Stage) -> None:
    stage.records.completed("March.zip")
    page = stage.open()
    page.get_by_role("radio", name="Failed").check()
    expect(page.get_by_text("You have no failed exports.")).to_be_visible()


@state
def exports_loading(stage: Stage) -> None:
    stage.page.add_init_script("fetch = () => new Promise(() => {})")
    page = stage.open()
    expect(page.locator(".skeleton")).to_be_visible()


@state
def exports_unreachable(stage: Stage) -> None:
    stage.page.route("**/v1/export?*", lambda route: route.abort())
    page = stage.open()
    expect(page.get_by_role("alert")).to_contain_text("could not be reached")


# -- a job --------------------------------------------------------------------------------------


@state
def job_queued(stage: Stage) -> None:
    page = stage.open_job(stage.records.put("October audit.zip", minutes_ago=0.1))
    expect(page.get_by_text("Waiting for its turn.")).to_be_visible()


@state
def job_running(stage: Stage) -> None:
    page = stage.open_job(stage.records.running("Lecture recordings.zip", 64, minutes_ago=0.6))
    expect(page.get_by_text("64%", exact=True)).to_be_visible()


@state
def job_running_offline(stage: Stage) -> None:
    job_running(stage)
    stage.page.context.set_offline(True)
    expect(stage.page.get_by_text("You are offline.")).to_be_visible()


@state
def job_completed(stage: Stage) -> None:
    page = stage.open_job(stage.records.completed("March.zip", minutes_ago=1))
    expect(page.get_by_role("link", name="Download ZIP")).to_be_visible()


@state
def job_completed_with_missing_files(stage: Stage) -> None:
    missing = (*range(10_300, 10_317), "reports/2024/übersicht.pdf")
    page = stage.open_job(
        stage.records.completed(
            "Site photos — Hamburg.zip",
            total_files=1_204,
            files_done=1_186,
            missing_count=len(missing),
            missing=missing,
        )
    )
    expect(page.get_by_text("18 files not found")).to_be_visible()


SKIPPED: list[dict[str, Any]] = [
    {"file": 10_300, "reason": "missing", "detail": ""},
    {"file": "reports/2019/übersicht.pdf", "reason": "archived", "detail": ARCHIVED},
    {
        "file": "reports/2024/payroll/March, the second and last revision.xlsx",
        "reason": "encrypted",
        "detail": "encrypted with a key of the customer's (SSE-C), which only its owner has",
    },
    {"file": "scans/7f0bb5b4.tif", "reason": "key-unusable", "detail": "its KMS key is disabled"},
    {"file": 10_301, "reason": "new-reason", "detail": ""},
]


def skipping(stage: Stage, skipped: list[dict[str, Any]], filename: str = "March.zip") -> Page:
    """Opens a completed job whose answer says that these files were skipped."""
    missing = [one["file"] for one in skipped if one["reason"] == "missing"]

    def answer(route: Route) -> None:
        told = route.fetch().json()
        told["result"] |= {"missing": missing, "skipped": skipped}
        route.fulfill(json=told)

    job_id = stage.records.completed(filename, total_files=40 + len(skipped))
    stage.page.route(f"**/v1/export/{job_id}", answer)
    return stage.open_job(job_id)


@state
def job_completed_with_files_left_out(stage: Stage) -> None:
    page = skipping(stage, SKIPPED, "Site photos — Hamburg.zip")
    expect(page.get_by_text("5 files left out")).to_be_visible()


@state
def job_completed_with_an_earlier_archive(stage: Stage) -> None:
    page = stage.open_job(
        stage.records.completed("March.zip", minutes_ago=0.02, reused_from=UNKNOWN_JOB)
    )
    expect(page.get_by_text("It was there already, from an earlier export.")).to_be_visible()


@state
def job_cancelled(stage: Stage) -> None:
    page = stage.open_job(stage.records.cancelled("wrong-folder.zip"))
    expect(page.get_by_text("The export was cancelled")).to_be_visible()


@state
def job_expired(stage: Stage) -> None:
    page = stage.open_job(stage.records.expired("Q2 invoices.zip", minutes_ago=12 * 24 * 60))
    expect(page.get_by_text("The archive has expired")).to_be_visible()


@state
def job_unknown(stage: Stage) -> None:
    page = stage.open_job(UNKNOWN_JOB)
    expect(page.get_by_role("heading", name="There is no such export")).to_be_visible()


@state
def job_being_cancelled(stage: Stage) -> None:
    job_running(stage)
    stage.page.get_by_role("button", name="Cancel").click()
    expect(stage.page.get_by_role("dialog")).to_be_visible()


# -- a new export -------------------------------------------------------------------------------


@state
def new_by_id(stage: Stage) -> None:
    page = stage.open("#/new")
    page.get_by_label("File ids").fill("10001, 10002\n10010-10050\n10002\n")
    page.get_by_label("Name of the archive").fill("March.zip")
    expect(page.get_by_text("1 id is there twice.")).to_be_visible()


@state
def new_with_wrong_ids(stage: Stage) -> None:
    page = stage.open("#/new")
    page.get_by_label("File ids").fill("10001\ninvoice-7\n9999\n10050-10040\n1e6\n")
    expect(page.get_by_text("runs backwards")).to_be_visible()


@state
def new_refused(stage: Stage) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(
            status=503,
            content_type="application/problem+json",
            json={"title": "A service is not available", "detail": "could not write the job"},
        )

    new_by_id(stage)
    stage.page.route("**/v1/export", refuse)
    stage.page.get_by_role("button", name="Start export").click()
    expect(stage.page.get_by_role("alert")).to_contain_text("Could not write the job.")


@state
def new_while_too_many_are_open(stage: Stage) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(
            status=429,
            content_type="application/problem+json",
            json={
                "type": "urn:problem-type:longhaul:too-many-jobs",
                "title": "Too many exports are open",
                "detail": "the list of your exports shows them",
            },
        )

    new_by_id(stage)
    stage.page.route("**/v1/export", refuse)
    stage.page.get_by_role("button", name="Start export").click()
    expect(stage.page.get_by_role("alert")).to_contain_text("Wait until one has ended")


@state
def new_by_folder(stage: Stage) -> None:
    for name in (
        *("2023/a.pdf", "2024/a.pdf", "Offers and letters/a.pdf"),
        *("Plan of the building, all floors, revised.pdf", "übersicht.xlsx"),
    ):
        stage.sources.put_at(stage.folder, name, b"x" * 54_321)
    page = stage.open_folder()
    stage.box("übersicht.xlsx").check()
    stage.box("Plan of the building").check()
    stage.box("Whole folder 2023").check()
    expect(page.locator(".summary")).to_have_text("3 files, 163 kB")


def weighed(stage: Stage, *, exceeded: Sequence[dict[str, Any]] = ()) -> None:
    """Has the page be told what is in folders and in files by id, and how long it takes."""

    def check(route: Route) -> None:
        asked = (route.request.post_data_json or {}).get("fileIds", [])
        there = {"available": True, "size": 48_000_000, "reason": None, "detail": None}
        gone = {"available": False, "size": None, "name": None, "reason": "missing", "detail": ""}
        files = [
            {"file": one, **(gone if one % 5 == 0 else {**there, "name": f"{one}.pdf"})}
            for one in asked
        ]
        route.fulfill(json={"files": files})

    def answer(path: str, told: dict[str, Any]) -> None:
        stage.page.route(path, lambda route: route.fulfill(json=told))

    answer(
        "**/v1/files/totals?*",
        {"files": 1_204, "bytes": 3_400_000_000, "unreadableFiles": 2, "cursor": None},
    )
    answer("**/v1/estimate?*", {"seconds": 190, "limits": {}, "exceeded": [*exceeded]})
    stage.page.route("**/v1/download/check", check)


CHOICE = pick(
    "10001, 10010-10050",
    {
        "reports/2024/Plan of the building, all floors, revised.pdf": 54_321,
        "reports/2024/übersicht.xlsx": 12_000,
    },
    ["photos/2024/", "photos/2025/Summer, with all of the pictures that were never sorted/"],
)


@state
def new_with_a_choice(stage: Stage) -> None:
    weighed(stage)
    page = stage.open(f"#/new?pick={CHOICE}")
    expect(page.get_by_text("It takes about 3 min.")).to_be_visible()
    expect(page.locator(".over")).to_contain_text("9 of them cannot be exported")


@state
def new_with_too_much(stage: Stage) -> None:
    weighed(stage, exceeded=[{"limit": "filesPerJob", "most": 1_000, "detail": ""}])
    page = stage.open(f"#/new?pick={CHOICE}")
    expect(page.get_by_text("An export may have at most 1,000 files here.")).to_be_visible()


@state
def new_with_nothing_chosen(stage: Stage) -> None:
    page = stage.open("#/new")
    page.get_by_role("button", name="Start export").click()
    expect(page.get_by_text("Choose files first.").first).to_be_visible()


@state
def new_by_folder_with_nothing_chosen(stage: Stage) -> None:
    stage.sources.put_at(stage.folder, "a.txt", b"1")
    page = stage.open_folder()
    page.get_by_role("button", name="Start export").click()
    expect(page.get_by_text("Tick files or folders here, or type ids.")).to_be_visible()


@state
def new_with_a_name_that_is_refused(stage: Stage) -> None:
    new_by_id(stage)
    refusal = {
        "type": "urn:problem-type:longhaul:invalid-request",
        "title": "The request is not valid",
        "errors": [{"pointer": "/filename", "detail": "has more than 255 bytes in UTF-8"}],
    }
    stage.page.route(
        "**/v1/export",
        lambda route: route.fulfill(
            status=400, content_type="application/problem+json", json=refusal
        ),
    )
    stage.page.get_by_role("button", name="Start export").click()
    expect(stage.page.get_by_text("Has more than 255 bytes")).to_be_visible()


@state
def new_by_a_link_that_is_cut(stage: Stage) -> None:
    page = stage.open(f"#/new?pick={CHOICE[:-9]}")
    expect(page.get_by_text("This link has no choice of files")).to_be_visible()


@state
def new_as_an_earlier_export(stage: Stage) -> None:
    weighed(stage)
    asked = {"fileIds": [10_001, 10_002], "filename": "March.zip", "onMissing": "fail"}
    stage.page.route(f"**/v1/export/{UNKNOWN_JOB}/request", lambda route: route.fulfill(json=asked))
    page = stage.open(f"#/new?from={UNKNOWN_JOB}")
    expect(page.get_by_text("This is what an earlier export was asked for.")).to_be_visible()
    expect(page.get_by_text("10002: 10002.pdf")).to_be_visible()


@state
def new_with_another_choice_to_replace(stage: Stage) -> None:
    new_by_id(stage)
    stage.page.goto(f"{stage.url}/#/new?pick={CHOICE}")
    expect(stage.page.get_by_role("dialog")).to_be_visible()


def with_sources(stage: Stage, names: list[str], unreadable: dict[str, Any]) -> None:
    """Has the list of files name these sources. `unreadable` says by name what cannot be read."""

    def answer(route: Route) -> None:
        asked = parse_qs(urlsplit(route.request.url).query).get("source", names[:1])
        # The stack behind it may have one source, and may not know the parameter.
        told = route.fetch(url=re.sub("&?source=[^&]*", "", route.request.url)).json()
        told |= {"source": asked[0], "sources": names}
        for file in told["files"]:
            file["unreadable"] = unreadable.get(file["name"])
        route.fulfill(json=told)

    stage.page.route("**/v1/files?*", answer)
    stage.page.route("**/v1/files", answer)


@state
def new_by_folder_with_files_that_cannot_be_read(stage: Stage) -> None:
    frozen = {"reason": "archived", "detail": ARCHIVED}
    with_sources(
        stage, ["documents", "scans"], {"Plan of the building, all floors, revised.pdf": frozen}
    )
    for name in ("2023/a.pdf", "Plan of the building, all floors, revised.pdf", "übersicht.xlsx"):
        stage.sources.put_at(stage.folder, name, b"x" * 54_321)
    page = stage.open_folder()
    expect(stage.box("Plan of the building")).to_be_disabled()
    expect(page.get_by_role("combobox", name="Source")).to_have_value("documents")
    stage.box("übersicht.xlsx").check()


@state
def new_by_id_in_one_of_several_sources(stage: Stage) -> None:
    with_sources(stage, ["documents", "a source with a rather long name, of the archive"], {})
    page = stage.open("#/new")
    page.get_by_role("combobox", name="Source").select_option(
        "a source with a rather long name, of the archive"
    )
    page.get_by_label("File ids").fill("10001, 10002")


@state
def new_in_an_empty_folder(stage: Stage) -> None:
    new_by_folder(stage)
    stage.page.get_by_label("Search this folder").fill("nothing")
    expect(stage.page.get_by_text("No name in this folder has that in it.")).to_be_visible()


# -- on every page ------------------------------------------------------------------------------


@state
def person(stage: Stage) -> None:
    page = stage.open()
    page.get_by_role("button", name=re.compile("User")).click()
    expect(page.get_by_label("User id")).to_be_focused()
