"""Webhooks of the deployed stack, to receivers on this machine. What comes of each is seen at its
job."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from standardwebhooks import Webhook

from chalicelib.jobs import places
from chalicelib.jobs.attributes import of
from chalicelib.services import now_ms
from infra import emulators, targets
from infra.outputs import Outputs
from tests.e2e import deployment, handmade
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.contract import JSON
from tests.e2e.receivers import Post, Receivers
from tests.e2e.sources import Sources
from tests.e2e.test_permissions import MINUTE_EVENT
from tests.waiting import wait_for

WITHIN = 60
"""Seconds. A cold announcer on a busy machine takes some of them, a hanging receiver ten."""


@pytest.fixture(scope="module", autouse=True)
def _reached(outputs: Outputs, receivers: Receivers, request: pytest.FixtureRequest) -> None:
    """Skips where the functions do not reach this machine, or may not."""
    if outputs.webhook_hosts != receivers.hosts:
        pytest.skip("the tests did not deploy this stack, so it may not tell their receivers")
    state = request.getfixturevalue("stack_state")
    if not emulators.share_our_loopback(targets.named(deployment.target_name()), state):
        pytest.skip("the functions run in containers, which do not reach this machine")


@pytest.fixture(scope="module")
def verifiers(backstage: Backstage) -> list[Webhook]:
    """One for each key that `make outputs` leads to."""
    secrets = backstage.session.client("secretsmanager")
    secret = backstage.outputs.webhook_secret
    assert secret
    keys = json.loads(secrets.get_secret_value(SecretId=secret)["SecretString"])
    return [Webhook(key) for key in keys.values()]


@dataclass(frozen=True)
class Teller:
    """Has jobs told."""

    api: Api
    sources: Sources
    receivers: Receivers

    def export(self, url: str) -> str:
        """Starts a job whose end is told to this URL. Returns its id."""
        file = self.sources.put(uuid4().bytes)
        return self.api.export(file_ids=[file.file_id], notify={"url": url})

    def notification(self, job_id: str) -> JSON:
        """Returns the one notification of the job, as it is now."""
        (found,) = self.api.job(job_id)["notifications"]
        return dict(found)

    def tried(self, job_id: str, times: int = 1) -> JSON:
        """Waits until the job was told, or until that failed so many times. Returns the
        notification."""

        def look() -> JSON:
            now = self.notification(job_id)
            # While a try is made, it is counted already.
            is_over = now["lastError"] is not None and now["attempts"] >= times
            return now if now["status"] in ("sent", "given-up") or is_over else {}

        return wait_for(look, WITHIN, f"{times} tries to tell of {job_id}")

    def posts(self, path: str, number: int = 1, within: float = WITHIN) -> list[Post]:
        """Waits for that many webhooks at this path, and returns them."""

        def look() -> list[Post]:
            came = self.receivers.posts(path)
            return came if len(came) >= number else []

        return wait_for(look, within, f"{number} webhooks at {path}")


@pytest.fixture(scope="module")
def teller(api: Api, sources: Sources, receivers: Receivers) -> Teller:
    return Teller(api, sources, receivers)


Url = Callable[[Receivers], str]

CASES: dict[str, tuple[Url, str, str]] = {
    "taken": (lambda on: on.url("204/taken"), "sent", ""),
    "failing": (lambda on: on.url("500/failing"), "retrying", "500 Internal Server Error"),
    "gone": (lambda on: on.url("410/gone"), "given-up", "410 Gone"),
    "redirecting": (lambda on: on.url("302/redirecting"), "retrying", "redirects are not followed"),
    "slow": (lambda on: on.url("hang/slow"), "retrying", "no answer within 10 s"),
    "a bad certificate": (lambda on: on.unsigned_url, "retrying", "certificate"),
    "down": (lambda on: on.down_url("204/never"), "retrying", "refused"),
    "a name for 127.0.0.1": (
        lambda _: "https://localhost/in",
        "given-up",
        "an address that is not public",
    ),
}
"""What a receiver does: its URL, and how the notification stands after the first try."""


@pytest.fixture(scope="module")
def jobs(teller: Teller) -> dict[str, str]:
    """The ids of jobs, one for each of the cases. All of them run at the same time."""
    return {name: teller.export(url(teller.receivers)) for name, (url, _, _) in CASES.items()}


@pytest.mark.parametrize("case", CASES)
def test_what_comes_of_a_webhook_is_seen_at_its_job(
    teller: Teller, jobs: dict[str, str], case: str
) -> None:
    url, status, words = CASES[case]
    job_id = jobs[case]

    found = teller.tried(job_id)

    assert (found["kind"], found["to"]) == ("webhook", url(teller.receivers))
    assert found["status"] == status
    assert words in (found["lastError"] or "")
    assert (found["nextAttemptAt"] is not None) == (status == "retrying")
    assert found["attempts"] >= 1
    assert teller.api.job(job_id)["status"] == "completed"


def test_a_webhook_is_signed_with_the_key_of_the_outputs(
    teller: Teller, jobs: dict[str, str], verifiers: list[Webhook]
) -> None:
    (post,) = teller.posts("204/taken")
    job = teller.api.job(jobs["taken"])

    for verifier in verifiers:
        said: Any = verifier.verify(post.body, dict(post.headers))

    assert said.keys() == {"type", "timestamp", "data"}
    assert (said["type"], said["timestamp"]) == ("export.completed", job["updatedAt"])
    assert said["data"]["jobId"] == job["jobId"]
    assert (said["data"]["status"], said["data"]["files"]) == ("completed", 1)
    assert post.headers["Content-Type"] == "application/json"
    changed = post.body.replace(b"completed", b"cancelled")
    with pytest.raises(Exception, match="signature"):
        verifiers[0].verify(changed, dict(post.headers))


def test_a_redirect_and_a_bad_certificate_lead_nowhere(
    teller: Teller, jobs: dict[str, str]
) -> None:
    teller.tried(jobs["redirecting"])
    teller.tried(jobs["a bad certificate"])

    assert teller.receivers.posts("302/redirecting")
    for path in ("204/redirecting", "204/unsigned"):
        assert not teller.receivers.posts(path)


def test_a_retry_says_the_same_with_the_same_id(teller: Teller, jobs: dict[str, str]) -> None:
    first, second, *_ = teller.posts("500/failing", 2)

    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] < second.headers["webhook-timestamp"]
    assert teller.notification(jobs["failing"])["attempts"] >= 2


def test_who_is_gone_is_not_asked_again(teller: Teller, jobs: dict[str, str]) -> None:
    teller.posts("500/failing", 2)  # the pause of 5 seconds is over

    assert teller.notification(jobs["gone"])["attempts"] == 1
    assert len(teller.receivers.posts("410/gone")) == 1


def test_a_receiver_that_was_down_is_told_when_it_is_up(
    teller: Teller, receivers: Receivers, verifiers: list[Webhook]
) -> None:
    job_id = teller.export(receivers.down_url("204/later"))
    teller.tried(job_id, 2)

    with receivers.up():
        (post,) = teller.posts("204/later")
        told = wait_for(
            lambda: (now := teller.notification(job_id))["status"] == "sent" and now,
            WITHIN,
            f"the end of {job_id} to be told",
        )

    assert told["attempts"] == 3
    assert told["lastError"] is None
    assert verifiers[0].verify(post.body, dict(post.headers))


def test_what_sqs_cannot_hold_back_the_sweeper_sends(teller: Teller, backstage: Backstage) -> None:
    job_id = teller.export(teller.receivers.url("500/long"))
    first, _ = teller.posts("500/long", 2)
    table, key = backstage.outputs.jobs_table, {"jobId": {"S": places.notices(job_id)}}

    def make_overdue() -> bool:
        """Makes the next try overdue, once it is known when it is to come. Half a minute is left:
        SQS brings nothing before."""
        item = backstage.dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
        (known,) = json.loads(item["notices"]["S"])
        # Until then, the second try claims the notice for two minutes.
        if known["attempts"] != 2 or known["next_at"] > now_ms() + 60_000:
            return False
        overdue = [{**known, "next_at": 0}]
        backstage.dynamodb.update_item(
            TableName=table,
            Key=key,
            UpdateExpression="SET notices = :notices, announceAt = :past",
            ExpressionAttributeValues={":notices": of(json.dumps(overdue)), ":past": of(0)},
        )
        return True

    wait_for(make_overdue, WITHIN, f"two tries to tell of {job_id}")
    run = backstage.session.client("lambda").invoke(
        FunctionName=backstage.functions()["Sweeper"], Payload=json.dumps(MINUTE_EVENT)
    )

    assert not run.get("FunctionError")
    third = teller.posts("500/long", 3, within=20)[2]
    assert third.headers["webhook-id"] == first.headers["webhook-id"]


def test_failed_and_cancelled_jobs_are_told_too(
    teller: Teller, backstage: Backstage, verifiers: list[Webhook]
) -> None:
    failing, cancelled = "204/failed", "204/cancelled"
    gone = teller.sources.new_id()
    teller.api.export(file_ids=[gone], notify={"url": teller.receivers.url(failing)})
    job_id = handmade.waiting(backstage)
    added = teller.api.post(f"/v1/export/{job_id}/notify", {"url": teller.receivers.url(cancelled)})
    assert added.status_code == 202

    assert not teller.receivers.posts(cancelled)
    teller.api.cancel(job_id)

    for path, status in ((failing, "failed"), (cancelled, "cancelled")):
        (post,) = teller.posts(path)
        said: Any = verifiers[0].verify(post.body, dict(post.headers))
        assert (said["type"], said["data"]["status"]) == (f"export.{status}", status)


def test_a_webhook_can_be_sent_again(teller: Teller) -> None:
    job_id = teller.export(teller.receivers.url("204/again"))
    (first,) = teller.posts("204/again")
    assert teller.tried(job_id)["status"] == "sent"

    def sent_again() -> list[Post]:
        # What was sent a moment ago is not sent once more.
        assert teller.api.post(f"/v1/export/{job_id}/notify").status_code == 202
        return teller.receivers.posts("204/again")[1:]

    second, *_ = wait_for(sent_again, WITHIN, "the webhook again")
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://elsewhere.example.com/in", "elsewhere.example.com is not a host"),
        ("http://localhost/in", "port 80"),
        ("https://localhost:8443/in", "port 8443"),
        ("ftp://localhost/in", "https"),
        ("https://10.1.2.3/in", "10.1.2.3 is not a public address"),
    ],
)
def test_a_receiver_that_is_not_allowed_makes_no_job(api: Api, url: str, words: str) -> None:
    answer = api.post("/v1/export", {"file_ids": [10_001], "notify": {"url": url}})

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["pointer"] == "/notify/url"
    assert words in error["detail"]


def test_hanging_receivers_delay_no_other_job(
    teller: Teller, receivers: Receivers, jobs: dict[str, str]
) -> None:
    teller.tried(jobs["slow"])
    hanging = [f"hang/{n}" for n in range(3)]
    for path in hanging:
        teller.export(receivers.url(path))
    for path in hanging:
        teller.posts(path)

    job_id = teller.export(receivers.url("204/quick"))
    teller.posts("204/quick")
    still = {f"/{path}" for path in hanging} & set(receivers.hanging)

    receivers.release.set()
    receivers.release.clear()
    assert still, "the others were waited for"
    assert teller.tried(job_id)["attempts"] == 1
