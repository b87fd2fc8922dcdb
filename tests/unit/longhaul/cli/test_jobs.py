"""The commands for existing jobs."""

import json
from pathlib import Path

import pytest

from tests.unit.longhaul.cli.conftest import SKIPPED, Run
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

TOLD = (
    "2 files are not in the archive: 10009 (missing), "
    "a/b.bin (archived: in GLACIER; restore it first).\n"
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
        "Skipped  none",
    ]


def test_a_status_shows_every_skipped_file_and_exits_with_0(
    stub: Stub, partial: Stored, run: Run
) -> None:
    many = [{"file": f"k/{i}", "reason": "denied", "detail": "S3 denies it"} for i in range(30)]
    stub.on(f"GET {JOB}", Reply(200, completed(skipped=many)))

    ran = run("status", JOB_ID)
    in_json = run("status", JOB_ID, "--json")

    lines = ran.out.splitlines()
    assert (ran.code, in_json.code) == (0, 0)
    assert lines[4:6] == ["Skipped  30 files", "         k/0 (S3 denies it)"]
    assert sum("(S3 denies it)" in line for line in lines) == 30
    assert json.loads(in_json.out)["result"]["skipped"] == many


def test_a_status_of_an_older_stack_shows_what_is_missing(stub: Stub, run: Run) -> None:
    stub.on(f"GET {JOB}", Reply(200, completed(missing=[10009])))

    ran = run("status", JOB_ID)
    in_json = run("status", JOB_ID, "--json")

    assert "Skipped  1 file\n         10009 (missing)\n" in ran.out
    skipped = [{"file": 10009, "reason": "missing", "detail": "does not exist"}]
    assert json.loads(in_json.out)["result"]["skipped"] == skipped


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
        "missing": [],
        "skipped": [],
    }


def test_a_download_of_a_partial_archive_tells_what_is_not_in_it(
    partial: Stored, run: Run, tmp_path: Path
) -> None:
    plain = run("download", JOB_ID, "-o", "x.zip")
    in_json = run("download", JOB_ID, "-o", "y.zip", "--json", "--quiet")

    assert (plain.code, plain.out) == (9, "x.zip\n")
    assert (tmp_path / "x.zip").read_bytes() == partial.content
    assert TOLD in plain.err
    assert (in_json.code, in_json.err) == (9, "")
    assert json.loads(in_json.out)["missing"] == [10009]
    assert json.loads(in_json.out)["skipped"] == list(SKIPPED)


def test_a_partial_archive_that_is_broken_is_a_broken_one(partial: Stored, run: Run) -> None:
    partial.content = partial.content.replace(b"firstfirst", b"firstFirst", 1)

    assert run("download", JOB_ID).code == 5


def test_watch_tells_what_is_not_in_the_archive(partial: Stored, run: Run) -> None:
    ran = run("watch", JOB_ID)

    assert (ran.code, ran.out) == (9, "")
    assert TOLD in ran.err
    assert ran.err.endswith(f"Download it: longhaul download {JOB_ID}\n")


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


def test_a_list_counts_the_files_that_are_in_the_archive(stub: Stub, run: Run) -> None:
    ended = completed(5_000)
    ended["result"] |= {"processedFiles": 1, "totalFiles": 3}
    stub.on("GET /v1/export?limit=100", Reply(200, {"jobs": [ended], "cursor": None}))

    assert run("list").out.split("\t")[3:5] == ["1", "5.0 kB"]


def test_a_list_that_was_cut_says_so(stub: Stub, run: Run) -> None:
    page = Reply(200, {"jobs": [job()] * 21, "cursor": None})
    stub.on("GET /v1/export?limit=100", page)

    assert run("list").err == "These are the newest 20. --all lists all that there are.\n"
    assert run("list", "--all").err == ""


def test_a_job_is_renamed(stub: Stub, run: Run) -> None:
    stub.on(f"PATCH {JOB}", Reply(200, job("completed", filename="May\x1b[2J.zip")))

    ran = run("rename", JOB_ID, "May.zip")
    in_json = run("--json", "rename", JOB_ID, "May.zip")

    assert stub.asked[0].content == {"filename": "May.zip"}
    assert (ran.code, ran.out, ran.err) == (0, "", "Its name is May.zip.\n")
    assert json.loads(in_json.out)["jobId"] == JOB_ID


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

    ran = run("cancel", JOB_ID)

    assert ran.code == 6
    assert "`longhaul status JOB` shows how it ended." in ran.err


def test_spaces_around_a_jobs_id_are_not_of_it(stub: Stub, run: Run) -> None:
    stub.on(f"GET {JOB}", Reply(200, job()))

    ran = run("status", f"\u00a0 {JOB_ID}\r\n")

    assert (ran.code, [one.line for one in stub.asked]) == (0, [f"GET {JOB}"])
