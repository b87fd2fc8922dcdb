"""Webhooks of jobs that end, posted over real connections to receivers on this machine."""

import json
import socket
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from standardwebhooks import Webhook

from chalicelib import aws
from chalicelib.announcing import announcer
from chalicelib.announcing.outcomes import CLAIM_MS, LIFE_MS, PAUSES_MS
from chalicelib.jobs.notices import Kind, Notice, State, new
from chalicelib.outbound import Answer, Https
from chalicelib.queue.messages import Message, Step
from chalicelib.receivers import Place
from chalicelib.secret_keys import FRESH_MS, SecretKeys
from tests.integration.gateway import cancel, export
from tests.integration.stack import Stack, record_of
from tests.unit.outbound.certificates import authority, certificate
from tests.unit.outbound.hosts import (
    Host,
    answers,
    body_of,
    drips,
    hangs,
    headers_of,
    resets,
    serving,
)

KEY = b64encode(bytes(range(32))).decode()
ANOTHER = b64encode(bytes(range(100, 132))).decode()
SECRET = "webhook-keys"
NAME = "hooks.example.com"


def secrets() -> Any:
    return aws.secrets_manager()


@pytest.fixture
def told(stack: Stack) -> Stack:
    """A stack with a file, that signs with one key. It waits half a second for an answer."""
    stack.put_file("in/a.txt", b"a")
    secrets().create_secret(Name=SECRET, SecretString=json.dumps({"1": KEY}))
    stack.services = replace(
        stack.services,
        outbound=Https(is_local=True, within=0.5),
        webhook_keys=SecretKeys(SECRET, aws.secrets_manager, of="webhooks"),
    )
    return stack


def tell(stack: Stack, *hosts: Host) -> str:
    """Returns the URL of the first of these hosts, which is the stack's own webhook. All of them
    are allowed."""
    url = f"http://127.0.0.1:{hosts[0].port}/in?token=t"
    names = tuple(f"127.0.0.1:{host.port}" for host in hosts)
    stack.configure(webhook_hosts=names, webhook_url=url, is_local=True)
    return url


def announce(stack: Stack, job_id: str) -> Notice:
    """Does the step once. Returns the job's only notice."""
    record = record_of(Message(Step.ANNOUNCE, job_id).to_body())
    assert announcer.handle([record], stack.services) == {"batchItemFailures": []}
    (notice,) = notices(stack, job_id)
    return notice


def completed(stack: Stack) -> str:
    """Returns the id of a job that has completed. Nobody was told of it yet."""
    job_id = export(prefix="in/")
    assert stack.run_steps() == []
    assert stack.job(job_id).status == "completed"
    return job_id


def ended(stack: Stack) -> tuple[str, Notice]:
    """Returns the id of a job that has completed and was announced, and its notice."""
    job_id = completed(stack)
    return job_id, announce(stack, job_id)


def again(stack: Stack, job_id: str, notice: Notice) -> Notice:
    """Waits until the notice is due, and does the step again."""
    assert notice.next_at is not None
    stack.clock.now = notice.next_at
    return announce(stack, job_id)


def notices(stack: Stack, job_id: str) -> tuple[Notice, ...]:
    found = stack.services.notices.get(job_id)
    assert found is not None
    return found.notices


def rotate(stack: Stack, **keys: str) -> None:
    """The secret has these keys from here on, and no process uses the old ones any more."""
    secrets().put_secret_value(SecretId=SECRET, SecretString=json.dumps(keys))
    stack.clock.advance(seconds=FRESH_MS / 1000)


def is_signed(request: bytes, key: str) -> bool:
    """Whether one of the request's signatures is of this key."""
    headers = headers_of(request)
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    signature = Webhook(key).sign(headers["webhook-id"], at, body_of(request).decode())
    return signature in headers["webhook-signature"].split(" ")


def test_a_receiver_is_told_of_the_end_once(told: Stack) -> None:
    with serving(answers(204)) as host:
        tell(told, host)
        job_id = completed(told)
        (record,) = told.receive(told.services.settings.announcement_queue_url)
        assert announcer.handle([record], told.services) == {"batchItemFailures": []}
        notice = announce(told, job_id)

    (request,) = host.requests
    told_of = json.loads(body_of(request))
    assert request.startswith(b"POST /in?token=t HTTP/1.1\r\n")
    assert headers_of(request)["webhook-id"] == notice.id
    assert is_signed(request, KEY)
    assert told_of["type"] == "export.completed"
    assert (told_of["data"]["jobId"], told_of["data"]["files"]) == (job_id, 1)
    assert (notice.state, notice.attempts, notice.last_error) == (State.SENT, 1, "")


