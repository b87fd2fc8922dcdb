"""Who calls, for which files, and what the audit lines say of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chalicelib.s3 import clients
from tests.integration.cloud import SOURCES
from tests.integration.gateway import BASE, REQUEST_ID, UNKNOWN_JOB, Answer, call
from tests.integration.provider import serving
from tests.integration.stack import Stack
from tests.unit.http.signing import AUDIENCE, Provider, public_jwk, token
from tests.unit.samples import Events


@dataclass
class Guarded:
    """A stack that takes tokens, their provider, and the log."""

    stack: Stack
    provider: Provider
    issuer: str
    log: Events = field(default_factory=Events)

    def token(self, user: str, **claims: object) -> str:
        seconds = self.stack.clock.now // 1000
        known = {"iss": self.issuer, "aud": AUDIENCE, "sub": user, "exp": seconds + 60}
        return token({**known, **claims})

    def call(self, method: str, path: str, user: str = "ann", **more: Any) -> Answer:
        claims = more.pop("claims", {})
        headers = {"Authorization": f"Bearer {self.token(user, **claims)}"}
        return call(method, path, headers=headers, **more)

    def export(self, user: str = "ann", **asked: object) -> str:
        answer = self.call("POST", "/v1/export", user, body=asked)
        assert answer.status == 202, answer
        return str(answer.body["jobId"])

    @property
    def audit(self) -> list[dict[str, object]]:
        return [facts for event, facts in self.log.kept if event == "audit"]


@pytest.fixture
def guarded(stack: Stack) -> Iterator[Guarded]:
    provider = Provider()
    with serving(provider) as issuer:
        stack.configure(auth="jwt", jwt_issuer=issuer, jwt_audience=AUDIENCE)
        made = Guarded(stack, provider, issuer)
        stack.services = replace(stack.services, log=made.log)
        yield made


OPEN = [("GET", "/health"), ("GET", "/openapi.json")]
CLOSED = [
    ("POST", "/v1/export"),
    ("GET", "/v1/export"),
    ("GET", f"/v1/export/{UNKNOWN_JOB}"),
    ("DELETE", f"/v1/export/{UNKNOWN_JOB}"),
    ("GET", f"/v1/export/{UNKNOWN_JOB}/progress"),
    ("POST", f"/v1/export/{UNKNOWN_JOB}/retry"),
    ("GET", f"/v1/export/{UNKNOWN_JOB}/request"),
    ("PATCH", f"/v1/export/{UNKNOWN_JOB}"),
    ("GET", f"/v1/export/{UNKNOWN_JOB}/download"),
    ("POST", f"/v1/export/{UNKNOWN_JOB}/notify"),
    ("GET", "/v1/notifications"),
    ("GET", "/v1/files"),
    ("GET", "/v1/files/totals"),
    ("GET", "/v1/estimate"),
    ("POST", "/v1/download/check"),
]


@pytest.mark.parametrize(("method", "path"), OPEN)
def test_what_tells_nothing_of_anybody_is_open(guarded: Guarded, method: str, path: str) -> None:
    assert call(method, path).status == 200


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_all_the_rest_is_closed(guarded: Guarded, method: str, path: str) -> None:
    refused = call(method, path)

    assert refused.status == 401
    assert refused.body["type"] == "urn:problem-type:longhaul:unauthorized"
    assert refused.headers["WWW-Authenticate"] == (
        f'Bearer realm="longhaul", resource_metadata="{BASE}/.well-known/oauth-protected-resource"'
    )
    assert guarded.audit == [
        {
            "requestId": refused.headers["X-Request-ID"],
            "gatewayRequestId": REQUEST_ID,
            "action": guarded.audit[0]["action"],
            "result": "refused",
            "status": 401,
            "reason": "unauthorized",
            "userId": None,
            "way": "none",
            "address": "",
            "jobId": UNKNOWN_JOB if UNKNOWN_JOB in path else None,
        }
    ]


@pytest.mark.parametrize(
    ("claims", "address"),
    [
        ({"email": "ann@example.com", "email_verified": True}, "ann@example.com"),
        ({"email": "ann@example.com", "email_verified": False}, None),
        ({"email": "ann@example.com"}, None),
    ],
)
def test_a_token_proves_an_address(
    guarded: Guarded, claims: dict[str, object], address: str | None
) -> None:
    guarded.stack.configure(mail_from="longhaul@example.com", mail_to=("@example.org",))
    asked = {"file_ids": [10001], "notify": {"email": "ann@example.com"}}

    known = guarded.call("GET", "/v1/notifications", claims=claims).body["mail"]
    made = guarded.call("POST", "/v1/export", body=asked, claims=claims)

    assert known["address"] == address
    assert made.status == (400 if address is None else 202)


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("Bearer ", "must be: Bearer, a space, and the token"),
        ("Basic YTpi", "must be: Bearer"),
        ("Bearer a b", "must be: Bearer"),
        ("Bearer abc", "three parts"),
        ("Bearer a.b.c", "header is not"),
    ],
)
def test_what_is_no_token_is_refused_with_the_reason(
    guarded: Guarded, header: str, why: str
) -> None:
    refused = call("GET", "/v1/export", headers={"Authorization": header})

    assert refused.status == 401
    assert why in refused.body["detail"]
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://id.example.com/other"}, "another issuer"),
        ({"aud": "others"}, "not for 'longhaul'"),
        ({"exp": 1_000_000}, "expired"),
        ({"sub": ""}, "'sub'"),
    ],
)
def test_a_token_that_is_not_for_us_is_refused(
    guarded: Guarded, claims: dict[str, object], why: str
) -> None:
    refused = guarded.call("GET", "/v1/export", claims=claims)

    assert (refused.status, why in refused.body["detail"]) == (401, True)


def test_the_token_says_whose_the_job_is_and_not_the_request(guarded: Guarded) -> None:
    guarded.stack.put_file("a.txt", b"1")

    job_id = guarded.export(keys=["a.txt"], user_id="bob")

    listed = guarded.call("GET", "/v1/export", query={"user_id": "bob"})
    assert [job["jobId"] for job in listed.body["jobs"]] == [job_id]
    assert guarded.call("GET", "/v1/export", "bob").body["jobs"] == []


def test_another_users_job_does_not_exist_and_the_attempt_is_told(guarded: Guarded) -> None:
    guarded.stack.put_file("a.txt", b"1")
    job_id = guarded.export(keys=["a.txt"])
    unknown = guarded.call("GET", f"/v1/export/{UNKNOWN_JOB}", "bob")

    refused = guarded.call("GET", f"/v1/export/{job_id}", "bob")

    said = [
        json.dumps(answer.body).replace(asked, "ID").replace(answer.body["requestId"], "")
        for answer, asked in ((refused, job_id), (unknown, UNKNOWN_JOB))
    ]
    assert said[0] == said[1]
    assert refused.status == unknown.status
    facts = {name: guarded.audit[-1][name] for name in ("action", "result", "reason", "userId")}
    assert facts == {
        "action": "status",
        "result": "refused",
        "reason": "not-yours",
        "userId": "bob",
    }
    assert guarded.audit[-2]["jobId"] == job_id
    assert "unknown" not in str(guarded.audit)
    assert unknown.status == 404


def test_who_makes_a_job_and_who_fetches_it_is_told(guarded: Guarded) -> None:
    guarded.stack.put_file("a.txt", b"1")
    job_id = guarded.export(keys=["a.txt"])
    guarded.stack.send(guarded.stack.planned())
    link = guarded.call("GET", f"/v1/export/{job_id}/download")

    told = [
        [facts[name] for name in ("action", "result", "status", "userId", "way", "jobId")]
        for facts in guarded.audit
    ]
    assert told == [
        ["create", "done", 202, "ann", "jwt", job_id],
        ["link", "done" if link.status == 200 else "failed", link.status, "ann", "jwt", job_id],
    ]


def test_who_tries_to_erase_a_user_is_told(guarded: Guarded) -> None:
    refused = guarded.call("DELETE", "/v1/users/bob")

    assert refused.status == 403
    facts = [guarded.audit[-1][name] for name in ("action", "result", "status", "userId", "way")]
    assert facts == ["erase", "refused", 403, "ann", "jwt"]


def test_no_line_of_the_log_has_a_token(guarded: Guarded) -> None:
    guarded.stack.put_file("a.txt", b"1")
    guarded.export(keys=["a.txt"])
    guarded.call("GET", "/v1/export", claims={"aud": "others"})

    signed = guarded.token("ann")
    assert not [line for line in guarded.log.kept if any(p in str(line) for p in signed.split("."))]


def test_a_token_that_has_the_letters_of_a_ticket_is_a_token(guarded: Guarded) -> None:
    refused = call("GET", "/v1/export", headers={"Authorization": "Bearer eyJ.lht_.abc"})

    assert "the token's header" in refused.body["detail"]


def test_a_provider_that_is_down_is_no_refusal(guarded: Guarded) -> None:
    guarded.provider.is_down = True

    assert guarded.call("GET", "/v1/export").status == 503
    guarded.provider.is_down = False
    assert guarded.call("GET", "/v1/export").status == 200


def test_a_provider_that_changes_its_keys_is_followed(guarded: Guarded) -> None:
    assert guarded.call("GET", "/v1/export").status == 200
    guarded.provider.keys = [public_jwk("RS256", "next")]
    guarded.stack.clock.advance(seconds=30)
    seconds = guarded.stack.clock.now // 1000
    claims = {"iss": guarded.issuer, "aud": AUDIENCE, "sub": "ann", "exp": seconds + 60}

    headers = {"Authorization": f"Bearer {token(claims, name='next')}"}
    assert call("GET", "/v1/export", headers=headers).status == 200


def test_the_document_says_where_to_sign_in(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = guarded.stack.services.settings
    monkeypatch.setattr("chalicelib.http.sign_in.settings", lambda: config)

    found = call("GET", "/.well-known/oauth-protected-resource")

    assert found.body == {
        "resource": BASE,
        "authorization_servers": [guarded.issuer],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["openid"],
        "longhaul_client_id": None,
        "longhaul_audience": AUDIENCE,
    }


def test_without_sign_in_there_is_no_such_document(stack: Stack) -> None:
    assert call("GET", "/.well-known/oauth-protected-resource").status == 404


def test_a_token_that_holds_a_tickets_prefix_by_chance_is_a_token(guarded: Guarded) -> None:
    head, payload, signature = guarded.token("ann").split(".")
    by_chance = f"{head}.{payload}.{signature[:40]}lht_{signature[44:]}"
    path = f"/v1/export/{UNKNOWN_JOB}"

    refused = call("GET", path, headers={"Authorization": f"Bearer {by_chance}"})

    assert (refused.status, refused.body["detail"]) == (401, "the token's signature is not right")


# -- refusals of somebody who is known ------------------------------------------------------------


def test_who_is_no_administrator_is_named_when_refused(guarded: Guarded) -> None:
    guarded.stack.configure(
        admin_claim="groups=admins", rate_limit_per_minute=60, rate_limit_burst=10
    )
    guarded.call("GET", "/v1/export")

    refused = guarded.call("DELETE", "/v1/users/bob", claims={"groups": ["users"]})

    assert refused.status == 403
    assert refused.headers["RateLimit-Remaining"] == "9"
    told = guarded.audit[-1]
    assert (told["action"], told["result"], told["userId"], told["way"], told["erasedUserId"]) == (
        *("erase", "refused", "ann", "jwt", "bob"),
    )


def test_who_lacks_the_claim_of_the_prefix_is_named_when_refused(guarded: Guarded) -> None:
    guarded.stack.configure(user_prefix="teams/{teams}/")

    assert guarded.call("GET", "/v1/files").status == 403
    assert (guarded.audit[-1]["userId"], guarded.audit[-1]["way"]) == ("ann", "jwt")


def test_a_ticket_that_may_not_is_named_when_refused(guarded: Guarded) -> None:
    guarded.stack.put_file("a.txt", b"1")
    path = f"/v1/export/{guarded.export(keys=['a.txt'])}"
    share = guarded.call("POST", f"{path}/shares").body

    refused = call("DELETE", path, headers={"Authorization": f"Bearer {share['ticket']}"})

    assert refused.status == 403
    told = guarded.audit[-1]
    assert (told["userId"], told["way"]) == (f"ticket:{share['id']}", "ticket")


# -- for administrators ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "path"),
    [
        ("auth0|ann", "auth0%7Cann"),
        ("ann@example.com", "ann%40example.com"),
        ("ann@example.com", "ann@example.com"),
        ("Zoë 100%", "Zo%C3%AB%20100%25"),
        ("a+b", "a+b"),
        ("a%7Cb", "a%257Cb"),
        ("a/b", "a%2Fb"),
    ],
)
def test_a_user_is_erased_by_the_id_that_the_path_encodes(
    guarded: Guarded, user: str, path: str
) -> None:
    guarded.stack.configure(admin_claim="groups=admins")
    guarded.stack.put_file("a.txt", b"1")
    job_id = guarded.export(user, keys=["a.txt"])

    erased = guarded.call("DELETE", f"/v1/users/{path}", "boss", claims={"groups": ["admins"]})

    assert (erased.status, erased.body) == (200, {"deletedJobs": 1, "more": False})
    assert guarded.call("GET", f"/v1/export/{job_id}", user).status == 404
    told = guarded.audit[-1]
    assert (told["action"], told["userId"], told["erasedUserId"]) == ("erase", "boss", user)


@pytest.mark.parametrize("path", ["%00", "a%0Ab", "%FF", "%ED%A0%80", "%20" * 256])
def test_what_can_be_no_user_is_refused(guarded: Guarded, path: str) -> None:
    guarded.stack.configure(admin_claim="groups=admins")

    refused = guarded.call("DELETE", f"/v1/users/{path}", "boss", claims={"groups": ["admins"]})

    assert (refused.status, refused.body["errors"][0]["pointer"]) == (400, "userId")


# -- for which files ------------------------------------------------------------------------------


@pytest.fixture
def bounded(guarded: Guarded) -> Guarded:
    """A stack on which each user has a folder, and a teams' folder for each team."""
    guarded.stack.configure(user_prefix="users/{sub}/")
    guarded.stack.configure_source(key_template="users/ann/{file_id}")
    for key in ("users/ann/a.txt", "users/ann/10001", "users/annie/b.txt", "users/bob/c.txt"):
        guarded.stack.put_file(key, b"123")
    return guarded


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"keys": ["users/ann/a.txt", "users/bob/c.txt"]}, "keys/1: 'users/bob/c.txt'"),
        ({"keys": ["users/bob/nothing"]}, "keys/0: 'users/bob/nothing'"),
        ({"prefix": "users/"}, "prefix: 'users/'"),
        ({"prefix": "users/ann"}, "prefix: 'users/ann'"),
    ],
)
def test_nobody_exports_what_is_not_theirs(
    bounded: Guarded, asked: dict[str, object], named: str
) -> None:
    refused = bounded.call("POST", "/v1/export", body=asked)

    assert refused.status == 403
    assert refused.body["detail"].startswith(named)


