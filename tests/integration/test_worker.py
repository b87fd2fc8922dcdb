"""The worker: which messages it acknowledges, and which it leaves for another try."""

import json
from typing import Any

import pytest

import app
from chalicelib.pipeline.lease import LEASE_SECONDS
from chalicelib.pipeline.worker import handle
from chalicelib.queue.messages import Message, Step
from tests.archives import check_archive
from tests.integration.cloud import ARCHIVES, SOURCES
from tests.integration.effects import JOB_READ, JOB_STARTED, UPLOAD_OPENED, before, crashing
from tests.integration.gateway import UNKNOWN_JOB, export, status
from tests.integration.stack import UNIT, Stack, record_of
from tests.integration.wire import (
    SLOW_DOWN,
    TABLE_IS_DOWN,
    Requests,
    Wired,
    answering,
    listening,
)


def test_the_steps_of_lambdas_own_event_are_done(stack: Stack) -> None:
    content = stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])

    answer = app.worker({"Records": stack.receive()}, None)

    assert answer == {"batchItemFailures": []}
    check_archive(stack.archive(job_id), {"10001": content})


@pytest.mark.usefixtures("no_backoff")
def test_of_a_batch_only_the_failed_messages_come_back(stack: Stack) -> None:
    for name in "10001", "10002":
        stack.put_file(f"downloads/{name}", b"there")
    good, bad = export(file_ids=[10001]), export(file_ids=[10002])
    records = stack.receive()

    def busy(_: str, parameters: dict[str, Any]) -> Wired | None:
        return SLOW_DOWN if bad in parameters.get("Key", "") else None

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
def test_a_message_that_is_not_one_of_ours_is_dropped(stack: Stack, body: str) -> None:
    assert handle([record_of(body)], stack.services) == {"batchItemFailures": []}


@pytest.mark.parametrize("step", [*Step])
def test_a_message_of_an_unknown_job_is_dropped(stack: Stack, step: Step) -> None:
    number = 0 if step in (Step.ASSEMBLE, Step.READ, Step.PACK, Step.WATCH) else None
    reading = "0" * 16 if step in (Step.READ, Step.PACK) else None

    assert stack.run(Message(step, UNKNOWN_JOB, number, reading))


@pytest.mark.parametrize("segment", [-1, "x", 1.5])
def test_finalize_with_a_segment_is_dropped(stack: Stack, segment: object) -> None:
    job_id = export(file_ids=[10001])
    stack.take_messages()
    stack.services.jobs.start(job_id, stack.clock())
    stack.send_body(json.dumps({"v": 1, "step": "finalize", "job": job_id, "segment": segment}))

    assert stack.run_queue() == []


@pytest.mark.usefixtures("no_backoff")
@pytest.mark.parametrize(
    ("operation", "bucket"),
    [
        ("HeadObject", SOURCES),
        ("GetObject", SOURCES),
        ("PutObject", ARCHIVES),
        ("CreateMultipartUpload", ARCHIVES),
        ("UploadPart", ARCHIVES),
        ("CompleteMultipartUpload", ARCHIVES),
    ],
)
def test_a_step_is_tried_again_later_if_s3_asks_to_slow_down(
    stack: Stack, requests: Requests, operation: str, bucket: str
) -> None:
    content = stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])

    with answering(SLOW_DOWN, operation, bucket=bucket):
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

    with answering(SLOW_DOWN, "HeadObject", bucket=SOURCES):
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

    def surprise() -> None:
        raise ZeroDivisionError

    with before(UPLOAD_OPENED, surprise):
        failed = stack.run_queue()

    assert len(failed) == 1
    assert stack.services.jobs.last_reason(job_id) == "internal error: ZeroDivisionError"
    stack.wake()
    stack.run_queue()
    check_archive(stack.archive(job_id), {"10001": content})


def test_a_message_is_hidden_again_and_again_while_its_step_works(
    stack: Stack, small_layout: None, requests: Requests
) -> None:
    stack.put_file("in/a", bytes(17 * UNIT), checksum=False)
    job_id = export(prefix="in/")

    def time_passes(name: str, _: object) -> None:
        if name == "GetObject":
            stack.clock.advance(seconds=16)

    with listening(time_passes):
        stack.run_steps()

    hidden = [change["VisibilityTimeout"] for change in requests.of("ChangeMessageVisibility")]
    assert len(hidden) >= 3
    assert set(hidden) == {LEASE_SECONDS}
    assert status(job_id)["status"] == "completed"


@pytest.mark.parametrize("cancelled", [False, True], ids=["a step", "discarding"])
def test_a_worker_has_its_lease_before_its_first_read(
    stack: Stack,
    requests: Requests,
    cancelled: bool,  # noqa: FBT001 - a parameter
) -> None:
    job_id = export(file_ids=[10001])
    if cancelled:
        stack.services.jobs.cancel(job_id, stack.clock())

    with crashing(JOB_READ if cancelled else JOB_STARTED):
        stack.run_queue()

    (lease,) = requests.of("ChangeMessageVisibility")
    assert lease["VisibilityTimeout"] == LEASE_SECONDS


def test_a_step_whose_message_was_deleted_still_completes(stack: Stack) -> None:
    content = stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])
    (record,) = stack.receive()
    stack.delete(record)

    answer = handle([record], stack.services)

    assert answer == {"batchItemFailures": []}
    check_archive(stack.archive(job_id), {"10001": content})


@pytest.mark.usefixtures("no_backoff")
def test_while_the_table_is_down_the_message_is_put_off_for_seconds(
    stack: Stack, requests: Requests
) -> None:
    content = stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])

    with answering(TABLE_IS_DOWN, "GetItem", "UpdateItem"):
        failed = stack.run_queue()

    assert len(failed) == 1
    assert 1 <= requests.of("ChangeMessageVisibility")[-1]["VisibilityTimeout"] <= 2
    stack.wake()
    stack.run_queue()
    check_archive(stack.archive(job_id), {"10001": content})


@pytest.mark.usefixtures("no_backoff")
def test_a_failure_that_cannot_be_written_is_tried_again(stack: Stack) -> None:
    job_id = export(file_ids=[10001], on_missing="fail")

    def table_is_down(name: str, parameters: dict[str, object]) -> Wired | None:
        failing = name == "UpdateItem" and "failed" in json.dumps(parameters)
        return TABLE_IS_DOWN if failing else None

    with listening(table_is_down):
        failed = stack.run_queue()

    assert len(failed) == 1
    stack.wake()
    stack.run_queue()
    assert status(job_id)["status"] == "failed"
