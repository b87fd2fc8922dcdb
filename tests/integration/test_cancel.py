"""DELETE /v1/export/{jobId}: a cancelled job stays cancelled."""

import pytest

from chalicelib import aws
from tests.integration.effects import (
    FILE_LOOKED_UP,
    JOB_CANCELLED,
    JOB_COMPLETED,
    PART_UPLOADED,
    PLAN_STORED,
    UPLOAD_COMPLETED,
    UPLOAD_OPENED,
    Effect,
    before,
    crashing,
)
from tests.integration.gateway import UNKNOWN_JOB, cancel, export, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Requests


def test_a_queued_job_is_cancelled(stack: Stack) -> None:
    job_id = export(file_ids=[10001])

    answer = cancel(job_id)

    assert answer.status == 202
    assert answer.body["status"] == "cancelled"
    assert answer.body == status(job_id)


def test_the_steps_of_a_cancelled_job_do_nothing(stack: Stack, requests: Requests) -> None:
    stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])
    cancel(job_id)
    before_them = stack.item(job_id)
    requests.clear()

    failed = stack.run_steps()

    assert failed == []
    assert stack.item(job_id) == before_them
    assert requests.count()["PutObject"] == 0
    assert stack.archive(job_id) is None


@pytest.mark.parametrize("end", ["completed", "failed"])
def test_a_job_that_ends_just_before_it_is_cancelled_stays_as_it_is(stack: Stack, end: str) -> None:
    stack.put_file("downloads/10002", b"there")
    on_missing = "fail" if end == "failed" else "skip"
    job_id = export(file_ids=[10001, 10002], on_missing=on_missing)

    with before(JOB_CANCELLED, stack.run_queue):
        answer = cancel(job_id)

    assert answer.status == 409
    assert end in answer.body["detail"]
    assert status(job_id)["status"] == end


@pytest.mark.parametrize("job_id", [UNKNOWN_JOB, "nonsense"])
def test_an_unknown_job_cannot_be_cancelled(stack: Stack, job_id: str) -> None:
    assert cancel(job_id).status == 404


def test_cancelling_discards_the_upload(stack: Stack, small_segments: None) -> None:
    stack.put_files(dict.fromkeys("abc", bytes(9 * UNIT)))
    job_id = export(prefix="in/")
    assembles = stack.planned()

    cancel(job_id)

    assert all(stack.run(message) for message in assembles)
    assert stack.uploads() == []
    assert stack.archive(job_id) is None
    assert status(job_id)["status"] == "cancelled"


@pytest.mark.parametrize(
    "effect",
    [
        FILE_LOOKED_UP,
        PLAN_STORED,
        UPLOAD_OPENED,
        PART_UPLOADED,
        UPLOAD_COMPLETED,
    ],
    ids=str,
)
def test_a_job_that_is_cancelled_at_work_leaves_nothing(stack: Stack, effect: Effect) -> None:
    stack.limit(small_plan=0)
    stack.put_file("downloads/10001", bytes(6 * UNIT))
    job_id = export(file_ids=[10001])
    answers: list[int] = []

    with before(effect, lambda: answers.append(cancel(job_id).status)):
        failed = stack.run_queue()

    assert answers == [202]
    assert failed == []
    assert status(job_id)["status"] == "cancelled"
    assert stack.archive(job_id) is None
    assert stack.uploads() == []


def test_a_job_that_is_cancelled_just_before_its_end_leaves_no_archive(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])

    with before(JOB_COMPLETED, lambda: cancel(job_id)):
        stack.run_queue()

    assert status(job_id)["status"] == "cancelled"
    assert stack.archive(job_id) is None


def test_cancelling_deletes_an_archive_that_was_finished_but_not_recorded(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])
    with crashing(UPLOAD_COMPLETED, after=True):
        stack.run_queue()
    cancel(job_id)
    stack.wake()

    stack.run_queue()

    assert status(job_id)["status"] == "cancelled"
    assert stack.archive(job_id) is None


def test_a_job_can_be_cancelled_while_the_queue_is_gone(stack: Stack, small_segments: None) -> None:
    stack.put_files(dict.fromkeys("abc", bytes(9 * UNIT)))
    job_id = export(prefix="in/")
    stack.planned()
    aws.sqs().delete_queue(QueueUrl=stack.services.settings.queue_url)

    answer = cancel(job_id)

    assert answer.status == 202
    assert status(job_id)["status"] == "cancelled"