def test_a_receiver_is_told_of_a_job_that_was_cancelled(told: Stack) -> None:
    with serving(answers(200)) as host:
        tell(told, host)
        job_id = export(prefix="in/")
        assert announce(told, job_id).state is State.PENDING
        assert host.requests == []
        cancel(job_id)

        assert announce(told, job_id).state is State.SENT

    assert json.loads(body_of(host.requests[0]))["type"] == "export.cancelled"


def test_a_receiver_that_fails_is_told_again_with_the_same_id(told: Stack) -> None:
    with serving(answers(500, 200)) as host:
        tell(told, host)
        job_id, notice = ended(told)
        assert (notice.state, notice.attempts) == (State.RETRYING, 1)
        assert notice.last_error == "it answered 500 Internal Server Error"
        assert announce(told, job_id) == notice  # it is not due yet

        notice = again(told, job_id, notice)

    first, second = host.requests
    assert (notice.state, notice.attempts, notice.last_error) == (State.SENT, 2, "")
    assert headers_of(first)["webhook-id"] == headers_of(second)["webhook-id"] == notice.id
    assert body_of(first) == body_of(second)
    assert headers_of(first)["webhook-timestamp"] < headers_of(second)["webhook-timestamp"]
    assert is_signed(second, KEY)


class NoChance(Random):
    """Every pause is as short as it may be."""

    def random(self) -> float:
        return 0.0


def test_a_receiver_that_always_fails_is_given_up_after_a_day(told: Stack) -> None:
    told.services = replace(told.services, random=NoChance())
    begun = told.clock()
    with serving(answers(503)) as host:
        tell(told, host)
        job_id, notice = ended(told)
        while notice.is_unsent:
            notice = again(told, job_id, notice)

    assert (notice.state, notice.attempts) == (State.GIVEN_UP, len(PAUSES_MS) + 1)
    assert notice.last_error == "it answered 503 Service Unavailable"
    assert sum(PAUSES_MS) <= told.clock() - begun < LIFE_MS
    assert len(host.requests) == len(PAUSES_MS) + 1
    assert len({headers_of(one)["webhook-id"] for one in host.requests}) == 1


def test_a_receiver_that_is_gone_is_not_told_again(told: Stack) -> None:
    with serving(answers(410)) as host:
        tell(told, host)
        job_id, notice = ended(told)
        told.clock.advance(days=1)
        assert announce(told, job_id) == notice

    assert (notice.state, notice.attempts) == (State.GIVEN_UP, 1)
    assert notice.last_error == "it answered 410 Gone: it wants no more"
    assert len(host.requests) == 1


def test_a_redirect_is_not_followed_but_tried_again(told: Stack) -> None:
    with serving(answers(200)) as target:
        more = f"Location: http://127.0.0.1:{target.port}/\r\n"
        with serving(answers(302, more=more)) as host:
            tell(told, host, target)
            _, notice = ended(told)

    assert notice.state is State.RETRYING
    assert notice.last_error == "it answered 302 Found, and redirects are not followed"
    assert target.connections == 0


def test_a_receiver_may_ask_to_wait(told: Stack) -> None:
    with serving(answers(503, more="Retry-After: 120\r\n")) as host:
        tell(told, host)
        _, notice = ended(told)

    assert notice.next_at is not None
    assert 120_000 <= notice.next_at - told.clock() <= 132_000


def test_a_slow_receiver_takes_no_other_ones_time(told: Stack) -> None:
    slow = drips(b"HTTP/1.1 200 OK\r\n", b"A")
    with serving(answers(200)) as good, serving(hangs) as silent, serving(slow) as dripping:
        tell(told, silent, dripping, good)
        job_id = export(prefix="in/")
        more = tuple(
            new(job_id, Kind.WEBHOOK, f"http://127.0.0.1:{host.port}/") for host in (dripping, good)
        )
        told.services.notices.change(job_id, lambda known: (*known, *more), told.clock())
        assert told.run_queue() == []

    first, second, third = notices(told, job_id)
    assert first.last_error == second.last_error == "no answer within 0.5 s"
    assert first.state is second.state is State.RETRYING
    assert third.state is State.SENT


