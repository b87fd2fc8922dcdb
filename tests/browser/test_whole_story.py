"""The whole story at the page: choose, come back, start, fail, mend, download, delete."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Download, Page, ViewportSize, expect

from tests.browser.keyboard import tab_to
from tests.browser.stage import Stage
from tests.browser.test_accessibility import violations
from tests.e2e.sources import Source, Sources, noise

VIEWS: dict[str, ViewportSize] = {
    "desk": {"width": 1280, "height": 800},
    "phone": {"width": 360, "height": 740},
    # Half as many CSS pixels each way, as at 200 % on a window of 1280.
    "zoomed": {"width": 640, "height": 400},
}
WHOLE = ("cats", "dogs")
NAMES = ("one.txt", "two.txt", "three.txt")


def put_files(stage: Stage, sources: Sources) -> tuple[list[Source], Source]:
    """Puts two folders with files, and files in a third. Returns what an archive of the story has,
    and the file that goes before it is built."""
    found = [
        sources.put_at(stage.folder, f"{folder}/{i}.jpg", noise(1_000))
        for folder in WHOLE
        for i in range(3)
    ]
    *kept, gone = [sources.put_at(stage.folder, f"some/{name}", noise(1_000)) for name in NAMES]
    sources.put_at(stage.folder, "some/other.txt", b"not this one")
    return [*found, *kept], gone


def check(download: Download, files: list[Source]) -> None:
    """Checks that the archive has the content of each of these files, and nothing else."""
    with ZipFile(BytesIO(download.path().read_bytes())) as archive:
        held = [archive.read(name) for name in archive.namelist() if name != "manifest.json"]
    assert sorted(held) == sorted(file.content for file in files)


def check_state(page: Page) -> None:
    """Checks that axe finds nothing, and that nothing is cut off to the side."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    # So that the bar at the bottom covers nothing.
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert violations(page) == []
    width = page.viewport_size or {"width": 0}
    assert page.evaluate("document.documentElement.scrollWidth") <= width["width"]


@pytest.mark.parametrize("view", VIEWS)
def test_the_story_by_mouse(stage: Stage, sources: Sources, view: str) -> None:
    files, gone = put_files(stage, sources)
    stage.page.set_viewport_size(VIEWS[view])
    page = stage.open_folder()

    for name in WHOLE:
        stage.box(f"Whole folder {name}").check()
    stage.enter_folder("some")
    for name in NAMES:
        stage.box(name).check()
    expect(page.get_by_text("9 files, 9.0 kB")).to_be_visible()
    check_state(page)
    page.reload()
    expect(page.get_by_text("9 files, 9.0 kB")).to_be_visible()
    page.go_back()
    expect(stage.box("Whole folder cats")).to_be_checked()
    expect(page.get_by_text("9 files, 9.0 kB")).to_be_visible()
    check_state(page)

    stage.backstage.s3.delete_object(Bucket=stage.backstage.outputs.source_bucket, Key=gone.key)
    page.get_by_role("group", name="If a file is missing").get_by_label("Stop").check()
    page.get_by_role("button", name="Start export").click()
    expect(page.get_by_role("heading", name="The export failed")).to_be_visible()
    expect(page.get_by_role("list", name="1 file not found")).to_contain_text("three.txt")
    check_state(page)

    page.get_by_role("button", name="Export without the missing file").click()
    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    check_state(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download ZIP").click()
    check(download.value, files)

    page.get_by_role("button", name="Delete", exact=True).click()
    check_state(page)
    page.get_by_role("button", name="Delete export").click()
    expect(page.get_by_role("heading", name="Your exports")).to_be_visible()
    expect(page.get_by_role("list", name="Your exports").get_by_role("listitem")).to_have_count(1)
    check_state(page)


def test_the_story_by_keyboard(stage: Stage, sources: Sources) -> None:
    files, gone = put_files(stage, sources)
    page = stage.open("#/new")
    row = page.locator(".scroll [role=row]:focus .name")

    tab_to(page, "By id")
    page.keyboard.press("ArrowRight")
    tab_to(page, "Search this folder")
    page.keyboard.type(stage.user)
    expect(page.locator(".scroll .name")).to_have_text([stage.user])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(row).to_have_text("cats")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(row).to_have_text("some")
    page.keyboard.press("Enter")
    # By name: one, other, three, two.
    expect(row).to_have_text("one.txt")
    page.keyboard.press("Space")
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_text("9 files, 9.0 kB")).to_be_visible()
    page.keyboard.press("Backspace")
    expect(page.locator(".crumbs [aria-current=true]")).to_have_text(stage.user)

    stage.backstage.s3.delete_object(Bucket=stage.backstage.outputs.source_bucket, Key=gone.key)
    tab_to(page, "Leave it out")
    page.keyboard.press("ArrowDown")
    tab_to(page, "Start export")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The export failed")).to_be_visible()
    tab_to(page, "Export without the missing file")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    tab_to(page, "Download ZIP")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    check(download.value, files)
    tab_to(page, "Delete")
    page.keyboard.press("Enter")
    tab_to(page, "Delete export")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your exports")).to_be_focused()
