"""GET /v1/export/{jobId}: the status of a job."""

import re

import pytest

from chalicelib.jobs import places
from chalicelib.trace_ids import job_digest
from tests.clock import START
from tests.integration.gateway import BASE, UNKNOWN_JOB, call, export, status
from tests.integration.stack import Stack
from tests.integration.wire import Requests


@pytest.fixture
def completed(stack: Stack) -> str:
    """A job that has completed. One of its two files is missing."""
    stack.put_file("downloads/10001", b"one")
    return stack.completed(file_ids=[10001, 10002])


def test_a_job_that_waits_is_queued(stack: Stack) -> None:
    job_id = export(file_ids=[10001, 10002])

    answer = call("GET", f"/v1/export/{job_id}")

    assert answer.headers["Retry-After"] == "1"
    assert answer.body == {
        "jobId": job_id,
        "filename": "10001-and-1-more-2026-05-28.zip",
        "format": "zip",
        "archives": 1,
        "status": "queued",
        "progress": {
            "percent": 0,
            "currentFile": 0,
            "totalFiles": 2,
            "bytesDone": 0,
            "bytesTotal": 0,
            "stage": "queued",
            "message": "Waiting for a worker.",
            "etaSeconds": None,
        },
        "result": None,
        "error": None,
        "createdAt": "2026-05-28T20:26:40.000Z",
        "updatedAt": "2026-05-28T20:26:40.000Z",
        "expiresAt": "2026-06-04T20:26:40.000Z",
        "traceId": job_digest(job_id),
    }


def test_a_completed_job_has_a_result(stack: Stack, completed: str) -> None:
    answer = call("GET", f"/v1/export/{completed}")

    archive = stack.archive(completed)
    assert archive is not None
    assert "Retry-After" not in answer.headers
    assert answer.body["status"] == "completed"
    assert answer.body["progress"]["percent"] == 100
    assert answer.body["progress"]["stage"] == "done"
    assert answer.body["result"] == {
        "s3Key": f"archives/{completed}.zip",
        "fileSize": len(archive),
        "processedFiles": 1,
        "totalFiles": 2,
        "missing": [10002],
        "skipped": [{"file": 10002, "reason": "missing", "detail": "does not exist"}],
        "downloadUrl": f"{BASE}/v1/export/{completed}/download?redirect=true",
        "linkUrl": f"{BASE}/v1/export/{completed}/download",
        "indexUrl": None,
    }


def test_a_completed_job_says_when_its_archive_expires(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])
    stack.clock.advance(days=1)

    stack.run_queue()

    assert status(job_id)["expiresAt"] == "2026-06-05T20:26:40.000Z"


def test_an_expired_job_has_no_link(stack: Stack, completed: str) -> None:
    stack.clock.advance(days=7)

    body = status(completed)

    assert body["status"] == "expired"
    assert body["result"]["downloadUrl"] is None
    assert body["result"]["missing"] == [10002]


def test_a_failed_job_says_why(stack: Stack) -> None:
    job_id = export(file_ids=[10001], on_missing="fail")
    stack.run_queue()

    body = status(job_id)

    assert body["status"] == "failed"
    assert body["result"] is None
    assert body["error"]["type"] == "urn:problem-type:longhaul:source-missing"
    assert "10001" in body["error"]["detail"]


def test_an_etag_saves_the_body_while_nothing_changes(stack: Stack) -> None:
    job_id = export(file_ids=[10001])
    etag = call("GET", f"/v1/export/{job_id}").headers["ETag"]

    again = call("GET", f"/v1/export/{job_id}", headers={"If-None-Match": etag})

    assert (again.status, again.body) == (304, None)
    assert again.headers["ETag"] == etag
    assert again.headers["Retry-After"] == "1"
    assert re.fullmatch('"[^"]+"', etag)


@pytest.mark.parametrize("wrapped", ['"other", {}', "W/{}", "*", ' "a" ,W/{} '])
def test_an_etag_may_be_one_of_a_list_or_weak(stack: Stack, wrapped: str) -> None:
    job_id = export(file_ids=[10001])
    etag = call("GET", f"/v1/export/{job_id}").headers["ETag"]

    again = call(
        "GET", f"/v1/export/{job_id}", headers={"if-none-match": wrapped.replace("{}", etag)}
    )

    assert again.status == 304


