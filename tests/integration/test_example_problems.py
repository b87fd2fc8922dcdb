"""The examples of problems in the OpenAPI document are what the API answers, word by word but for
ids and numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
import pytest

from chalicelib import aws
from chalicelib.http import example_problems
from chalicelib.jobs.notices import MOST
from chalicelib.jobs.tickets import SHARES_MAX
from tests.integration.cloud import TABLE
from tests.integration.gateway import (
    UNKNOWN_JOB,
    Answer,
    call,
    cancel,
    export,
    post_export,
    post_retry,
)
from tests.integration.receiving import Receiver
from tests.integration.shapes import nameless
from tests.integration.stack import Stack
from tests.integration.wire import TABLE_IS_DOWN, answering

EXAMPLES = {name: one["value"] for name, one in example_problems.examples().items()}
KEY = "a-key-that-only-the-backend-knows"
JOB = "/v1/export/{job}"
NO_JOB = f"/v1/export/{UNKNOWN_JOB}"
BOUNDED = {"claims": {"sub": "ann"}}
TICKET = "Bearer lht_of-nothing"


@dataclass
class Scene:
    """A stack with one job that has completed, `done`, and one that waits, `open`."""

    stack: Stack
    done: str
    open: str

    def selection(self, **claims: Any) -> str:
        """Returns a signed selection. The stack takes such ones from here on."""
        client: Any = aws.secrets_manager()
        client.create_secret(Name="longhaul/selections", SecretString=f'{{"1": "{KEY}"}}')
        self.stack.services.selection_keys.secret = "longhaul/selections"
        self.stack.configure(selection_keys="longhaul/selections")
        ends = self.stack.clock() // 1000 + 600
        said = {"sub": "alice", "aud": "longhaul", "exp": ends, "file_ids": [10001], **claims}
        return jwt.encode(said, KEY, algorithm="HS256", headers={"kid": "1"})

    def share_ticket(self) -> str:
        answer = call("POST", f"/v1/export/{self.open}/shares")
        return f"Bearer {answer.body['ticket']}"


@pytest.fixture
def scene(stack: Stack, receiver: Receiver) -> Scene:
    stack.configure(webhook_hosts=("hooks.example.com",))
    stack.put_file("downloads/10001", b"one")
    done = stack.completed(file_ids=[10001])
    return Scene(stack, done, export(file_ids=[10001], user_id="ann", fresh=True))


Act = Callable[[Scene], Answer]


def _get(path: str, **query: str) -> Act:
    return lambda scene: call("GET", path.format(job=scene.done), query=query or None)


def _export(body: object, **more: Any) -> Act:
    return lambda _: post_export(body, **more)


def _to_job(method: str, path: str, body: object = None, **query: str) -> Act:
    return lambda scene: call(
        method, (JOB + path).format(job=scene.open), body=body, query=query or None
    )


def _signed_in(scene: Scene, token: str | None) -> Answer:
    scene.stack.configure(auth="jwt", jwt_issuer="https://id.example.com", jwt_audience="longhaul")
    return call("GET", "/v1/export", headers={"Authorization": f"Bearer {token}"} if token else {})


def _old_token(scene: Scene) -> Answer:
    said = {"iss": "https://id.example.com", "aud": "longhaul", "sub": "ann", "exp": 1}
    return _signed_in(scene, jwt.encode(said, KEY, algorithm="HS256", headers={"kid": "1"}))


def _bounded(scene: Scene, method: str, path: str, **asked: Any) -> Answer:
    scene.stack.configure(user_prefix="users/{sub}/")
    return call(method, path, authorizer=BOUNDED, **asked)


def _late_selection(scene: Scene) -> Answer:
    return post_export({"selection": scene.selection(exp=scene.stack.clock() // 1000 - 600)})


def _used_selection(scene: Scene) -> Answer:
    body = {"selection": scene.selection(jti="1")}
    assert post_export(body).status == 202
    return post_export(body, key="another")


def _by_share(scene: Scene) -> Answer:
    ticket = {"Authorization": scene.share_ticket()}
    return call("DELETE", f"/v1/export/{scene.open}", headers=ticket)


def _cancelled(scene: Scene) -> Answer:
    cancel(scene.open)
    return call("GET", f"/v1/export/{scene.open}/download")


def _many_shares(scene: Scene) -> Answer:
    for _ in range(SHARES_MAX):
        call("POST", f"/v1/export/{scene.open}/shares")
    return call("POST", f"/v1/export/{scene.open}/shares")


def _many_told(scene: Scene) -> Answer:
    for number in range(MOST + 1):
        url = f"https://hooks.example.com/{number}"
        answer = call("POST", f"/v1/export/{scene.open}/notify", body={"url": url})
    return answer


def _expired(scene: Scene) -> Answer:
    scene.stack.clock.advance(seconds=8 * 24 * 3600)
    return call("GET", f"/v1/export/{scene.done}/download")


def _deleted(scene: Scene) -> Answer:
    scene.stack.services.archive.delete(scene.stack.job(scene.done).archive_key)
    return call("GET", f"/v1/export/{scene.done}/download")


def _forgotten(scene: Scene) -> Answer:
    scene.stack.forget_request(scene.open)
    return call("GET", f"/v1/export/{scene.open}/request")


def _key_again(_: Scene) -> Answer:
    assert post_export({"fileIds": [10001]}, key="first").status == 202
    return post_export({"fileIds": [10002]}, key="first")


def _configured(body: object = None, **settings: Any) -> Act:
    def act(scene: Scene) -> Answer:
        scene.stack.configure(**settings)
        return post_export(body or {"fileIds": [10001, 10002, 10003], "userId": "ann"})

    return act


def _too_often(scene: Scene) -> Answer:
    scene.stack.configure(rate_limit_per_minute=60, rate_limit_burst=1)
    call("GET", "/v1/export")
    return call("GET", "/v1/export")


def _used_up(scene: Scene) -> Answer:
    scene.stack.put_file("downloads/10002", b"x" * 1000)
    scene.stack.configure(max_bytes_per_user_per_day=1000)
    cancel(scene.open)
    scene.stack.completed(file_ids=[10002], user_id="ann")
    return post_export({"fileIds": [10001], "userId": "ann"})


def _broken(scene: Scene) -> Answer:
    aws.dynamodb().delete_table(TableName=TABLE)
    return call("GET", f"/v1/export/{scene.open}")


def _down(scene: Scene) -> Answer:
    with answering(TABLE_IS_DOWN, "GetItem"):
        return call("GET", f"/v1/export/{scene.open}")


REAL: dict[str, Act] = {
    "invalid-body": _export({"fileIds": [10001, True], "onMissing": "maybe"}),
    "nothing-named": _export({}),
    "nothing-to-check": lambda _: call("POST", "/v1/download/check", body={}),
    "no-selections": _export({"selection": "a.b.c"}),
    "invalid-cursor": _get("/v1/export", cursor="abc"),
    "invalid-limit": _get("/v1/export", limit="0"),
    "invalid-page": _get("/v1/files", limit="0"),
    "unknown-source": _get("/v1/files", source="nope"),
    "missing-parameter": _get("/v1/estimate", bytes="1"),
    "invalid-only": _to_job("DELETE", "", only="all"),
    "invalid-redirect": _get(f"{JOB}/download", redirect="yes"),
    "invalid-filename": _to_job("PATCH", "", {"filename": ""}),
    "invalid-choice": _to_job("POST", "/retry", {"onMissing": "maybe"}),
    "too-short": _to_job("POST", "/shares", {"expiresIn": 5}),
    "not-allowed-host": _to_job("POST", "/notify", {"url": "https://other.example/"}),
    "invalid-user": lambda scene: _admin(scene, "/v1/users/%0A"),
    "malformed-body": _export("{"),
    "not-signed-in": lambda scene: _signed_in(scene, None),
    "token-expired": _old_token,
    "selection-expired": _late_selection,
    "ticket-refused": lambda s: call(
        "GET", f"/v1/export/{s.open}", headers={"Authorization": TICKET}
    ),
    "not-yours": lambda s: _bounded(
        s, "POST", "/v1/export", body={"keys": ["users/bob/letter.pdf"]}
    ),
    "folder-not-yours": lambda s: _bounded(s, "GET", "/v1/files", query={"prefix": "users/bob/"}),
    "selection-used": _used_selection,
    "only-a-ticket": lambda _: call("GET", "/v1/export", headers={"Authorization": TICKET}),
    "ticket-only-reads": _by_share,
    "not-an-administrator": lambda _: call("DELETE", "/v1/users/ann"),
    "no-such-job": _get(NO_JOB),
    "no-such-share": _to_job("DELETE", "/shares/5c1de0aa"),
    "nobody-signs-in": _get("/.well-known/oauth-protected-resource"),
    "not-ready": _to_job("GET", "/download"),
    "never-ready": _cancelled,
    "already-ended": lambda s: call("DELETE", f"/v1/export/{s.done}", query={"only": "open"}),
    "not-ended": _to_job("DELETE", "", only="ended"),
    "retry-while-open": lambda scene: post_retry(scene.open),
    "retry-completed": lambda scene: post_retry(scene.done),
    "too-many-shares": _many_shares,
    "too-many-notifications": _many_told,
    "no-notifications": _to_job("POST", "/notify"),
    "expired": _expired,
    "deleted-early": _deleted,
    "request-gone": _forgotten,
    "body-too-large": _export(b"x" * 3_000_000),
    "unsupported-media-type": _export("{}", content_type="text/plain"),
    "idempotency-key-reused": _key_again,
    "too-many-files": _configured(max_files_per_job=2),
    "rate-limited": _too_often,
    "too-many-jobs": _configured(max_open_jobs_per_user=1),
    "day-used-up": _used_up,
    "internal-error": _broken,
    "unavailable": _down,
}


def _admin(scene: Scene, path: str) -> Answer:
    scene.stack.configure(admin_claim="role=admin")
    return call("DELETE", path, authorizer={"claims": {"sub": "root", "role": "admin"}})


def test_each_example_of_a_problem_is_compared_with_a_real_one() -> None:
    assert REAL.keys() == EXAMPLES.keys()


@pytest.mark.usefixtures("no_backoff")
@pytest.mark.parametrize("name", REAL)
def test_an_example_of_a_problem_is_what_the_api_answers(scene: Scene, name: str) -> None:
    answer = REAL[name](scene)
    wanted = EXAMPLES[name]

    assert {**answer.body, "detail": nameless(answer.body["detail"])} == {
        **wanted,
        "detail": nameless(wanted["detail"]),
        "requestId": answer.body["requestId"],
    }
    assert answer.status == wanted["status"]
    given = example_problems.error(name).headers
    asks_to_wait = answer.status == 503 or "Retry-After" in given
    assert ("Retry-After" in answer.headers) == asks_to_wait
    assert ("WWW-Authenticate" in answer.headers) == (answer.status == 401)
