"""Share links: made, listed, ended, and used without a sign-in."""

import json
from pathlib import Path

import pytest

from tests.unit.longhaul.cli.conftest import Run
from tests.unit.longhaul.stub import JOB, JOB_ID, Reply, Stored, Stub, job, problem

TICKET = "lht_0a1b_sEcr-t_x"
SHARE = {
    "id": "s1",
    "createdAt": "2026-01-03T12:00:00Z",
    "expiresAt": "2026-01-05T12:00:00Z",
}


def link(base: str) -> str:
    return f"{base}/#/jobs/{JOB_ID}?ticket={TICKET}"


def test_a_share_prints_its_link(stub: Stub, run: Run) -> None:
    made = {**SHARE, "ticket": TICKET, "url": link(stub.url)}
    stub.on(f"POST {JOB}/shares", Reply(201, made))

    ran = run("share", JOB_ID, "--for", "12h")
    in_json = run("share", JOB_ID, "--json")

    assert (ran.code, ran.out) == (0, f"{link(stub.url)}\n")
    assert "Who has this link can download the archive until 2026-01-0" in ran.err
    assert ran.err.endswith(f"End it: longhaul share {JOB_ID} --revoke s1\n")
    assert json.loads(in_json.out) == made
    assert [asked.content for asked in stub.asked] == [{"expires_in": 43_200}, {}]


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("1d", 86_400), ("7d", 604_800)]
)
def test_a_share_is_for_as_long_as_one_says(stub: Stub, run: Run, text: str, seconds: int) -> None:
    stub.on(f"POST {JOB}/shares", Reply(201, {**SHARE, "ticket": TICKET, "url": "u"}))

    run("share", JOB_ID, "--for", text)

    assert stub.asked[0].content == {"expires_in": seconds}


@pytest.mark.parametrize("text", ["", "1", "0d", "-1d", "1w", "1.5h", "12345678d", "\u0661d"])
def test_a_time_that_is_none_is_refused(stub: Stub, run: Run, text: str) -> None:
    ran = run("share", JOB_ID, f"--for={text}")

    assert (ran.code, stub.asked) == (2, [])
    assert "is not a time like 30m, 12h or 1d." in ran.err


def test_shares_are_listed_and_ended(stub: Stub, run: Run) -> None:
    stub.on(f"GET {JOB}/shares", Reply(200, {"shares": [SHARE]}))
    stub.on(f"DELETE {JOB}/shares/s1", Reply(204))

    listed, ended = run("share", JOB_ID, "--list"), run("share", JOB_ID, "--revoke", "s1")
    in_json, unknown = run("share", JOB_ID, "--list", "--json"), run("share", JOB_ID, "--revoke=x")

    assert [cell[:9] for cell in listed.out.split("\t")] == ["s1", "2026-01-0", "2026-01-0"]
    assert json.loads(in_json.out) == SHARE
    assert (ended.code, ended.err) == (0, "The link does not work any more.\n")
    assert (unknown.code, len(stub.of(f"DELETE {JOB}/shares/s1"))) == (3, 1)


def test_a_share_does_one_thing_at_a_time(stub: Stub, run: Run) -> None:
    assert run("share", JOB_ID, "--list", "--revoke", "s1").code == 2
    assert stub.asked == []


@pytest.mark.parametrize("is_piped", [False, True])
def test_a_share_link_downloads_without_a_sign_in(
    stub: Stub, whole: Stored, run: Run, tmp_path: Path, *, is_piped: bool
) -> None:
    line = link(stub.url)

    ran = run("download", "-" if is_piped else line, stdin=f"{line}\n".encode())

    assert (ran.code, ran.out) == (0, "march.zip\n")
    assert (tmp_path / "march.zip").read_bytes() == whole.content
    to_api = [asked for asked in stub.asked if asked.line != "GET /s3"]
    assert {asked.headers["authorization"] for asked in to_api} == {f"Bearer {TICKET}"}
    assert all("authorization" not in asked.headers for asked in stub.of("GET /s3"))
    assert all(TICKET not in asked.line for asked in stub.asked)
    assert TICKET not in ran.err


def test_a_share_link_goes_before_the_own_token_and_to_its_own_api(
    stub: Stub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGHAUL_TOKEN", "mine")
    monkeypatch.setenv("LONGHAUL_URL", "http://127.0.0.1:1")
    stub.on(f"GET /prod{JOB}", Reply(200, job("failed")))

    ran = run("status", link(f"{stub.url}/prod"))

    assert ran.code == 0
    assert stub.asked[0].headers["authorization"] == f"Bearer {TICKET}"


def test_a_link_of_the_page_without_a_ticket_names_the_job(stub: Stub, run: Run) -> None:
    stub.on(f"GET {JOB}", Reply(200, job("failed")))

    ran = run("status", f"{stub.url}/#/jobs/{JOB_ID}")

    assert ran.code == 0
    assert "authorization" not in stub.asked[0].headers


def test_a_link_that_does_not_work_any_more_says_so(stub: Stub, run: Run) -> None:
    stub.on(f"GET {JOB}", problem(401, "unauthorized", "this ticket has expired"))

    ran = run("download", link(stub.url))

    assert ran.code == 8
    assert "Ask for a new one." in ran.err
    assert "login" not in ran.err
    assert TICKET not in ran.err


def test_a_link_does_not_allow_everything(stub: Stub, run: Run) -> None:
    stub.on(f"DELETE {JOB}?only=open", problem(403, "forbidden", "this ticket only lets you see"))

    ran = run("cancel", link(stub.url))

    assert ran.code == 8
    assert ran.err.splitlines()[1:] == ["  Request request-1"]


def test_the_way_back_to_a_shared_job_does_not_print_the_link(stub: Stub, run: Run) -> None:
    stub.on(f"GET {JOB}", Reply(200, {**job("completed", 100)}))

    ran = run("watch", link(stub.url))

    assert ran.err.endswith("Download it: longhaul download SHARE_LINK\n")


@pytest.mark.parametrize(
    "text",
    [
        f"https://api/#/jobs/{JOB_ID}?ticket=lht_sEcr!t",
        f"https://api/#/jobs/x?ticket={TICKET}",
        f"https://api/?x#/jobs/{JOB_ID}?ticket={TICKET}",
        TICKET,
    ],
)
def test_a_broken_link_is_refused_and_its_ticket_not_printed(
    stub: Stub, run: Run, text: str
) -> None:
    ran = run("status", text)

    assert (ran.code, stub.asked) == (2, [])
    assert "nor a share link" in ran.err
    assert "sEcr" not in ran.err


def test_a_link_that_there_is_not_leads_to_those_that_there_are(stub: Stub, run: Run) -> None:
    unknown_job = run("share", JOB_ID, "--revoke", "nope")
    stub.on(f"GET {JOB}/shares", Reply(200, {"shares": [SHARE]}))

    unknown_link = run("share", JOB_ID, "--revoke", "nope")

    assert unknown_link.code == unknown_job.code == 3
    assert unknown_link.err == (
        "✗ The job has no share link nope.\n"
        f"To see the links that work: longhaul share {JOB_ID} --list\n"
    )
    assert "`longhaul list` shows your jobs." in unknown_job.err
