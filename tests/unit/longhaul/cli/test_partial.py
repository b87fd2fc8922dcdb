"""An archive that lacks some files, and a job that fails because of some."""

from pathlib import Path

import pytest

from tests.unit.longhaul.cli.conftest import Run
from tests.unit.longhaul.stub import JOB, JOB_ID, Reply, Stored, Stub, accepted, completed, job

TOLD = (
    "2 files are not in the archive: 10009 (missing), "
    "a/b.bin (archived: in GLACIER; restore it first).\n"
)


@pytest.mark.parametrize("command", [("export", "10001"), ("retry", JOB_ID)])
@pytest.mark.parametrize("options", [("--wait",), ("-o", "out.zip")])
def test_a_partial_archive_has_its_own_exit_code(
    stub: Stub, partial: Stored, run: Run, command: tuple[str, ...], options: tuple[str, ...]
) -> None:
    stub.on(f"POST {JOB}/retry", accepted())

    ran = run(*command, *options)

    assert ran.code == 9
    assert ran.err.count(TOLD) == 1


def test_the_file_of_a_partial_archive_is_saved(partial: Stored, run: Run, tmp_path: Path) -> None:
    ran = run("export", "10001", "-o", "out.zip")

    assert ran.out == "out.zip\n"
    assert (tmp_path / "out.zip").read_bytes() == partial.content


def test_a_partial_archive_on_standard_output_is_one_too(
    stub: Stub, partial: Stored, run: Run
) -> None:
    partial.content = b"as it is"
    skipped = [{"file": "a", "reason": "changed", "detail": ""}]
    stub.on(f"GET {JOB}", Reply(200, completed(len(partial.content), skipped=skipped)))

    ran = run("export", "10001", "-o", "-")

    assert (ran.code, ran.out) == (9, "as it is")
    assert "1 file is not in the archive: a (changed).\n" in ran.err


def test_an_export_that_does_not_wait_has_succeeded(partial: Stored, run: Run) -> None:
    ran = run("export", "10001")

    assert (ran.code, ran.out) == (0, f"{JOB_ID}\n")
    assert "not in the archive" not in ran.err


def test_of_many_files_the_first_are_named_and_the_rest_counted(stub: Stub, run: Run) -> None:
    many = [{"file": f"k/{i}", "reason": "denied", "detail": "S3 denies it"} for i in range(1205)]
    stub.on(f"GET {JOB}", Reply(200, completed(skipped=many)))

    ran = run("watch", JOB_ID)

    first = ", ".join(f"k/{i} (S3 denies it)" for i in range(5))
    assert ran.code == 9
    assert f"1,205 files are not in the archive: {first}, and 1,200 more.\n" in ran.err
    assert f"See all:     longhaul status {JOB_ID}\n" in ran.err


def test_an_older_stack_tells_only_what_is_missing(stub: Stub, run: Run) -> None:
    stub.on(f"GET {JOB}", Reply(200, completed(missing=[10009])))

    ran = run("watch", JOB_ID)

    assert ran.code == 9
    assert "1 file is not in the archive: 10009 (missing).\n" in ran.err


def test_what_is_not_known_by_name_is_counted(stub: Stub, run: Run) -> None:
    answer = completed()
    answer["result"] |= {"missing": None, "skipped": None, "totalFiles": 9}
    stub.on(f"GET {JOB}", Reply(200, answer))

    ran = run("watch", JOB_ID)
    status = run("status", JOB_ID)

    assert ran.code == 9
    assert "7 files are not in the archive.\n" in ran.err
    assert f"See all:     longhaul status {JOB_ID}\n" in ran.err
    assert "Skipped  some\n" in status.out


def test_names_of_skipped_files_cannot_control_the_terminal(stub: Stub, run: Run) -> None:
    hostile = "\x1b[2J\x1b]0;owned\x07a\nb\r\u202e"
    skipped = [{"file": hostile, "reason": hostile, "detail": hostile}]
    stub.on(f"GET {JOB}", Reply(200, completed(skipped=skipped)))

    watched, status = run("watch", JOB_ID), run("status", JOB_ID)

    assert "1 file is not in the archive: a b" in watched.err
    assert not set(watched.err + status.out) & {"\x1b", "\r", "\x07", "\u202e"}
    assert len(status.out.splitlines()) == 9


@pytest.mark.parametrize(
    ("kind", "advice"),
    [
        ("source-missing", f"files out: longhaul retry {JOB_ID} --on-missing skip\n"),
        ("source-unreadable", f"files out: longhaul retry {JOB_ID} --on-unreadable skip\n"),
        ("nothing-to-export", "To export other files: longhaul export FILE...\n"),
        ("storage-refused", f"To try again: longhaul retry {JOB_ID}\n"),
    ],
)
def test_a_job_that_failed_because_of_files_says_what_to_type(
    stub: Stub, run: Run, kind: str, advice: str
) -> None:
    named = ", ".join(f"k/{i} (archived: in GLACIER)" for i in range(10))
    detail = f"12 of 30 files cannot be read: {named} and 2 more."
    error = {"type": f"urn:problem-type:longhaul:{kind}", "title": "No", "detail": detail}
    stub.on("POST /v1/export", accepted())
    stub.on(f"GET {JOB}", Reply(200, job("failed", error=error)))

    ran = run("export", "--prefix", "k/", "-o", "out.zip")

    assert (ran.code, ran.out) == (1, "")
    assert f"The job has failed. No: {detail}\n" in ran.err
    assert advice in ran.err
    assert ("leave these files out" in ran.err) == ("skip" in advice)
