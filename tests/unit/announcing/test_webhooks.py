"""A webhook: what is posted, how it is signed, and what comes of each answer."""

import hashlib
import hmac
import json
import time
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from chalicelib.announcing import webhooks
from chalicelib.announcing.outcomes import NotDelivered
from chalicelib.errors import Unavailable
from chalicelib.instants import iso
from chalicelib.jobs.model import Job
from chalicelib.jobs.notices import Kind, Notice, State, new
from chalicelib.jobs.states import Status
from chalicelib.outbound import Answer, NotReached
from chalicelib.receivers import Place
from chalicelib.secret_keys import SecretKeys
from chalicelib.services import Services
from tests.unit.samples import JOB_ID, a_job, some_services, some_settings

URL = "https://hooks.example.com/in?token=secret"
BASE = "https://api.example.com/api"
KEY = b64encode(bytes(range(32))).decode()
ANOTHER = b64encode(bytes(range(100, 164))).decode()
NOTICE = new(JOB_ID, Kind.WEBHOOK, URL)
NOW = int(time.time() * 1000)
"""The library that verifies has a clock of its own."""


@dataclass(slots=True)
class Receiver:
    """Keeps what is posted, and gives the answer, or the reason why there is none."""

    answer: Answer | NotReached = field(default_factory=lambda: Answer(200))
    posted: list[tuple[Place, Mapping[str, str], bytes]] = field(default_factory=list)

    def post(self, place: Place, headers: Mapping[str, str], body: bytes, /) -> Answer:
        self.posted.append((place, headers, body))
        if isinstance(self.answer, NotReached):
            raise self.answer
        return self.answer


@dataclass(slots=True)
class Secret:
    """Secrets Manager with one secret; None: it does not answer."""

    keys: Mapping[str, str] | None

    def get_secret_value(self, **_: str) -> dict[str, str]:
        if self.keys is None:
            raise EndpointConnectionError(endpoint_url="https://secrets")
        return {"SecretString": json.dumps(self.keys)}


def keys_of(secret: Secret) -> SecretKeys:
    client: Any = secret
    return SecretKeys("s", lambda: client, of="webhooks")


def a_stack(receiver: Receiver, *keys: str, **settings: str) -> Services:
    """A stack that may post to hooks.example.com, and signs with these keys."""
    secret = Secret({str(number): key for number, key in enumerate(keys or [KEY])})
    return some_services(
        some_settings(**{"WEBHOOK_HOSTS": "hooks.example.com", "WEBHOOK_SECRET": "s", **settings}),
        outbound=receiver,
        now=lambda: NOW,
        webhook_keys=keys_of(secret),
    )


def an_end(status: Status = Status.COMPLETED) -> Job:
    return a_job(status=status, updated_at=NOW - 5_000)


def sent(*keys: str, job: Job | None = None, **settings: str) -> tuple[Mapping[str, str], bytes]:
    """Returns the headers and the body of a webhook that was taken."""
    receiver = Receiver()
    webhooks.send(NOTICE, job or an_end(), BASE, a_stack(receiver, *keys, **settings))
    ((_, headers, body),) = receiver.posted
    return headers, body


def failed(services: Services, notice: Notice = NOTICE) -> NotDelivered:
    """Returns why the webhook was not taken."""
    with pytest.raises(NotDelivered) as caught:
        webhooks.send(notice, an_end(), BASE, services)
    return caught.value


# -- what is posted ---------------------------------------------------------------------------


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.CANCELLED])
def test_the_body_names_the_end_and_has_the_facts_of_the_event(status: Status) -> None:
    headers, body = sent(job=an_end(status))

    told = json.loads(body)
    assert set(told) == {"type", "timestamp", "data"}
    assert told["type"] == f"export.{status}"
    assert told["timestamp"] == told["data"]["time"] == iso(NOW - 5_000)
    assert (told["data"]["jobId"], told["data"]["status"]) == (JOB_ID, status)
    assert "filename" not in told["data"]
    assert headers["Content-Type"] == "application/json"


def test_what_events_include_webhooks_include_too() -> None:
    _, body = sent(EVENT_INCLUDES="filename,link")

    data = json.loads(body)["data"]
    assert data["filename"] == an_end().filename
    assert data["link"] == f"{BASE}/#/jobs/{JOB_ID}"


def test_a_webhook_goes_to_the_url_with_its_query() -> None:
    receiver = Receiver()

    webhooks.send(NOTICE, an_end(), BASE, a_stack(receiver))

    place = receiver.posted[0][0]
    assert (place.host, place.port, place.target) == ("hooks.example.com", 443, "/in?token=secret")


def test_a_notice_without_a_url_goes_to_the_stacks_own() -> None:
    receiver = Receiver()
    services = a_stack(receiver, WEBHOOK_URL="https://hooks.example.com/ours")

    webhooks.send(new(JOB_ID, Kind.WEBHOOK, ""), an_end(), BASE, services)

    assert receiver.posted[0][0].target == "/ours"


# -- the signature ----------------------------------------------------------------------------


