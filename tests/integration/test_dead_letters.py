"""Messages that the queue has given up: their jobs fail, with the reason of the last try."""

import json

import pytest

import app
from chalicelib.pipeline.dead_letters import bury
from chalicelib.queue.messages import Message, Step
from tests.integration import cloud
from tests.integration.gateway import export, status
from tests.integration.stack import Stack, lambda_record
from tests.integration.wire import listening, s3_error

DEAD_LETTERS = cloud.ENVIRONMENT["QUEUE_URL"].replace("ExportQueue", "DeadLetterQueue")


def _letter(body: str) -> dict[str, object]:
    return {
        "messageId": "m-1",
        "receiptHandle": "r-1",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
    }


def _plan(job_id: str) -> dict[str, object]:
    return _letter(Message(Step.PLAN, job_id).to_body())


def test_a_step_that_fails_each_time_ends_its_job_with_the_last_reason(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
    stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])
    with listening(lambda name, _: s3_error(503, "SlowDown") if name == "ListParts" else None):
        for _ in range(9):
            stack.run_queue()
            stack.wake()
    letters = [lambda_record(message) for message in stack.receive(DEAD_LETTERS)]

    app.dead_letters({"Records": letters}, None)
    stack.discard_what_is_due()

    body = status(job_id)
    assert len(letters) == 1
    assert body["status"] == "failed"
    assert body["error"]["type"] == "urn:problem-type:longhaul:given-up"
    assert "could not list the parts" in body["error"]["detail"]
    assert "SlowDown" in body["error"]["detail"]
    assert stack.uploads() == []


def test_a_job_whose_worker_always_died_says_so(stack: Stack) -> None:
    job_id = export(file_ids=[10001])

    bury([_plan(job_id)], stack.services)

    assert "its worker died each time" in status(job_id)["error"]["detail"]


def test_a_letter_of_a_job_that_has_ended_changes_nothing(stack: Stack) -> None:
    job_id = export(file_ids=[10001])
    stack.run_queue()
    before = stack.item(job_id)

    bury([_plan(job_id)], stack.services)

    assert stack.item(job_id) == before


@pytest.mark.parametrize(
    "body", ["garbage", Message(Step.PLAN, "7f0bb5b4-9c2c-4f3e-8d3b-2d9d6a1f0c11").to_body()]
)
def test_a_letter_of_no_job_does_not_keep_the_others_waiting(stack: Stack, body: str) -> None:
    job_id = export(file_ids=[10001])

    bury([_letter(body), _plan(job_id)], stack.services)

    assert status(job_id)["status"] == "failed"


def test_a_segment_that_comes_after_the_burial_does_nothing(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])
    bury([_plan(job_id)], stack.services)

    failed = stack.run_queue()

    assert failed == []
    assert stack.archive(job_id) is None
    assert json.loads(stack.item(job_id)["failure"]["S"])[0] == "given-up"
