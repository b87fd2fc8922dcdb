"""No error of the command line speaks of HTTP: nobody has typed a request."""

import re

import pytest

from infra.paths import REPOSITORY
from tests.unit.longhaul.cli.conftest import Run
from tests.unit.longhaul.stub import JOB, JOB_ID, Reply, Stub, accepted, job, problem

HTTP = re.compile(
    r"\b(GET|POST|PUT|PATCH|DELETE|HTTP|JSON|header|Content-Type|Authorization|Idempotency-Key|body|"
    r"file_ids?|fileIds?|on_missing|onMissing|on_unreadable|onUnreadable|user_id|userId|expires_in|"
    r"expiresIn|[45]\d\d)\b|/v1/|/openapi|fileIds/\d|keys/\d|files/\d"
)
"""Verbs, statuses, pointers, fields."""

SAID = {
    # As the API says them; the longest ones, or those with words of HTTP.
    "invalid-request": "fileIds/0: 5 must be bigger than or equal to 10000",
    "malformed-body": "the body is not UTF-8: byte 3",
    "unauthorized": "sign in first: the request has no Authorization header",
    "forbidden": "fileIds/0: 10001 is not among the files that you may have",
    "selection-used": "the selection was used once, which is all it allows",
    "not-found": "there is no job 'x'; it was deleted, or has expired long ago",
    "method-not-allowed": "use GET or DELETE",
    "too-many-shares": "the job has 20 share links, which is the most there may be: revoke one",
    "too-many-notifications": "5 are told of this job's end already",
    "no-notifications": "name a url, an email, or both",
    "not-ready": "the job is processing, 41 % done; ask again in 5 seconds or more",
    "already-ended": "the job is completed, so there is nothing to cancel",
    "not-ended": "the job is processing; cancel it first, or wait for its end",
    "not-retryable": "this stack does not take such a request any more: on_missing: is wrong",
    "expired": "the archive has expired and was deleted; export again",
    "request-gone": "what this job was asked for is not kept any more",
    "body-too-large": "the body has 7000000 bytes, and at most 6000000 are taken",
    "unsupported-media-type": "Content-Type is x; send application/json",
    "idempotency-key-reused": "this Idempotency-Key was used for another request; use a new key",
    "quota-exceeded": "the request names 12 files, and an export may have 10",
    "rate-limited": "you may make 60 requests a minute; the next one is possible in 7 seconds",
    "too-many-jobs": "3 exports of yours are open, which is the most there may be",
    "internal-error": "tell the operator the requestId",
    "unavailable": "could not read the job: ThrottlingException",
}
FAILED = {
    "source-missing": "3 of 5 files do not exist: a, b, c. Leave them out",
    "source-changed": "a was overwritten",
    "source-unreadable": "1 of 5 files cannot be read: a (archived: in GLACIER)",
    "nothing-to-export": "no file of the source bucket begins with 'x/'",
    "access-denied": "the stack may not read the bucket",
    "storage-refused": "InvalidRequest",
    "quota-exceeded": "these files have 12 bytes, and an export may have 10",
    "limit-exceeded": "the archive would be too large; export fewer files at a time",
    "given-up": "SlowDown",
}


def test_every_problem_of_the_documentation_is_tried() -> None:
    page = (REPOSITORY / "docs" / "problems.md").read_text()
    answers, _, jobs = page.partition("## Why a job failed")
    rows = re.compile(r"^\| `([a-z-]+)` \|", re.MULTILINE)
    # The table of the types has a third column: what can be done.
    with_remedies = re.compile(r"^\| `([a-z-]+)` \|[^|]+\|[^|]+\|$", re.MULTILINE)

    assert set(rows.findall(answers)) == set(SAID)
    assert set(with_remedies.findall(jobs)) == set(FAILED)


@pytest.mark.parametrize(("slug", "detail"), SAID.items())
@pytest.mark.parametrize("words", [["status", JOB_ID], ["export", "10001"]])
def test_no_problem_speaks_of_http(
    stub: Stub, run: Run, slug: str, detail: str, words: list[str]
) -> None:
    pointer, _, text = detail.partition(": ")
    errors = [{"pointer": f"/{pointer}", "detail": text}] if slug == "invalid-request" else []
    reply = problem(STATUSES.get(slug, 409), slug, detail, title=title(slug), errors=errors)
    for line in (f"GET {JOB}", "POST /v1/export"):
        stub.on(line, reply)

    ran = run(*words, "--patience", "0")

    assert ran.code != 0
    assert ran.err.startswith("✗ ")
    assert len(ran.err.splitlines()[0]) > len("✗ It.")
    assert not HTTP.search(ran.err.replace("Request request-1", "")), ran.err


STATUSES = {
    "invalid-request": 400,
    "malformed-body": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "selection-used": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "expired": 410,
    "request-gone": 410,
    "body-too-large": 413,
    "unsupported-media-type": 415,
    "idempotency-key-reused": 422,
    "quota-exceeded": 422,
    "rate-limited": 429,
    "too-many-jobs": 429,
    "internal-error": 500,
    "unavailable": 503,
}


def title(slug: str) -> str:
    """The title that the stack gives this problem."""
    source = (REPOSITORY / "chalicelib" / "errors.py").read_text()
    found = re.search(rf'"{slug}", "([^"]+)"', source)
    return found[1] if found else slug