def test_an_id_counts_as_the_key_that_it_stands_for(bounded: Guarded) -> None:
    bounded.export(file_ids=[10001])
    assert bounded.call("POST", "/v1/export", "bob", body={"file_ids": [10001]}).status == 403


def test_the_own_files_can_be_listed_and_exported(bounded: Guarded) -> None:
    page = bounded.call("GET", "/v1/files").body

    assert (page["prefix"], page["topPrefix"]) == ("users/ann/", "users/ann/")
    assert [file["key"] for file in page["files"]] == ["users/ann/10001", "users/ann/a.txt"]
    totals = bounded.call("GET", "/v1/files/totals").body
    assert (totals["prefix"], totals["files"]) == ("users/ann/", 2)
    bounded.export(prefix=page["prefix"])
    bounded.export(keys=["users/ann/a.txt"])


@pytest.mark.parametrize("prefix", ["", "users/", "users/ann", "users/bob/"])
def test_nobody_lists_what_is_not_theirs(bounded: Guarded, prefix: str) -> None:
    assert bounded.call("GET", "/v1/files", query={"prefix": prefix}).status == 403
    assert bounded.call("GET", "/v1/files/totals", query={"prefix": prefix}).status == 403


def test_whether_a_file_is_there_is_told_to_its_owner_only(bounded: Guarded) -> None:
    mine = bounded.call("POST", "/v1/download/check", body={"file_id": 10001})
    there = bounded.call("POST", "/v1/download/check", "bob", body={"file_id": 10001})
    gone = bounded.call("POST", "/v1/download/check", "bob", body={"file_id": 10002})

    assert mine.body["available"]
    assert (there.status, gone.status) == (403, 403)


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"file_ids": [10001, 10002]}, "file_ids/0: 10001 is not"),
        ({"keys": ["users/bob/x", "users/ann/a.txt"]}, "keys/1: 'users/ann/a.txt' is not"),
        ({"keys": ["users/bob/x", "users/ann/gone"]}, "keys/1: 'users/ann/gone' is not"),
    ],
)
def test_of_several_files_nothing_is_told_if_one_is_anothers(
    bounded: Guarded, asked: object, named: str
) -> None:
    refused = bounded.call("POST", "/v1/download/check", "bob", body=asked)

    assert refused.status == 403
    assert refused.body["detail"].startswith(named)


