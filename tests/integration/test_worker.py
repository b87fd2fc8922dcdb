"""The worker's side of the queue: what it acknowledges, what it leaves for another try."""

import json
from collections.abc import Callable
from typing import Any

import pytest

import app
from chalicelib import aws
from chalicelib.pipeline.lease import LEASE_SECONDS
from chalicelib.pipeline.worker import handle
from chalicelib.queue.messages import Message, Step
from tests.archives import check_archive
from tests.integration.gateway import export, status
from tests.integration.stack import UNIT, Stack, lambda_record
from tests.integration.wire import Crash, Requests, Wired, crashing, listening, s3_error

UNKNOWN_JOB = "7f0bb5b4-9c2c-4f3e-8d3b-2d9d6a1f0c11"


@pytest.fixture
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore retries at once."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)


def _send(stack: Stack, body: str) -> None:
    aws.sqs().send_message(QueueUrl=stack.services.settings.queue_url, MessageBody=body)


def test_lambdas_own_event_is_worked_on(stack: Stack) -> None:
    content = stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])
    records = [lambda_record(message) for message in stack.receive()]

    answer = app.worker({"Records": records}, None)

    assert answer == {"batchItemFailures": []}
    check_archive(stack.archive(job_id), {"10001": content})


@pytest.mark.usefixtures("no_backoff")
def test_in_a_batch_only_what_failed_comes_back(stack: Stack) -> None:
    good, bad = export(file_ids=[10001]), export(file_ids=[10002])
    records = [lambda_record(message) for message in stack.receive()]

    def busy(operation: str, parameters: dict[str, Any]) -> Wired | None:
        return s3_error(503, "SlowDown") if bad in parameters.get("Key", "") else None

    with listening(busy):
        answer = handle(records, stack.services)

    (failed,) = [record["messageId"] for record in records if bad in record["body"]]
    assert answer == {"batchItemFailures": [{"itemIdentifier": failed}]}
    assert stack.job(good).status == "completed"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "garbage",
        "[]",
        "null",
        "{}",
        "[" * 5_000,
        "x" * 2_000,
        json.dumps({"v": 2, "step": "plan", "job": UNKNOWN_JOB}),
        json.dumps({"v": 1, "step": "explode", "job": UNKNOWN_JOB}),
        json.dumps({"v": 1, "step": "plan", "job": "../../etc"}),
        json.dumps({"v": 1, "step": "plan", "job": 7}),
        json.dumps({"v": 1, "step": "assemble", "job": UNKNOWN_JOB}),
        json.dumps({"v": 1, "step": "assemble", "job": UNKNOWN_JOB, "segment": -1}),
        json.dumps({"v": 1, "step": "assemble", "job": UNKNOWN_JOB, "segment": True}),
        json.dumps({"v": 1, "step": "plan", "job": UNKNOWN_JOB, "segment": 1}),
    ],
)
def test_a_message_that_is_none_of_ours_is_dropped(stack: Stack, body: str) -> None:
    record = {
        "messageId": "m-1",
        "receiptHandle": "r-1",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
    }

    assert handle([record], stack.services) == {"batchItemFailures": []}


@pytest.mark.parametrize("message", [*Step])
def test_a_message_of_a_job_that_nobody_knows_is_dropped(stack: Stack, message: Step) -> None:
    number = 0 if message in (Step.ASSEMBLE, Step.READ) else None
    reading = "0" * 16 if message is Step.READ else None

    assert stack.run(Message(message, UNKNOWN_JOB, number, reading))


@pytest.mark.parametrize("segment", [-1, "x", 1.5])
def test_finalize_with_a_segment_of_any_kind_is_dropped(stack: Stack, segment: object) -> None:
    job_id = export(file_ids=[10001])
    stack.take_messages()
    stack.services.jobs.start(job_id, stack.clock())
    _send(stack, json.dumps({"v": 1, "step": "finalize", "job": job_id, "segment": segment}))

    assert stack.run_queue() == []


def _unavailable(operation: str, bucket: str) -> Callable[[str, dict[str, object]], Wired | None]:
    def answer(name: str, parameters: dict[str, object]) -> Wired | None:
        ours = name == operation and parameters.get("Bucket", bucket) == bucket
        return s3_error(503, "SlowDown") if ours else None

    return answer


@pytest.mark.usefixtures("no_backoff")
@pytest.mark.parametrize(
    ("operation", "bucket"),
    [
        ("HeadObject", "source-bucket"),
        ("GetObject", "source-bucket"),
        ("GetObject", "archive-bucket"),
        ("PutObject", "archive-bucket"),
        ("CreateMultipartUpload", "archive-bucket"),
        ("ListParts", "archive-bucket"),
        ("UploadPart", "archive-bucket"),
        ("CompleteMultipartUpload", "archive-bucket"),
    ],
)
def test_a_storage_that_asks_to_slow_down_is_asked_again_later(
    stack: Stack, requests: Requests, operation: str, bucket: str
) -> None:
    content = stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])

    with listening(_unavailable(operation, bucket)):
        (failed,) = stack.run_queue()

    assert stack.job(job_id).status == "processing"
    assert "SlowDown" in str(stack.services.jobs.last_reason(job_id))
    hidden = requests.of("ChangeMessageVisibility")[-1]
    assert hidden["ReceiptHandle"] == failed["receiptHandle"]
    assert 1 <= hidden["VisibilityTimeout"] <= 2
    stack.wake()
    assert stack.run_queue() == []
    check_archive(stack.archive(job_id), {"10001": content})


