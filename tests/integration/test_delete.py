"""DELETE /v1/export/{jobId} of a job that has ended: nothing is left of it."""

from datetime import timedelta

import pytest

from chalicelib import aws
from chalicelib.jobs import places
from chalicelib.jobs.model import Job
from chalicelib.jobs.wake import SETTLED_AFTER_MS
from chalicelib.pipeline.sweeper import sweep
from tests.archives import noise
from tests.integration.cloud import TABLE
from tests.integration.effects import (
    ARCHIVE_DELETED,
    DISCARD_SENT,
    JOB_CANCELLED,
    JOB_COMPLETED,
    JOB_DELETED,
    OWNER_LOST,
    PART_UPLOADED,
    Effect,
    before,
    before_and_after,
    crashing,
    unnamed,
)
from tests.integration.gateway import (
    Answer,
    call,
    cancel,
    download_link,
    export,
    post_export,
    post_retry,
    retry,
)
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import SLOW_DOWN, Requests, answering

ANN = {"principalId": "ann"}
BO = {"principalId": "bo"}
OF_THE_REQUEST = (JOB_DELETED, DISCARD_SENT, OWNER_LOST, ARCHIVE_DELETED)
"""Everything that a DELETE changes."""


@pytest.fixture
def completed(stack: Stack) -> str:
    """A job that has completed."""
    stack.put_file("downloads/10001", b"one")
    return stack.completed(file_ids=[10001, 10002], filename="Mine.zip")


def delete(job_id: str, authorizer: dict[str, str] | None = None) -> Answer:
    return call("DELETE", f"/v1/export/{job_id}", authorizer=authorizer)


def sweep_until_settled(stack: Stack) -> None:
    """Lets time pass until no worker can be at work on a deleted job any more."""
    for _ in range(2):
        stack.clock.advance(seconds=SETTLED_AFTER_MS / 1000 + 60)
        sweep(stack.services)
        assert stack.run_queue() == []


def tombstone(stack: Stack, job_id: str) -> Job:
    job = stack.job(job_id)
    assert job.is_deleted
    return job


def beside(stack: Stack, job_id: str) -> list[str]:
    """Returns the keys of what is stored beside the record, and has not been emptied."""
    found = aws.dynamodb().scan(TableName=TABLE)["Items"]
    return [
        key
        for item in found
        if (key := item["jobId"]["S"]).startswith(f"{job_id}/") and item.keys() - {"jobId", "ttl"}
    ]


def test_a_deleted_job_is_not_found_by_any_route(stack: Stack, completed: str) -> None:
    answer = delete(completed)

    assert (answer.status, answer.body) == (204, None)
    job = f"/v1/export/{completed}"
    for path in (job, f"{job}/progress", f"{job}/download"):
        assert call("GET", path).status == 404
    assert post_retry(completed).status == 404
    assert call("GET", "/v1/export").body["jobs"] == []


def test_the_archive_is_gone_before_the_answer(stack: Stack, completed: str) -> None:
    assert download_link(completed)

    delete(completed)

    assert stack.stored("archives/") == []


def test_nothing_of_a_deleted_job_is_left(stack: Stack, small_segments: None) -> None:
    stack.put_files({name: noise(ord(name), 9 * UNIT) for name in "abc"})
    job_id = stack.completed(prefix="in/")
    assert beside(stack, job_id)

    delete(job_id)
    assert stack.run_queue() == []

    assert stack.stored() == []
    assert beside(stack, job_id) == [places.holders(job_id)]
    sweep_until_settled(stack)
    assert beside(stack, job_id) == []


def test_the_record_of_a_deleted_job_tells_nothing_of_its_user(
    stack: Stack, completed: str
) -> None:
    assert stack.item(completed)["userId"] == {"S": "anonymous"}

    delete(completed)

    item = stack.item(completed)
    named = {"userId", "filename", "request", "missing", "missingCount", "failure"}
    assert not named & item.keys()
    assert "anonymous" not in str(item)
    assert "Mine" not in str(item)


