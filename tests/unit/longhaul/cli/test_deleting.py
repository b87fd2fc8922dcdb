"""The command `longhaul delete`: it asks, and takes only a job that has ended."""

import json

import pytest

from tests.unit.longhaul.cli.conftest import Run
from tests.unit.longhaul.stub import JOB, JOB_ID, Reply, Stub, completed, job, problem

DELETE = f"DELETE {JOB}?only=ended"
CANCEL = f"DELETE {JOB}?only=open"


@pytest.fixture
def ended(stub: Stub) -> Stub:
    stub.on(f"GET {JOB}", Reply(200, completed() | {"filename": "March.zip"}))
    stub.on(DELETE, Reply(204))
    return stub


def test_a_job_that_has_ended_is_deleted(ended: Stub, run: Run) -> None:
    ran = run("delete", JOB_ID, "--yes")
    in_json = run("delete", JOB_ID, "--yes", "--json")

    assert (ran.code, ran.out, ran.err) == (0, "", "Deleted.\n")
    assert json.loads(in_json.out) == {"jobId": JOB_ID, "deleted": True}
    assert len(ended.of(DELETE)) == 2


@pytest.mark.parametrize(("answer", "is_deleted"), [("y", True), ("n", False), ("", False)])
def test_it_says_what_goes_and_asks(
    ended: Stub, run: Run, answer: str, *, is_deleted: bool
) -> None:
    ran = run("delete", JOB_ID, stdin=f"{answer}\n".encode(), is_typed=True)

    assert (
        f"Delete the job {JOB_ID} (March.zip), completed, with its archive of 2 files, 100.0 kB "
        "(unless another job has it) and all share links to it? [y/N]" in ran.err
    )
    assert ran.out == ""
    assert (ran.code, len(ended.of(DELETE))) == ((0, 1) if is_deleted else (130, 0))
    assert ran.err.endswith("Deleted.\n" if is_deleted else "Nothing was deleted.\n")


def test_without_a_terminal_it_must_be_told(ended: Stub, run: Run) -> None:
    ran = run("delete", JOB_ID)

    assert ran.code == 2
    assert "say --yes" in ran.err
    assert ended.of(DELETE) == []


def test_an_open_job_is_not_deleted(stub: Stub, run: Run) -> None:
    stub.on(f"GET {JOB}", Reply(200, job()))

    ran = run("delete", JOB_ID, "--yes")

    assert ran.code == 6
    assert "The job is open: wait for its end, or cancel it too, with --cancel." in ran.err
    assert [asked.line for asked in stub.asked] == [f"GET {JOB}"]


@pytest.mark.parametrize("is_late", [False, True])
def test_an_open_job_can_be_cancelled_and_deleted(stub: Stub, run: Run, *, is_late: bool) -> None:
    stub.on(f"GET {JOB}", Reply(200, job()), Reply(200, completed()))
    late = problem(409, "already-ended", "it has completed")
    stub.on(CANCEL, late if is_late else Reply(202, job("cancelled")))
    stub.on(DELETE, Reply(204))

    ran = run("delete", JOB_ID, "--yes", "--cancel")

    assert ran.code == 0
    assert len(stub.of(DELETE)) == 1


def test_a_job_that_is_not_there_has_its_exit_code(stub: Stub, run: Run) -> None:
    assert run("delete", JOB_ID, "--yes").code == 3
