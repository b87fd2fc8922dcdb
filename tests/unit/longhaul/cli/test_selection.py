"""An export of a signed selection: who has it needs no other proof."""

import json
from pathlib import Path

import pytest

from tests.unit.longhaul.cli.conftest import Run
from tests.unit.longhaul.stub import CUT, JOB, JOB_ID, Reply, Stored, Stub, job, problem

SELECTION = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJlLXNlY3JldA"
TICKET = "lht_0a1b_secret"
ACCEPTED = Reply(
    202,
    {
        "jobId": JOB_ID,
        "status": "queued",
        "totalFiles": 2,
        "ticket": TICKET,
        "ticketExpiresAt": "2026-01-08T00:00:00.000Z",
    },
)


@pytest.fixture
def ready(stub: Stub, whole: Stored) -> Stored:
    stub.on("POST /v1/export", ACCEPTED)
    return whole


@pytest.mark.parametrize("is_piped", [False, True])
def test_a_selection_is_exported_with_its_ticket(
    stub: Stub, ready: Stored, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *,
    is_piped: bool,
) -> None:  # fmt: skip
    monkeypatch.setenv("LONGHAUL_TOKEN", "mine")
    monkeypatch.setenv("LONGHAUL_USER", "ann")
    (tmp_path / "selection.jws").write_text(f"{SELECTION}\n")

    name = "-" if is_piped else "selection.jws"
    ran = run("export", "--selection", name, "-o", "out.zip", stdin=f"{SELECTION}\n".encode())

    assert (ran.code, ran.out) == (0, "out.zip\n")
    assert (tmp_path / "out.zip").read_bytes() == ready.content
    first, *others = stub.asked
    assert first.content == {"selection": SELECTION}
    assert "authorization" not in first.headers
    to_api = [asked for asked in others if asked.line != "GET /s3"]
    assert {asked.headers["authorization"] for asked in to_api} == {f"Bearer {TICKET}"}
    for secret in (SELECTION, TICKET):
        assert secret not in ran.err


def test_the_job_of_a_selection_is_found_again_by_the_same_request(
    stub: Stub, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "s").write_text(SELECTION)
    stub.on("POST /v1/export", ACCEPTED)
    stub.on(f"GET {JOB}/progress", CUT)

    ran = run("export", "--selection", "s", "-o", "x.zip", "--patience", "0")

    key = stub.asked[0].headers["idempotency-key"]
    again = f"longhaul export --selection s -o x.zip --patience 0 --idempotency-key {key}\n"
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.endswith(again)


def test_an_archive_that_cannot_be_saved_can_still_be_had(
    ready: Stored, stub: Stub, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "s").write_text(SELECTION)
    (tmp_path / "march.zip").write_bytes(b"another file")

    ran = run("export", "--selection", "s", "-o", ".")

    key = stub.asked[0].headers["idempotency-key"]
    again = f"  longhaul export --selection s -o . --idempotency-key {key}\n"
    assert (ran.code, ran.out) == (7, "")
    assert ran.err.endswith(f"The selection was used. Come back to its job with:\n{again}")


def test_the_ticket_of_a_selection_is_printed_in_json_alone(
    stub: Stub, ready: Stored, run: Run
) -> None:
    plain = run("export", "--selection", "-", stdin=SELECTION.encode())
    in_json = run("export", "--selection", "-", "--json", "--fresh", stdin=SELECTION.encode())

    assert (plain.code, plain.out) == (2, "")
    assert "found by its ticket alone" in plain.err
    assert json.loads(in_json.out)["ticket"] == TICKET
    assert [asked.content for asked in stub.asked] == [{"selection": SELECTION, "fresh": True}]


def test_a_selection_is_not_taken_from_the_command_line(stub: Stub, run: Run) -> None:
    ran = run("export", "--selection", SELECTION, "-o", "x.zip")

    assert (ran.code, stub.asked) == (2, [])
    assert "takes a file" in ran.err
    assert SELECTION not in ran.err


@pytest.mark.parametrize("content", [b"", b"secret", b"sec\xffret", b"a.b", b"x" * 6_000_000])
def test_a_file_without_a_selection_is_refused(
    stub: Stub, run: Run, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "s").write_bytes(content)

    ran = run("export", "--selection", "s", "-o", "x.zip")

    assert (ran.code, stub.asked) == (2, [])
    assert "selection" in ran.err
    assert "secret" not in ran.err
    assert len(ran.err) < 1000


def test_a_file_that_is_not_there_is_named(stub: Stub, run: Run) -> None:
    ran = run("export", "--selection", "nowhere", "-o", "x.zip")

    assert ran.code == 2
    assert "Cannot read the selection from 'nowhere': No such file or directory." in ran.err


@pytest.mark.parametrize(
    "more",
    [
        ["10001"],
        ["--keys"],
        ["--prefix", "a/"],
        ["--files", "list.json"],
        ["--source", "scans"],
        ["--filename", "x"],
        ["--on-missing=fail"],
        ["--on-unreadable=skip"],
    ],
)
def test_a_selection_says_it_all(stub: Stub, run: Run, more: list[str]) -> None:
    ran = run("export", "--selection", "-", "-o", "x.zip", *more, stdin=SELECTION.encode())

    assert (ran.code, stub.asked) == (2, [])


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (problem(401, "unauthorized", "selection: the token has expired"), 8),
        (problem(403, "selection-used", "it was used once, as often as it may be"), 8),
    ],
)
def test_a_selection_that_is_not_good_is_not_a_missing_sign_in(
    stub: Stub, run: Run, reply: Reply, code: int
) -> None:
    stub.on("POST /v1/export", reply)

    ran = run("export", "--selection", "-", "-o", "x.zip", stdin=SELECTION.encode())

    assert ran.code == code
    assert "Ask for a new selection where this one comes from." in ran.err
    assert "signed in" not in ran.err


def test_a_failed_job_of_a_selection_is_asked_for_by_its_ticket(
    stub: Stub, ready: Stored, run: Run
) -> None:
    stub.on(f"GET {JOB}", Reply(200, job("failed")))

    ran = run("export", "--selection", "-", "--wait", stdin=SELECTION.encode())

    assert ran.code == 1
    assert stub.asked[-1].headers["authorization"] == f"Bearer {TICKET}"
