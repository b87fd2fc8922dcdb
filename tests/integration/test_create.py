"""POST /v1/export: which requests are accepted, and what the caller gets."""

from hashlib import sha256
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.queue.messages import Message, Step
from chalicelib.s3 import clients
from chalicelib.trace_ids import job_digest
from tests.integration.cloud import ARCHIVES
from tests.integration.gateway import BASE, call, export, post_export, status
from tests.integration.stack import Stack

LONG = [sha256(str(number).encode()).hexdigest() for number in range(40)]
"""Keys that take more room than a job's record has."""


def test_the_answer_to_an_accepted_export_has_the_urls_of_its_job(stack: Stack) -> None:
    answer = post_export({"file_ids": [10001, 10002]})

    job_url = f"{BASE}/v1/export/{answer.body['jobId']}"
    assert answer.status == 202
    assert answer.headers["Location"] == job_url
    assert answer.headers["Retry-After"] == "1"
    assert answer.body == {
        "jobId": answer.body["jobId"],
        "status": "queued",
        "totalFiles": 2,
        "message": "The export is queued; follow statusUrl.",
        "statusUrl": job_url,
        "sseUrl": f"{job_url}/progress",
        "downloadUrl": f"{job_url}/download?redirect=true",
        "linkUrl": f"{job_url}/download",
        "traceId": job_digest(answer.body["jobId"]),
    }


def test_an_accepted_export_has_a_record_and_its_first_step_in_the_queue(stack: Stack) -> None:
    job_id = export(file_ids=[10001])

    assert stack.job(job_id).user_id == "anonymous"
    assert stack.take_messages() == [Message(Step.PLAN, job_id)]


@pytest.mark.parametrize(
    ("request_body", "total"),
    [
        ({"file_ids": [10_000, 100_000_000]}, 2),
        ({"file_ids": list(range(10_000, 20_000))}, 10_000),
        ({"keys": ["downloads/a.pdf"]}, 1),
        ({"keys": ["a" * 1024]}, 1),
        ({"prefix": "reports/2024/"}, 0),
        ({"file_ids": [10001], "on_missing": "fail", "fresh": True}, 1),
    ],
)
def test_every_way_to_name_files_is_accepted(
    stack: Stack, request_body: dict[str, Any], total: int
) -> None:
    answer = post_export(request_body)

    assert (answer.status, answer.body["totalFiles"]) == (202, total)


@pytest.mark.parametrize(
    ("request_body", "total"),
    [
        ({"file_ids": [10001, 10002, 10001, 10001.0, 1.0001e4]}, 2),
        ({"keys": ["b", "a", "b"]}, 2),
    ],
)
def test_a_file_that_is_named_twice_counts_once(
    stack: Stack, request_body: dict[str, Any], total: int
) -> None:
    answer = post_export(request_body)

    assert answer.body["totalFiles"] == total


def test_a_job_belongs_to_the_user_who_asked(stack: Stack) -> None:
    job_id = export(file_ids=[10001], user_id="Zoë")

    assert stack.job(job_id).user_id == "Zoë"


def test_the_authorizers_user_counts_and_not_the_one_in_the_body(stack: Stack) -> None:
    answer = call(
        "POST",
        "/v1/export",
        body={"file_ids": [10001], "user_id": "mallory"},
        authorizer={"claims": {"sub": "alice"}},
    )

    assert stack.job(answer.body["jobId"]).user_id == "alice"


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("March.zip", "March.zip"),
        ("March", "March.zip"),
        ("report.ZIP", "report.ZIP"),
        ("../../etc/passwd", "_.._etc_passwd.zip"),
        ("Übersicht für März", "Übersicht für März.zip"),
    ],
)
def test_a_wanted_filename_is_made_safe_to_save(stack: Stack, wanted: str, given: str) -> None:
    job_id = export(file_ids=[10001], filename=wanted)

    assert stack.job(job_id).filename == given


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"fileIds": [10001]}, "10001-2026-05-28.zip"),
        ({"fileIds": [10001, 10002, 10002]}, "10001-and-1-more-2026-05-28.zip"),
        ({"keys": ["in/März.pdf", "in/b"]}, "März-and-1-more-2026-05-28.zip"),
        ({"prefix": "in/photos/", "filename": "..."}, "photos-2026-05-28.zip"),
        ({"files": [{"prefix": "in/a/"}, {"key": "b"}]}, "a-and-1-more-2026-05-28.zip"),
    ],
)
def test_without_a_usable_filename_the_archive_is_named_after_what_was_chosen(
    stack: Stack, asked: dict[str, Any], name: str
) -> None:
    job_id = export(**asked)

    assert stack.job(job_id).filename == name


def test_a_repeated_request_gets_the_name_of_the_first_day(stack: Stack) -> None:
    asked = {"fileIds": [10001]}
    first = post_export(asked, key="once").body["jobId"]
    stack.clock.advance(days=1)

    again = post_export(asked, key="once").body["jobId"]

    assert again == first
    assert stack.job(again).filename == "10001-2026-05-28.zip"


def test_an_export_is_accepted_even_if_its_step_cannot_be_sent(stack: Stack) -> None:
    aws.sqs().delete_queue(QueueUrl=stack.services.settings.queue_url)

    answer = post_export({"file_ids": [10001]})

    assert answer.status == 202
    assert status(answer.body["jobId"])["status"] == "queued"


def test_a_short_request_lies_in_the_record_and_a_long_one_in_the_bucket(stack: Stack) -> None:
    short, long = export(file_ids=list(range(10_001, 10_041))), export(keys=LONG)

    assert stack.stored() == [stack.job(long).request_key]
    asked = stack.request(short), stack.request(long)
    assert [one and one.total_files for one in asked] == [40, 40]


def test_a_short_export_is_accepted_while_the_archive_bucket_is_gone(stack: Stack) -> None:
    clients.s3().delete_bucket(Bucket=ARCHIVES)

    assert post_export({"file_ids": [10001]}).status == 202


def test_no_long_export_is_accepted_while_the_archive_bucket_is_gone(stack: Stack) -> None:
    clients.s3().delete_bucket(Bucket=ARCHIVES)

    answer = post_export({"keys": LONG})

    assert answer.status == 500
    assert "NoSuchBucket" not in answer.body["detail"]


def test_the_body_may_be_in_base64(stack: Stack) -> None:
    answer = post_export(b'{"keys": ["caf\xc3\xa9"]}')

    assert answer.status == 202


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "application/ld+json"]
)
def test_every_content_type_of_json_is_accepted(stack: Stack, content_type: str) -> None:
    assert post_export({"prefix": "a"}, content_type=content_type).status == 202
