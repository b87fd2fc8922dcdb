"""POST /v1/export/{jobId}/retry: the same export again, as a new job."""

from functools import partial

import pytest

from chalicelib.http import mending
from tests.archives import check_archive
from tests.integration.gateway import (
    UNKNOWN_JOB,
    call,
    cancel,
    export,
    path_of,
    post_export,
    post_retry,
    retry,
    status,
    twenty_at_once,
)
from tests.integration.stack import Stack


@pytest.fixture
def failed(stack: Stack) -> str:
    """A job that has failed because its only file is missing."""
    job_id = export(file_ids=[10001], on_missing="fail", filename="March.zip", user_id="alice")
    stack.run_queue()
    assert status(job_id)["status"] == "failed"
    return job_id


def test_a_failed_job_can_be_retried(stack: Stack, failed: str) -> None:
    stack.put_file("downloads/10001", b"one")

    answer = post_retry(failed)
    stack.run_queue()

    job_id = answer.body["jobId"]
    assert answer.status == 202
    assert path_of(answer.headers["Location"]) == f"/v1/export/{job_id}"
    assert answer.headers["Retry-After"] == "1"
    assert status(job_id)["status"] == "completed"
    check_archive(stack.archive(job_id), {"10001": b"one"})


def test_the_retry_names_the_failed_job_and_has_the_same_request(stack: Stack, failed: str) -> None:
    job = stack.job(retry(failed))

    assert status(job.job_id)["retryOf"] == failed
    assert (job.user_id, job.filename, job.total_files) == ("alice", "March.zip", 1)


def test_the_failed_job_stays_as_it_is(stack: Stack, failed: str) -> None:
    before = status(failed)

    post_retry(failed)
    stack.run_queue()

    assert status(failed) == before


def test_a_cancelled_job_can_be_retried(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    cancelled = export(file_ids=[10001])
    cancel(cancelled)

    job_id = retry(cancelled)
    stack.run_queue()

    assert status(job_id)["status"] == "completed"


def test_an_expired_job_can_be_retried(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    expired = stack.completed(file_ids=[10001])
    stack.clock.advance(days=8)

    job_id = retry(expired)
    stack.run_queue()

    assert status(job_id)["status"] == "completed"
    assert status(expired)["status"] == "expired"


def test_a_retry_can_be_retried(stack: Stack, failed: str) -> None:
    first = retry(failed)
    stack.run_queue()

    second = retry(first)

    assert status(first)["status"] == "failed"
    assert status(second)["retryOf"] == first


def test_a_job_that_has_not_ended_cannot_be_retried(stack: Stack) -> None:
    job_id = export(file_ids=[10001])

    answer = post_retry(job_id)

    assert answer.status == 409
    assert answer.body["type"] == "urn:problem-type:longhaul:not-retryable"
    assert "cancel" in answer.body["detail"]
    assert answer.headers["Retry-After"] == "1"


def test_a_completed_job_cannot_be_retried(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    job_id = stack.completed(file_ids=[10001])

    answer = post_retry(job_id)

    assert answer.status == 409
    assert "fresh" in answer.body["detail"]
    assert "/v1/" not in answer.body["detail"], "the page and the command line show it too"
    assert "Retry-After" not in answer.headers


def test_a_completed_job_whose_archive_was_deleted_early_can_be_retried(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    first = stack.completed(file_ids=[10001])
    stack.services.archive.delete(stack.job(first).archive_key)
    assert call("GET", f"/v1/export/{first}/download").status == 410

    job_id = retry(first)
    stack.run_queue()

    assert status(job_id)["status"] == "completed"
    assert stack.job(job_id).reused_from is None
    check_archive(stack.archive(job_id), {"10001": b"one"})
    assert retry(first) == job_id


@pytest.mark.parametrize("job_id", [UNKNOWN_JOB, "nonsense"])
def test_an_unknown_job_cannot_be_retried(stack: Stack, job_id: str) -> None:
    assert post_retry(job_id).status == 404


def test_another_users_job_cannot_be_retried(stack: Stack, failed: str) -> None:
    assert post_retry(failed, authorizer={"principalId": "mallory"}).status == 404
    assert post_retry(failed, authorizer={"principalId": "alice"}).status == 202


def test_a_job_whose_request_is_gone_cannot_be_retried(stack: Stack, failed: str) -> None:
    stack.forget_request(failed)

    answer = post_retry(failed)

    assert answer.status == 410
    assert answer.body["type"] == "urn:problem-type:longhaul:request-gone"
    assert stack.take_messages() == []


def test_a_second_click_gets_the_job_of_the_first(stack: Stack, failed: str) -> None:
    first, second = post_retry(failed), post_retry(failed)

    assert second.body == first.body
    assert len(stack.take_messages()) == 1


def test_the_same_key_gets_the_same_job_and_another_key_another_one(
    stack: Stack, failed: str
) -> None:
    keys = ("one", "one", "other")

    jobs = [retry(failed, key) for key in keys]

    assert jobs[0] == jobs[1] != jobs[2]


def test_the_key_of_an_export_may_be_used_for_a_retry_too(stack: Stack) -> None:
    asked = {"file_ids": [10001], "on_missing": "fail"}
    failed = post_export(asked, key="monday").body["jobId"]
    stack.run_queue()

    assert retry(failed, "monday") != failed


def test_an_invalid_key_is_refused(stack: Stack, failed: str) -> None:
    answer = post_retry(failed, key="two words")

    assert answer.status == 400
    assert answer.body["errors"][0]["pointer"] == "Idempotency-Key"


@pytest.mark.parametrize("body", [{"fresh": True}, "nonsense", b"\xff"])
def test_a_retry_with_a_body_is_refused(stack: Stack, failed: str, body: object) -> None:
    assert post_retry(failed, body=body).status == 400


@pytest.mark.parametrize("body", ["", "{}", " "])
def test_a_retry_may_have_an_empty_body(stack: Stack, failed: str, body: str) -> None:
    assert post_retry(failed, body=body).status == 202


def test_twenty_retries_at_once_make_one_job(stack: Stack, failed: str) -> None:
    route = partial(mending.retry, services=stack.services, job_id=failed)

    job_ids = twenty_at_once(route, "/v1/export/{job_id}/retry")

    assert len(job_ids) == 1
    assert len(stack.take_messages()) == 1
