"""Who is told of a job's end: what a request may ask for, and what the API shows."""

import json
from typing import Any

import pytest

from chalicelib.jobs import tickets
from tests.integration.gateway import call, cancel, export, post_export, post_retry, status
from tests.integration.receiving import ANN, ANNS, URL, Receiver, announce, notify, shown, told
from tests.integration.stack import Stack
from tests.integration.wire import Requests

OWN = "https://alerts.example.com/secret-path"


# -- what a request may ask for ----------------------------------------------------------------


def test_a_request_says_who_is_told_of_the_end(stack: Stack, receiver: Receiver) -> None:
    job_id = export(file_ids=[10001], notify={"url": URL, "email": "bob@example.org"})

    assert told(job_id) == [shown(URL), shown("bob@example.org")]
    cancel(job_id)
    announce(stack)
    assert told(job_id)[0] == shown(URL, status="sent", attempts=1)
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
    assert answer.body["detail"].startswith(f"{pointer.lstrip('/')}: ")
    assert len(answer.body["detail"]) < 500
    assert stack.stored() == []


@pytest.mark.parametrize(
    ("whom", "why"),
    [
        ({"url": URL}, "this stack sends no webhooks: WEBHOOK_HOSTS is not set"),
        ({"email": ANN}, "this stack sends no mail: MAIL_FROM is not set"),
    ],
)
def test_a_stack_that_tells_nobody_says_so(stack: Stack, whom: object, why: str) -> None:
    assert why in post_export({"file_ids": [10001], "notify": whom}).body["detail"]
    assert why in notify(export(file_ids=[10001]), whom).body["detail"]
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
    assert len(told(first.body["jobId"])) == 1


def test_a_repeated_request_finds_its_job_after_a_receiver_was_added(
    stack: Stack, receiver: Receiver
) -> None:
    asked = {"file_ids": [10001], "notify": {"url": URL}}
    job_id = post_export(asked, key="k").body["jobId"]
    notify(job_id, {"email": "bob@example.org"})

    assert post_export(asked, key="k").body["jobId"] == job_id
    assert [one["to"] for one in told(job_id)] == [URL, "bob@example.org"]


def test_a_finished_archive_is_reused_whoever_istold(stack: Stack, receiver: Receiver) -> None:
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

    assert told(again) == [shown(URL)]


@pytest.mark.parametrize(
    "settings", [{"webhook_hosts": ("others.example.com",)}, {"mail_to": ()}, {"mail_from": ""}]
)
def test_a_retry_does_not_fail_for_those_who_are_told(
    stack: Stack, receiver: Receiver, settings: dict[str, Any]
) -> None:
    job_id = export(file_ids=[10001], notify={"url": URL, "email": "bob@example.org"})
    cancel(job_id)
    stack.configure(**settings)

    again = post_retry(job_id).body["jobId"]

    assert {one["to"] for one in told(again)} == {URL, "bob@example.org"}


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

    announce(stack)

    assert call("GET", path, headers=tag).status == 200


def test_a_wait_knows_the_etag_of_a_job_with_notices(stack: Stack, receiver: Receiver) -> None:
    path = f"/v1/export/{export(file_ids=[10001], notify={'url': URL})}"
    tag = call("GET", path).headers["ETag"]
    began = stack.clock()

    answer = call("GET", path, headers={"If-None-Match": tag, "Prefer": "wait=2"})

    assert answer.status == 304
    assert stack.clock() - began >= 2_000


@pytest.mark.parametrize(("scope", "is_shown"), [("read", False), ("own", True)])
def test_a_share_link_does_not_show_who_istold(
    stack: Stack, receiver: Receiver, scope: str, *, is_shown: bool
) -> None:
    job_id = export(file_ids=[10001], notify={"url": URL})
    token, ticket = tickets.new("0" * 32, "s" * 43, tickets.Scope(scope), stack.clock(), 600)
    stack.services.tickets.add(job_id, ticket, stack.clock())
    headers = {"Authorization": f"Bearer {token}"}

    seen = call("GET", f"/v1/export/{job_id}", headers=headers)
    refused = notify(job_id, headers=headers)
    how = call("GET", "/v1/notifications", headers=headers)

    assert ("notifications" in seen.body) is is_shown
    assert [refused.status, how.status] == [403, 403]


def test_the_stacks_own_webhook_shows_its_origin_alone(stack: Stack, receiver: Receiver) -> None:
    stack.configure(webhook_url=OWN)
    job_id = export(file_ids=[10001])
    assert told(job_id) == [shown("https://alerts.example.com")]

    cancel(job_id)
    announce(stack)
    stack.clock.advance(seconds=10)
    answer = notify(job_id)
    announce(stack)

    assert "secret-path" not in json.dumps(answer.body)
    assert [url for url, _, _ in receiver.posts] == [OWN, OWN]
    stack.configure(webhook_url="")
    assert told(job_id) == [shown("", kind="webhook", status="sent", attempts=1)]


@pytest.mark.parametrize(
    ("authorizer", "mail_to", "mail"),
    [
        (None, ("@example.org",), {"address": None, "to": ["@example.org"]}),
        (ANNS, (), {"address": "Ann@Example.com", "to": []}),
        (None, (), None),
        ({"principalId": "ann"}, (), None),
    ],
)
def test_a_caller_is_told_how_to_betold(
    stack: Stack, receiver: Receiver, authorizer: Any, mail_to: tuple[str, ...], mail: object
) -> None:
    stack.configure(mail_to=mail_to)

    answer = call("GET", "/v1/notifications", authorizer=authorizer)

    hosts = ["hooks.example.com", "alerts.example.com"]
    assert answer.body == {"webhook": {"hosts": hosts}, "mail": mail}
    assert answer.headers["Cache-Control"] == "no-store"
