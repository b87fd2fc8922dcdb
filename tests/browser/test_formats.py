"""The form of an archive at the page: it is chosen, kept and sent; several archives are a list."""

from typing import Any

import pytest
from playwright.sync_api import Download, expect

from chalicelib.jobs import places
from tests.browser.form import JOB, quiet, start
from tests.browser.format_states import SIZES, archives, job_compressing, own_size, put
from tests.browser.keyboard import tab_to
from tests.browser.stage import Stage

NAMES = [f"March-{n}-of-3.zip" for n in (1, 2, 3)]


def form_of(body: dict[str, Any]) -> dict[str, Any]:
    """Returns what a request says of the archive."""
    return {name: body[name] for name in ("format", "compression", "split") if name in body}


# -- the form --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chosen", "sent", "example"),
    [
        ("ZIP", {}, "March.zip"),
        ("ZIP, compressed", {"compression": "auto"}, "March.zip"),
        ("TAR", {"format": "tar"}, "March.tar"),
        ("TAR (.tar.gz), compressed", {"format": "tar.gz"}, "March.tar.gz"),
    ],
)
def test_a_format_is_sent(stage: Stage, chosen: str, sent: dict[str, str], example: str) -> None:
    quiet(stage)
    page = stage.open("#/new")
    page.get_by_label("File ids").fill("10001")

    page.get_by_label("Format").select_option(chosen)

    expect(page.get_by_label("Name of the archive")).to_have_attribute("placeholder", example)
    assert form_of(start(page)) == sent


@pytest.mark.parametrize(
    ("chosen", "bytes_"),
    [
        ("At most 20.0 MB, for mail", 20_000_000),
        ("At most 4.3 GB, for FAT32 drives", 4_294_967_295),
    ],
)
def test_a_usual_size_of_an_archive_is_sent(stage: Stage, chosen: str, bytes_: int) -> None:
    quiet(stage)
    page = stage.open("#/new")
    page.get_by_label("File ids").fill("10001")
    expect(page.get_by_label("Largest size")).to_be_hidden()

    page.get_by_label("Size of an archive").select_option(chosen)

    expect(page.get_by_label("Largest size")).to_be_hidden()
    assert form_of(start(page)) == {"split": bytes_}


@pytest.mark.parametrize("wrong", ["", "0", "1", "-5", "6000000"])
def test_a_size_that_is_wrong_is_not_sent_and_can_be_corrected(stage: Stage, wrong: str) -> None:
    quiet(stage)
    page = stage.open("#/new")
    page.get_by_label("File ids").fill("10001")
    own_size(page, wrong)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))

    page.get_by_role("button", name="Start export").click()

    number = page.get_by_label("Largest size")
    expect(number).to_be_focused()
    expect(number).to_have_accessible_description("An archive may have from 1.1 MB to 5.0 TB.")
    assert "POST" not in sent
    page.keyboard.press("Control+a")
    page.keyboard.type("2.5")
    expect(number).to_have_attribute("aria-invalid", "false")
    page.get_by_label("Unit").select_option("GB")
    assert form_of(start(page)) == {"split": 2_500_000_000}


def test_the_form_of_an_archive_survives_a_reload_and_other_views(stage: Stage) -> None:
    quiet(stage)
    page = stage.open("#/new")
    page.get_by_label("File ids").fill("10001")
    page.get_by_label("Format").select_option("TAR")
    own_size(page, "3", "GB")

    page.get_by_role("link", name="Exports", exact=True).click()
    expect(page.get_by_role("heading", name="Your exports")).to_be_visible()
    page.get_by_role("navigation").get_by_role("link", name="New export").click()
    expect(page.get_by_label("Largest size")).to_have_value("3")
    page.reload()

    expect(page.get_by_label("Largest size")).to_have_value("3")
    assert form_of(start(page)) == {"format": "tar", "split": 3_000_000_000}


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"compression": "deflate", "split": 4_294_967_295},
        {"format": "tar.gz", "compression": "auto", "split": 1_500_000_001},
        {"format": "tar", "split": 2**20},
    ],
)
def test_an_earlier_export_brings_its_form(stage: Stage, asked: dict[str, Any]) -> None:
    quiet(stage)
    whole = {"fileIds": [10_001], "format": "zip", **asked}
    stage.page.route(f"**/v1/export/{JOB}/request", lambda route: route.fulfill(json=whole))

    page = stage.open(f"#/new?from={JOB}")

    expect(page.get_by_text("This is what an earlier export was asked for.")).to_be_visible()
    assert form_of(start(page)) == asked


