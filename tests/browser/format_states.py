"""The page's states for the form of an archive: its format, its compression, several archives."""

from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Page, expect

from chalicelib.jobs import places
from chalicelib.jobs.model import ArchiveFormat
from chalicelib.jobs.states import Stage as Step
from tests.browser.records import MB
from tests.browser.stage import Stage
from tests.browser.states import STATES, new_by_id, state

__all__ = ["STATES"]

SIZES = (300_000, 250_000, 7_000)
"""Bytes of the archives of an export that has several."""


def archives(
    stage: Stage, filename: str, sizes: Sequence[int] = SIZES, form: ArchiveFormat = "zip"
) -> str:
    """Makes a completed job, and its archives in the bucket. The content of archive n is n, again
    and again. Returns the job's id."""
    total = sum(sizes)
    facts: dict[str, Any] = {"bytes_total": total, "bytes_done": total, "minutes_ago": 1}
    job_id = stage.records.completed(filename, format=form, archives=len(sizes), **facts)
    for number, size in enumerate(sizes, 1):
        key = places.archive(job_id, form, number if number < len(sizes) else None)
        put(stage, key, b"%d" % number * size)
    return job_id


def put(stage: Stage, key: str, content: bytes) -> None:
    """Puts an object into the archive bucket."""
    bucket = stage.backstage.outputs.archive_bucket
    stage.backstage.s3.put_object(Bucket=bucket, Key=key, Body=content)


def own_size(page: Page, number: str, unit: str = "MB") -> None:
    """Types the most that an archive may have."""
    page.get_by_label("Size of an archive").select_option("Another size…")
    page.get_by_label("Largest size").fill(number)
    page.get_by_label("Unit").select_option(unit)


@state
def new_compressed_and_split(stage: Stage) -> None:
    new_by_id(stage)
    stage.page.get_by_label("Format").select_option("ZIP, compressed")
    own_size(stage.page, "1.5", "GB")


@state
def new_with_a_size_that_is_too_small(stage: Stage) -> None:
    new_by_id(stage)
    own_size(stage.page, "0.5")
    stage.page.get_by_role("button", name="Start export").click()
    expect(stage.page.get_by_text("An archive may have from 1.1 MB to 5.0 TB.")).to_be_visible()


@state
def job_compressing(stage: Stage) -> None:
    page = stage.open_job(
        stage.records.running(
            "Logs of 2026.zip", 50, stage=Step.COMPRESSING, bytes_total=0, packing=200 * MB
        )
    )
    expect(page.get_by_text("Compressing the files.")).to_be_visible()


@state
def job_completed_in_several_archives(stage: Stage) -> None:
    page = stage.open_job(archives(stage, "Site photos — Hamburg.zip"))
    expect(page.get_by_role("list", name="3 archives")).to_be_visible()


@state
def job_completed_as_a_tar(stage: Stage) -> None:
    page = stage.open_job(archives(stage, "March.tar", (20_480,), "tar"))
    expect(page.get_by_text("March.tar.index.csv")).to_be_visible()


@state
def exports_of_several_archives(stage: Stage) -> None:
    archives(stage, "Site photos — Hamburg.zip")
    archives(stage, "March.tar", (20_480,), "tar")
    page = stage.open()
    expect(page.get_by_role("link", name="3 archives")).to_be_visible()
