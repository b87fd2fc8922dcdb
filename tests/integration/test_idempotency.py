"""Idempotency-Key: a repeated request gets the job of the first one."""

from functools import partial
from typing import Any

import pytest

from chalicelib.http import exports
from tests.integration.gateway import Answer, post_export, twenty_at_once
from tests.integration.stack import Stack

REQUEST = {"file_ids": [10001, 10002]}


def _post(key: str, body: object = REQUEST) -> Answer:
    return post_export(body, key=key)


def test_the_same_key_and_body_get_the_same_job(stack: Stack) -> None:
    first, second = _post("monday"), _post("monday")

    assert second.status == 202
    assert second.body == first.body
    assert second.headers["Location"] == first.headers["Location"]
    assert len(stack.take_messages()) == 1


def test_the_same_request_in_other_words_gets_the_same_job(stack: Stack) -> None:
    first = _post("monday")

    second = _post("monday", '{"file_ids":[10001,10002,10001], "on_missing":"skip"}')

    assert second.body["jobId"] == first.body["jobId"]


def test_a_repeated_request_gets_the_status_of_the_first_ones_job(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    _post("monday")
    stack.run_queue()

    again = _post("monday")

    assert again.body["status"] == "completed"
    assert "before" in again.body["message"]


@pytest.mark.parametrize(
    "other",
    [
        {"file_ids": [10001]},
        {"file_ids": [10002, 10001]},
        {**REQUEST, "filename": "other.zip"},
        {**REQUEST, "on_missing": "fail"},
    ],
)
def test_the_same_key_with_another_request_is_refused(stack: Stack, other: dict[str, Any]) -> None:
    _post("monday")

    answer = _post("monday", other)

    assert answer.status == 422
    assert answer.body["type"] == "urn:problem-type:longhaul:idempotency-key-reused"


def test_a_refused_request_leaves_the_first_job_as_it_was(stack: Stack) -> None:
    content = stack.put_file("downloads/10001", b"one")
    job_id = _post("monday", {"file_ids": [10001]}).body["jobId"]
    _post("monday", {"file_ids": [10002]})

    stack.run_queue()

    archive = stack.archive(job_id)
    assert archive is not None
    assert content in archive


def test_another_users_key_is_another_key(stack: Stack) -> None:
    first = _post("monday", {**REQUEST, "user_id": "alice"})
    second = _post("monday", {**REQUEST, "user_id": "bob"})

    assert first.body["jobId"] != second.body["jobId"]


def test_without_a_key_each_request_is_a_job(stack: Stack) -> None:
    first = post_export(REQUEST)
    second = post_export(REQUEST)

    assert first.body["jobId"] != second.body["jobId"]


@pytest.mark.parametrize("key", ["", "two words", "k" * 256, "schlüssel", "tab\there"])
def test_an_invalid_key_is_refused(stack: Stack, key: str) -> None:
    answer = _post(key)

    assert answer.status == 400
    assert answer.body["errors"][0]["pointer"] == "Idempotency-Key"


@pytest.mark.parametrize("key", ["!", "k" * 255, '"quoted"'])
def test_any_other_printable_key_is_accepted(stack: Stack, key: str) -> None:
    assert _post(key).status == 202


def test_twenty_requests_at_once_with_one_key_make_one_job(stack: Stack) -> None:
    job_ids = twenty_at_once(
        partial(exports.create, services=stack.services),
        "/v1/export",
        key="monday",
        body=b'{"file_ids": [10001]}',
    )

    assert len(job_ids) == 1
    assert len(stack.take_messages()) == 1
