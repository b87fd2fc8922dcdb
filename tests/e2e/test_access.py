"""Who may do what: every route, asked by everybody, on a stack that wants to know who calls."""

import io
import json
import re
import time
import zipfile
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hmac import digest as hmac_digest
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests

from infra import issuer, stack, targets
from infra.access import Access
from infra.outputs import Outputs
from tests.e2e import deployment
from tests.e2e.api import TIMEOUT_SECONDS, Api
from tests.e2e.backstage import Backstage

UNKNOWN_SHARE = "00000000"
OPEN = ("/", "/health", "/openapi.json", "/.well-known/oauth-protected-resource")


class ApiOf(Api):
    """The API, as one caller uses it."""

    def __init__(self, base_url: str, token: str | None) -> None:
        super().__init__(base_url)
        if token is not None:
            self._session.headers["Authorization"] = f"Bearer {token}"


@dataclass(frozen=True)
class Row:
    """A route, and the statuses that it answers to those who have proved who they are: the owner of
    the job, another user, and who holds a ticket for it, to read or as its own."""

    method: str
    path: str
    owner: int
    other: int
    read: int
    own: int
    body: Mapping[str, object] | None = None

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_of_a_job(self) -> bool:
        return "{job_id}" in self.path


TABLE = [
    Row("POST", "/v1/export", 202, 202, 403, 403, {"file_ids": [10001]}),
    Row("GET", "/v1/export", 200, 200, 403, 403),
    Row("GET", "/v1/export/{job_id}", 200, 404, 200, 200),
    Row("GET", "/v1/export/{job_id}/progress", 200, 404, 200, 200),
    Row("GET", "/v1/export/{job_id}/download", 200, 404, 200, 200),
    Row("POST", "/v1/export/{job_id}/retry", 409, 404, 403, 403),
    Row("GET", "/v1/export/{job_id}/request", 200, 404, 403, 403),
    Row("PATCH", "/v1/export/{job_id}", 200, 404, 403, 403, {"filename": "March.zip"}),
    Row("POST", "/v1/export/{job_id}/shares", 201, 404, 403, 403),
    Row("GET", "/v1/export/{job_id}/shares", 200, 404, 403, 403),
    Row("DELETE", "/v1/export/{job_id}/shares/{share_id}", 404, 404, 403, 403),
    Row("DELETE", "/v1/export/{job_id}", 409, 404, 403, 409),
    Row("POST", "/v1/export/{job_id}/notify", 409, 404, 403, 403),
    Row("GET", "/v1/notifications", 200, 200, 403, 403),
    Row("GET", "/v1/files", 200, 200, 403, 403),
    Row("GET", "/v1/files/totals", 200, 200, 403, 403),
    Row("GET", "/v1/estimate", 400, 400, 403, 403),
    Row("POST", "/v1/download/check", 200, 200, 403, 403, {"file_id": 10001}),
    Row("DELETE", "/v1/users/{user_id}", 403, 403, 403, 403),
]
"""The DELETE of the job is asked with `only=open`, and the job has ended. So nobody deletes it."""


@dataclass(frozen=True)
class Guarded:
    """A stack with AUTH=jwt, where its state is, and Ann's job with two tickets."""

    outputs: Outputs
    state: Path
    strangers: Path
    ann: ApiOf
    job_id: str
    other_job_id: str
    read: str
    own: str
    selection_keys: Mapping[str, str]

    def token(self, user: str, **claims: Any) -> str:
        return issuer.token(self.state, user, **claims)

    def selection(self, *keys: str, **claims: object) -> str:
        """What Ann's backend signs: these files, for an hour."""
        kid, key = next(iter(self.selection_keys.items()))
        known = {"aud": "longhaul", "sub": "ann", "exp": int(time.time()) + 3600, "keys": keys}
        return jwt.encode({**known, **claims}, key, "HS256", {"kid": kid})

    def as_(self, token: str | None) -> ApiOf:
        return ApiOf(self.outputs.api_url, token)

    def ask(self, row: Row, token: str | None, job_id: str | None = None) -> requests.Response:
        path = row.path.replace("{job_id}", job_id or self.job_id)
        path = path.replace("{share_id}", UNKNOWN_SHARE).replace("{user_id}", "nobody")
        query = {"only": "open"} if row.name == "DELETE /v1/export/{job_id}" else None
        caller = self.as_(token)
        try:
            return caller.call(row.method, path, content=row.body, query=query)
        finally:
            caller.close()


