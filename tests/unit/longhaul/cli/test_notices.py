"""Who is told when a job has ended: `export --notify`, `status` and `notify`."""

import json
from typing import Any

import pytest

from tests.unit.longhaul.cli.conftest import Run
from tests.unit.longhaul.stub import (
    JOB,
    JOB_ID,
    Reply,
    Stored,
    Stub,
    accepted,
    completed,
    job,
    notification,
    problem,
)

URL = "https://hooks.example.com/in"
GIVEN_UP: dict[str, Any] = {"attempts": 11, "lastError": "it answered 500 Internal Server Error"}


def ended(stub: Stub, whole: Stored, *told: object) -> None:
    """The job has ended. Each answer of its status says who was told: these lists, in turn."""
    known = completed(len(whole.content))
    stub.on(f"GET {JOB}", *(Reply(200, known | {"notifications": one}) for one in told))


@pytest.mark.parametrize(
    ("words", "notify"),
    [
        ([URL], {"url": URL}),
        (["ann@example.com"], {"email": "ann@example.com"}),
        (["ann@example.com", URL], {"url": URL, "email": "ann@example.com"}),
        (["HTTP://127.0.0.1:9999/"], {"url": "HTTP://127.0.0.1:9999/"}),
        (["https://h.example/in?to=a@b.example"], {"url": "https://h.example/in?to=a@b.example"}),
    ],
)
@pytest.mark.usefixtures("whole")
def test_an_export_says_who_is_told(stub: Stub, run: Run, words: list[str], notify: Any) -> None:
    ran = run("export", "10001", *(f"--notify={word}" for word in words))

    assert ran.code == 0
    assert stub.asked[0].content == {"file_ids": [10001], "notify": notify}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["ann"], "'ann' is neither a URL like https://hooks.example.com/in nor a mail address."),
        ([""], "'' is neither a URL"),
        (["ftp://a.example/in"], "is neither a URL"),
        (["https://"], "is neither a URL"),
        (["a@b@c"], "is neither a URL"),
        ([f"{URL}\x00"], "is neither a URL"),
        (["ann@example.com\x1b[2J"], r"'ann@example.com\x1b[2J' is neither a URL"),
        ([URL, "https://other.example/in"], "Name at most one URL and one mail address."),
        (["a@example.com", "b@example.com"], "Name at most one URL and one mail address."),
    ],
)
def test_who_is_told_is_checked_before_any_request(
    stub: Stub, run: Run, words: list[str], complaint: str
) -> None:
    ran = run("export", "10001", *(f"--notify={word}" for word in words))

    assert (ran.code, ran.out, stub.asked) == (2, "", [])
    assert complaint in ran.err


def test_a_selection_says_itself_who_is_told(stub: Stub, run: Run) -> None:
    ran = run("export", "--selection", "-", "--notify", URL, "--wait", stdin=b"a.b.c")

    assert (ran.code, stub.asked) == (2, [])
    assert "who is told" in " ".join(ran.err.split())


@pytest.mark.usefixtures("whole")
def test_an_export_that_does_not_wait_says_who_will_be_told(run: Run) -> None:
    one = run("export", "10001", "--notify", URL).err.splitlines()
    two = run("export", "10001", "--notify", "ann@example.com", "--notify", URL).err.splitlines()

    assert one[1] == f"When it has ended, {URL} is told."
    assert two[1] == f"When it has ended, {URL} and ann@example.com are told."
    assert one[2:] == [
        f"Watch it:    longhaul watch {JOB_ID}",
        f"Download it: longhaul download {JOB_ID} --wait",
    ]


def test_of_a_job_that_has_ended_already_nobody_will_be_told(stub: Stub, run: Run) -> None:
    stub.on("POST /v1/export", Reply(202, {"jobId": JOB_ID, "status": "completed"}))

    assert "told" not in run("export", "10001", "--notify", URL, "--idempotency-key", "k").err


@pytest.mark.parametrize("how", [["--wait"], ["-o", "."]])
def test_an_export_that_waits_says_who_was_told(
    stub: Stub, whole: Stored, run: Run, pauses: list[float], how: list[str]
) -> None:
    pending, sent = [notification(URL, "pending")], [notification(URL)]
    ended(stub, whole, pending, pending, sent)

    ran = run("export", "10001", "--notify", URL, *how)

    assert ran.code == 0
    assert f"Told:        {URL} (sent)" in ran.err.splitlines()
    assert pauses == [0.5]  # only until the first try was made


def test_a_message_that_takes_long_does_not_hold_up_the_command(
    stub: Stub, whole: Stored, run: Run, pauses: list[float]
) -> None:
    ended(stub, whole, [notification(URL, "pending")])

    ran = run("export", "10001", "--notify", URL, "--wait")

    assert f"Told:        {URL} (not sent yet)" in ran.err.splitlines()
    assert sum(pauses) == 3


def test_json_of_an_export_says_who_was_told(stub: Stub, whole: Stored, run: Run) -> None:
    ended(stub, whole, [], [notification(URL, "given-up", **GIVEN_UP)])

    ran = run("export", "10001", "--notify", URL, "-o", ".", "--json")

    told = json.loads(ran.out)["notifications"]
    assert told == [notification(URL, "given-up", **GIVEN_UP)]


