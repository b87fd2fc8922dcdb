"""The whole story of each format: chosen in the form, built, downloaded, and opened by another
tool."""

import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect

from tests.browser.format_states import own_size
from tests.browser.stage import Stage
from tests.e2e.sources import MIB, Source, noise

TEXT = b"All work and no play makes a dull export. " * 10_000


def _zip(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def _tar(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        members = ((one, archive.extractfile(one)) for one in archive)
        return {one.name: file.read() for one, file in members if file}


READERS = {"zip": _zip, "tar": _tar, "tar.gz": _tar}


def start(stage: Stage, files: list[Source], choose: Callable[[Page], object]) -> Page:
    """Exports these files in the form that `choose` chooses, and waits until they can be
    downloaded."""
    page = stage.open("#/new")
    page.get_by_label("File ids").fill(" ".join(str(one.file_id) for one in files))
    page.get_by_label("Name of the archive").fill("March")
    choose(page)
    page.get_by_role("button", name="Start export").click()
    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    return page


def check(found: dict[str, bytes], files: list[Source]) -> None:
    """Checks that these are the files, and the manifest."""
    assert found.pop("manifest.json")
    assert sorted(found.values()) == sorted(one.content for one in files)


@pytest.mark.parametrize(
    ("chosen", "ending", "most"),
    [
        ("ZIP, compressed", "zip", 0.1),
        ("TAR", "tar", 4),
        ("TAR (.tar.gz), compressed", "tar.gz", 0.1),
    ],
)
def test_each_format_is_chosen_and_downloaded(
    stage: Stage, chosen: str, ending: str, most: float
) -> None:
    files = [stage.sources.put(TEXT + b"%d" % n) for n in range(3)]

    page = start(stage, files, lambda page: page.get_by_label("Format").select_option(chosen))
    with page.expect_download() as download:
        page.get_by_role("link", name=f"Download {ending.upper()}").click()

    assert download.value.suggested_filename == f"March.{ending}"
    path = download.value.path()
    check(READERS[ending](path), files)
    assert path.stat().st_size < most * len(TEXT)


@pytest.mark.parametrize("ending", ["zip", "tar"])
def test_several_archives_are_downloaded_at_once_and_each_is_whole(
    stage: Stage, ending: str
) -> None:
    files = [stage.sources.put(noise(MIB + n)) for n in range(3)]

    def choose(page: Page) -> None:
        page.get_by_label("Format").select_option(ending.upper())
        own_size(page, "2")

    page = start(stage, files, choose)
    names = [f"March-{n}-of-3.{ending}" for n in (1, 2, 3)]
    found: list[Download] = []

    def note(download: Download) -> None:
        found.append(download)

    page.on("download", note)
    with page.expect_event("download", lambda one: one.suggested_filename == names[-1]):
        page.get_by_role("button", name="Download all").click()

    assert [one.suggested_filename for one in found] == names
    opened = [READERS[ending](one.path()) for one in found]
    assert [len(one) for one in opened] == [1, 1, 2]
    check({name: content for one in opened for name, content in one.items()}, files)