def test_the_reason_of_a_failure_is_deleted_too(stack: Stack) -> None:
    job_id = export(file_ids=[10001], on_missing="fail")
    stack.run_queue()
    assert "10001" in str(stack.item(job_id))

    assert delete(job_id).status == 204

    assert "10001" not in str(stack.item(job_id))


@pytest.mark.parametrize("end", ["cancelled", "failed", "expired"])
def test_a_job_can_be_deleted_however_it_ended(stack: Stack, end: str) -> None:
    stack.put_file("downloads/10001", b"one")
    ids = [10001, 10002] if end == "failed" else [10001]
    job_id = export(file_ids=ids, on_missing="fail")
    if end == "cancelled":
        cancel(job_id)
    stack.run_queue()
    if end == "expired":
        stack.clock.advance(days=8)
    assert call("GET", f"/v1/export/{job_id}").body["status"] == end

    assert delete(job_id).status == 204

    assert stack.run_queue() == []
    assert call("GET", f"/v1/export/{job_id}").status == 404
    assert stack.stored() == []


def test_an_open_job_is_cancelled_and_not_deleted(stack: Stack) -> None:
    job_id = export(file_ids=[10001])

    answer = delete(job_id)

    assert (answer.status, answer.body["status"]) == (202, "cancelled")
    assert call("GET", f"/v1/export/{job_id}").status == 200


def test_a_job_that_ends_before_it_can_be_cancelled_is_not_deleted(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])
    answers: list[Answer] = []

    with before(JOB_CANCELLED, stack.run_queue):
        answers.append(delete(job_id))

    assert answers[0].status == 409
    assert "completed" in answers[0].body["detail"]
    assert stack.archive(job_id)


def test_a_second_delete_answers_as_the_first(stack: Stack, completed: str) -> None:
    assert [delete(completed).status for _ in range(3)] == [204, 204, 204]
    sweep_until_settled(stack)
    assert delete(completed).status == 204


def test_only_its_user_can_delete_a_job_and_repeat_that(stack: Stack, completed: str) -> None:
    body = {"file_ids": [10001], "fresh": True}
    job_id = call("POST", "/v1/export", body=body, authorizer=ANN).body["jobId"]
    stack.run_queue()

    statuses = [delete(job_id, who).status for who in (BO, ANN, ANN, BO)]

    assert statuses == [404, 204, 204, 404]


def test_deleting_a_job_leaves_others_alone(stack: Stack, completed: str) -> None:
    other = stack.completed(file_ids=[10001], fresh=True)

    delete(completed)
    sweep_until_settled(stack)

    assert stack.archive(other)
    assert stack.request(other)
    assert [job["jobId"] for job in call("GET", "/v1/export").body["jobs"]] == [other]


def test_deletion_settles_after_the_last_worker(stack: Stack, completed: str) -> None:
    delete(completed)
    assert stack.run_queue() == []
    late = places.tail_section(completed, "0123456789abcdef", 3)
    stack.services.archive.write(late, b"late")

    sweep_until_settled(stack)

    assert stack.stored() == []
    assert tombstone(stack, completed).wake_at is None


def test_what_a_worker_still_uploads_is_thrown_away(stack: Stack, small_segments: None) -> None:
    stack.put_files(dict.fromkeys("abc", bytes(9 * UNIT)))
    job_id = export(prefix="in/")
    assembles = stack.planned()

    def cancel_and_delete() -> None:
        assert [delete(job_id).status, delete(job_id).status] == [202, 204]

    stack.send(assembles)
    with before(PART_UPLOADED, cancel_and_delete):
        stack.run_queue()
    sweep_until_settled(stack)

    assert stack.uploads() == []
    assert stack.stored() == []


