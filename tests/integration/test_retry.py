"""POST /v1/export/{jobId}/retry: the same again, as a new job."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.http import exports
from chalicelib.http.calls import Call
from tests.archives import check_archive
from tests.integration.gateway import Answer, call, export, path_of, status
from tests.integration.stack import Stack

JOB_ID = "7f0bb5b4-9c2c-4f3e-8d3b-2d9d6a1f0c11"


def _retry(job_id: str, **options: object) -> Answer:
    return call("POST", f"/v1/export/{job_id}/retry", **options)  # type: ignore[arg-type]


@pytest.fixture
def failed(stack: Stack) -> str:
    """A job that has failed for want of its one file."""
    job_id = export(file_ids=[10001], on_missing="fail", filename="March.zip", user_id="alice")
    stack.run_queue()
    assert status(job_id)["status"] == "failed"
    return job_id


def test_a_failed_job_is_asked_for_again(stack: Stack, failed: str) -> None:
    stack.put_file("downloads/10001", b"one")

    answer = _retry(failed)
    stack.run_queue()

    job_id = answer.body["jobId"]
    assert answer.status == 202
    assert path_of(answer.headers["Location"]) == f"/v1/export/{job_id}"
    assert answer.headers["Retry-After"] == "1"
    assert status(job_id)["status"] == "completed"
    check_archive(stack.archive(job_id), {"10001": b"one"})


def test_the_retry_says_what_it_is_one_of_and_asks_for_the_same(stack: Stack, failed: str) -> None:
    job = stack.job(_retry(failed).body["jobId"])

    assert status(job.job_id)["retryOf"] == failed
    assert (job.user_id, job.filename, job.total_files) == ("alice", "March.zip", 1)


def test_the_failed_job_stays_as_it_is(stack: Stack, failed: str) -> None:
    before = status(failed)

    _retry(failed)
    stack.run_queue()

    assert status(failed) == before


def test_a_cancelled_job_can_be_retried(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    cancelled = export(file_ids=[10001])
    call("DELETE", f"/v1/export/{cancelled}")

    job_id = _retry(cancelled).body["jobId"]
    stack.run_queue()

    assert status(job_id)["status"] == "completed"


def test_an_expired_job_can_be_retried(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    expired = export(file_ids=[10001])
    stack.run_queue()
    stack.clock.advance(days=8)

    job_id = _retry(expired).body["jobId"]
    stack.run_queue()

    assert status(job_id)["status"] == "completed"
    assert status(expired)["status"] == "expired"


def test_a_retry_can_be_retried(stack: Stack, failed: str) -> None:
    first = _retry(failed).body["jobId"]
    stack.run_queue()

    second = _retry(first).body["jobId"]

    assert status(first)["status"] == "failed"
    assert status(second)["retryOf"] == first


def test_a_job_that_is_not_over_cannot_be_retried(stack: Stack) -> None:
    job_id = export(file_ids=[10001])

    answer = _retry(job_id)

    assert answer.status == 409
    assert answer.body["type"] == "urn:problem-type:longhaul:not-retryable"
    assert "cancel" in answer.body["detail"]
    assert answer.headers["Retry-After"] == "1"


def test_a_completed_job_cannot_be_retried(stack: Stack) -> None:
    job_id = export(file_ids=[10001])
    stack.run_queue()

    answer = _retry(job_id)

    assert answer.status == 409
    assert "fresh" in answer.body["detail"]
    assert "Retry-After" not in answer.headers


@pytest.mark.parametrize("job_id", [JOB_ID, "nonsense"])
def test_an_unknown_job_cannot_be_retried(stack: Stack, job_id: str) -> None:
    assert _retry(job_id).status == 404


def test_another_users_job_cannot_be_retried(stack: Stack, failed: str) -> None:
    assert _retry(failed, authorizer={"principalId": "mallory"}).status == 404
    assert _retry(failed, authorizer={"principalId": "alice"}).status == 202


def test_a_job_whose_request_is_gone_cannot_be_retried(stack: Stack, failed: str) -> None:
    stack.services.archive.delete(stack.job(failed).request_key)

    answer = _retry(failed)

    assert answer.status == 410
    assert answer.body["type"] == "urn:problem-type:longhaul:request-gone"
    assert stack.take_messages() == []


def test_a_second_click_gives_the_first_ones_job(stack: Stack, failed: str) -> None:
    first, second = _retry(failed), _retry(failed)

    assert second.body == first.body
    assert len(stack.take_messages()) == 1


def test_the_same_key_gives_the_same_job_and_another_key_another(stack: Stack, failed: str) -> None:
    keys = ("one", "one", "other")

    jobs = [_retry(failed, headers={"Idempotency-Key": key}).body["jobId"] for key in keys]

    assert jobs[0] == jobs[1] != jobs[2]


def test_the_key_of_an_export_may_be_used_for_a_retry_too(stack: Stack) -> None:
    asked = {"file_ids": [10001], "on_missing": "fail"}
    key = {"Idempotency-Key": "monday"}
    failed = call("POST", "/v1/export", body=asked, headers=key).body["jobId"]
    stack.run_queue()

    assert _retry(failed, headers=key).body["jobId"] != failed


def test_a_key_that_cannot_be_one_is_refused(stack: Stack, failed: str) -> None:
    answer = _retry(failed, headers={"Idempotency-Key": "two words"})

    assert answer.status == 400
    assert answer.body["errors"][0]["pointer"] == "Idempotency-Key"


@pytest.mark.parametrize("body", [{"fresh": True}, "nonsense", b"\xff"])
def test_a_retry_takes_no_body(stack: Stack, failed: str, body: object) -> None:
    assert _retry(failed, body=body).status == 400


@pytest.mark.parametrize("body", ["", "{}", " "])
def test_an_empty_one_does_no_harm(stack: Stack, failed: str, body: str) -> None:
    assert _retry(failed, body=body).status == 202


def test_twenty_retries_at_once_make_one_job(stack: Stack, failed: str) -> None:
    request = Call(
        context={
            "resourcePath": "/v1/export/{job_id}/retry",
            "path": "/api",
            "domainName": "x.org",
        },
        headers={},
        query={},
        body=b"",
    )

    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(exports.retry, request, stack.services, failed) for _ in range(20)]
        replies = [future.result() for future in asked]

    assert len({reply.content["jobId"] for reply in replies if reply.content}) == 1
    assert len(stack.take_messages()) == 1