def test_without_notify_an_export_asks_nothing_more(stub: Stub, whole: Stored, run: Run) -> None:
    ended(stub, whole, [notification(URL)])

    ran = run("export", "10001", "--wait")

    assert len(stub.of(f"GET {JOB}")) == 1
    assert "Told" not in ran.err


def test_an_api_that_fails_then_takes_nothing_from_the_archive(
    stub: Stub, whole: Stored, run: Run
) -> None:
    known = Reply(200, completed(len(whole.content)))
    stub.on(f"GET {JOB}", known, problem(404, "not-found", "it was deleted"))

    ran = run("export", "10001", "--notify", URL, "-o", "out.zip")

    assert (ran.code, ran.out) == (0, "out.zip\n")
    assert "✗" not in ran.err


def test_of_a_job_that_failed_one_is_told_too(stub: Stub, run: Run) -> None:
    reason = {"type": "urn:problem-type:longhaul:source-missing", "title": "T", "detail": "d"}
    told = [notification(URL, "given-up", **GIVEN_UP)]
    stub.on("POST /v1/export", accepted())
    stub.on(f"GET {JOB}", Reply(200, job("failed", error=reason, notifications=told)))

    for_people = run("export", "10001", "--notify", URL, "--wait")
    in_json = run("export", "10001", "--notify", URL, "--wait", "--json")

    assert for_people.code == 1
    assert for_people.err.splitlines()[-2:] == [
        f"Told:        {URL} (given up after 11 tries: it answered 500 Internal Server Error)",
        f"Tell again:  longhaul notify {JOB_ID}",
    ]
    assert json.loads(in_json.out)["notifications"] == told


# -- status ----------------------------------------------------------------------------------------


def test_a_status_says_what_came_of_each(stub: Stub, run: Run) -> None:
    retrying = {"lastError": "it answered 503.", "nextAttemptAt": "2026-01-01T00:05:00Z"}
    told = [
        notification(URL, "retrying", attempts=2, **retrying),
        notification("b@example.com", "opted-out", attempts=0),
        notification("c@example.com", "pending", attempts=0),
        notification("d@example.com", "lost\x1b[2J\n"),
        notification("e@\x1b]0;x\x07\u202eexample.com", "given-up", lastError="\x1b[31mred"),
        notification("", "given-up", attempts=0),
    ]
    stub.on(f"GET {JOB}", Reply(200, job(notifications=told)))

    ran = run("status", JOB_ID)

    lines = [line for line in ran.out.splitlines() if "(" in line]
    assert lines[0].startswith(f"Told     {URL} (not sent yet: it answered 503; next try 2")
    assert lines[1:] == [
        "         b@example.com (wants no such mail)",
        "         c@example.com (not sent yet)",
        "         d@example.com (lost )",
        "         e@�example.com (given up after 1 try: red)",
        "         the stack's own webhook (given up)",
    ]
    assert ran.err == f"Tell again:  longhaul notify {JOB_ID}\n"


def test_a_status_of_an_older_stack_says_nothing_of_it(stub: Stub, run: Run) -> None:
    stub.on(f"GET {JOB}", Reply(200, job()))

    ran = run("status", JOB_ID)

    assert "Told" not in ran.out
    assert ran.err == ""


# -- notify ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "content"),
    [([], {}), ([URL], {"url": URL}), (["ann@example.com"], {"email": "ann@example.com"})],
)
def test_notify_tells_again_or_tells_one_more(
    stub: Stub, run: Run, words: list[str], content: object
) -> None:
    told = [notification(URL, "pending"), notification()]
    stub.on(f"POST {JOB}/notify", Reply(202, {"notifications": told}))

    ran = run("notify", JOB_ID, *words)
    in_json = run("notify", JOB_ID, *words, "--json")

    assert (ran.code, ran.out) == (0, f"{URL}\tnot sent yet\nann@example.com\tsent\n")
    assert json.loads(in_json.out) == {"notifications": told}
    assert [asked.content for asked in stub.asked] == [content, content]


def test_notify_checks_who_is_told_before_any_request(stub: Stub, run: Run) -> None:
    ran = run("notify", JOB_ID, "nobody")

    assert (ran.code, stub.asked) == (2, [])
    assert "'nobody' is neither a URL" in ran.err


def test_a_receiver_that_the_stack_refuses_is_named(stub: Stub, run: Run) -> None:
    why = "evil.example is not a host that WEBHOOK_HOSTS allows: hooks.example.com"
    stub.on(f"POST {JOB}/notify", problem(400, "invalid-request", f"url: {why}"))

    ran = run("notify", JOB_ID, "https://evil.example/")

    assert ran.code == 2
    assert why in ran.err


def test_if_nobody_is_told_it_says_how_to_name_somebody(stub: Stub, run: Run) -> None:
    stub.on(f"POST {JOB}/notify", problem(409, "no-notifications", "nobody is told of its end"))

    ran = run("notify", JOB_ID)

    assert ran.code == 6
    assert "Name who: `longhaul notify JOB URL_OR_EMAIL`." in ran.err