def test_a_job_that_is_deleted_just_before_its_end_leaves_no_archive(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])

    with before(JOB_COMPLETED, lambda: [delete(job_id), delete(job_id)]):
        stack.run_queue()
    stack.run_queue()

    assert tombstone(stack, job_id).status == "cancelled"
    assert stack.stored() == []


@before_and_after
@pytest.mark.parametrize("effect", OF_THE_REQUEST, ids=str)
def test_a_deletion_whose_process_dies_is_finished_by_the_sweeper(
    stack: Stack,
    completed: str,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    with crashing(effect, after=after):
        delete(completed)
    begun = effect is not JOB_DELETED or after
    assert call("GET", f"/v1/export/{completed}").status == (404 if begun else 200)

    if not begun:
        delete(completed)
    stack.clock.advance(seconds=120)
    sweep(stack.services)
    assert stack.run_queue() == []

    assert stack.stored() == []


@before_and_after
@pytest.mark.parametrize("effect", OF_THE_REQUEST, ids=str)
def test_a_deletion_whose_process_dies_can_be_repeated(
    stack: Stack,
    completed: str,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    with crashing(effect, after=after):
        delete(completed)

    assert delete(completed).status == 204

    assert stack.stored("archives/") == []


def test_every_change_of_a_delete_has_one_of_these_effects(
    stack: Stack, completed: str, requests: Requests
) -> None:
    delete(completed)

    changes = [name for name, _ in unnamed(requests, OF_THE_REQUEST) if name != "GetItem"]
    assert changes == []


@pytest.mark.usefixtures("no_backoff")
def test_a_deletion_without_s3_answers_503_and_can_be_repeated(
    stack: Stack, completed: str
) -> None:
    with answering(SLOW_DOWN, "DeleteObject"):
        assert delete(completed).status == 503
    assert call("GET", f"/v1/export/{completed}").status == 404

    assert delete(completed).status == 204

    assert stack.stored("archives/") == []


def test_a_job_can_be_deleted_while_the_queue_is_gone(stack: Stack, completed: str) -> None:
    aws.sqs().delete_queue(QueueUrl=stack.services.settings.queue_url)

    assert delete(completed).status == 204

    assert stack.stored("archives/") == []


def test_the_key_of_a_deleted_job_cannot_be_used_again(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    body = {"file_ids": [10001]}
    job_id = post_export(body, key="key").body["jobId"]
    stack.run_queue()
    delete(job_id)
    sweep_until_settled(stack)

    answer = post_export(body, key="key")

    assert answer.status == 422
    assert "deleted" in answer.body["detail"]
    assert stack.run_queue() == []
    assert stack.stored() == []


def test_a_job_whose_retry_was_deleted_can_be_retried_again(stack: Stack) -> None:
    failed = export(file_ids=[10001], on_missing="fail")
    stack.run_queue()
    first = retry(failed)
    stack.run_queue()
    assert delete(first).status == 204

    second, same = retry(failed), retry(failed)

    assert first != second == same
    assert stack.job(second).retry_of == failed


def test_a_deleted_job_expires_without_a_trace(stack: Stack, completed: str) -> None:
    stack.clock.advance(days=7, seconds=-30)
    delete(completed)
    stack.clock.advance(seconds=120)

    sweep_until_settled(stack)

    assert tombstone(stack, completed).wake_at is None
    assert stack.stored() == []
    kept_for = timedelta(milliseconds=stack.job(completed).expires_at) + timedelta(days=7)
    assert stack.item(completed)["ttl"]["N"] == str(int(kept_for.total_seconds()))


def test_deletions_at_the_same_time_do_no_harm(stack: Stack, completed: str) -> None:
    answers: list[Answer] = []

    with before(JOB_DELETED, lambda: answers.append(delete(completed))):
        answers.append(delete(completed))

    assert [answer.status for answer in answers] == [204, 204]
    assert stack.run_queue() == []
    assert stack.services.source().head("downloads/10001")
    assert stack.stored() == []
