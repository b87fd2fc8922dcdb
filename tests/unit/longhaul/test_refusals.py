"""What an answer means that is not the one that was hoped for."""

import pytest

from longhaul import Client, errors, refusals
from longhaul.answers import Accepted
from longhaul.http import BODY_MAX_BYTES, Reply
from tests.unit.longhaul import stub as stubs
from tests.unit.longhaul.stub import JOB, JOB_ID, Stub, problem

URL = "https://me:secret@api.example.com/prod/v1/export?user_id=x"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidRequest),
        (401, errors.NotPermitted),
        (403, errors.NotPermitted),
        (404, errors.NotFound),
        (409, errors.NotPossibleNow),
        (410, errors.Expired),
        (413, errors.InvalidRequest),
        (415, errors.InvalidRequest),
        (418, errors.Refused),
        (422, errors.InvalidRequest),
        (429, errors.Unavailable),
        (500, errors.Unavailable),
        (503, errors.Unavailable),
    ],
)
def test_a_problem_is_an_error_of_its_own_kind(
    stub: Stub, status: int, kind: type[errors.Refused]
) -> None:
    stub.on(f"GET {JOB}", problem(status, "some-slug", "what is wrong"))

    with Client(stub.url, patience=0) as client, pytest.raises(errors.Refused) as refused:
        client.status(JOB_ID)

    assert type(refused.value) is kind
    assert str(refused.value) == "Some slug: what is wrong."
    assert refused.value.problem.request_id == "request-1"


@pytest.mark.parametrize(
    ("status", "slug", "kind", "is_retryable"),
    [
        (410, "request-gone", errors.RequestGone, False),
        (429, "too-many-jobs", errors.TooManyJobs, True),
    ],
)
def test_where_a_status_says_too_little_the_type_tells(
    stub: Stub, status: int, slug: str, kind: type[errors.Refused], *, is_retryable: bool
) -> None:
    stub.on(f"POST {JOB}/retry", problem(status, slug, "what is wrong"))

    with Client(stub.url, patience=0) as client, pytest.raises(errors.Refused) as refused:
        client.retry(JOB_ID)

    assert type(refused.value) is kind
    assert refused.value.retryable is is_retryable


def test_a_problem_tells_of_each_field(stub: Stub, client: Client) -> None:
    found = [{"pointer": "/file_ids/0", "detail": "5 is too small"}]
    stub.on(f"GET {JOB}", problem(400, "invalid-request", "no", errors=found))

    with pytest.raises(errors.InvalidRequest) as refused:
        client.status(JOB_ID)

    assert [(e.pointer, e.detail) for e in refused.value.problem.errors] == [
        ("/file_ids/0", "5 is too small")
    ]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (
            Reply(200, {"Content-Type": "text/html; charset=utf-8"}, b"<h1>Log in</h1>"),
            "https://api.example.com answered 200 OK with text/html, which is not an answer of "
            "Longhaul.",
        ),
        (
            Reply(200, {"Content-Type": "application/json"}, b'{"jobId": 5}'),
            "https://api.example.com answered 200 OK with application/json, which is not an answer "
            "of Longhaul (Expected `str`, got `int` - at `$.jobId`).",
        ),
        (Reply(204, {}, b""), "https://api.example.com answered 204 No Content with nothing,"),
    ],
)
def test_an_answer_of_somebody_else_is_told_as_such(reply: Reply, words: str) -> None:
    with pytest.raises(errors.UnexpectedAnswer) as unexpected:
        refusals.read(Accepted, reply, URL)

    assert str(unexpected.value).startswith(words)


def test_a_refusal_of_somebody_else_is_told_as_such() -> None:
    reply = Reply(403, {"Content-Type": "text/html"}, b"<h1>Blocked</h1>")

    with pytest.raises(errors.UnexpectedAnswer, match="answered 403 Forbidden with text/html"):
        refusals.check(reply, URL)


def test_a_proxy_that_has_lost_the_api_is_no_end() -> None:
    reply = Reply(502, {"Content-Type": "text/html", "Retry-After": "7"}, b"<h1>Bad Gateway</h1>")

    with pytest.raises(errors.Unavailable, match="answered 502 Bad Gateway") as unavailable:
        refusals.check(reply, URL)

    assert unavailable.value.retryable
    assert unavailable.value.retry_after == 7


def test_a_redirect_is_told_and_not_followed(stub: Stub) -> None:
    to = f"{stub.url}/elsewhere?token=secret"
    stub.on(f"GET {JOB}", stubs.Reply(302, b"", {"Location": to}))

    with (
        Client(stub.url, token="secret") as client,
        pytest.raises(errors.UnexpectedAnswer, match=r"sends us to http://\S+/elsewhere\. Is that"),
    ):
        client.status(JOB_ID)

    assert len(stub.asked) == 1


def test_a_body_without_end_is_not_read_to_its_end(
    stub: Stub, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("longhaul.http.BODY_MAX_BYTES", 1000)
    stub.on(f"GET {JOB}", stubs.Reply(200, b"x" * 2000))

    with pytest.raises(errors.UnexpectedAnswer, match="without end"):
        client.status(JOB_ID)

    assert BODY_MAX_BYTES > 6 * 1024**2


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("7", 7), (None, None), ("soon", None), ("-1", None), ("\u0661", None)],
)
def test_retry_after_counts_seconds(text: str | None, seconds: float | None) -> None:
    assert refusals.seconds(text) == seconds
