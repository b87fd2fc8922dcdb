"""POST /v1/download/check and GET /health."""

import pytest

from chalicelib import aws
from chalicelib.s3 import clients
from tests.integration.cloud import ARCHIVES, SOURCES, TABLE
from tests.integration.gateway import call, export
from tests.integration.stack import Stack
from tests.integration.wire import TABLE_IS_DOWN, Requests, answering


def test_a_file_that_is_there_is_available(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"four")

    answer = call("POST", "/v1/download/check", body={"file_id": 10001})

    assert answer.status == 200
    assert answer.body == {
        "fileId": 10001,
        "file_id": 10001,
        "available": True,
        "s3Key": "downloads/10001",
        "size": 4,
        "reason": None,
        "detail": None,
    }


def test_an_empty_file_is_available_too(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"")

    answer = call("POST", "/v1/download/check", body={"file_id": 10001})

    assert (answer.body["available"], answer.body["size"]) == (True, 0)


def test_a_file_that_is_not_there_is_not_available(stack: Stack) -> None:
    answer = call("POST", "/v1/download/check", body={"file_id": 10001})

    assert answer.status == 200
    assert answer.body == {
        "fileId": 10001,
        "file_id": 10001,
        "available": False,
        "s3Key": None,
        "size": None,
        "reason": "missing",
        "detail": "does not exist",
    }


def test_a_check_looks_one_object_up_and_reads_none(stack: Stack, requests: Requests) -> None:
    stack.put_file("downloads/10001", b"four")
    requests.made.clear()

    call("POST", "/v1/download/check", body={"file_id": 10001})

    assert dict(requests.count()) == {"HeadObject": 1}


def test_a_file_in_a_bucket_that_is_gone_is_not_missing(stack: Stack) -> None:
    clients.s3().delete_bucket(Bucket=SOURCES)

    answer = call("POST", "/v1/download/check", body={"file_id": 10001})

    assert answer.status == 503
    assert "there is no such bucket" in answer.body["detail"]
    assert SOURCES not in str(answer.body)


def test_a_stack_that_has_everything_is_healthy(stack: Stack) -> None:
    answer = call("GET", "/health")

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.body == {
        "status": "healthy",
        "checks": {"storage": "ok", "database": "ok", "queue": "ok"},
    }


@pytest.mark.parametrize(("prefix", "asks"), [("", "HeadBucket"), ("in/", "ListObjectsV2")])
def test_a_source_is_reached_with_what_its_grants_allow(
    stack: Stack, requests: Requests, prefix: str, asks: str
) -> None:
    """The grants of a source with a prefix do not allow HeadBucket."""
    stack.configure_source(prefix=prefix)

    answer = call("GET", "/health")

    assert answer.status == 200
    asked = [name for name, parameters in requests.made if parameters.get("Bucket") == SOURCES]
    assert asked == [asks]


@pytest.mark.parametrize("broken", ["source", "archives", "database", "queue"])
def test_a_stack_says_which_of_its_parts_is_missing(stack: Stack, broken: str) -> None:
    if broken == "source":
        clients.s3().delete_bucket(Bucket=SOURCES)
    elif broken == "archives":
        clients.s3().delete_bucket(Bucket=ARCHIVES)
    elif broken == "database":
        aws.dynamodb().delete_table(TableName=TABLE)
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


@pytest.mark.usefixtures("stack", "no_backoff")
def test_while_the_table_is_down_the_answer_says_when_to_ask_again() -> None:
    job_id = export(file_ids=[10001])

    with answering(TABLE_IS_DOWN, "GetItem"):
        answer = call("GET", f"/v1/export/{job_id}")

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert answer.body["type"] == "urn:problem-type:longhaul:unavailable"
