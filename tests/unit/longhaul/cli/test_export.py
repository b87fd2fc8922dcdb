"""`longhaul export` and `longhaul retry`."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.unit.longhaul.build_archive import FILES
from tests.unit.longhaul.cli.conftest import Run
from tests.unit.longhaul.stub import (
    CUT,
    JOB,
    JOB_ID,
    Reply,
    Stored,
    Stub,
    accepted,
    completed,
    job,
    problem,
)


def asked(stub: Stub) -> object:
    """The body of the first request."""
    return stub.asked[0].content


def test_an_export_prints_only_the_job_id(stub: Stub, whole: Stored, run: Run) -> None:
    ran = run("export", "10001", "10002")

    assert (ran.code, ran.out) == (0, f"{JOB_ID}\n")
    assert ran.err.splitlines() == [
        f"Job {JOB_ID}, 2 files",
        f"Watch it:    longhaul watch {JOB_ID}",
        f"Download it: longhaul download {JOB_ID} --wait",
    ]


@pytest.mark.parametrize(
    ("words", "stdin", "request_body"),
    [
        (["10001"], b"", {"file_ids": [10001]}),
        (["10005", "10001-10003"], b"", {"file_ids": [10005, 10001, 10002, 10003]}),
        (
            ["-"],
            b"10001 10002 # two\n\n# none\n10004-10005\n",
            {"file_ids": [10001, 10002, 10004, 10005]},
        ),
        (["10009", "-"], b"10001\r\n", {"file_ids": [10009, 10001]}),
        (["--keys", "a/b.txt", "c"], b"", {"keys": ["a/b.txt", "c"]}),
        (["--keys", "-"], "a #1.txt\nü\n\n".encode(), {"keys": ["a #1.txt", "ü"]}),
        (["--prefix", "a/"], b"", {"prefix": "a/"}),
        (
            ["--prefix", "a/", "--source", "scans", "--on-unreadable", "skip"],
            b"",
            {"prefix": "a/", "source": "scans", "on_unreadable": "skip"},
        ),
        (
            ["10001", "--filename", "M.zip", "--on-missing", "fail", "--fresh", "--user", "ann"],
            b"",
            {
                "file_ids": [10001],
                "filename": "M.zip",
                "on_missing": "fail",
                "fresh": True,
                "user_id": "ann",
            },
        ),
    ],
)
@pytest.mark.usefixtures("whole")
def test_the_command_line_selects_the_files(
    stub: Stub, run: Run, words: list[str], stdin: bytes, request_body: object
) -> None:
    ran = run("export", *words, stdin=stdin)

    assert ran.code == 0
    assert asked(stub) == request_body


@pytest.mark.parametrize(
    ("words", "stdin", "complaint"),
    [
        ([], b"", "Which files?"),
        (["-"], b"# nothing\n", "Which files?"),
        (["10002-10001"], b"", "ends before it begins"),
        (["1-999999999999"], b"", "at most 10,000 files"),
        (["10001", "--prefix", "a/"], b"", "Use only one of"),
        (["--keys", "--prefix", "a/"], b"", "Use only one of"),
        (["--files", "-", "--prefix", "a/"], b"", "Use only one of"),
        (["--files", "-", "10001"], b"", "Use only one of"),
        (["--keys", "-"], b"\xff", "not text in utf-8"),
        (["10001", "--on-missing", "cry"], b"", "is not one of"),
        (["10001", "--patience", "-1"], b"", "--patience"),
        (["10001", "--url", "nowhere"], b"", "'nowhere' is not a URL like https://"),
        (["10001", "-o", "-", "--json"], b"", "either the archive or JSON"),
    ],
)
def test_an_invalid_command_line_is_refused_before_any_request(
    stub: Stub, run: Run, words: list[str], stdin: bytes, complaint: str
) -> None:
    ran = run("export", *words, stdin=stdin)

    assert (ran.code, ran.out, stub.asked) == (2, "", [])
    assert complaint in ran.err


def test_without_a_url_the_error_says_how_to_set_one(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LONGHAUL_URL")

    ran = run("export", "10001")

    assert ran.code == 2
    assert "Name it with --url URL, set LONGHAUL_URL, or put a profile into" in ran.err
    assert "config.toml. No stack runs on this machine." in ran.err


def test_the_idempotency_key_is_sent(stub: Stub, whole: Stored, run: Run) -> None:
    run("export", "10001", "--idempotency-key", "mine")

    assert stub.asked[0].headers["idempotency-key"] == "mine"


# -- waiting ---------------------------------------------------------------------------------------


def test_wait_ends_when_the_job_ends(stub: Stub, whole: Stored, run: Run) -> None:
    ran = run("export", "10001", "--wait")

    assert (ran.code, ran.out) == (0, f"{JOB_ID}\n")
    assert "not in the archive" not in ran.err
    assert f"Download it: longhaul download {JOB_ID}\n" in ran.err


def test_an_output_implies_waiting_and_downloading(whole: Stored, run: Run, tmp_path: Path) -> None:
    ran = run("export", "10001", "-o", "out.zip")

    assert (ran.code, ran.out) == (0, "out.zip\n")
    assert (tmp_path / "out.zip").read_bytes() == whole.content


def test_a_download_can_go_to_standard_output(stub: Stub, whole: Stored, run: Run) -> None:
    whole.content = b"as it is, and not checked"
    stub.on(f"GET {JOB}", Reply(200, completed(len(whole.content))))

    ran = run("export", "10001", "-o", "-")

    assert (ran.code, ran.out) == (0, whole.content.decode())


def test_an_existing_file_is_an_error_before_any_request(
    stub: Stub, whole: Stored, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "out.zip").write_text("mine")

    ran = run("export", "10001", "-o", "out.zip")

    assert (ran.code, stub.asked) == (7, [])
    assert "out.zip exists already." in ran.err
    assert "replace the file with --force" in ran.err


def test_a_folder_that_takes_no_files_is_an_error_before_any_request(
    stub: Stub, whole: Stored, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)

    ran = run("export", "10001", "-o", "out.zip")

    assert (ran.code, stub.asked) == (7, [])
    assert "Cannot write out.zip: Permission denied." in ran.err


def test_a_file_that_cannot_be_written_needs_no_second_export(
    whole: Stored, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("longhaul.transfer._download_rest", full)

    ran = run("export", "10001", "-o", "out.zip")

    assert ran.code == 7
    assert f"need not be built again: longhaul download {JOB_ID} -o PATH" in ran.err


def test_force_replaces_the_existing_file(whole: Stored, run: Run, tmp_path: Path) -> None:
    (tmp_path / "out.zip").write_text("mine")

    ran = run("export", "10001", "-o", "out.zip", "--force")

    assert (ran.code, (tmp_path / "out.zip").read_bytes()) == (0, whole.content)


@pytest.mark.parametrize(
    ("ended", "code", "words"),
    [
        (job("cancelled"), 1, "The job has been cancelled."),
        (job("expired"), 3, "The archive has expired"),
        (
            job("failed", error={"type": "t", "title": "Gone", "detail": "a.txt is gone."}),
            1,
            "The job has failed. Gone: a.txt is gone.",
        ),
    ],
)
def test_a_job_that_ends_without_an_archive_is_an_error(
    stub: Stub, run: Run, ended: dict[str, object], code: int, words: str
) -> None:
    stub.on("POST /v1/export", accepted())
    stub.on(f"GET {JOB}", Reply(200, ended))

    ran = run("export", "10001", "--wait", "-o", "out.zip")

    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert "longhaul retry " in ran.err


def test_a_failed_job_is_printed_with_the_command_to_retry_it(stub: Stub, run: Run) -> None:
    stub.on(f"GET {JOB}", Reply(200, job("failed")))

    ran = run("watch", JOB_ID)

    assert ran.err.endswith(f"To try again: longhaul retry {JOB_ID}\n")


# -- JSON ------------------------------------------------------------------------------------------


def test_with_json_standard_output_contains_only_json(stub: Stub, whole: Stored, run: Run) -> None:
    alone = run("export", "10001", "--json")
    waiting = run("export", "10001", "--json", "--wait")
    saving = run("export", "10001", "--json", "-o", "out.zip")

    assert json.loads(alone.out)["jobId"] == JOB_ID
    assert json.loads(waiting.out)["status"] == "completed"
    assert json.loads(saving.out)["result"]["skipped"] == []
    assert json.loads(saving.out)["download"] == {
        "path": "out.zip",
        "size": len(whole.content),
        "files": len(FILES),
        "missing": [],
        "skipped": [],
    }


def test_with_json_a_failed_job_is_printed_too(stub: Stub, run: Run) -> None:
    stub.on("POST /v1/export", accepted())
    stub.on(f"GET {JOB}", Reply(200, job("failed")))

    ran = run("export", "10001", "--wait", "--json")

    assert (ran.code, json.loads(ran.out)["status"]) == (1, "failed")


def test_json_is_ascii(stub: Stub, run: Run) -> None:
    stub.on(f"GET {JOB}", Reply(200, job("failed", filename="\x9b31mü.zip")))

    ran = run("status", JOB_ID, "--json")

    assert ran.out.isascii()
    assert json.loads(ran.out)["filename"] == "\x9b31mü.zip"


# -- returning -------------------------------------------------------------------------------------


def test_a_lost_network_while_waiting_prints_how_to_return(stub: Stub, run: Run) -> None:
    stub.on("POST /v1/export", accepted())
    stub.on(f"GET {JOB}/progress", CUT)

    ran = run("export", "10001", "-o", "my file.zip", "--patience", "0")

    assert ran.code == 4
    assert f"  longhaul download {JOB_ID} --wait -o 'my file.zip'\n" in ran.err


def test_the_next_command_names_the_api_if_the_command_line_did(
    stub: Stub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGHAUL_URL", "http://127.0.0.1:1")
    stub.on("POST /v1/export", accepted())

    ran = run("export", "10001", "--url", stub.url)

    assert f"longhaul watch {JOB_ID} --url {stub.url}\n" in ran.err


def test_an_export_whose_answer_is_lost_prints_how_to_make_sure(stub: Stub, run: Run) -> None:
    stub.on("POST /v1/export", CUT)

    ran = run("export", "10001", "--wait", "--patience", "0")

    key = stub.asked[0].headers["idempotency-key"]
    assert ran.code == 4
    assert f"  longhaul export 10001 --wait --patience 0 --idempotency-key {key}\n" in ran.err


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b'{"id": 10001}\r\n\r\n{"id": 7}\r\n', "Line 3"),
        (b'[{"id": 10001}, {"id": 7}]', "Entry 2"),
    ],
)
def test_what_the_api_refuses_is_named_by_its_line(
    stub: Stub, run: Run, text: bytes, place: str
) -> None:
    found = [{"pointer": "/files/1/id", "detail": "7 is too small"}]
    stub.on("POST /v1/export", problem(400, "invalid-request", "files/1/id: 7", errors=found))

    ran = run("export", "--files", "-", stdin=text)

    assert ran.code == 2
    assert f"✗ The command line is not right: {place} of --files, id: 7 is too small.\n" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ["10001,10002", "10005-10006"],
        ["10001, 10002 10005-10006"],
        [" 10001,,10002,", "10005-10006 "],
    ],
)
def test_ids_may_have_commas_and_spaces_between_them(
    stub: Stub, whole: Stored, run: Run, words: list[str]
) -> None:
    run("export", *words)

    assert stub.asked[0].content == {"file_ids": [10001, 10002, 10005, 10006]}


def test_own_names_are_asked_for_only_by_the_option(stub: Stub, whole: Stored, run: Run) -> None:
    run("export", "--prefix", "a/")
    run("export", "--prefix", "a/", "--names", "own")

    assert [one.content for one in stub.asked] == [
        {"prefix": "a/"},
        {"prefix": "a/", "names": "own"},
    ]


# -- retry -----------------------------------------------------------------------------------------


def test_a_retry_says_what_changes(stub: Stub, run: Run) -> None:
    stub.on(f"POST {JOB}/retry", accepted())

    run("retry", JOB_ID)
    run("retry", JOB_ID, "--on-missing", "skip", "--on-unreadable", "fail", "--name", "x.zip")

    plain, changed = stub.of(f"POST {JOB}/retry")
    assert plain.body == b""
    assert changed.content == {"onMissing": "skip", "onUnreadable": "fail", "filename": "x.zip"}


def test_a_retry_prints_and_saves_like_an_export(
    stub: Stub, whole: Stored, run: Run, tmp_path: Path
) -> None:
    stub.on(f"POST {JOB}/retry", accepted())

    alone = run("retry", JOB_ID)
    saving = run("retry", JOB_ID, "-o", "out.zip")

    assert (alone.code, alone.out) == (0, f"{JOB_ID}\n")
    assert (saving.code, saving.out) == (0, "out.zip\n")


def test_a_retry_that_is_not_possible_fails(stub: Stub, run: Run) -> None:
    stub.on(f"POST {JOB}/retry", problem(409, "still-running", "the job is processing"))

    ran = run("retry", JOB_ID)

    assert (ran.code, ran.out) == (6, "")
    assert "the job is processing" in ran.err


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        (
            completed(),
            [
                f"Download it: longhaul download {JOB_ID}",
                "Build anew:  longhaul export FILE... --fresh",
            ],
        ),
        (
            job(),
            [f"Watch it:    longhaul watch {JOB_ID}", f"Cancel it:   longhaul cancel {JOB_ID}"],
        ),
        (job("failed"), ["Name the files again: longhaul export FILE..."]),
    ],
)
def test_a_job_that_cannot_be_retried_has_another_way(
    stub: Stub, run: Run, found: dict[str, Any], lines: list[str]
) -> None:
    stub.on(f"POST {JOB}/retry", problem(409, "not-retryable", "no"))
    stub.on(f"GET {JOB}", Reply(200, found))

    ran = run("retry", JOB_ID)

    assert ran.code == 6
    assert ran.err.splitlines()[2:] == lines


def test_a_retry_says_if_the_new_job_has_ended_already(stub: Stub, run: Run) -> None:
    over = {"jobId": JOB_ID, "status": "failed", "totalFiles": 2}
    stub.on(f"POST {JOB}/retry", Reply(202, over))

    ran = run("retry", JOB_ID)

    assert ran.err.splitlines() == [
        f"Job {JOB_ID}, 2 files, failed",
        f"Start it again: longhaul retry {JOB_ID}",
    ]


def test_a_retry_without_a_stored_request_says_what_to_do(stub: Stub, run: Run) -> None:
    stub.on(f"POST {JOB}/retry", problem(410, "request-gone", "it is not kept any more"))

    ran = run("retry", JOB_ID)

    assert (ran.code, ran.out) == (3, "")
    assert "  Name the files again: `longhaul export FILE...`.\n" in ran.err


def test_a_retry_whose_answer_is_lost_prints_how_to_make_sure(stub: Stub, run: Run) -> None:
    stub.on(f"POST {JOB}/retry", CUT)

    ran = run("retry", JOB_ID, "--patience", "0")

    assert ran.code == 4
    assert f"without a second export:\n  longhaul retry {JOB_ID} --patience 0\n" in ran.err


# -- too many open exports -------------------------------------------------------------------------


def test_an_export_waits_while_too_many_exports_are_open(stub: Stub, run: Run) -> None:
    stub.on("POST /v1/export", problem(429, "too-many-jobs", "2 are open"), accepted())

    ran = run("export", "10001")

    assert (ran.code, ran.out) == (0, f"{JOB_ID}\n")
    assert ran.err.startswith("You have too many open exports. `longhaul list` shows them, ")


def test_an_export_without_patience_fails_if_too_many_are_open(stub: Stub, run: Run) -> None:
    stub.on("POST /v1/export", problem(429, "too-many-jobs", "2 are open"))

    ran = run("export", "10001", "--patience", "0")

    assert (ran.code, ran.out) == (6, "")
    assert ran.err.splitlines() == [
        "✗ Too many jobs: 2 are open.",
        "  Request request-1",
        "  `longhaul list` shows them, `longhaul cancel JOB` ends one.",
    ]


# -- an earlier export -----------------------------------------------------------------------------


def test_an_archive_of_an_earlier_export_is_shown_as_such(stub: Stub, run: Run) -> None:
    reused = completed()
    reused["result"]["reusedFrom"] = "the-first"
    reused["retryOf"] = "the-failed"
    stub.on("POST /v1/export", accepted())
    stub.on(f"GET {JOB}", Reply(200, reused))

    waited = run("export", "10001", "--wait")
    asked = run("status", JOB_ID)

    assert "Export     2 files, 100.0 kB, from an earlier export" in waited.err
    assert "Archive  reused from job the-first\n" in asked.out
    assert "Retry of the-failed\n" in asked.out