@pytest.mark.parametrize(("slug", "detail"), FAILED.items())
def test_every_failed_job_says_what_to_type(stub: Stub, run: Run, slug: str, detail: str) -> None:
    error = {"type": f"urn:problem-type:longhaul:{slug}", "title": title(slug), "detail": detail}
    stub.on(f"GET {JOB}", Reply(200, job("failed", error=error)))

    ran = run("watch", JOB_ID)

    assert ran.code == 1
    assert detail in ran.err
    assert re.search(rf"longhaul (retry {JOB_ID}|export FILE\.\.\.)", ran.err)
    assert not HTTP.search(ran.err), ran.err


@pytest.mark.parametrize(
    ("remedies", "said"),
    [
        (
            ["skip-missing", "skip-unreadable", "edit"],
            f"To leave these files out: longhaul retry {JOB_ID} --on-missing skip "
            "--on-unreadable skip\nTo export other files: longhaul export FILE...\n",
        ),
        (
            ["skip-missing"],
            f"To leave these files out: longhaul retry {JOB_ID} --on-missing skip\n",
        ),
        (["retry", "wait-a-week"], f"To try again: longhaul retry {JOB_ID}\n"),
    ],
)
def test_what_can_help_is_what_the_api_says(
    stub: Stub, run: Run, remedies: list[str], said: str
) -> None:
    error: dict[str, object] = {
        "type": "urn:problem-type:longhaul:x",
        "title": "No",
        "detail": "no",
    }
    error["remedies"] = remedies
    stub.on(f"GET {JOB}", Reply(200, job("failed", error=error)))

    assert run("watch", JOB_ID).err.endswith(f"No: no.\n{said}")


def test_the_files_to_blame_are_all_in_the_status(stub: Stub, run: Run) -> None:
    affected = [{"file": i, "reason": "missing", "detail": "does not exist"} for i in range(12)]
    error = {"type": "t", "title": "No", "detail": "no", "affectedFiles": 12, "affected": affected}
    stub.on(f"GET {JOB}", Reply(200, job("failed", error=error)))

    watched, status = run("watch", JOB_ID), run("status", JOB_ID)

    assert f"See all 12 files: longhaul status {JOB_ID}\n" in watched.err
    assert "Because  12 files\n         0 (missing)\n" in status.out
    assert "         11 (missing)\n" in status.out


def test_the_advice_for_a_failed_job_can_be_followed(stub: Stub, run: Run) -> None:
    error = {"type": "t", "title": "No", "detail": "no", "remedies": ["skip-missing"]}
    stub.on(f"GET {JOB}", Reply(200, job("failed", error=error)))
    stub.on(f"POST {JOB}/retry", accepted())

    line = run("watch", JOB_ID).err.splitlines()[-1].partition(": ")[2]
    ran = run(*line.split()[1:])

    assert ran.code == 0
    assert stub.of(f"POST {JOB}/retry")[0].content == {"onMissing": "skip"}


def test_whoever_has_a_share_link_is_not_told_to_retry(stub: Stub, run: Run) -> None:
    stub.on(f"GET {JOB}", Reply(200, job("failed")))

    ran = run("watch", f"{stub.url}/#/jobs/{JOB_ID}?ticket=lht_0123456789")

    assert ran.code == 1
    assert "retry" not in ran.err


@pytest.mark.parametrize(
    ("words", "reply", "said"),
    [
        (["rename", JOB_ID, "x"], problem(405, "method-not-allowed", "use GET"), "not know this"),
        (
            ["rename", JOB_ID, "x"],
            problem(404, "not-found", "there is no /v1/x; see /openapi.json"),
            "✗ This API does not know this command.",
        ),
        (
            ["rename", JOB_ID, ""],
            problem(
                400,
                "invalid-request",
                "filename: no",
                errors=[{"pointer": "/filename", "detail": "must not be empty"}],
            ),
            "✗ The command line is not right: the archive's name: must not be empty.",
        ),
        (
            ["rename", JOB_ID, "x"],
            problem(
                400,
                "invalid-request",
                "names: no",
                errors=[{"pointer": "/names", "detail": "is not known; known are file_ids"}],
            ),
            "--names: this API is older than that option, and does not know it.",
        ),
    ],
)
def test_an_older_api_is_named_as_such(
    stub: Stub, run: Run, words: list[str], reply: Reply, said: str
) -> None:
    stub.on(f"PATCH {JOB}", reply)

    assert said in run(*words).err


# -- a stack that is down --------------------------------------------------------------------------


def test_watch_on_a_stack_that_is_down_claims_nothing(run: Run) -> None:
    ran = run("watch", JOB_ID, "--url", "http://127.0.0.1:1", "--patience", "0")

    assert ran.code == 4
    assert "goes on without you" not in ran.err
    assert ran.err.endswith(
        "Nothing is known of the job. Ask again with:\n"
        f"  longhaul watch {JOB_ID} --url http://127.0.0.1:1\n"
    )


def test_watch_says_what_was_known_last(stub: Stub, run: Run) -> None:
    down = Reply(503, b"<h1>no</h1>")
    stub.on(f"GET {JOB}", Reply(200, job(percent=41)), down)

    ran = run("watch", JOB_ID, "--patience", "0")

    assert ran.code == 4
    assert re.search(
        r"At \d\d:\d\d:\d\d the job was processing, 41 %\. Whether it goes on, nobody can say from "
        rf"here\. Look again with:\n  longhaul watch {JOB_ID}\n$",
        ran.err,
    )
