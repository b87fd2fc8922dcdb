"""POST /v1/download/check and GET /health."""

from typing import Any

import pytest

from chalicelib import aws
from chalicelib.s3 import clients
from tests.integration.cloud import ARCHIVES, SOURCES, TABLE
from tests.integration.finding import found
from tests.integration.gateway import call, export
from tests.integration.stack import Stack
from tests.integration.wire import TABLE_IS_DOWN, Requests, answering, listening

GLACIER: Any = {
    "StorageClass": "GLACIER",
    "Metadata": {"filename": "cold.csv"},
    "ContentEncoding": "gzip",
}


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
        "name": "10001",
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
        "name": None,
        "reason": "missing",
        "detail": "does not exist",
    }


def test_several_files_are_checked_in_their_order(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"four", filename="=?UTF-8?B?R3LDtsOfZTogMS5jc3Y=?=")
    stack.put_file("downloads/10003", b"")
    clients.s3().put_object(Bucket=SOURCES, Key="downloads/10004", Body=b"5", **GLACIER)

    answer = call("POST", "/v1/download/check", body={"file_ids": [10004, 10002, 10001, 10003]})

    assert answer.status == 200
    assert answer.body == {
        "files": [
            {
                **_checked(10004, "downloads/10004", 1, "cold.csv.gz"),
                "available": False,
                "reason": "archived",
                "detail": "in GLACIER; restore it first",
            },
            {
                **_checked(10002, None, None, None),
                "available": False,
                "reason": "missing",
                "detail": "does not exist",
            },
            _checked(10001, "downloads/10001", 4, "Größe_ 1.csv"),
            _checked(10003, "downloads/10003", 0, "10003"),
        ]
    }


def test_a_hundred_keys_are_checked_with_a_request_each(stack: Stack, requests: Requests) -> None:
    keys = [f"in/{number}" for number in range(100)]
    for key in keys[::2]:
        stack.put_file(key, b"x", filename=f"{key}.txt")
    requests.made.clear()

    answer = call("POST", "/v1/download/check", body={"keys": keys[::-1]})
    too_many = call("POST", "/v1/download/check", body={"keys": [*keys, "in/100"]})

    assert [file["file"] for file in answer.body["files"]] == keys[::-1]
    assert [file["name"] for file in answer.body["files"]][-3:] == ["in/2.txt", None, "in/0.txt"]
    assert dict(requests.count()) == {"HeadObject": 100}
    assert (too_many.status, too_many.body["errors"][0]["pointer"]) == (400, "/keys")


def test_a_name_is_that_of_an_archive_with_this_file(stack: Stack) -> None:
    named = {
        "downloads/10001": {"Metadata": {"filename": "../a?.json"}, "ContentEncoding": "gzip"},
        "downloads/10002": {"Metadata": {"filename": "plain.txt"}},
        "downloads/10003": {"ContentEncoding": "br"},
    }
    for key, facts in named.items():
        more: Any = facts
        clients.s3().put_object(Bucket=SOURCES, Key=key, Body=b"1", **more)

    answer = call("POST", "/v1/download/check", body={"file_ids": [10001, 10002, 10003]})
    entries = found(stack, file_ids=(10001, 10002, 10003)).entries

    names = [file["name"] for file in answer.body["files"]]
    assert names == ["__/a_.json.gz", "plain.txt", "10003.br"]
    assert names == [entry.name for entry in entries]


def test_a_check_does_not_wait_for_a_slow_storage(stack: Stack) -> None:
    """After some seconds no other files are looked up."""
    keys = [f"in/{number}" for number in range(100)]
    looked: list[str] = []

    def slowly(operation: str, parameters: dict[str, Any]) -> None:
        looked.append(parameters["Key"])
        stack.clock.advance(seconds=0.2)

    with listening(slowly):
        answer = call("POST", "/v1/download/check", body={"keys": keys})

    assert answer.status == 503
    assert "check fewer files at a time" in answer.body["detail"]
    assert len(looked) < 100


def _checked(file: int | str, key: str | None, size: int | None, name: str | None) -> Any:
    return {
        "file": file,
        "available": True,
        "s3Key": key,
        "size": size,
        "name": name,
        "reason": None,
        "detail": None,
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