@pytest.fixture(scope="module")
def guarded(
    outputs: Outputs, stack_state: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guarded]:
    """A second stack on the emulator of these tests."""
    if deployment.given_outputs():
        pytest.skip("a stack that is given has the access that its operator chose")
    target = targets.named(deployment.target_name())
    access = Access("jwt", admin_claim="groups=admins", user_prefix="{prefixes}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SELECTION_KEYS", "make")
        settings = {"RATE_LIMIT_PER_MINUTE": "0"}
        made = stack.up(target, stack_state, "longhaul-guarded", access=access, settings=settings)
    backstage = Backstage(made)
    for key in ("downloads/10001", "secret/1", "secret/2", "secret/3", "secret/4"):
        backstage.s3.put_object(Bucket=made.source_bucket, Key=key, Body=key.encode())
    strangers = tmp_path_factory.mktemp("strangers")
    with issuer.running(strangers):
        ann = ApiOf(made.api_url, issuer.token(stack_state, "ann", prefixes=["downloads/"]))
        job_id, other = (ann.export(file_ids=[10001], fresh=True) for _ in range(2))
        shared = ann.post(f"/v1/export/{job_id}/shares").json()["ticket"]
        keys = _selection_keys(backstage)
        found = Guarded(made, stack_state, strangers, ann, job_id, other, shared, "", keys)
        ann.completed(job_id)
        ann.completed(other)
        yield found
        ann.close()


def _selection_keys(backstage: Backstage) -> dict[str, str]:
    """Reads the keys, as an operator does to give them to a backend."""
    described = backstage.session.client("cloudformation").describe_stacks(
        StackName=backstage.outputs.stack_name
    )
    outputs = {out["OutputKey"]: out["OutputValue"] for out in described["Stacks"][0]["Outputs"]}
    secrets = backstage.session.client("secretsmanager")
    read = secrets.get_secret_value(SecretId=outputs["SelectionKeys"])["SecretString"]
    return dict(json.loads(read))


def _claims(token: str) -> dict[str, object]:
    payload = token.split(".")[1]
    return dict(json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


def _segment(content: Mapping[str, object]) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def _unsigned(guarded: Guarded) -> str:
    _, payload, _ = guarded.token("ann").split(".")
    return f"{_segment({'alg': 'none', 'typ': 'JWT'})}.{payload}."


def _signed_with_the_public_key(guarded: Guarded) -> str:
    """A token whose signer takes the issuer's public key for a shared secret."""
    keys = requests.get(f"{guarded.outputs.issuer_url}/jwks.json", timeout=TIMEOUT_SECONDS).json()
    (key,) = keys["keys"]
    _, payload, _ = guarded.token("ann").split(".")
    signed = f"{_segment({'alg': 'HS256', 'kid': key['kid'], 'typ': 'JWT'})}.{payload}"
    signature = hmac_digest(key["n"].encode(), signed.encode(), "sha256")
    return f"{signed}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _altered(guarded: Guarded) -> str:
    """Bob's token, in which he calls himself Ann."""
    header, _, signature = guarded.token("bob").split(".")
    claims = {**_claims(guarded.token("bob")), "sub": "ann"}
    return f"{header}.{_segment(claims)}.{signature}"


REFUSED: dict[str, Callable[[Guarded], str | None]] = {
    "no token": lambda _: None,
    "no JWT": lambda _: "abc",
    "expired": lambda g: g.token("ann", exp=1_700_000_000),
    "not yet valid": lambda g: g.token("ann", nbf=4_000_000_000),
    "for another audience": lambda g: g.token("ann", aud="others"),
    "of another issuer": lambda g: g.token("ann", iss="https://id.example.com"),
    "alg none": _unsigned,
    "key of another issuer": lambda g: issuer.token(
        g.strangers, "ann", iss=g.outputs.issuer_url, prefixes=["downloads/"]
    ),
    "public key as secret": _signed_with_the_public_key,
    "altered": _altered,
    "without a user": lambda g: g.token("ann", sub=""),
    "a ticket that nobody issued": lambda _: f"lht_00000000_{'A' * 43}",
}


def test_the_table_has_every_route(guarded: Guarded) -> None:
    document = guarded.ann.get("/openapi.json").json()
    described = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
    }

    assert described - {row.name for row in TABLE} == {f"GET {path}" for path in OPEN[1:]}


