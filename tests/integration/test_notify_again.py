"""POST /v1/export/{jobId}/notify: one more is told of a job's end, or all are told again."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from chalicelib.jobs.notices import MOST
from chalicelib.outbound import Answer as Taken
from chalicelib.receivers import Place
from tests.integration.gateway import UNKNOWN_JOB, Answer, call, cancel, export
from tests.integration.receiving import ANN, ANNS, URL, Receiver, announce, notify, shown, told
from tests.integration.stack import Stack
from tests.unit.samples import Events


def test_a_receiver_who_is_added_to_an_open_job_is_told_at_its_end(
    stack: Stack, receiver: Receiver
) -> None:
    job_id = export(file_ids=[10001])

    answer = notify(job_id, {"url": URL})

    assert answer.status == 202
    assert answer.body == {"notifications": [shown(URL)]} == {"notifications": told(job_id)}
    announce(stack)
    assert receiver.posts == []
    cancel(job_id)
    announce(stack)
    assert [url for url, _, _ in receiver.posts] == [URL]


def test_a_receiver_who_is_added_to_an_ended_job_is_told_at_once(
    stack: Stack, receiver: Receiver, ended: str
) -> None:
    assert notify(ended, {"url": URL}).status == 202

    announce(stack)

    assert [url for url, _, _ in receiver.posts] == [URL]
    assert told(ended) == [shown(URL, status="sent", attempts=1)]


@pytest.mark.parametrize("body", [None, {}, "  ", " {} "])
def test_all_are_told_again_with_the_same_ids(
    stack: Stack, receiver: Receiver, ended: str, body: object
) -> None:
    for path in ("a", "b"):
        notify(ended, {"url": f"https://hooks.example.com/{path}"})
    announce(stack)
    first = list(receiver.posts)
    stack.clock.advance(seconds=10)

    answer = notify(ended, body)
    assert [one["attempts"] for one in answer.body["notifications"]] == [0, 0]
    announce(stack)

    assert receiver.posts == first * 2
    assert {one["status"] for one in told(ended)} == {"sent"}


def test_only_the_named_receiver_is_told_again(
    stack: Stack, receiver: Receiver, ended: str
) -> None:
    for path in ("a", "b"):
        notify(ended, {"url": f"https://hooks.example.com/{path}"})
    announce(stack)
    receiver.posts.clear()
    stack.clock.advance(seconds=10)

    notify(ended, {"url": "https://hooks.example.com/b"})
    announce(stack)

    assert [url for url, _, _ in receiver.posts] == ["https://hooks.example.com/b"]


def test_what_was_just_sent_is_not_sent_once_more(
    stack: Stack, receiver: Receiver, ended: str
) -> None:
    for seconds in (0, 4, 5):
        stack.clock.advance(seconds=seconds)
        notify(ended, {"url": URL})
        announce(stack)

    assert len(receiver.posts) == 1
    assert told(ended) == [shown(URL, status="sent", attempts=1)]


def test_what_was_given_up_is_tried_again(stack: Stack, receiver: Receiver, ended: str) -> None:
    receiver.status = 410
    notify(ended, {"url": URL})
    announce(stack)
    (given_up,) = told(ended)
    assert given_up["status"] == "given-up"

    receiver.status = 200
    notify(ended)
    announce(stack)

    assert told(ended) == [shown(URL, status="sent", attempts=1)]


def test_what_waits_for_its_next_try_is_sent_now(
    stack: Stack, receiver: Receiver, ended: str
) -> None:
    receiver.status = 500
    notify(ended, {"url": URL})
    announce(stack)
    (waits,) = told(ended)
    assert (waits["status"], waits["attempts"]) == ("retrying", 1)
    assert waits["nextAttemptAt"] > "2026"

    receiver.status = 200
    notify(ended)
    announce(stack)

    assert told(ended) == [shown(URL, status="sent", attempts=1)]
    assert len(receiver.posts) == 2


def test_many_requests_make_one_message(stack: Stack, receiver: Receiver, ended: str) -> None:
    notify(ended, {"url": URL})
    for _ in range(5):
        notify(ended)

    announce(stack)

    assert len(receiver.posts) == 1


def test_a_notice_that_is_being_sent_is_left_alone(
    stack: Stack, receiver: Receiver, ended: str
) -> None:
    """The request comes while the receiver takes its time."""

    def post(place: Place, headers: Mapping[str, str], body: bytes) -> Taken:
        if not during:
            during.append(notify(ended))
        return Receiver.post(receiver, place, headers, body)

    during: list[Answer] = []
    receiver.post = post  # type: ignore[method-assign]
    notify(ended, {"url": URL})

    announce(stack)

    assert [answer.status for answer in during] == [202]
    assert len(receiver.posts) == 1
    assert told(ended) == [shown(URL, status="sent", attempts=1)]


def test_no_more_than_five_are_told_of_a_job(stack: Stack, receiver: Receiver, ended: str) -> None:
    for number in range(MOST):
        assert notify(ended, {"url": f"{URL}{number}"}).status == 202

    one_more = notify(ended, {"email": "bob@example.org"})
    the_same = notify(ended, {"url": f"{URL}0"})

    assert one_more.status == 409
    assert one_more.body["type"] == "urn:problem-type:longhaul:too-many-notifications"
    assert the_same.status == 202
    assert len(told(ended)) == MOST


def test_a_job_that_nobody_is_told_of_has_nothing_to_send(stack: Stack, ended: str) -> None:
    answer = notify(ended)

    assert answer.status == 409
    assert answer.body["type"] == "urn:problem-type:longhaul:no-notifications"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ("null", ""),
        ("[]", ""),
        ("{", None),
        ("\x00", None),
        (b"\xff", None),
        ('{"url": NaN}', None),
        ({"url": None}, "/url"),
        ({"url": "https://evil.org/"}, "/url"),
        ({"email": ANN}, "/email"),
        ({"notify": {"url": URL}}, "/notify"),
        ({"url": "https://hooks.example.com/" + "a" * 10_000}, "/url"),
    ],
)
def test_a_body_that_is_wrong_changes_nothing(
    stack: Stack, receiver: Receiver, ended: str, body: object, pointer: str | None
) -> None:
    answer = notify(ended, body)

    assert answer.status == 400
    found = [error["pointer"] for error in answer.body.get("errors", [])]
    assert found == ([] if pointer is None else [pointer])
    assert not stack.job(ended).has_notices


def test_a_form_is_no_request(stack: Stack, ended: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    assert notify(ended, "url=https://hooks.example.com/", headers=headers).status == 415


@pytest.mark.parametrize("job_id", [UNKNOWN_JOB, "x", "%2e%2e"])
def test_nobody_is_told_of_a_job_that_does_not_exist(
    stack: Stack, receiver: Receiver, job_id: str
) -> None:
    assert notify(job_id, {"url": URL}).status == 404


def test_nobody_is_told_of_another_users_job(stack: Stack, receiver: Receiver) -> None:
    job_id = export(file_ids=[10001], user_id="bob")

    assert notify(job_id, {"url": URL}, authorizer=ANNS).status == 404
    assert not stack.job(job_id).has_notices


def test_nobody_is_told_of_a_deleted_job(stack: Stack, receiver: Receiver, ended: str) -> None:
    assert call("DELETE", f"/v1/export/{ended}").status == 204

    assert notify(ended, {"url": URL}).status == 404


def test_each_request_to_tell_again_costs_a_token(
    stack: Stack, receiver: Receiver, ended: str
) -> None:
    stack.configure(rate_limit_per_minute=1, rate_limit_burst=2)

    statuses = [notify(ended, {"url": URL}).status for _ in range(3)]

    assert statuses == [202, 202, 429]


def test_the_audit_line_says_that_somebody_was_told_again(
    stack: Stack, receiver: Receiver, ended: str
) -> None:
    log = Events()
    stack.services = replace(stack.services, log=log)

    notify(ended, {"url": URL})

    (audit,) = [facts for event, facts in log.kept if event == "audit"]
    assert (audit["action"], audit["result"], audit["jobId"]) == ("notify", "done", ended)
    assert "hooks.example.com" not in str(audit)