@pytest.mark.parametrize("key", [KEY, f"whsec_{KEY}", KEY.rstrip("="), ANOTHER])
def test_the_standards_own_library_verifies_the_signature(key: str) -> None:
    headers, body = sent(key)

    assert Webhook(key).verify(body, dict(headers)) == json.loads(body)
    with pytest.raises(WebhookVerificationError):
        Webhook(key).verify(body + b" ", dict(headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(key).verify(body, {**headers, "webhook-id": "another"})


def test_the_signature_is_of_the_notice_the_second_and_the_body() -> None:
    headers, body = sent(KEY)

    signed = f"{NOTICE.id}.{NOW // 1000}.".encode() + body
    digest = hmac.new(b64decode(KEY), signed, hashlib.sha256).digest()
    assert headers["webhook-id"] == NOTICE.id
    assert headers["webhook-timestamp"] == str(NOW // 1000)
    assert headers["webhook-signature"] == f"v1,{b64encode(digest).decode()}"


def test_each_key_of_the_secret_signs() -> None:
    headers, body = sent(KEY, ANOTHER)

    assert len(headers["webhook-signature"].split(" ")) == 2
    for key in (KEY, ANOTHER):
        assert Webhook(key).verify(body, dict(headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(b64encode(bytes(32))).verify(body, dict(headers))


@given(st.binary(min_size=24, max_size=64))
def test_every_key_of_the_standard_verifies(key: bytes) -> None:
    text = b64encode(key).decode()
    headers, body = sent(text)

    assert Webhook(text).verify(body, dict(headers))


@pytest.mark.parametrize(
    "key",
    [
        *(
            "correct horse battery staple and more",
            KEY + "\n",
            " " + KEY,
            KEY[:20] + "\n" + KEY[20:],
        ),
        *(
            KEY[:20] + "==" + KEY[20:],
            KEY + "==",
            KEY + "AAA",
            "Schlüssel" * 5,
            "whsec_whsec_" + KEY,
        ),
        urlsafe_b64encode(b"\xff" * 32).decode(),
        f"WHSEC_{KEY}",
        KEY[:41],  # no bytes have 41 characters
    ],
)
def test_a_key_that_is_not_base64_sends_nothing_until_it_is_mended(key: str) -> None:
    receiver = Receiver()

    error = failed(a_stack(receiver, KEY, key))

    assert error.reason == "key 2 of the secret for webhooks is not base64"
    assert error.state is State.RETRYING
    assert receiver.posted == []


def test_a_short_key_sends_nothing_until_it_is_mended() -> None:
    receiver = Receiver()

    error = failed(a_stack(receiver, "whsec_" + b64encode(bytes(23)).decode()))

    assert error.reason.endswith("has 23 bytes, and must have 24 or more")
    assert error.state is State.RETRYING
    assert receiver.posted == []


def test_keys_that_cannot_be_read_are_read_again_later() -> None:
    receiver = Receiver()
    services = replace(a_stack(receiver), webhook_keys=keys_of(Secret(None)))

    with pytest.raises(Unavailable, match="could not read the keys of webhooks"):
        webhooks.send(NOTICE, an_end(), BASE, services)

    assert receiver.posted == []


# -- what comes of it -------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_takes_the_webhook(status: int) -> None:
    webhooks.send(NOTICE, an_end(), BASE, a_stack(Receiver(Answer(status))))


@pytest.mark.parametrize(
    ("status", "reason", "state"),
    [
        (301, "it answered 301 Moved Permanently, and redirects are not followed", State.RETRYING),
        (304, "it answered 304 Not Modified, and redirects are not followed", State.RETRYING),
        (400, "it answered 400 Bad Request", State.RETRYING),
        (401, "it answered 401 Unauthorized", State.RETRYING),
        (404, "it answered 404 Not Found", State.RETRYING),
        (410, "it answered 410 Gone: it wants no more", State.GIVEN_UP),
        (429, "it answered 429 Too Many Requests", State.RETRYING),
        (500, "it answered 500 Internal Server Error", State.RETRYING),
        (599, "it answered 599", State.RETRYING),
        (999, "it answered 999", State.RETRYING),
    ],
)
def test_all_else_is_tried_again_but_for_410(status: int, reason: str, state: State) -> None:
    error = failed(a_stack(Receiver(Answer(status))))

    assert (error.reason, error.state) == (reason, state)


def test_a_receiver_may_ask_to_wait() -> None:
    assert failed(a_stack(Receiver(Answer(503, 90)))).retry_after == 90
    assert failed(a_stack(Receiver(Answer(503)))).retry_after is None


def test_a_host_that_was_not_reached_is_tried_again_if_that_may_help() -> None:
    for problem, state in (
        (NotReached("no connection: refused"), State.RETRYING),
        (NotReached("not a public address", is_final=True), State.GIVEN_UP),
    ):
        error = failed(a_stack(Receiver(problem)))

        assert (error.reason, error.state) == (problem.reason, state)


@pytest.mark.parametrize(
    ("hosts", "words"),
    [
        ("other.example.com", "is not a host that WEBHOOK_HOSTS allows"),
        ("hooks.example.com:8443", "does not allow port 443"),
        ("", "this stack sends no webhooks"),
    ],
)
def test_a_host_that_is_not_allowed_any_more_is_given_up(hosts: str, words: str) -> None:
    receiver = Receiver()

    error = failed(a_stack(receiver, WEBHOOK_HOSTS=hosts))

    assert words in error.reason
    assert error.state is State.GIVEN_UP
    assert "secret" not in error.reason
    assert receiver.posted == []


def test_a_stack_whose_own_url_was_taken_away_gives_its_notices_up() -> None:
    receiver = Receiver()

    error = failed(a_stack(receiver), new(JOB_ID, Kind.WEBHOOK, ""))

    assert (error.reason, error.state) == ("WEBHOOK_URL is not set any more", State.GIVEN_UP)
    assert receiver.posted == []