@pytest.mark.parametrize("who", REFUSED)
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_nobody_does_anything_without_a_token_that_is_right(
    guarded: Guarded, row: Row, who: str
) -> None:
    token = REFUSED[who](guarded)

    answer = guarded.ask(row, token)

    # A ticket is looked up only where it could be enough.
    is_elsewhere = who.startswith("a ticket") and row.own == 403
    assert answer.status_code == (403 if is_elsewhere else 401), answer.text
    assert answer.json()["type"].startswith("urn:problem-type:longhaul:")
    if not is_elsewhere:
        given = re.compile("www-authenticate", re.IGNORECASE)
        assert any(given.search(name) for name in answer.headers)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_each_may_do_what_is_theirs(guarded: Guarded, row: Row) -> None:
    tokens = {
        "owner": guarded.ann._session.headers["Authorization"].removeprefix("Bearer "),
        "other": guarded.token("bob", prefixes=["downloads/"]),
        "read": guarded.read,
    }

    found = {who: guarded.ask(row, token).status_code for who, token in tokens.items()}

    assert found == {"owner": row.owner, "other": row.other, "read": row.read}


@pytest.mark.parametrize("row", [row for row in TABLE if row.is_of_a_job], ids=lambda row: row.name)
def test_a_ticket_is_for_its_own_job_alone(guarded: Guarded, row: Row) -> None:
    expected = 403 if row.own == 403 else 401

    assert guarded.ask(row, guarded.read, guarded.other_job_id).status_code == expected


@pytest.mark.parametrize("path", OPEN)
@pytest.mark.parametrize("token", [None, "abc"])
def test_what_tells_nothing_of_anybody_is_open(
    guarded: Guarded, path: str, token: str | None
) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}

    answer = requests.get(guarded.outputs.api_url + path, headers=headers, timeout=TIMEOUT_SECONDS)

    assert answer.status_code == 200


# -- selections -----------------------------------------------------------------------------------


def _post(guarded: Guarded, selection: str, key: str | None = None) -> requests.Response:
    nobody = guarded.as_(None)
    headers = {"Idempotency-Key": key} if key else {}
    answer = nobody.post("/v1/export", {"selection": selection}, headers=headers)
    nobody.close()
    return answer


def test_a_selection_for_three_files_exports_those_and_nothing_else(guarded: Guarded) -> None:
    three = ("secret/1", "secret/2", "secret/3")

    made = _post(guarded, guarded.selection(*three, jti="three")).json()

    bearer = guarded.as_(made["ticket"])
    bearer.completed(made["jobId"])
    archive = zipfile.ZipFile(io.BytesIO(bearer.archive(made["jobId"])))
    assert set(archive.namelist()) == {*three, "manifest.json"}
    assert [archive.read(name) for name in three] == [name.encode() for name in three]
    assert bearer.get("/v1/files").status_code == 403
    bearer.close()


def test_a_ticket_of_ones_own_is_for_all_that_one_does_with_a_job(guarded: Guarded) -> None:
    made = _post(guarded, guarded.selection("secret/1", jti="own")).json()
    bearer = guarded.as_(made["ticket"])
    bearer.completed(made["jobId"])
    bearer.close()

    found = {row.name: guarded.ask(row, made["ticket"], made["jobId"]).status_code for row in TABLE}

    assert found == {row.name: row.own for row in TABLE}


