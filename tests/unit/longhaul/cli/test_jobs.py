"""The commands for existing jobs."""

import json
from pathlib import Path

import pytest

from tests.unit.longhaul.cli.conftest import Run
from tests.unit.longhaul.stub import (
    JOB,
    JOB_ID,
    Reply,
    Stored,
    Stub,
    completed,
    job,
    problem,
)

UNREADY = problem(409, "not-ready", "the job is processing, 41 % done")


def test_a_status_shows_all_facts_of_a_completed_job(stub: Stub, whole: Stored, run: Run) -> None:
    ran = run("status", JOB_ID)

    assert ran.code == 0
    assert ran.err == ""
    assert ran.out.splitlines()[:5] == [
        f"Job      {JOB_ID}",
        "Status   completed",
        "Files    2 of 2",
        f"Size     {len(whole.content) / 1000:.1f} kB ({len(whole.content):,} bytes)",
        "Missing  10009",
    ]


def test_a_status_shows_how_far_a_job_is(stub: Stub, run: Run) -> None:
    stub.on(f"GET {JOB}", Reply(200, job(percent=50, filename="March.zip")))

    ran = run("status", JOB_ID)

    assert "Name     March.zip\nStatus   processing, 50 %\n" in ran.out
    assert "Progress Building the archive. 1/2 files  50.0/100.0 kB\n" in ran.out


def test_a_status_exits_with_0_even_if_the_job_failed(stub: Stub, run: Run) -> None:
    reason = {"type": "t", "title": "Gone", "detail": "a.txt is gone"}
    stub.on(f"GET {JOB}", Reply(200, job("failed", error=reason)))

    ran = run("status", JOB_ID)

    assert ran.code == 0
    assert "Error    Gone: a.txt is gone\n" in ran.out