def test_the_etag_changes_with_the_job(stack: Stack) -> None:
    job_id = export(file_ids=[10001])
    before = call("GET", f"/v1/export/{job_id}").headers["ETag"]
    stack.run_queue()

    after = call("GET", f"/v1/export/{job_id}", headers={"If-None-Match": before})

    assert after.status == 200
    assert after.headers["ETag"] != before


def test_the_etag_changes_when_the_archive_expires(stack: Stack, completed: str) -> None:
    before = call("GET", f"/v1/export/{completed}").headers["ETag"]
    stack.clock.advance(days=8)

    after = call("GET", f"/v1/export/{completed}", headers={"If-None-Match": before})

    assert after.status == 200


@pytest.mark.parametrize("route", ["", "/download", "/progress", "/request"])
@pytest.mark.parametrize(
    "job_id",
    [UNKNOWN_JOB, UNKNOWN_JOB.upper(), "x", "..", "%2e%2e", "null", f"{UNKNOWN_JOB}0", "ü" * 300],
)
def test_a_job_that_does_not_exist_is_not_found(stack: Stack, job_id: str, route: str) -> None:
    answer = call("GET", f"/v1/export/{job_id}{route}")

    assert answer.status == 404
    assert answer.body["type"] == "urn:problem-type:longhaul:not-found"


def test_the_key_of_the_done_segments_is_no_job(stack: Stack, completed: str) -> None:
    plan = stack.plan(completed)
    stack.services.segments.add(stack.job(completed), plan, 0)
    key = places.done_segments(completed, plan.digest)

    assert call("GET", f"/v1/export/{key.replace('/', '%2F')}").status == 404


@pytest.mark.parametrize(
    ("method", "route"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/download"),
        ("GET", "/progress"),
        ("POST", "/notify"),
        ("POST", "/retry"),
        ("GET", "/request"),
        ("PATCH", ""),
    ],
)
def test_an_authorizer_hides_other_users_jobs(stack: Stack, method: str, route: str) -> None:
    job_id = export(file_ids=[10001], user_id="alice")

    answer = call(method, f"/v1/export/{job_id}{route}", authorizer={"principalId": "bob"})

    assert answer.status == 404
    assert stack.job(job_id).status == "queued"


def test_a_wait_ends_with_the_change(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])
    stack.clock.meanwhile = [lambda: None, stack.run_queue]

    answer = call("GET", f"/v1/export/{job_id}", headers={"Prefer": "wait=10"})

    assert answer.body["status"] == "completed"
    assert answer.headers["Preference-Applied"] == "wait=2"
    assert stack.clock.now - START == 750


def test_a_wait_without_a_change_ends_too(stack: Stack) -> None:
    job_id = export(file_ids=[10001])
    etag = call("GET", f"/v1/export/{job_id}").headers["ETag"]

    answer = call(
        "GET", f"/v1/export/{job_id}", headers={"Prefer": "wait=10", "If-None-Match": etag}
    )

    assert (answer.status, answer.body) == (304, None)
    assert stack.clock.now - START == 2000


def test_a_poll_reads_one_item_and_nothing_else(
    stack: Stack, completed: str, requests: Requests
) -> None:
    requests.clear()

    status(completed)

    assert dict(requests.count()) == {"GetItem": 1}


def test_a_list_of_missing_files_may_be_too_long_for_the_record(
    stack: Stack,
) -> None:
    stack.put_file("downloads/10000", b"there")
    job_id = export(file_ids=list(range(10_000, 10_500)))

    stack.run_queue()

    assert status(job_id)["result"]["missing"] == list(range(10_001, 10_500))
    assert "missing" not in stack.item(job_id)


def test_an_expired_job_has_a_status_though_its_objects_are_gone(stack: Stack) -> None:
    stack.put_file("downloads/10000", b"there")
    job_id = stack.completed(file_ids=list(range(10_000, 10_500)))
    stack.clock.advance(days=8)
    for key in stack.stored():
        stack.services.archive.delete(key)

    assert status(job_id)["status"] == "expired"
