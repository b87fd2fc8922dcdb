"""What holds for every route: the OpenAPI document, problems, ids and headers."""

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from app import app
from chalicelib import aws
from tests.integration.cloud import TABLE
from tests.integration.gateway import (
    BASE,
    PAGE,
    REQUEST_ID,
    UNKNOWN_JOB,
    call,
    document,
    export,
    post_export,
)
from tests.integration.stack import Stack

EVERY_ROUTE = [
    (method.upper(), path)
    for path, methods in app.routes.items()
    for method in methods
    if path not in PAGE
]


def test_the_document_is_valid_openapi(stack: Stack) -> None:
    errors = list(OpenAPIV31SpecValidator(document()).iter_errors())

    assert errors == []


def test_the_document_describes_every_route_and_no_other(stack: Stack) -> None:
    described = {
        (method.upper(), path)
        for path, operations in document()["paths"].items()
        for method in operations
    }

    assert described == set(EVERY_ROUTE)


def test_each_operation_has_an_id_of_its_own(stack: Stack) -> None:
    ids = [
        operation["operationId"]
        for operations in document()["paths"].values()
        for operation in operations.values()
    ]

    assert len(set(ids)) == len(ids) == len(EVERY_ROUTE)


def test_the_document_names_every_path_parameter(stack: Stack) -> None:
    for path, operations in document()["paths"].items():
        for operation in operations.values():
            named = {
                f"{{{parameter['name']}}}"
                for parameter in operation.get("parameters", [])
                if parameter["in"] == "path"
            }
            assert named == {step for step in path.split("/") if step.startswith("{")}


def test_the_documents_server_is_this_stack(stack: Stack) -> None:
    assert call("GET", "/openapi.json").body["servers"] == [{"url": BASE}]


@pytest.mark.parametrize(("method", "path"), EVERY_ROUTE)
def test_every_route_answers_as_the_document_says(stack: Stack, method: str, path: str) -> None:
    answer = call(method, path.replace("{job_id}", export(file_ids=[10001])), body={})

    assert answer.status < 500


@pytest.mark.parametrize(("method", "path"), EVERY_ROUTE)
def test_an_answer_has_the_id_of_the_request(stack: Stack, method: str, path: str) -> None:
    answer = call(
        method, path.replace("{job_id}", UNKNOWN_JOB), headers={"x-request-id": "trace-42.a_B"}
    )

    assert answer.headers["X-Request-ID"] == "trace-42.a_B"


@pytest.mark.parametrize(
    "given", ["", "two words", "a" * 129, "x\r\nSet-Cookie: a=b", "ümlaut", "<script>", "a\n"]
)
def test_an_invalid_request_id_is_replaced_by_the_gateways_id(stack: Stack, given: str) -> None:
    answer = call("GET", "/health", headers={"X-Request-ID": given})

    assert answer.headers["X-Request-ID"] == REQUEST_ID


def test_a_request_without_an_id_gets_the_gateways_id(stack: Stack) -> None:
    assert call("GET", "/health").headers["X-Request-ID"] == REQUEST_ID


@pytest.mark.parametrize(
    "path",
    ["/v1", "/v1/exports", "/v2/export", "/favicon.ico", "/v1/export/a/b/c", "/ü", "/assets/a"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"])
def test_an_unknown_route_is_a_problem_document(stack: Stack, method: str, path: str) -> None:
    answer = call(method, path)

    assert answer.status == 404
    assert answer.body["type"] == "urn:problem-type:longhaul:not-found"
    assert "/openapi.json" in answer.body["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/v1/export", "GET, HEAD, OPTIONS, POST"),
        ("DELETE", "/v1/export", "GET, HEAD, OPTIONS, POST"),
        ("POST", f"/v1/export/{UNKNOWN_JOB}", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("DELETE", f"/v1/export/{UNKNOWN_JOB}/download", "GET, HEAD, OPTIONS"),
        ("POST", f"/v1/export/{UNKNOWN_JOB}/progress", "GET, HEAD, OPTIONS"),
        ("GET", "/v1/download/check", "OPTIONS, POST"),
        ("POST", "/v1/files", "GET, HEAD, OPTIONS"),
        ("POST", "/", "GET, HEAD, OPTIONS"),
        ("DELETE", "/assets/1/app.js", "GET, HEAD, OPTIONS"),
        ("POST", "/health", "GET, HEAD, OPTIONS"),
        ("PATCH", "/openapi.json", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_method_that_a_route_does_not_have_is_refused_with_those_it_has(
    stack: Stack, method: str, path: str, allow: str
) -> None:
    answer = call(method, path, body={"file_ids": [10001]})

    assert answer.status == 405
    assert answer.headers["Allow"] == allow
    assert answer.body["type"] == "urn:problem-type:longhaul:method-not-allowed"


@pytest.mark.parametrize("path", [path for method, path in EVERY_ROUTE if method == "GET"])
def test_head_answers_as_get_does_without_its_body(stack: Stack, path: str) -> None:
    path = path.replace("{job_id}", export(file_ids=[10001]))

    head, get = call("HEAD", path), call("GET", path)

    assert (head.status, head.headers, head.body) == (get.status, get.headers, None)


def test_head_is_refused_where_there_is_no_get(stack: Stack) -> None:
    answer = call("HEAD", "/v1/download/check")

    assert answer.status == 405
    assert answer.headers["Allow"] == "OPTIONS, POST"


@pytest.mark.parametrize("path", ["/v1", "/v2/export"])
def test_an_unknown_route_has_no_head_either(stack: Stack, path: str) -> None:
    assert call("HEAD", path).status == 404


def test_a_problem_document_has_the_members_of_rfc_9457(stack: Stack) -> None:
    answer = call("GET", f"/v1/export/{UNKNOWN_JOB}")

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.body == {
        "type": "urn:problem-type:longhaul:not-found",
        "title": "Not found",
        "status": 404,
        "detail": f"there is no job '{UNKNOWN_JOB}'; it was deleted, or has expired long ago",
        "requestId": REQUEST_ID,
    }


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/export"), ("GET", f"/v1/export/{UNKNOWN_JOB}")]
)
def test_an_internal_error_shows_no_details_to_the_caller(
    stack: Stack, method: str, path: str
) -> None:
    aws.dynamodb().delete_table(TableName=TABLE)

    answer = call(method, path)

    assert answer.status == 500
    assert "JobsTable" not in str(answer.body)
    assert "ResourceNotFound" not in str(answer.body)


def test_a_body_that_is_not_base64_is_refused(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.integration.gateway.base64.b64encode", lambda _: b"*not base64*")

    answer = post_export(b"{}")

    assert answer.status == 400
    assert answer.body["type"] == "urn:problem-type:longhaul:malformed-body"