def test_how_long_it_takes_is_asked_for_this_form(stage: Stage) -> None:
    quiet(stage)
    page = stage.open("#/new")
    page.get_by_label("File ids").fill("10001")
    page.get_by_label("Size of an archive").select_option("At most 20.0 MB, for mail")

    with page.expect_request("**/v1/estimate?*compression=auto*") as asked:
        page.get_by_label("Format").select_option("ZIP, compressed")

    assert "split=20000000" in asked.value.url


# -- while it runs, and its end --------------------------------------------------------------------


def test_compressing_counts_the_bytes_of_the_files(stage: Stage) -> None:
    job_compressing(stage)

    page = stage.page
    expect(page.get_by_text("45%", exact=True)).to_be_visible()
    expect(page.get_by_text("100 of 200 MB")).to_be_visible()


def test_each_of_several_archives_is_a_link(stage: Stage) -> None:
    page = stage.open_job(archives(stage, "March.zip"))
    rows = page.get_by_role("list", name="3 archives").get_by_role("listitem")
    expect(rows).to_have_text(
        [f"{NAMES[0]}300 kB", f"{NAMES[1]}250 kB", f"{NAMES[2]}7.0 kB"], use_inner_text=False
    )
    expect(page.get_by_role("link", name="Download ZIP")).to_have_count(0)

    tab_to(page, f"Download {NAMES[1]}")
    with page.expect_download() as download:
        page.keyboard.press("Enter")

    assert download.value.suggested_filename == NAMES[1]
    assert download.value.path().read_bytes() == b"2" * SIZES[1]
    href = page.get_by_role("link", name=f"Download {NAMES[2]}").get_attribute("href")
    answer = page.request.get(f"{stage.url}/{href}")
    assert answer.body() == b"3" * SIZES[2]


def test_all_archives_are_downloaded_one_after_the_other(stage: Stage) -> None:
    page = stage.open_job(archives(stage, "March.zip"))
    found: list[Download] = []

    def note(download: Download) -> None:
        found.append(download)

    page.on("download", note)
    with page.expect_event("download", lambda one: one.suggested_filename == NAMES[2]):
        page.get_by_role("button", name="Download all").click()

    assert [one.suggested_filename for one in found] == NAMES
    assert [one.path().stat().st_size for one in found] == list(SIZES)


def test_an_archive_that_is_gone_is_not_offered(stage: Stage) -> None:
    job_id = archives(stage, "March.zip")
    page = stage.open_job(job_id)
    expect(page.get_by_role("list", name="3 archives")).to_be_visible()
    bucket = stage.backstage.outputs.archive_bucket
    stage.backstage.s3.delete_object(Bucket=bucket, Key=places.archive(job_id, "zip", 1))

    page.get_by_role("link", name=f"Download {NAMES[0]}").click()
    expect(page.get_by_role("heading", name="The archive has expired")).to_be_visible()
    page.reload()

    expect(page.get_by_role("heading", name="The archive has expired")).to_be_visible()


def test_the_list_leads_to_several_archives(stage: Stage) -> None:
    job_id = archives(stage, "March.zip")
    page = stage.open()

    page.get_by_role("button", name="More for March.zip").click()
    expect(page.get_by_role("menuitem", name="Rename")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Download")).to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="3 archives").click()

    expect(page.get_by_role("list", name="3 archives")).to_be_visible()
    assert page.url.endswith(job_id)


def test_a_tar_has_an_index(stage: Stage) -> None:
    job_id = archives(stage, "March.tar", (20_480,), "tar")
    put(stage, places.archive_index(job_id, "tar"), b"name,offset\n")
    page = stage.open_job(job_id)
    expect(page.get_by_role("link", name="Download TAR")).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("link", name="March.tar.index.csv").click()

    assert download.value.suggested_filename == "March.tar.index.csv"
    assert download.value.path().read_bytes() == b"name,offset\n"


def test_a_new_name_begins_without_the_end_of_its_format(stage: Stage) -> None:
    page = stage.open_job(archives(stage, "March.tar.gz", (100,), "tar.gz"))
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_label("Name of the archive")).to_be_focused()

    page.keyboard.type("April")

    expect(page.get_by_label("Name of the archive")).to_have_value("April.tar.gz")
