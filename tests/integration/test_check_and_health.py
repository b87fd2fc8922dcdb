"""POST /v1/download/check and GET /health."""

import json

import pytest

from chalicelib import aws
from chalicelib.s3 import clients
from tests.integration.gateway import call, export
from tests.integration.stack import Stack
from tests.integration.wire import Requests, listening


def test_a_file_that_is_there_is_available(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"four")

    answer = call("POST", "/v1/download/check", body={"file_id": 10001})

    assert answer.status == 200
    assert answer.body == {
        "file_id": 10001,
        "available": True,
        "s3Key": "downloads/10001",
        "size": 4,
    }


def test_an_empty_file_is_available_too(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"")

    answer = call("POST", "/v1/download/check", body={"file_id": 10001})

    assert (answer.body["available"], answer.body["size"]) == (True, 0)


def test_a_file_that_is_not_there_is_not_available(stack: Stack) -> None:
    answer = call("POST", "/v1/download/check", body={"file_id": 10001})

    assert answer.status == 200
    assert answer.body == {"file_id": 10001, "available": False, "s3Key": None, "size": None}


def test_a_check_asks_for_one_object_and_reads_none(stack: Stack, requests: Requests) -> None:
    call("POST", "/v1/download/check", body={"file_id": 10001})

    assert dict(requests.count()) == {"HeadObject": 1}


def test_a_stack_that_has_everything_is_healthy(stack: Stack) -> None:
    answer = call("GET", "/health")

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.body == {
        "status": "healthy",
        "checks": {"storage": "ok", "database": "ok", "queue": "ok"},
    }


@pytest.mark.parametrize("broken", ["source", "archives", "database", "queue"])
def test_a_stack_that_lacks_one_thing_says_which(stack: Stack, broken: str) -> None:
    if broken == "source":
        clients.s3().delete_bucket(Bucket="source-bucket")
    elif broken == "archives":
        clients.s3().delete_bucket(Bucket="archive-bucket")
    elif broken == "database":
        aws.dynamodb().delete_table(TableName="JobsTable")
    else:
        aws.sqs().delete_queue(QueueUrl=stack.services.settings.queue_url)

    answer = call("GET", "/health")

    check = "storage" if broken in ("source", "archives") else broken
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert answer.body["status"] == "unhealthy"
    assert answer.body["checks"] == {
        "storage": "ok",
        "database": "ok",
        "queue": "ok",
        check: "error",
    }


@pytest.mark.usefixtures("stack")
def test_a_table_that_does_not_answer_is_told_with_when_to_ask_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
    job_id = export(file_ids=[10001])
    down = json.dumps({"__type": "InternalServerError"})

    with listening(lambda name, _: (500, {}, down) if name == "GetItem" else None):
        answer = call("GET", f"/v1/export/{job_id}")

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert answer.body["type"] == "urn:problem-type:longhaul:unavailable"