def test_who_has_lost_a_folder_cannot_retry_an_export_of_it(bounded: Guarded) -> None:
    job_id = bounded.export(prefix="users/ann/")
    bounded.call("DELETE", f"/v1/export/{job_id}")
    bounded.stack.configure(user_prefix="people/{sub}/")

    assert bounded.call("POST", f"/v1/export/{job_id}/retry").status == 403


def test_several_folders_are_those_at_the_top(guarded: Guarded) -> None:
    guarded.stack.configure(user_prefix="teams/{teams}/")
    for key in ("teams/a/1.txt", "teams/b/2.txt", "teams/c/3.txt"):
        guarded.stack.put_file(key, b"123")
    claims = {"teams": ["b", "a"]}

    top = guarded.call("GET", "/v1/files", claims=claims).body
    inside = guarded.call("GET", "/v1/files", claims=claims, query={"prefix": "teams/b/"}).body

    assert (top["prefix"], top["files"], top["cursor"]) == ("", [], None)
    assert top["folders"] == [
        {"name": "teams/a", "prefix": "teams/a/"},
        {"name": "teams/b", "prefix": "teams/b/"},
    ]
    assert [file["key"] for file in inside["files"]] == ["teams/b/2.txt"]
    assert guarded.call("GET", "/v1/files/totals", claims=claims).status == 403  # as an export
    counted = guarded.call(
        "GET", "/v1/files/totals", claims=claims, query={"prefix": "teams/b/"}
    ).body
    assert (counted["files"], counted["bytes"]) == (1, 3)


