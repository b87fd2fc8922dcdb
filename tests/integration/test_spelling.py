"""Requests in camelCase and in the old spelling mean the same, over all routes."""

import json
from typing import Any

import pytest

from chalicelib.jobs import places
from chalicelib.jobs.request import ExportRequest
from tests.integration.gateway import call, export, post_export
from tests.integration.stack import Stack

NEW = {"fileIds": [10001], "onMissing": "fail", "onUnreadable": "skip", "userId": "ann"}
OLD = {"file_ids": [10001], "on_missing": "fail", "on_unreadable": "skip", "user_id": "ann"}


def _stored(stack: Stack, job_id: str) -> ExportRequest:
    (key,) = [key for key in stack.stored(f"jobs/{job_id}") if places.is_request(key)]
    return ExportRequest.from_json(stack.services.archive.read(key) or b"")


def test_a_request_is_stored_in_one_spelling(stack: Stack) -> None:
    stack.limit(short_request=0)
    jobs = [post_export(body).body["jobId"] for body in (NEW, OLD)]

    first, second = (_stored(stack, job_id) for job_id in jobs)

    assert first == second
    assert json.loads(first.to_json()) == {**OLD, "fresh": False}


def test_one_key_makes_one_job_in_either_spelling(stack: Stack) -> None:
    answers = [post_export(body, key="k") for body in (NEW, OLD)]

    assert [answer.status for answer in answers] == [202, 202]
    assert answers[0].body["jobId"] == answers[1].body["jobId"]


@pytest.mark.parametrize("name", ["userId", "user_id"])
def test_jobs_are_listed_by_their_user(stack: Stack, name: str) -> None:
    job_id = export(**NEW)
    export(fileIds=[10001], userId="bob")

    listed = call("GET", "/v1/export", query={name: "ann"}).body["jobs"]

    assert [job["jobId"] for job in listed] == [job_id]


@pytest.mark.parametrize(
    ("path", "query", "body", "pointer"),
    [
        ("/v1/export", {}, {**NEW, "file_ids": [10002]}, "/fileIds"),
        (
            "/v1/export",
            {},
            {"keys": ["a"], "onMissing": "fail", "on_missing": "skip"},
            "/onMissing",
        ),
        ("/v1/download/check", {}, {"fileId": 10001, "file_id": 10001}, "/fileId"),
        ("/v1/export/JOB/shares", {}, {"expiresIn": 60, "expires_in": 60}, "/expiresIn"),
        ("/v1/export/JOB/retry", {}, {"onMissing": "skip", "on_missing": "skip"}, "/onMissing"),
        ("/v1/export", {"userId": "a", "user_id": "a"}, None, "userId"),
    ],
)
def test_both_spellings_at_once_are_refused_by_name(
    stack: Stack, path: str, query: dict[str, str], body: Any, pointer: str
) -> None:
    path = path.replace("JOB", export(file_ids=[10001]))

    answer = call("GET" if query else "POST", path, query=query, body=body)

    assert answer.status == 400
    (error,) = answer.body["errors"]
    assert error["pointer"] == pointer
    old = {"/fileIds": "file_ids", "/fileId": "file_id", "/expiresIn": "expires_in"}
    named = old.get(pointer, "user_id" if pointer == "userId" else "on_missing")
    assert error["detail"] == f"must not be given with {named}: they are the same field"


@pytest.mark.parametrize("name", ["expiresIn", "expires_in"])
def test_a_share_that_lives_too_long_is_refused_as_it_was_sent(stack: Stack, name: str) -> None:
    job_id = export(file_ids=[10001])
    path = f"/v1/export/{job_id}/shares"

    made = call("POST", path, body={name: 60})
    refused = call("POST", path, body={name: 30 * 24 * 3600})

    assert made.status == 201
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (400, f"/{name}")


def test_an_answer_has_no_name_of_two_words_but_in_camel_case(stack: Stack) -> None:
    """All but `file_id`, which the answer of a check has besides."""
    document = call("GET", "/openapi.json").body["components"]["schemas"]
    answers = {name: one for name, one in document.items() if not name.endswith("Request")}
    named = {name for one in answers.values() for name in _properties(one)}

    assert {name for name in named if "_" in name} == {
        "file_id",
        *document["ProtectedResource"]["properties"].keys(),  # RFC 9728 spells them
    } - {"resource"}


def _properties(schema: Any) -> set[str]:
    found = set(schema.get("properties", ())) if isinstance(schema, dict) else set()
    inner = schema.values() if isinstance(schema, dict) else schema
    return found.union(*(_properties(one) for one in inner if isinstance(one, dict | list)))
