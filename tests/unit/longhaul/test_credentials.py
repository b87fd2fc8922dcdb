"""The token of each request: fixed, or from a function."""

import pytest

from longhaul import Client, errors
from tests.unit.longhaul.stub import JOB, JOB_ID, Reply, Stub, job, problem

EXPIRED = problem(401, "unauthorized", "the token has expired")


def test_a_function_gives_the_token_of_each_request(stub: Stub) -> None:
    stub.on(f"GET {JOB}", Reply(200, job()))
    given = iter(["one", "two"])

    with Client(stub.url, token=lambda: next(given)) as client:
        client.status(JOB_ID)
        client.status(JOB_ID)

    sent = [asked.headers["authorization"] for asked in stub.asked]
    assert sent == ["Bearer one", "Bearer two"]


def test_a_function_is_asked_again_after_a_401(stub: Stub) -> None:
    stub.on(f"GET {JOB}", EXPIRED, Reply(200, job()))
    given = iter(["old", "new"])

    with Client(stub.url, token=lambda: next(given)) as client:
        client.status(JOB_ID)

    sent = [asked.headers["authorization"] for asked in stub.asked]
    assert sent == ["Bearer old", "Bearer new"]


def test_a_function_that_has_no_newer_token_is_not_asked_forever(stub: Stub) -> None:
    stub.on(f"GET {JOB}", EXPIRED)

    with Client(stub.url, token=lambda: "same") as client, pytest.raises(errors.NotSignedIn):
        client.status(JOB_ID)

    assert len(stub.asked) == 1


def test_a_function_may_have_no_token(stub: Stub) -> None:
    stub.on(f"GET {JOB}", Reply(200, job()))

    with Client(stub.url, token=lambda: None) as client:
        client.status(JOB_ID)

    assert "authorization" not in stub.asked[0].headers


@pytest.mark.parametrize("token", ["sec ret", "secret\r\nX: y", "sécret", "secret\x00"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_quoted(stub: Stub, token: str) -> None:
    with pytest.raises(ValueError, match="no token has") as refused:
        Client(stub.url, token=token)
    with (
        Client(stub.url, token=lambda: token) as client,
        pytest.raises(ValueError, match="no token has") as later,
    ):
        client.status(JOB_ID)

    for error in (refused.value, later.value):
        assert "cret" not in str(error)
    assert stub.asked == []


@pytest.mark.parametrize(
    ("token", "sent"), [(None, ""), ("eyJ.e.s", "token"), ("lht_1_secret", "ticket")]
)
def test_a_401_says_what_was_sent_and_whether_one_can_sign_in(
    stub: Stub, token: str | None, sent: str
) -> None:
    where = 'Bearer realm="longhaul", resource_metadata="https://x/.well-known/y"'
    reply = Reply(401, EXPIRED.content, {**EXPIRED.headers, "WWW-Authenticate": where})
    stub.on(f"GET {JOB}", reply, EXPIRED)

    with Client(stub.url, token=token) as client:
        refused = []
        for _ in range(2):
            with pytest.raises(errors.NotSignedIn) as error:
                client.status(JOB_ID)
            refused.append(error.value)

    assert [(error.sent, error.api) for error in refused] == [(sent, stub.url)] * 2
    assert [error.offers_login for error in refused] == [True, False]
    assert token is None or token not in f"{refused[0]!r} {refused[0]}"
