"""DELETE /v1/export/{jobId}: a cancelled job stays cancelled."""

import pytest

from chalicelib import aws
from tests.integration.gateway import call, export, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Crash, Requests, crashing, listening


def test_a_queued_job_is_cancelled(stack: Stack) -> None:
    job_id = export(file_ids=[10001])

    answer = call("DELETE", f"/v1/export/{job_id}")

    assert answer.status == 202
    assert answer.body["status"] == "cancelled"
    assert answer.body == status(job_id)


def test_the_steps_of_a_cancelled_job_do_nothing(stack: Stack, requests: Requests) -> None:
    stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])
    call("DELETE", f"/v1/export/{job_id}")
    requests.clear()

    failed = stack.run_queue()

    assert failed == []
    assert requests.count()["UpdateItem"] == 0
    assert requests.count()["PutObject"] == 0
    assert stack.archive(job_id) is None


@pytest.mark.parametrize("end", ["cancelled", "completed", "failed"])
def test_a_job_that_has_ended_cannot_be_cancelled(stack: Stack, end: str) -> None:
    job_id = export(file_ids=[10001], on_missing="fail" if end == "failed" else "skip")
    if end == "cancelled":
        call("DELETE", f"/v1/export/{job_id}")
    stack.run_queue()

    answer = call("DELETE", f"/v1/export/{job_id}")

    assert answer.status == 409
    assert end in answer.body["detail"]
    assert status(job_id)["status"] == end


def test_an_expired_job_cannot_be_cancelled(stack: Stack) -> None:
    job_id = export(file_ids=[10001])
    stack.run_queue()
    stack.clock.advance(days=8)

    answer = call("DELETE", f"/v1/export/{job_id}")

    assert answer.status == 409
    assert "expired" in answer.body["detail"]


@pytest.mark.parametrize("job_id", ["7f0bb5b4-9c2c-4f3e-8d3b-2d9d6a1f0c11", "nonsense"])
def test_an_unknown_job_cannot_be_cancelled(stack: Stack, job_id: str) -> None:
    assert call("DELETE", f"/v1/export/{job_id}").status == 404


def test_cancelling_throws_away_what_was_uploaded(stack: Stack, small_segments: None) -> None:
    for key in "abc":
        stack.put_file(f"in/{key}", bytes(9 * UNIT))
    job_id = export(prefix="in/")
    assembles = stack.planned()

    call("DELETE", f"/v1/export/{job_id}")

    assert all(stack.run(message) for message in assembles)
    assert stack.uploads() == []
    assert stack.archive(job_id) is None
    assert status(job_id)["status"] == "cancelled"


# Every request of a job's last steps, at which somebody may cancel it.
@pytest.mark.parametrize(
    "operation",
    [
        "HeadObject",
        "PutObject",
        "CreateMultipartUpload",
        "ListParts",
        "UploadPart",
        "CompleteMultipartUpload",
    ],
)
def test_a_job_that_is_cancelled_at_work_leaves_nothing(stack: Stack, operation: str) -> None:
    stack.put_file("downloads/10001", bytes(6 * UNIT))
    job_id = export(file_ids=[10001])
    asked: list[int] = []

    def cancel(name: str, _: object) -> None:
        if name == operation and not asked:
            asked.append(call("DELETE", f"/v1/export/{job_id}").status)

    with listening(cancel):
        failed = stack.run_queue()

    assert asked == [202]
    assert failed == []
    assert status(job_id)["status"] == "cancelled"
    assert stack.archive(job_id) is None
    assert stack.uploads() == []


def test_a_job_that_is_cancelled_after_its_last_request_leaves_nothing(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])
    uploaded: list[str] = []

    def cancel(name: str, _: object) -> None:
        if name == "CompleteMultipartUpload":
            uploaded.append(job_id)
        elif uploaded and name == "UpdateItem":
            uploaded.clear()
            call("DELETE", f"/v1/export/{job_id}")

    with listening(cancel):
        stack.run_queue()

    assert status(job_id)["status"] == "cancelled"
    assert stack.archive(job_id) is None


def test_an_archive_that_was_finished_but_not_recorded_goes_when_its_job_is_cancelled(
    stack: Stack,
) -> None:
    stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])
    with crashing("CompleteMultipartUpload", after=True), pytest.raises(Crash):
        stack.run_queue()
    call("DELETE", f"/v1/export/{job_id}")
    stack.wake()

    stack.run_queue()

    assert status(job_id)["status"] == "cancelled"
    assert stack.archive(job_id) is None


def test_cancelling_works_while_the_queue_is_gone(stack: Stack, small_segments: None) -> None:
    for key in "abc":
        stack.put_file(f"in/{key}", bytes(9 * UNIT))
    job_id = export(prefix="in/")
    stack.planned()
    aws.sqs().delete_queue(QueueUrl=stack.services.settings.queue_url)

    answer = call("DELETE", f"/v1/export/{job_id}")

    assert answer.status == 202
    assert status(job_id)["status"] == "cancelled"