@pytest.mark.usefixtures("no_backoff")
def test_each_try_waits_longer(stack: Stack, requests: Requests) -> None:
    stack.put_file("downloads/10001", b"one")
    export(file_ids=[10001])

    with listening(_unavailable("HeadObject", "source-bucket")):
        for _ in range(5):
            stack.run_queue()
            stack.wake()

    delays = [
        hidden["VisibilityTimeout"]
        for hidden in requests.of("ChangeMessageVisibility")
        if hidden["VisibilityTimeout"] != LEASE_SECONDS
    ]
    assert len(delays) == 5
    assert all(low <= delay <= 2 * low for delay, low in zip(delays, (1, 2, 4, 8, 16), strict=True))


def test_a_step_that_breaks_unexpectedly_is_tried_again(stack: Stack) -> None:
    content = stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])

    def surprise(name: str, _: object) -> None:
        if name == "CreateMultipartUpload":
            raise ZeroDivisionError

    with listening(surprise):
        failed = stack.run_queue()

    assert len(failed) == 1
    assert stack.services.jobs.last_reason(job_id) == "internal error: ZeroDivisionError"
    stack.wake()
    stack.run_queue()
    check_archive(stack.archive(job_id), {"10001": content})


def test_the_message_is_hidden_while_its_step_works_and_longer_as_it_lasts(
    stack: Stack, small_layout: None, requests: Requests
) -> None:
    stack.put_file("in/a", bytes(17 * UNIT), checksum=False)
    job_id = export(prefix="in/")

    def time_passes(name: str, _: object) -> None:
        if name == "GetObject":
            stack.clock.advance(seconds=16)

    with listening(time_passes):
        stack.run_queue()

    hidden = [change["VisibilityTimeout"] for change in requests.of("ChangeMessageVisibility")]
    assert len(hidden) >= 3
    assert set(hidden) == {LEASE_SECONDS}
    assert status(job_id)["status"] == "completed"


@pytest.mark.parametrize("cancelled", [False, True], ids=["a step", "discarding"])
def test_a_worker_that_dies_at_its_first_read_is_noticed_when_its_lease_ends(
    stack: Stack,
    requests: Requests,
    cancelled: bool,  # noqa: FBT001
) -> None:
    job_id = export(file_ids=[10001])
    if cancelled:
        stack.services.jobs.cancel(job_id, stack.clock())

    with pytest.raises(Crash), crashing("GetItem"):
        stack.run_queue()

    (lease,) = requests.of("ChangeMessageVisibility")
    assert lease["VisibilityTimeout"] == LEASE_SECONDS


def test_a_step_whose_message_was_taken_away_completes(stack: Stack) -> None:
    content = stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])
    (record,) = [lambda_record(message) for message in stack.receive()]
    aws.sqs().delete_message(
        QueueUrl=stack.services.settings.queue_url, ReceiptHandle=record["receiptHandle"]
    )

    answer = handle([record], stack.services)

    assert answer == {"batchItemFailures": []}
    check_archive(stack.archive(job_id), {"10001": content})


@pytest.mark.usefixtures("no_backoff")
def test_a_table_that_is_down_puts_the_message_off_for_seconds(
    stack: Stack, requests: Requests
) -> None:
    content = stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])
    down = json.dumps({"__type": "InternalServerError"})

    with listening(lambda name, _: (500, {}, down) if name in ("GetItem", "UpdateItem") else None):
        failed = stack.run_queue()

    assert len(failed) == 1
    assert 1 <= requests.of("ChangeMessageVisibility")[-1]["VisibilityTimeout"] <= 2
    stack.wake()
    stack.run_queue()
    check_archive(stack.archive(job_id), {"10001": content})


@pytest.mark.usefixtures("no_backoff")
def test_a_failure_that_cannot_be_written_just_now_is_tried_again(stack: Stack) -> None:
    job_id = export(file_ids=[10001], on_missing="fail")
    down = json.dumps({"__type": "InternalServerError"})

    def table_is_down(name: str, parameters: dict[str, object]) -> Wired | None:
        failing = name == "UpdateItem" and "failed" in json.dumps(parameters)
        return (500, {}, down) if failing else None

    with listening(table_is_down):
        failed = stack.run_queue()

    assert len(failed) == 1
    stack.wake()
    stack.run_queue()
    assert status(job_id)["status"] == "failed"
