"""The limit on how many exports of a user are open."""

import pytest

from chalicelib.queue.messages import Message, Step
from tests.integration.gateway import Answer, call, cancel, export, post_export
from tests.integration.stack import Stack

BODY = {"file_ids": [10001], "user_id": "ann"}


@pytest.fixture
def limited(stack: Stack) -> Stack:
    """A stack with a limit of two."""
    stack.configure(max_open_jobs_per_user=2)
    return stack


def _post(key: str | None = None, **body: object) -> Answer:
    return post_export({**BODY, **body}, key=key)


def test_one_export_more_than_the_limit_is_refused_with_what_to_do(limited: Stack) -> None:
    accepted = [_post().status for _ in "12"]

    refused = _post()

    assert accepted == [202, 202]
    assert refused.status == 429
    assert refused.headers["Retry-After"] == "30"
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.body["type"] == "urn:problem-type:longhaul:too-many-jobs"
    assert "2 exports of yours are open" in refused.body["detail"]
    assert "cancel one" in refused.body["detail"]


def test_a_refused_export_leaves_nothing(limited: Stack) -> None:
    limited.limit(short_request=0)
    for _ in "123":
        _post()

    listed = call("GET", "/v1/export", query={"user_id": "ann"}).body["jobs"]

    assert len(listed) == 2
    assert len(limited.stored("jobs/")) == 2
    assert len(limited.take_messages()) == 2


def test_one_users_open_jobs_do_not_count_for_another_user(limited: Stack) -> None:
    for _ in "12":
        _post()

    assert _post(user_id="bo").status == 202


@pytest.mark.parametrize("end", ["completed", "failed", "cancelled"])
def test_a_job_that_has_ended_makes_room(limited: Stack, end: str) -> None:
    first = _post(on_missing="fail" if end == "failed" else "skip").body["jobId"]
    _post()
    limited.take_messages()
    if end == "cancelled":
        cancel(first)
    limited.run(Message(Step.PLAN, first))

    assert [_post().status for _ in "12"] == [202, 429]


def test_a_repeated_request_gets_its_job_even_over_the_limit(limited: Stack) -> None:
    first = _post(key="k")
    _post()

    again = _post(key="k")

    assert again.status == 202
    assert again.body["jobId"] == first.body["jobId"]
    assert _post(key="other").status == 429


def test_over_the_limit_another_request_with_a_used_key_is_refused_for_the_key(
    limited: Stack,
) -> None:
    _post(key="k")
    _post()

    assert _post(key="k", file_ids=[10002]).status == 422


def test_without_a_limit_nothing_is_counted(stack: Stack) -> None:
    stack.configure(max_open_jobs_per_user=0)
    job_id = export(**BODY)

    assert "openUser" not in stack.item(job_id)


def test_a_job_that_was_made_before_there_was_a_limit_is_not_counted(stack: Stack) -> None:
    stack.configure(max_open_jobs_per_user=0)
    for _ in "12":
        export(**BODY)
    stack.configure(max_open_jobs_per_user=2)

    assert _post().status == 202