def test_a_receiver_that_breaks_off_is_told_again(told: Stack) -> None:
    with serving(resets(b"HTTP/1.1 200 OK\r\n")) as host:
        tell(told, host)
        job_id, notice = ended(told)
        assert notice.last_error == "the connection was closed before an answer"

    notice = again(told, job_id, notice)

    assert (notice.state, notice.last_error) == (State.RETRYING, "no connection: refused")


@dataclass(frozen=True, slots=True)
class Dying:
    """Posts, and dies with the answer."""

    outbound: Https

    def post(self, place: Place, headers: Mapping[str, str], body: bytes, /) -> Answer:
        self.outbound.post(place, headers, body)
        raise SystemExit


def test_a_crash_after_the_post_sends_it_twice_with_the_same_id(told: Stack) -> None:
    with serving(answers(200)) as host:
        tell(told, host)
        job_id = completed(told)
        alive = told.services
        told.services = replace(alive, outbound=Dying(Https(is_local=True)))
        with pytest.raises(SystemExit):
            told.run_queue()
        told.services = alive
        assert announce(told, job_id).state is State.PENDING  # the claim is still good
        told.clock.advance(seconds=CLAIM_MS / 1000)

        assert announce(told, job_id).state is State.SENT

    first, second = host.requests
    assert headers_of(first)["webhook-id"] == headers_of(second)["webhook-id"]
    assert body_of(first) == body_of(second)


def test_keys_rotate_without_a_webhook_that_nobody_can_verify(told: Stack) -> None:
    with serving(answers(200)) as host:
        tell(told, host)
        ended(told)
        rotate(told, a=KEY, b=ANOTHER)
        ended(told)
        rotate(told, b=ANOTHER)
        ended(told)

    signed = [(is_signed(one, KEY), is_signed(one, ANOTHER)) for one in host.requests]
    assert signed == [(True, False), (True, True), (False, True)]


@pytest.mark.parametrize("secret", [{"1": "not base64, but it is long enough"}, {"1": "short"}])
def test_a_bad_key_holds_webhooks_back_until_it_is_mended(
    told: Stack, secret: dict[str, str]
) -> None:
    with serving(answers(200)) as host:
        tell(told, host)
        rotate(told, **secret)
        job_id, notice = ended(told)
        assert notice.state is State.RETRYING
        assert secret["1"] not in notice.last_error
        assert notice.last_error in (
            "key 1 of the secret for webhooks is not base64",
            "could not read the keys of webhooks",
        )
        assert host.requests == []
        rotate(told, **{"1": KEY})

        assert announce(told, job_id).state is State.SENT


def over(told: Stack, host: Host, **facts: Any) -> None:
    """The stack's own webhook is at hooks.example.com, a name that leads to this host."""
    told.configure(webhook_hosts=(NAME,), webhook_url=f"https://{NAME}/")

    def connect(_address: str, _port: int, seconds: float) -> socket.socket:
        return socket.create_connection(("127.0.0.1", host.port), seconds)

    seams: dict[str, Any] = {"resolve": lambda *_: ["93.184.215.14"], "connect": connect, **facts}
    told.services = replace(told.services, outbound=Https(**seams))


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"])
def test_a_host_that_resolves_to_the_inside_is_given_up(told: Stack, address: str) -> None:
    with serving(answers(200)) as host:
        over(told, host, resolve=lambda *_: ["93.184.215.14", address])
        _, notice = ended(told)

    assert notice.state is State.GIVEN_UP
    assert notice.last_error == f"{NAME} resolves to an address that is not public"
    assert host.connections == 0


def test_a_bad_certificate_is_told_and_tried_again(told: Stack, tmp_path: Path) -> None:
    ours = authority()
    with serving(answers(200), certificate("a.example.com", ours).server(tmp_path)) as host:
        over(told, host, tls=ours.trusted)
        _, notice = ended(told)

    assert notice.state is State.RETRYING
    assert notice.last_error.startswith("the certificate is not valid: Hostname mismatch")
    assert host.requests == []


def test_a_host_on_this_machine_is_given_up_when_the_stack_is_on_aws(told: Stack) -> None:
    with serving(answers(200)) as host:
        tell(told, host)
        told.configure(is_local=False)
        _, notice = ended(told)

    assert (notice.state, notice.attempts) == (State.GIVEN_UP, 1)
    assert host.connections == 0
