"""A message that the queue has given up fails its job, with the reason of the last try."""

import json

import pytest

import app
from chalicelib.pipeline.dead_letters import bury
from chalicelib.queue.messages import Message, Step
from tests.integration import cloud
from tests.integration.gateway import UNKNOWN_JOB, export, status
from tests.integration.stack import Stack, record_of
from tests.integration.wire import SLOW_DOWN, answering

DEAD_LETTERS = cloud.ENVIRONMENT["QUEUE_URL"].replace("ExportQueue", "DeadLetterQueue")


def _plan(job_id: str) -> dict[str, object]:
    return record_of(Message(Step.PLAN, job_id).to_body())


def test_a_step_that_always_fails_ends_its_job_with_the_last_reason(
    stack: Stack, no_backoff: None
) -> None:
    stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])
    with answering(SLOW_DOWN, "CompleteMultipartUpload"):
        for _ in range(9):
            stack.run_queue()
            stack.wake()
    letters = stack.receive(DEAD_LETTERS)

    app.dead_letters({"Records": letters}, None)
    stack.discard_what_is_due()

    body = status(job_id)
    assert len(letters) == 1
    assert body["status"] == "failed"
    assert body["error"]["type"] == "urn:problem-type:longhaul:given-up"
    assert "could not complete" in body["error"]["detail"]
    assert "SlowDown" in body["error"]["detail"]
    assert stack.uploads() == []


def test_a_job_whose_worker_always_died_fails_with_that_reason(stack: Stack) -> None:
    job_id = export(file_ids=[10001])

    bury([_plan(job_id)], stack.services)

    assert "its worker died each time" in status(job_id)["error"]["detail"]


def test_a_dead_letter_of_a_job_that_has_ended_changes_nothing(stack: Stack) -> None:
    job_id = export(file_ids=[10001])
    stack.run_queue()
    before = stack.item(job_id)

    bury([_plan(job_id)], stack.services)

    assert stack.item(job_id) == before


@pytest.mark.parametrize("body", ["garbage", Message(Step.PLAN, UNKNOWN_JOB).to_body()])
def test_a_dead_letter_of_no_job_does_not_hold_up_the_others(stack: Stack, body: str) -> None:
    job_id = export(file_ids=[10001])

    bury([record_of(body), _plan(job_id)], stack.services)

    assert status(job_id)["status"] == "failed"


def test_a_message_that_comes_after_its_dead_letter_does_nothing(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])
    bury([_plan(job_id)], stack.services)

    failed = stack.run_queue()

    assert failed == []
    assert stack.archive(job_id) is None
    assert json.loads(stack.item(job_id)["failure"]["S"])[0] == "given-up"
