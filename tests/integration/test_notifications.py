"""Who is told of a job's end: what a request may ask for, what the API shows, and once more."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.announcing.announcer import handle
from chalicelib.errors import NotFound, Unavailable
from chalicelib.jobs import places, tickets
from chalicelib.jobs.model import Job
from chalicelib.jobs.notices import MOST, State
from chalicelib.jobs.request import Notify
from chalicelib.outbound import Answer as Taken
from chalicelib.pipeline import deleting, notifying
from chalicelib.pipeline.sweeper import sweep
from chalicelib.receivers import Place
from tests.integration.gateway import (
    BASE,
    UNKNOWN_JOB,
    Answer,
    call,
    cancel,
    export,
    post_export,
    post_retry,
    status,
)
from tests.integration.stack import Stack
from tests.integration.wire import TABLE_IS_DOWN, Requests, answering, listening
from tests.unit.samples import Events

URL = "https://hooks.example.com/in?token=1"
OWN = "https://alerts.example.com/secret-path"
ANN = "ann@example.com"
ANNS = {"claims": {"sub": "ann", "email": "Ann@Example.com", "email_verified": "true"}}


@dataclass
class Receiver:
    """Stands for the hosts of webhooks."""

    status: int = 200
    posts: list[tuple[str, str, Any]] = field(default_factory=list)

    def post(self, place: Place, headers: Mapping[str, str], body: bytes, /) -> Taken:
        url = f"{place.scheme}://{place.host}{place.target}"
        self.posts.append((url, headers["webhook-id"], json.loads(body)))
        return Taken(self.status)


@pytest.fixture
def receiver(stack: Stack) -> Receiver:
    """A stack that may tell some hosts and addresses. The receiver takes all webhooks."""
    client: Any = aws.secrets_manager()
    client.create_secret(
        Name="longhaul/webhooks", SecretString='{"1": "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}'
    )
    stack.services.webhook_keys.secret = "longhaul/webhooks"
    stack.configure(
        webhook_hosts=("hooks.example.com", "alerts.example.com"),
        mail_from="longhaul@example.com",
        mail_to=("@example.org",),
    )
    receiver = Receiver()
    stack.services = replace(stack.services, outbound=receiver)
    return receiver


@pytest.fixture
def ended(stack: Stack, receiver: Receiver) -> str:
    """The id of a job that has ended, and that nobody is told of."""
    job_id = export(file_ids=[10001])
    cancel(job_id)
    _announce(stack)
    return job_id


def _announce(stack: Stack) -> None:
    """Does each step that is in the queue of announcements."""
    url = stack.services.settings.announcement_queue_url
    while records := stack.receive(url):
        for record in records:
            assert handle([record], stack.services)["batchItemFailures"] == []
            aws.sqs().delete_message(QueueUrl=url, ReceiptHandle=record["receiptHandle"])


def _notify(job_id: str, body: object = None, **more: Any) -> Answer:
    return call("POST", f"/v1/export/{job_id}/notify", body=body, **more)


def _told(job_id: str) -> Any:
    return status(job_id)["notifications"]


def _shown(to: str, **facts: Any) -> dict[str, Any]:
    known = {"kind": "mail" if "@" in to else "webhook", "to": to, "status": "pending"}
    return {**known, "attempts": 0, "lastError": None, "nextAttemptAt": None, **facts}


# -- what a request may ask for ----------------------------------------------------------------


def test_a_request_says_who_is_told_of_the_end(stack: Stack, receiver: Receiver) -> None:
    job_id = export(file_ids=[10001], notify={"url": URL, "email": "bob@example.org"})

    assert _told(job_id) == [_shown(URL), _shown("bob@example.org")]
    cancel(job_id)
    _announce(stack)
    assert _told(job_id)[0] == _shown(URL, status="sent", attempts=1)
    ((url, _, body),) = receiver.posts
    assert (url, body["type"], body["data"]["jobId"]) == (URL, "export.cancelled", job_id)


@pytest.mark.parametrize(
    ("notify", "pointer", "why"),
    [
        (None, "/notify", "null must be object"),
        ("x", "/notify", '"x" must be object'),
        ([], "/notify", "a list must be object"),
        ({}, "/notify", "must not be empty; known are url, email"),
        ({"webhook": URL}, "/notify/webhook", "is not known; known are url, email"),
        ({"url": None}, "/notify/url", "null must be string"),
        ({"url": [URL]}, "/notify/url", "a list must be string"),
        ({"url": ""}, "/notify/url", "must not be empty"),
        ({"url": "https://hooks.example.com/" + "a" * 10_000}, "/notify/url", "2048 characters"),
        ({"url": "https://hooks.example.com/\ud800"}, "/notify/url", "surrogate"),
        ({"url": "https://hooks.example.com/ü"}, "/notify/url", "printable ASCII"),
        ({"url": "https://hooks.example.com/a b"}, "/notify/url", "printable ASCII"),
        ({"url": "hooks.example.com"}, "/notify/url", "must be a URL with https"),
        ({"url": "http://hooks.example.com/"}, "/notify/url", "port 80"),
        ({"url": "https://hooks.example.com:444/"}, "/notify/url", "port 444"),
        ({"url": "https://a:b@hooks.example.com/"}, "/notify/url", "no user and no password"),
        ({"url": "https://169.254.169.254/latest"}, "/notify/url", "WEBHOOK_HOSTS allows"),
        ({"url": "https://hooks.example.com.evil.org/"}, "/notify/url", "WEBHOOK_HOSTS allows"),
        ({"email": ""}, "/notify/email", "must not be empty"),
        ({"email": "a" * 300 + "@example.org"}, "/notify/email", "254 characters"),
        ({"email": "bob"}, "/notify/email", "is no mail address"),
        ({"email": "Bob <bob@example.org>"}, "/notify/email", "is no mail address"),
        ({"email": "bob@example.org\r\nBcc: x@y.z"}, "/notify/email", "is no mail address"),
        ({"email": "bob@example.org,x@evil.org"}, "/notify/email", "is no mail address"),
        ({"email": "bób@example.org"}, "/notify/email", "is no mail address"),
        ({"email": ANN}, "/notify/email", "neither your own address nor allowed"),
        ({"email": "bob@sub.example.org"}, "/notify/email", "MAIL_TO allows @example.org"),
    ],
)
def test_a_receiver_who_cannot_be_told_is_refused_at_once(
    stack: Stack, receiver: Receiver, notify: object, pointer: str, why: str
) -> None:
    answer = post_export({"file_ids": [10001], "notify": notify})

    assert answer.status == 400
    assert [error["pointer"] for error in answer.body["errors"]] == [pointer]
    assert why in answer.body["detail"]
    assert len(answer.body["detail"]) < 500
    assert stack.stored() == []


@pytest.mark.parametrize(
    ("notify", "why"),
    [
        ({"url": URL}, "this stack sends no webhooks: WEBHOOK_HOSTS is not set"),
        ({"email": ANN}, "this stack sends no mail: MAIL_FROM is not set"),
    ],
)
def test_a_stack_that_tells_nobody_says_so(stack: Stack, notify: object, why: str) -> None:
    assert why in post_export({"file_ids": [10001], "notify": notify}).body["detail"]
    assert why in _notify(export(file_ids=[10001]), notify).body["detail"]
    assert call("GET", "/v1/notifications").body == {"webhook": None, "mail": None}


def test_both_receivers_may_be_wrong(stack: Stack, receiver: Receiver) -> None:
    answer = post_export({"file_ids": [10001], "notify": {"url": "x", "email": "x"}})

    pointers = [error["pointer"] for error in answer.body["errors"]]
    assert pointers == ["/notify/url", "/notify/email"]


def test_ones_own_address_is_allowed(stack: Stack, receiver: Receiver) -> None:
    asked = {"file_ids": [10001], "notify": {"email": ANN}}

    answer = call("POST", "/v1/export", body=asked, authorizer=ANNS)

    assert answer.status == 202


@pytest.mark.parametrize("claims", [{}, {"email_verified": False}, {"email": "x@example.com"}])
def test_an_address_that_is_not_proved_is_refused(
    stack: Stack, receiver: Receiver, claims: dict[str, Any]
) -> None:
    known = {"sub": "ann", "email": ANN, **({"email_verified": True} if "email" in claims else {})}
    asked = {"file_ids": [10001], "notify": {"email": ANN}}

    answer = call("POST", "/v1/export", body=asked, authorizer={"claims": {**known, **claims}})

    assert answer.status == 400
    assert answer.body["errors"][0]["pointer"] == "/notify/email"


def test_another_receiver_is_another_request(stack: Stack, receiver: Receiver) -> None:
    first = post_export({"file_ids": [10001], "notify": {"url": URL}}, key="k")

    same = post_export({"file_ids": [10001], "notify": {"url": URL}}, key="k")
    other = post_export({"file_ids": [10001], "notify": {"url": f"{URL}2"}}, key="k")
    none = post_export({"file_ids": [10001]}, key="k")

    assert same.body["jobId"] == first.body["jobId"]
    assert [other.status, none.status] == [422, 422]
    assert len(_told(first.body["jobId"])) == 1


def test_a_repeated_request_finds_its_job_after_a_receiver_was_added(
    stack: Stack, receiver: Receiver
) -> None:
    asked = {"file_ids": [10001], "notify": {"url": URL}}
    job_id = post_export(asked, key="k").body["jobId"]
    _notify(job_id, {"email": "bob@example.org"})

    assert post_export(asked, key="k").body["jobId"] == job_id
    assert [one["to"] for one in _told(job_id)] == [URL, "bob@example.org"]


def test_a_finished_archive_is_reused_whoever_is_told(stack: Stack, receiver: Receiver) -> None:
    stack.put_file("downloads/10001", b"one")
    stack.age_files()
    first = stack.completed(file_ids=[10001])

    second = stack.completed(file_ids=[10001], notify={"url": URL})

    assert status(second)["result"]["reusedFrom"] == first


# -- a retry -----------------------------------------------------------------------------------


def test_a_retry_tells_the_same_receivers(stack: Stack, receiver: Receiver) -> None:
    job_id = export(file_ids=[10001], notify={"url": URL})
    cancel(job_id)

    again = post_retry(job_id).body["jobId"]

    assert _told(again) == [_shown(URL)]


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"webhook_hosts": ("others.example.com",)}, "notify/url"),
        ({"mail_to": ()}, "notify/email"),
        ({"mail_from": ""}, "notify/email"),
    ],
)
def test_a_retry_is_refused_if_its_receivers_are_not_allowed_any_more(
    stack: Stack, receiver: Receiver, settings: dict[str, Any], why: str
) -> None:
    job_id = export(file_ids=[10001], notify={"url": URL, "email": "bob@example.org"})
    cancel(job_id)
    stack.configure(**settings)

    answer = post_retry(job_id)

    assert answer.status == 409
    assert answer.body["type"] == "urn:problem-type:longhaul:not-retryable"
    assert why in answer.body["detail"]


# -- what the API shows ------------------------------------------------------------------------


def test_a_job_that_nobody_is_told_of_costs_no_read(stack: Stack, requests: Requests) -> None:
    job_id = export(file_ids=[10001])
    requests.clear()

    assert "notifications" not in status(job_id)
    assert not [
        read for read in requests.of("GetItem") if read["Key"]["jobId"]["S"].endswith("notices")
    ]


def test_lists_and_events_have_no_notifications(stack: Stack, receiver: Receiver) -> None:
    job_id = export(file_ids=[10001], notify={"url": URL})

    (listed,) = call("GET", "/v1/export").body["jobs"]
    events = call("GET", f"/v1/export/{job_id}/progress").body

    assert "notifications" not in listed
    assert "notifications" not in events
    assert URL not in events


def test_the_etag_changes_with_a_notice(stack: Stack, receiver: Receiver) -> None:
    job_id = export(file_ids=[10001], notify={"url": URL})
    cancel(job_id)
    path = f"/v1/export/{job_id}"
    tag = {"If-None-Match": call("GET", path).headers["ETag"]}
    assert call("GET", path, headers=tag).status == 304

    _announce(stack)

    assert call("GET", path, headers=tag).status == 200


def test_a_wait_knows_the_etag_of_a_job_with_notices(stack: Stack, receiver: Receiver) -> None:
    path = f"/v1/export/{export(file_ids=[10001], notify={'url': URL})}"
    tag = call("GET", path).headers["ETag"]
    began = stack.clock()

    answer = call("GET", path, headers={"If-None-Match": tag, "Prefer": "wait=2"})

    assert answer.status == 304
    assert stack.clock() - began >= 2_000


@pytest.mark.parametrize(("scope", "is_shown"), [("read", False), ("own", True)])
def test_a_share_link_does_not_show_who_is_told(
    stack: Stack, receiver: Receiver, scope: str, *, is_shown: bool
) -> None:
    job_id = export(file_ids=[10001], notify={"url": URL})
    token, ticket = tickets.new("0" * 32, "s" * 43, tickets.Scope(scope), stack.clock(), 600)
    stack.services.tickets.add(job_id, ticket, stack.clock())
    headers = {"Authorization": f"Bearer {token}"}

    seen = call("GET", f"/v1/export/{job_id}", headers=headers)
    told = _notify(job_id, headers=headers)
    how = call("GET", "/v1/notifications", headers=headers)

    assert ("notifications" in seen.body) is is_shown
    assert [told.status, how.status] == [403, 403]


def test_the_stacks_own_webhook_shows_its_origin_alone(stack: Stack, receiver: Receiver) -> None:
    stack.configure(webhook_url=OWN)
    job_id = export(file_ids=[10001])
    assert _told(job_id) == [_shown("https://alerts.example.com")]

    cancel(job_id)
    _announce(stack)
    answer = _notify(job_id)
    _announce(stack)

    assert "secret-path" not in json.dumps(answer.body)
    assert [url for url, _, _ in receiver.posts] == [OWN, OWN]
    stack.configure(webhook_url="")
    assert _told(job_id) == [_shown("", kind="webhook", status="sent", attempts=1)]


@pytest.mark.parametrize(
    ("authorizer", "mail_to", "mail"),
    [
        (None, ("@example.org",), {"address": None, "to": ["@example.org"]}),
        (ANNS, (), {"address": "Ann@Example.com", "to": []}),
        (None, (), None),
        ({"principalId": "ann"}, (), None),
    ],
)
def test_a_caller_is_told_how_to_be_told(
    stack: Stack, receiver: Receiver, authorizer: Any, mail_to: tuple[str, ...], mail: object
) -> None:
    stack.configure(mail_to=mail_to)

    answer = call("GET", "/v1/notifications", authorizer=authorizer)

    hosts = ["hooks.example.com", "alerts.example.com"]
    assert answer.body == {"webhook": {"hosts": hosts}, "mail": mail}
    assert answer.headers["Cache-Control"] == "no-store"


# -- once more ---------------------------------------------------------------------------------


def test_a_receiver_who_is_added_to_an_open_job_is_told_at_its_end(
    stack: Stack, receiver: Receiver
) -> None:
    job_id = export(file_ids=[10001])

    answer = _notify(job_id, {"url": URL})

    assert answer.status == 202
    assert answer.body == {"notifications": [_shown(URL)]} == {"notifications": _told(job_id)}
    _announce(stack)
    assert receiver.posts == []
    cancel(job_id)
    _announce(stack)
    assert [url for url, _, _ in receiver.posts] == [URL]


def test_a_receiver_who_is_added_to_an_ended_job_is_told_at_once(
    stack: Stack, receiver: Receiver, ended: str
) -> None:
    assert _notify(ended, {"url": URL}).status == 202

    _announce(stack)

    assert [url for url, _, _ in receiver.posts] == [URL]
    assert _told(ended) == [_shown(URL, status="sent", attempts=1)]


@pytest.mark.parametrize("body", [None, {}, "  ", " {} "])
def test_all_are_told_again_with_the_same_ids(
    stack: Stack, receiver: Receiver, ended: str, body: object
) -> None:
    for path in ("a", "b"):
        _notify(ended, {"url": f"https://hooks.example.com/{path}"})
    _announce(stack)
    first = list(receiver.posts)

    answer = _notify(ended, body)
    assert [one["attempts"] for one in answer.body["notifications"]] == [0, 0]
    _announce(stack)

    assert receiver.posts == first * 2
    assert {one["status"] for one in _told(ended)} == {"sent"}


def test_only_the_named_receiver_is_told_again(
    stack: Stack, receiver: Receiver, ended: str
) -> None:
    for path in ("a", "b"):
        _notify(ended, {"url": f"https://hooks.example.com/{path}"})
    _announce(stack)
    receiver.posts.clear()

    _notify(ended, {"url": "https://hooks.example.com/b"})
    _announce(stack)

    assert [url for url, _, _ in receiver.posts] == ["https://hooks.example.com/b"]


def test_what_was_given_up_is_tried_again(stack: Stack, receiver: Receiver, ended: str) -> None:
    receiver.status = 410
    _notify(ended, {"url": URL})
    _announce(stack)
    (given_up,) = _told(ended)
    assert given_up["status"] == "given-up"

    receiver.status = 200
    _notify(ended)
    _announce(stack)

    assert _told(ended) == [_shown(URL, status="sent", attempts=1)]


def test_what_waits_for_its_next_try_is_sent_now(
    stack: Stack, receiver: Receiver, ended: str
) -> None:
    receiver.status = 500
    _notify(ended, {"url": URL})
    _announce(stack)
    (waits,) = _told(ended)
    assert (waits["status"], waits["attempts"]) == ("retrying", 1)
    assert waits["nextAttemptAt"] > "2026"

    receiver.status = 200
    _notify(ended)
    _announce(stack)

    assert _told(ended) == [_shown(URL, status="sent", attempts=1)]
    assert len(receiver.posts) == 2


def test_many_requests_make_one_message(stack: Stack, receiver: Receiver, ended: str) -> None:
    _notify(ended, {"url": URL})
    for _ in range(5):
        _notify(ended)

    _announce(stack)

    assert len(receiver.posts) == 1


def test_a_notice_that_is_being_sent_is_left_alone(
    stack: Stack, receiver: Receiver, ended: str
) -> None:
    """The request comes while the receiver takes its time."""

    def post(place: Place, headers: Mapping[str, str], body: bytes) -> Taken:
        if not during:
            during.append(_notify(ended))
        return Receiver.post(receiver, place, headers, body)

    during: list[Answer] = []
    receiver.post = post  # type: ignore[method-assign]
    _notify(ended, {"url": URL})

    _announce(stack)

    assert [answer.status for answer in during] == [202]
    assert len(receiver.posts) == 1
    assert _told(ended) == [_shown(URL, status="sent", attempts=1)]


def test_no_more_than_five_are_told_of_a_job(stack: Stack, receiver: Receiver, ended: str) -> None:
    for number in range(MOST):
        assert _notify(ended, {"url": f"{URL}{number}"}).status == 202

    one_more = _notify(ended, {"email": "bob@example.org"})
    the_same = _notify(ended, {"url": f"{URL}0"})

    assert one_more.status == 409
    assert one_more.body["type"] == "urn:problem-type:longhaul:too-many-notices"
    assert the_same.status == 202
    assert len(_told(ended)) == MOST


def test_a_job_that_nobody_is_told_of_has_nothing_to_send(stack: Stack, ended: str) -> None:
    answer = _notify(ended)

    assert answer.status == 409
    assert answer.body["type"] == "urn:problem-type:longhaul:no-notices"


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ("null", 400, ""),
        ("[]", 400, ""),
        ("{", 400, None),
        ("\x00", 400, None),
        (b"\xff", 400, None),
        ('{"url": NaN}', 400, None),
        ({"url": None}, 400, "/url"),
        ({"url": "https://evil.org/"}, 400, "/url"),
        ({"email": ANN}, 400, "/email"),
        ({"notify": {"url": URL}}, 400, "/notify"),
        ({"url": "https://hooks.example.com/" + "a" * 10_000}, 400, "/url"),
    ],
)
def test_a_body_that_is_wrong_changes_nothing(
    stack: Stack, receiver: Receiver, ended: str, body: object, status: int, pointer: str | None
) -> None:
    answer = _notify(ended, body)

    assert answer.status == status
    found = [error["pointer"] for error in answer.body.get("errors", [])]
    assert found == ([] if pointer is None else [pointer])
    assert not stack.job(ended).has_notices


def test_a_form_is_no_request(stack: Stack, ended: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    assert _notify(ended, "url=https://hooks.example.com/", headers=headers).status == 415


@pytest.mark.parametrize("job_id", [UNKNOWN_JOB, "x", "%2e%2e"])
def test_nobody_is_told_of_a_job_that_does_not_exist(
    stack: Stack, receiver: Receiver, job_id: str
) -> None:
    assert _notify(job_id, {"url": URL}).status == 404


def test_nobody_is_told_of_another_users_job(stack: Stack, receiver: Receiver) -> None:
    job_id = export(file_ids=[10001], user_id="bob")

    assert _notify(job_id, {"url": URL}, authorizer=ANNS).status == 404
    assert not stack.job(job_id).has_notices


def test_nobody_is_told_of_a_deleted_job(stack: Stack, receiver: Receiver, ended: str) -> None:
    assert call("DELETE", f"/v1/export/{ended}").status == 204

    assert _notify(ended, {"url": URL}).status == 404


def test_each_request_to_tell_again_costs_a_token(
    stack: Stack, receiver: Receiver, ended: str
) -> None:
    stack.configure(rate_limit_per_minute=1, rate_limit_burst=2)

    statuses = [_notify(ended, {"url": URL}).status for _ in range(3)]

    assert statuses == [202, 202, 429]


# -- crashes and races ---------------------------------------------------------------------------


class Crash(BaseException):
    """The function dies."""


def _crashing(number: int) -> Callable[[str, dict[str, Any]], None]:
    left = number

    def hook(operation: str, _: dict[str, Any]) -> None:
        nonlocal left
        if operation in ("PutItem", "UpdateItem", "SendMessageBatch"):
            if left == 0:
                raise Crash(operation)
            left -= 1

    return hook


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", [0, 1, 2, 3])
@pytest.mark.parametrize("is_open", [False, True])
def test_a_crash_between_any_two_writes_is_mended_by_the_same_request(
    stack: Stack, receiver: Receiver, number: int, *, after: bool, is_open: bool
) -> None:
    job_id = export(file_ids=[10001])
    if not is_open:
        cancel(job_id)
        _announce(stack)
    job = stack.job(job_id)
    asked = Notify(url=URL)

    crashed = False
    with listening(_crashing(number), after=after):
        try:
            notifying.notify(stack.services, job, asked, BASE)
        except Crash:
            crashed = True
    if is_open:
        cancel(job_id)
    _announce(stack)
    early = len(receiver.posts)
    if crashed:
        notifying.notify(stack.services, stack.job(job_id), asked, BASE)
    _announce(stack)

    assert early <= 1
    assert 1 <= len(receiver.posts) <= early + 1
    assert len({notice_id for _, notice_id, _ in receiver.posts}) == 1
    assert [one["status"] for one in _told(job_id)] == ["sent"]


def test_an_announcement_that_is_lost_is_sent_by_the_sweeper(
    stack: Stack, receiver: Receiver, ended: str
) -> None:
    with answering(TABLE_IS_DOWN, "SendMessageBatch", "SendMessage"):
        assert _notify(ended, {"url": URL}).status == 202
    stack.clock.advance(seconds=120)

    sweep(stack.services)
    _announce(stack)

    assert [url for url, _, _ in receiver.posts] == [URL]


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("after", [False, True])
def test_a_job_that_ends_at_this_moment_is_told(
    stack: Stack, receiver: Receiver, number: int, *, after: bool
) -> None:
    job_id = export(file_ids=[10001])
    job = stack.job(job_id)
    left = [number]

    def ends(operation: str, _: dict[str, Any]) -> None:
        if operation in ("PutItem", "UpdateItem"):
            left[0] -= 1
            if left[0] == -1:
                cancel(job_id)
                _announce(stack)

    with listening(ends, after=after):
        notifying.notify(stack.services, job, Notify(url=URL), BASE)
    _announce(stack)

    assert [url for url, _, _ in receiver.posts] == [URL]
    assert _told(job_id) == [_shown(URL, status="sent", attempts=1)]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_of_a_job_that_is_deleted_at_this_moment_nothing_is_kept(
    stack: Stack, receiver: Receiver, ended: str, number: int
) -> None:
    job = stack.job(ended)
    left = [number]

    def deletes(operation: str, _: dict[str, Any]) -> None:
        if operation in ("PutItem", "UpdateItem"):
            left[0] -= 1
            if left[0] == -1:
                deleting.delete(stack.services, job)
                stack.run_queue()

    with listening(deletes), pytest.raises(NotFound):
        notifying.notify(stack.services, job, Notify(url=URL), BASE)
    _announce(stack)

    assert receiver.posts == []
    assert stack.services.notices.get(ended) is None


def test_two_requests_at_once_are_both_kept(stack: Stack, receiver: Receiver, ended: str) -> None:
    job: Job = stack.job(ended)
    others = [Notify(email="bob@example.org")]

    def comes_between(operation: str, _: dict[str, Any]) -> None:
        if operation == "PutItem" and others:
            notifying.notify(stack.services, job, others.pop(), BASE)

    with listening(comes_between):
        notifying.notify(stack.services, job, Notify(url=URL), BASE)

    assert {one["to"] for one in _told(ended)} == {URL, "bob@example.org"}


def test_a_table_that_is_down_is_a_problem_that_can_be_told(
    stack: Stack, receiver: Receiver, ended: str, no_backoff: None
) -> None:
    job = stack.job(ended)

    with answering(TABLE_IS_DOWN, "UpdateItem"), pytest.raises(Unavailable):
        notifying.notify(stack.services, job, Notify(url=URL), BASE)

    known = stack.services.notices.get(ended)
    assert known is not None
    assert [one.state for one in known.notices] == [State.PENDING]
    assert "announceAt" not in stack.item(places.notices(ended))


def test_the_audit_line_says_that_somebody_was_told_again(
    stack: Stack, receiver: Receiver, ended: str
) -> None:
    log = Events()
    stack.services = replace(stack.services, log=log)

    _notify(ended, {"url": URL})

    (audit,) = [facts for event, facts in log.kept if event == "audit"]
    assert (audit["action"], audit["result"], audit["jobId"]) == ("notify", "done", ended)
    assert "hooks.example.com" not in str(audit)