def test_a_selection_is_used_as_often_as_it_says(guarded: Guarded) -> None:
    selection = guarded.selection("secret/1", jti="twice", uses=2)

    first = _post(guarded, selection, "a")
    repeated = _post(guarded, selection, "a")
    second = _post(guarded, selection, "b")
    third = _post(guarded, selection, "c")

    assert first.json()["jobId"] == repeated.json()["jobId"] != second.json()["jobId"]
    assert (third.status_code, third.json()["type"]) == (
        403,
        "urn:problem-type:longhaul:selection-used",
    )


def test_a_late_or_altered_selection_is_refused(guarded: Guarded) -> None:
    head, _, signature = guarded.selection("secret/1").split(".")
    claims = {**_claims(guarded.selection("secret/1")), "keys": ["secret/4"]}
    late = guarded.selection("secret/1", exp=int(time.time()) - 100)

    altered = _post(guarded, f"{head}.{_segment(claims)}.{signature}")

    assert altered.status_code == 401
    assert "signature" in altered.json()["detail"]
    assert _post(guarded, late).status_code == 401
    assert _post(guarded, jwt.encode(claims, "x" * 40, "HS256", {"kid": "k"})).status_code == 401


# -- files, deletion, administrators --------------------------------------------------------------


def test_each_has_the_files_below_their_prefixes_and_no_other(guarded: Guarded) -> None:
    ann = guarded.ann

    assert ann.get("/v1/files").json()["prefix"] == "downloads/"
    assert ann.get("/v1/files", query={"prefix": "secret/"}).status_code == 403
    assert ann.get("/v1/files/totals").json()["prefix"] == "downloads/"
    assert ann.get("/v1/files/totals", query={"prefix": "secret/"}).status_code == 403
    assert ann.post("/v1/export", {"keys": ["secret/1"]}).status_code == 403
    assert ann.post("/v1/export", {"prefix": "secret/"}).status_code == 403
    cat = guarded.as_(guarded.token("cat", prefixes=["secret/"]))
    assert cat.post("/v1/export", {"file_ids": [10001]}).status_code == 403
    assert cat.post("/v1/download/check", {"file_id": 10001}).status_code == 403
    cat.close()


def test_only_its_owner_deletes_a_job_and_its_links_die(guarded: Guarded) -> None:
    job_id = guarded.ann.export(file_ids=[10001], fresh=True)
    guarded.ann.completed(job_id)
    link = guarded.ann.link(job_id)
    bob = guarded.as_(guarded.token("bob", prefixes=["downloads/"]))

    assert bob.delete(f"/v1/export/{job_id}").status_code == 404
    assert guarded.ann.follow(link).status_code == 200
    assert guarded.ann.delete(f"/v1/export/{job_id}").status_code == 204
    assert guarded.ann.follow(link).status_code == 404
    assert guarded.ann.get(f"/v1/export/{job_id}").status_code == 404
    assert guarded.ann.delete(f"/v1/export/{job_id}").status_code == 204
    assert bob.delete(f"/v1/export/{job_id}").status_code == 404
    bob.close()


def test_an_administrator_erases_a_user(guarded: Guarded) -> None:
    dan = guarded.as_(guarded.token("dan", prefixes=["downloads/"]))
    job_id = dan.export(file_ids=[10001])
    dan.completed(job_id)
    boss = guarded.as_(guarded.token("boss", prefixes=["downloads/"], groups=["admins"]))

    erased = boss.delete("/v1/users/dan")

    assert (erased.status_code, erased.json()["more"]) == (200, False)
    assert erased.json()["deletedJobs"] == 1
    assert dan.get(f"/v1/export/{job_id}").status_code == 404
    assert dan.get("/v1/export").json()["jobs"] == []
    for caller in (dan, boss):
        caller.close()


def test_a_share_link_that_was_revoked_opens_nothing(guarded: Guarded) -> None:
    path = f"/v1/export/{guarded.other_job_id}"
    share = guarded.ann.post(f"{path}/shares").json()
    friend = guarded.as_(share["ticket"])
    assert friend.get(path).status_code == 200

    assert guarded.ann.delete(f"{path}/shares/{share['id']}").status_code == 204

    assert friend.get(path).status_code == 401
    assert friend.get(f"{path}/download").status_code == 401
    friend.close()
