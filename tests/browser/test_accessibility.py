"""Accessibility: axe finds nothing, nothing is cut off on a small phone, a keyboard is enough."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.keyboard import focused, outline_is_seen, tab_to
from tests.browser.screenshots import SCHEMES
from tests.browser.stage import Stage
from tests.browser.telling_states import STATES
from tests.e2e.sources import Sources

SIZES: dict[str, ViewportSize] = {
    "wide": {"width": 1280, "height": 800},
    # At this width, WCAG 2.2 allows no scrolling sideways.
    "phone": {"width": 320, "height": 640},
}

_RULES = {
    "resultTypes": ["violations"],
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
}


def violations(page: Page) -> list[str]:
    """Returns the violations that axe finds, a line for each element. axe must be loaded."""
    found = page.evaluate("rules => axe.run(rules)", _RULES)["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing_and_nothing_is_cut_off(stage: Stage, name: str) -> None:
    STATES[name](stage)
    stage.page.evaluate(AXE_SCRIPT)

    found = {}
    for size, viewport in SIZES.items():
        stage.page.set_viewport_size(viewport)
        for scheme in SCHEMES:
            stage.page.emulate_media(color_scheme=scheme)
            found[size, scheme] = violations(stage.page)

    assert found == {key: [] for key in found}
    assert stage.page.evaluate("document.documentElement.scrollWidth") == SIZES["phone"]["width"]


def test_a_keyboard_is_enough_for_an_export(stage: Stage, sources: Sources) -> None:
    file = sources.put(b"by keyboard")
    page = stage.open()
    expect(page.get_by_text("No exports yet")).to_be_visible()

    tab_to(page, "Skip to content")
    page.keyboard.press("Enter")
    tab_to(page, "New export")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="New export")).to_be_focused()
    tab_to(page, "File ids")
    page.keyboard.type(str(file.file_id))
    tab_to(page, "Start export")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    tab_to(page, "Download ZIP")
    with page.expect_download() as download:
        page.keyboard.press("Enter")

    assert download.value.path().stat().st_size > len(file.content)


def test_a_keyboard_is_enough_to_choose_files_in_folders(stage: Stage, sources: Sources) -> None:
    sources.put_at(stage.folder, "in/a.txt", b"1")
    page = stage.open("#/new")
    row = page.locator(".scroll [role=row]:focus .name")

    tab_to(page, "By id")
    page.keyboard.press("ArrowRight")
    tab_to(page, "Search this folder")
    page.keyboard.type(stage.user)
    expect(page.locator(".scroll .name")).to_have_text([stage.user])
    page.keyboard.press("ArrowDown")
    for name, inside in ((stage.user, "in"), ("in", "a.txt")):
        expect(row).to_have_text(name)
        page.keyboard.press("Enter")
        expect(row).to_have_text(inside)
    page.keyboard.press("Space")

    expect(page.get_by_text("1 file, 1 byte")).to_be_visible()


def test_a_dialog_returns_the_focus_to_where_it_was(stage: Stage) -> None:
    page = stage.open_job(stage.records.running("Recordings.zip"))
    expect(page.get_by_role("progressbar")).to_be_visible()
    tab_to(page, "Cancel")

    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Keep going")).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()


def test_the_focus_is_not_lost_when_the_job_ends(stage: Stage) -> None:
    job_id = stage.records.running("Recordings.zip")
    page = stage.open_job(job_id)
    expect(page.get_by_role("progressbar")).to_be_visible()
    tab_to(page, "Copy link")

    stage.records.finish(job_id)

    expect(page.get_by_role("heading", name="Recordings.zip")).to_be_focused()


@pytest.mark.parametrize("name", ["exports", "job-running", "new-by-id", "new-by-folder"])
def test_the_focus_is_always_visible(stage: Stage, name: str) -> None:
    STATES[name](stage)

    for _ in range(25):
        stage.page.keyboard.press("Tab")
        assert outline_is_seen(stage.page), focused(stage.page)


def test_the_end_of_a_job_is_read_out(stage: Stage) -> None:
    job_id = stage.records.running("Recordings.zip")
    page = stage.open_job(job_id)
    expect(page.get_by_role("progressbar")).to_be_visible()

    stage.records.finish(job_id)

    expect(page.locator("[aria-live=polite]")).to_have_text("Ready to download")


def test_progress_is_read_out_only_from_time_to_time(stage: Stage) -> None:
    job_id = stage.records.running("Recordings.zip", 10)
    page = stage.page
    page.clock.install()
    stage.open_job(job_id)
    expect(page.get_by_text("10%", exact=True)).to_be_visible()

    stage.records.advance(job_id, 20)
    expect(page.get_by_text("20%", exact=True)).to_be_visible()
    expect(page.locator("[aria-live=polite]")).to_have_text("")
    page.clock.run_for(16_000)
    stage.records.advance(job_id, 30)

    read = page.locator("[aria-live=polite]")
    expect(read).to_have_text("30 percent, 12 of 40 files")