@pytest.mark.parametrize("end", ["", "/progress", "/download", "/download?redirect=true"])
def test_a_job_can_be_named_by_any_of_its_urls(
    stub: Stub, run: Run, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setenv("LONGHAUL_URL", "http://127.0.0.1:1/another")
    stub.on(f"GET /prod{JOB}", Reply(200, job("failed")))

    ran = run("status", f"{stub.url}/prod{JOB}{end}")

    assert ran.code == 0


def test_the_next_command_names_the_url_that_the_job_was_named_by(
    stub: Stub, whole: Stored, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LONGHAUL_URL")

    ran = run("watch", f"{stub.url}{JOB}")

    assert f"Download it: longhaul download {JOB_ID} --url {stub.url}\n" in ran.err


@pytest.mark.parametrize("name", ["x", JOB_ID[:-1], f"{JOB_ID}/..", "http://a/b", "\x1b[31m"])
def test_a_name_that_is_not_a_job_id_or_url_is_refused(stub: Stub, run: Run, name: str) -> None:
    ran = run("status", name)

    assert (ran.code, stub.asked) == (2, [])
    assert "is neither a job's id, nor its statusUrl, nor a share link." in ran.err
    assert "\x1b" not in ran.err


def test_the_token_is_sent_only_to_the_configured_api(
    stub: Stub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGHAUL_TOKEN", "secret")
    stub.on(f"GET {JOB}", Reply(200, job("failed")))
    stub.on(f"GET /other{JOB}", Reply(200, job("failed")))

    run("status", JOB_ID)
    run("status", f"{stub.url}{JOB}")
    run("status", f"{stub.url}/other{JOB}")
    monkeypatch.delenv("LONGHAUL_URL")
    run("status", f"{stub.url}{JOB}")

    sent = [asked.headers.get("authorization") for asked in stub.asked]
    assert sent == ["Bearer secret", "Bearer secret", None, None]


def test_watch_ends_when_the_job_ends(stub: Stub, run: Run) -> None:
    stub.on(f"GET {JOB}", Reply(200, job()), Reply(200, completed()))

    ran = run("watch", JOB_ID)

    assert (ran.code, ran.out) == (0, "")
    assert "Export     2 files, 100.0 kB" in ran.err


def test_watch_with_json_prints_each_change(stub: Stub, run: Run) -> None:
    stub.on(f"GET {JOB}", Reply(200, job()), Reply(200, job(percent=50)), Reply(200, job("failed")))

    ran = run("watch", JOB_ID, "--json")

    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [line["progress"]["percent"] for line in lines] == [0, 50, 0]
    assert ran.code == 1


def test_a_download_prints_the_path_of_the_archive(whole: Stored, run: Run, tmp_path: Path) -> None:
    ran = run("download", JOB_ID)

    assert (ran.code, ran.out) == (0, "march.zip\n")
    assert (tmp_path / "march.zip").read_bytes() == whole.content


def test_a_download_with_json_prints_the_facts_of_the_archive(whole: Stored, run: Run) -> None:
    ran = run("download", JOB_ID, "-o", "x.zip", "--json")

    assert json.loads(ran.out) == {
        "jobId": JOB_ID,
        "path": "x.zip",
        "size": len(whole.content),
        "files": 2,
        "missing": [10009],
    }


def test_a_repeated_download_finds_the_archive_on_the_disk(whole: Stored, run: Run) -> None:
    run("download", JOB_ID, "-o", "x.zip")
    ran = run("download", JOB_ID, "-o", "x.zip")

    assert (ran.code, ran.out) == (0, "x.zip\n")
    assert "already downloaded" in ran.err


def test_a_download_with_wait_waits_for_the_job(stub: Stub, whole: Stored, run: Run) -> None:
    ready = Reply(200, completed(len(whole.content)))
    stub.on(f"GET {JOB}", Reply(200, job()), Reply(200, job()), ready)

    ran = run("download", JOB_ID, "--wait", "-o", "x.zip")

    assert (ran.code, ran.out) == (0, "x.zip\n")


def test_a_download_before_the_end_of_the_job_suggests_to_wait(stub: Stub, run: Run) -> None:
    stub.on(f"GET {JOB}", Reply(200, job()))
    stub.on(f"GET {JOB}/download", UNREADY)

    ran = run("download", JOB_ID)

    assert (ran.code, ran.out) == (6, "")
    assert "the job is processing, 41 % done." in ran.err
    assert "With --wait, the command waits for it." in ran.err


@pytest.mark.parametrize(("status", "code"), [("failed", 1), ("cancelled", 1), ("expired", 3)])
def test_a_download_of_a_job_without_an_archive_fails(
    stub: Stub, run: Run, status: str, code: int
) -> None:
    stub.on(f"GET {JOB}", Reply(200, job(status)))

    assert run("download", JOB_ID).code == code


def test_a_broken_archive_has_its_own_exit_code(whole: Stored, run: Run) -> None:
    whole.content = whole.content.replace(b"firstfirst", b"firstFirst", 1)

    ran = run("download", JOB_ID)

    assert (ran.code, ran.out) == (5, "")
    assert "Bad CRC-32" in ran.err


def test_a_list_in_a_pipe_has_tabs(stub: Stub, run: Run) -> None:
    jobs = [job(percent=41, filename="a\tb.zip"), completed()]
    stub.on("GET /v1/export?limit=100", Reply(200, {"jobs": jobs, "cursor": None}))

    ran = run("list")

    first, second = [line.split("\t") for line in ran.out.splitlines()]
    assert first[:5] == [JOB_ID, "processing", "41%", "2", "100.0 kB"]
    assert first[6] == "a b.zip"
    assert second[1] == "completed"


def test_a_list_has_as_many_jobs_as_the_options_say(
    stub: Stub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGHAUL_USER", "ann")
    page = "GET /v1/export?limit=100&user_id=ann"
    stub.on(page, Reply(200, {"jobs": [job()] * 100, "cursor": "c"}))
    stub.on(f"{page}&cursor=c", Reply(200, {"jobs": [job()], "cursor": None}))

    counts = [
        len(run(*words).out.splitlines())
        for words in (["list"], ["list", "-n", "3"], ["list", "--all"], ["list", "--all", "--json"])
    ]

    assert counts == [20, 3, 101, 101]
    assert run("list", "--all", "-n", "3").code == 2


def test_cancel_cancels_the_job(stub: Stub, run: Run) -> None:
    stub.on(f"DELETE {JOB}?only=open", Reply(202, job("cancelled")))

    ran = run("cancel", JOB_ID)
    in_json = run("cancel", JOB_ID, "--json")

    assert (ran.code, ran.out, ran.err) == (0, "", "Cancelled.\n")
    assert json.loads(in_json.out)["status"] == "cancelled"


def test_a_cancel_after_the_end_of_the_job_fails(stub: Stub, run: Run) -> None:
    stub.on(f"DELETE {JOB}?only=open", problem(409, "already-ended", "the job is completed"))
    stub.on(f"GET {JOB}", Reply(200, completed()))

    assert run("cancel", JOB_ID).code == 6


def test_check_prints_one_line_for_each_file(stub: Stub, run: Run) -> None:
    there = {"file_id": 10001, "available": True, "s3Key": "downloads/10001", "size": 5000}
    gone = {"file_id": 10002, "available": False, "s3Key": None, "size": None}
    stub.on("POST /v1/download/check", Reply(200, there), Reply(200, gone), Reply(200, there))

    both = run("check", "10001-10002")
    one = run("check", "10001", "--json")

    assert (both.code, both.out) == (3, "10001\tavailable\t5.0 kB\n10002\tmissing\n")
    assert (one.code, json.loads(one.out)) == (0, there)