def test_a_user_without_the_claim_has_no_files(guarded: Guarded) -> None:
    guarded.stack.configure(user_prefix="teams/{teams}/")
    clients.s3().put_object(Bucket=SOURCES, Key="teams/a/1.txt", Body=b"1")

    assert guarded.call("GET", "/v1/files").status == 403
    assert guarded.call("GET", "/v1/files", claims={"teams": []}).body["folders"] == []


def test_a_prefix_of_users_whom_nobody_names_opens_nothing(stack: Stack) -> None:
    stack.configure(user_prefix="users/{sub}/")

    refused = call("GET", "/v1/files", query={"prefix": "users/bob/"})
    named = call("GET", "/v1/files", authorizer={"principalId": "bob"})

    assert (refused.status, named.status) == (401, 200)
    assert "USER_PREFIX" in refused.body["detail"]


# -- iam ------------------------------------------------------------------------------------------


def test_a_request_that_api_gateway_did_not_check_is_refused(stack: Stack) -> None:
    stack.configure(auth="iam")

    refused = call("GET", "/v1/export", headers={"Authorization": "AWS4-HMAC-SHA256 Credential=x"})

    assert (refused.status, refused.headers["WWW-Authenticate"]) == (
        401,
        'AWS4-HMAC-SHA256 realm="longhaul"',
    )
