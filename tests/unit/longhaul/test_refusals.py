"""Answers that are not a success: which error they raise."""

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
        (401, errors.NotSignedIn),
        (403, errors.Forbidden),
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
def test_each_problem_raises_its_own_error(
    stub: Stub, status: int, kind: type[errors.Refused]
) -> None:
    stub.on(f"GET {JOB}", problem(status, "some-slug", "what is wrong"))

    with Client(stub.url, patience=0) as client, pytest.raises(errors.Refused) as refused:
        client.status(JOB_ID)

    assert type(refused.value) is kind
    assert str(refused.value) == "Some slug: what is wrong."
    assert refused.value.problem.request_id == "request-1"


NO_ROUTE = "there is no /v1/v1/export; see /openapi.json"


@pytest.mark.parametrize("base", ["/v1", "/api/v1", f"/v1/export/{JOB_ID}", "/v1/"])
@pytest.mark.parametrize("of_gateway", [False, True])
def test_a_url_that_has_v1_in_it_is_told(stub: Stub, base: str, *, of_gateway: bool) -> None:
    more = {"type": "about:blank"} if of_gateway else {}
    stub.on(f"GET {base.rstrip('/')}{JOB}", problem(404, "not-found", NO_ROUTE, **more))

    with (
        Client(stub.url + base, patience=0) as client,
        pytest.raises(errors.UnexpectedAnswer, match="no API below /v1 at"),
    ):
        client.status(JOB_ID)


def test_a_stack_below_v1_says_that_a_job_is_not_there(stub: Stub) -> None:
    stub.on(f"GET /v1{JOB}", problem(404, "not-found", f"there is no job {JOB_ID}"))

    with Client(f"{stub.url}/v1") as client, pytest.raises(errors.NotFound):
        client.status(JOB_ID)


@pytest.mark.parametrize(
    ("status", "slug", "kind", "is_retryable"),
    [
        (410, "request-gone", errors.RequestGone, False),
        (429, "too-many-jobs", errors.TooManyJobs, True),
        (429, "rate-limited", errors.RateLimited, True),
        (403, "selection-used", errors.SelectionUsed, False),
        (429, "quota-exceeded", errors.QuotaExceeded, False),
        (422, "quota-exceeded", errors.QuotaExceeded, False),
    ],
)
def test_the_problem_type_decides_if_the_status_is_not_enough(
    stub: Stub, status: int, slug: str, kind: type[errors.Refused], *, is_retryable: bool
) -> None:
    stub.on(f"POST {JOB}/retry", problem(status, slug, "what is wrong"))

    with Client(stub.url, patience=0) as client, pytest.raises(errors.Refused) as refused:
        client.retry(JOB_ID)

    assert type(refused.value) is kind
    assert refused.value.retryable is is_retryable


def test_a_problem_lists_each_wrong_field(stub: Stub, client: Client) -> None:
    found = [{"pointer": "/file_ids/0", "detail": "5 is too small"}]
    stub.on(f"GET {JOB}", problem(400, "invalid-request", "no", errors=found))

    with pytest.raises(errors.InvalidRequest) as refused:
        client.status(JOB_ID)

    assert [(e.pointer, e.detail) for e in refused.value.problem.errors] == [
        ("/file_ids/0", "5 is too small")
    ]


def test_a_rate_limit_says_how_much_is_left(stub: Stub) -> None:
    headers = {"RateLimit-Limit": "60", "RateLimit-Remaining": "0", "RateLimit-Reset": "30"}
    limited = problem(429, "rate-limited", "later")
    stub.on("GET /v1/x", stubs.Reply(429, limited.content, {**headers, "Retry-After": "2"}))
    stub.on("GET /v1/y", stubs.Reply(429, limited.content, {"RateLimit-Limit": "-1"}))

    found = []
    for path in ("/v1/x", "/v1/y"):
        with Client(stub.url, patience=0) as client, pytest.raises(errors.RateLimited) as error:
            client.call("GET", path)
        found.append(error.value)

    first, second = found
    assert (first.limit, first.remaining, first.reset, first.retry_after) == (60, 0, 30, 2)
    assert (second.limit, second.remaining, second.reset, second.retry_after) == (None,) * 4


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (
            Reply(200, {"Content-Type": "text/html; charset=utf-8"}, b"<h1>Log in</h1>"),
            "https://api.example.com answered 200 OK with text/html. That is not an answer of "
            "Longhaul.",
        ),
        (
            Reply(200, {"Content-Type": "application/json"}, b'{"jobId": 5}'),
            "https://api.example.com answered 200 OK with application/json. That is not an answer "
            "of Longhaul (Expected `str`, got `int` - at `$.jobId`).",
        ),
        (Reply(204, {}, b""), "https://api.example.com answered 204 No Content with nothing."),
    ],
)
def test_an_answer_that_is_not_from_longhaul_is_unexpected(reply: Reply, words: str) -> None:
    with pytest.raises(errors.UnexpectedAnswer) as unexpected:
        refusals.read(Accepted, reply, URL)

    assert str(unexpected.value).startswith(words)


def test_a_refusal_that_is_not_from_longhaul_is_unexpected() -> None:
    reply = Reply(403, {"Content-Type": "text/html"}, b"<h1>Blocked</h1>")

    with pytest.raises(errors.UnexpectedAnswer, match="answered 403 Forbidden with text/html"):
        refusals.check(reply, URL)


def test_a_proxy_without_the_api_behind_it_is_retryable() -> None:
    reply = Reply(502, {"Content-Type": "text/html", "Retry-After": "7"}, b"<h1>Bad Gateway</h1>")

    with pytest.raises(errors.Unavailable, match="answered 502 Bad Gateway") as unavailable:
        refusals.check(reply, URL)

    assert unavailable.value.retryable
    assert unavailable.value.retry_after == 7


def test_a_redirect_is_an_error_and_is_not_followed(stub: Stub) -> None:
    to = f"{stub.url}/elsewhere?token=secret"
    stub.on(f"GET {JOB}", stubs.Reply(302, b"", {"Location": to}))

    with (
        Client(stub.url, token="secret") as client,
        pytest.raises(
            errors.UnexpectedAnswer, match=r"redirects to http://\S+/elsewhere\. Is that"
        ),
    ):
        client.status(JOB_ID)

    assert len(stub.asked) == 1


def test_an_endless_body_is_refused(
    stub: Stub, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("longhaul.http.BODY_MAX_BYTES", 1000)
    stub.on(f"GET {JOB}", stubs.Reply(200, b"x" * 2000))

    with pytest.raises(errors.UnexpectedAnswer, match="is too long"):
        client.status(JOB_ID)

    assert BODY_MAX_BYTES > 6 * 1024**2


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("7", 7), (None, None), ("soon", None), ("-1", None), ("\u0661", None)],
)
def test_retry_after_is_read_as_seconds(text: str | None, seconds: float | None) -> None:
    assert refusals.seconds(text) == seconds
