"""Errors for people: a sentence and advice, never a traceback."""

import pytest

from tests.unit.longhaul.cli.conftest import Run
from tests.unit.longhaul.stub import CUT, JOB, JOB_ID, Reply, Stub, job, problem


def test_a_refusal_is_printed_with_its_request_id_and_advice(stub: Stub, run: Run) -> None:
    stub.on(f"GET {JOB}", problem(404, "not-found", "there is no such job"))

    ran = run("status", JOB_ID)

    assert ran.code == 3
    assert ran.err.splitlines() == [
        "✗ Not found: there is no such job.",
        "  Request request-1",
        "  `longhaul list` shows your jobs.",
    ]


def test_at_most_ten_wrong_fields_are_printed(stub: Stub, run: Run) -> None:
    found = [{"pointer": f"/fileIds/{i}", "detail": "is too small"} for i in range(12)]
    detail = "fileIds/0: is too small (and 11 more)"
    stub.on("POST /v1/export", problem(400, "invalid-request", detail, errors=found))

    ran = run("export", "10001")

    lines = ran.err.splitlines()
    assert ran.code == 2
    assert lines[:2] == ["✗ The command line is not right.", "  FILE number 1: is too small"]
    assert lines[11:13] == ["  and 2 more", "  For keys, use --keys."]


@pytest.mark.parametrize(
    ("reply", "code", "words"),
    [
        (CUT, 4, "the connection broke."),
        (Reply(200, b"<h1>Log in</h1>", {"Content-Type": "text/html"}), 4, "not an answer of"),
        (Reply(502, b"<h1>Bad Gateway</h1>"), 4, "answered with an error."),
        (problem(500, "internal-error", "oh"), 4, "The API has failed."),
        (problem(429, "slow-down", "later"), 4, "Slow down: later."),
        (problem(401, "unauthorized", "no"), 8, "LONGHAUL_TOKEN"),
        (problem(403, "forbidden", "no"), 8, "Forbidden: no."),
        (problem(429, "rate-limited", "later"), 6, "Rate limited: later."),
        (problem(422, "quota-exceeded", "too big"), 6, "Name fewer files"),
        (problem(410, "expired", "it was deleted"), 3, "longhaul retry JOB"),
        (problem(422, "idempotency-key-reused", "no"), 2, "Leave out --idempotency-key"),
        (Reply(302, b"", {"Location": "https://login/?x"}), 4, "redirects to https://login/."),
    ],
)
def test_each_error_has_an_exit_code_and_a_text(
    stub: Stub, run: Run, reply: Reply, code: int, words: str
) -> None:
    stub.on(f"GET {JOB}", reply)

    ran = run("status", JOB_ID, "--patience", "0")

    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_quiet_prints_errors_only(stub: Stub, run: Run) -> None:
    stub.on("POST /v1/export", CUT, Reply(202, {"jobId": JOB_ID, "status": "queued"}))

    fine = run("export", "10001", "-q")
    wrong = run("status", JOB_ID, "-q")

    assert (fine.out, fine.err) == (f"{JOB_ID}\n", "")
    assert wrong.err.startswith("✗ Not found: ")


def test_a_server_cannot_send_control_characters_to_the_terminal(stub: Stub, run: Run) -> None:
    hostile = "\x1b[2J\x1b]0;owned\x07gone\r\u202e"
    found = [{"pointer": hostile, "detail": hostile}] * 2
    stub.on(f"GET {JOB}", problem(400, hostile, hostile, errors=found))

    ran = run("status", JOB_ID)

    assert ran.err.isprintable() or set(ran.err) & {"\x1b", "\r", "\x07", "\u202e"} == set()
    assert "gone" in ran.err


def test_the_same_network_error_is_printed_once(stub: Stub, run: Run) -> None:
    stub.on(f"GET {JOB}", CUT, CUT, CUT, problem(404, "not-found", "no"))

    ran = run("status", JOB_ID)

    assert ran.err.count("the connection broke. Trying again.") == 1


def test_a_rate_limit_is_told_once_and_obeyed(stub: Stub, run: Run, pauses: list[float]) -> None:
    def limited(seconds: int) -> Reply:
        made = problem(429, "rate-limited", f"again in {seconds} s")
        return Reply(429, made.content, {**made.headers, "Retry-After": str(seconds)})

    page = Reply(200, {"jobs": [job()], "cursor": None})
    stub.on("GET /v1/export?limit=100", limited(40), limited(50), page)

    ran = run("list")

    assert ran.code == 0
    assert ran.err == "The API limits how often you may ask. Going on in 40 s.\n"
    assert [seconds >= wanted for seconds, wanted in zip(pauses, (40, 50), strict=True)] == [
        True
    ] * 2


def test_a_rate_limit_beyond_all_patience_ends_at_once(
    stub: Stub, run: Run, pauses: list[float]
) -> None:
    made = problem(429, "rate-limited", "again in an hour")
    reply = Reply(429, made.content, {**made.headers, "Retry-After": "3600"})
    stub.on("POST /v1/export", reply)

    ran = run("export", "10001")

    assert (ran.code, pauses) == (6, [])
    assert "again in an hour" in ran.err
    assert "may or may not have started" not in ran.err
