"""Formats, compression and several archives on the command line."""

import json
from pathlib import Path

import pytest

from chalicelib.jobs.states import Stage
from longhaul.cli import follow
from longhaul.cli.task import TITLE_WIDTH
from tests.unit.longhaul import build_volumes
from tests.unit.longhaul.build_volumes import VOLUMES, name
from tests.unit.longhaul.cli.conftest import Run
from tests.unit.longhaul.stub import JOB, JOB_ID, Reply, Stub, accepted, job

NAMES = [name(number) for number in range(1, len(VOLUMES) + 1)]


@pytest.fixture
def several(stub: Stub) -> Stub:
    """A stack with one job, which has several archives."""
    build_volumes.stored(stub)
    stub.on("POST /v1/export", accepted())
    stub.on(f"GET {JOB}", Reply(200, build_volumes.done()))
    return stub


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--format", "tar"], {"format": "tar"}),
        (["--compression", "auto"], {"compression": "auto"}),
        (
            ["--format", "tar.gz", "--compression", "deflate", "--split", "4GB"],
            {"format": "tar.gz", "compression": "deflate", "split": 4_000_000_000},
        ),
    ],
)
def test_what_the_archive_is_to_be_like_is_asked_for(
    stub: Stub, run: Run, words: list[str], said: dict[str, object]
) -> None:
    stub.on("POST /v1/export", accepted())

    assert run("export", "--prefix", "a/", *words).code == 0

    assert stub.asked[0].content == {"prefix": "a/", **said}


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("2000000", 2_000_000),
        ("2000000B", 2_000_000),
        ("25MB", 25_000_000),
        ("25 mb", 25_000_000),
        ("4g", 4_000_000_000),
        ("700MiB", 700 * 1024**2),
        ("1.5GiB", 3 * 512 * 1024**2),
        ("1.5GB", 1_500_000_000),
        ("2TiB", 2 * 1024**4),
    ],
)
def test_a_size_may_have_a_unit(stub: Stub, run: Run, text: str, size: int) -> None:
    stub.on("POST /v1/export", accepted())

    run("export", "10001", "--split", text)

    assert stub.asked[0].content["split"] == size


@pytest.mark.parametrize("text", ["", "GB", "4 G B", "-1", "4iB", "4PB", "1,5GB", "٣MB", "9" * 16])
def test_what_is_no_size_is_refused(stub: Stub, run: Run, text: str) -> None:
    ran = run("export", "10001", "--split", text)

    assert ran.code == 2
    assert "is no size, such as 4GB" in ran.err
    assert stub.asked == []


def test_a_retry_may_change_what_the_archive_is_like(stub: Stub, run: Run) -> None:
    stub.on(f"POST {JOB}/retry", accepted())

    run("retry", JOB_ID, "--format", "tar", "--split", "2MiB")

    assert stub.asked[0].content == {"format": "tar", "split": 2 * 1024**2}


def test_a_dry_run_asks_what_such_an_archive_would_take(stub: Stub, run: Run) -> None:
    totals = {"prefix": "a/", "source": "default", "files": 2, "bytes": 10, "cursor": None}
    stub.on("GET /v1/files/totals?prefix=a%2F", Reply(200, totals))
    asked = "/v1/estimate?files=2&bytes=10&format=tar.gz&split=2000000"
    stub.on(f"GET {asked}", Reply(200, {"files": 2, "bytes": 10, "seconds": 12}))

    ran = run("export", "--prefix", "a/", "--dry-run", "--format", "tar.gz", "--split", "2MB")

    assert ran.code == 0
    assert "Takes    about 12 s" in ran.out


def test_a_selection_says_itself_what_its_archive_is_like(stub: Stub, run: Run) -> None:
    ran = run("export", "--selection", "-", "--format", "tar", "-o", ".")

    assert ran.code == 2
    assert "what the archive is like" in ran.err


def test_several_archives_do_not_go_to_standard_output(stub: Stub, run: Run) -> None:
    ran = run("export", "10001", "--split", "2MB", "-o", "-")

    assert ran.code == 2
    assert "With --split there may be several archives" in ran.err
    assert stub.asked == []


def test_a_download_brings_all_archives(several: Stub, run: Run, tmp_path: Path) -> None:
    ran = run("download", JOB_ID)

    assert (ran.code, ran.out.splitlines()) == (0, NAMES)
    assert sorted(path.name for path in tmp_path.iterdir()) == NAMES
    assert ".: 3 archives, 4 files, " in ran.err


def test_a_download_with_json_names_each_archive(several: Stub, run: Run) -> None:
    ran = run("download", JOB_ID, "--json")

    answer = json.loads(ran.out)
    assert (answer["path"], answer["files"]) == (".", 4)
    assert [one["path"] for one in answer["archives"]] == NAMES
    assert [one["archive"] for one in answer["archives"]] == [1, 2, 3]
    assert sum(one["size"] for one in answer["archives"]) == answer["size"]
    assert sum(one["files"] for one in answer["archives"]) == answer["files"]


def test_a_second_download_finds_all_archives_there(several: Stub, run: Run) -> None:
    run("download", JOB_ID)

    ran = run("download", JOB_ID)

    assert (ran.code, ran.out.splitlines()) == (0, NAMES)
    assert "already downloaded" in ran.err


def test_several_archives_do_not_go_to_one_file(several: Stub, run: Run) -> None:
    ran = run("download", JOB_ID, "-o", "x.zip")

    assert ran.code != 0
    assert "The job has 3 archives: they go to a folder" in ran.err


def test_an_export_downloads_all_of_its_archives(several: Stub, run: Run) -> None:
    ran = run("export", "10001", "10002", "--split", "2MB", "-o", ".")

    assert (ran.code, ran.out.splitlines()) == (0, NAMES)
    assert "3 archives" in ran.err


def test_a_status_says_how_many_archives_there_are(several: Stub, run: Run) -> None:
    ran = run("status", JOB_ID)

    assert "Archives 3" in ran.out.splitlines()
    assert json.loads(run("status", JOB_ID, "--json").out)["archives"] == 3


def test_the_progress_says_that_files_are_compressed(stub: Stub, run: Run) -> None:
    compressing = job(percent=50)
    compressing["progress"] |= {"stage": "compressing", "message": "Compressing the files: 1 of 2."}
    stub.on(f"GET {JOB}", Reply(200, compressing))

    assert "Compressing the files: 1 of 2." in run("status", JOB_ID).out


def test_each_stage_has_a_title_that_fits_before_the_bar() -> None:
    titles = (follow.TITLES.get(stage, stage) for stage in Stage)

    assert max(map(len, titles)) <= TITLE_WIDTH
