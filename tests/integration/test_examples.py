"""The examples of answers in the OpenAPI document look as what the API answers."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator, oas31_format_checker

from chalicelib import aws
from chalicelib.http import example_problems, examples, rates
from chalicelib.http.operations import paths
from chalicelib.named_sources import DEFAULT_NAME
from tests.integration.cloud import TABLE
from tests.integration.gateway import (
    Answer,
    call,
    cancel,
    document,
    export,
    post_export,
    post_retry,
)
from tests.integration.receiving import Receiver
from tests.integration.shapes import shape
from tests.integration.stack import Stack
from tests.integration.volumes import several

Act = Callable[[Stack], Answer]

OPERATIONS = {
    operation["operationId"]: operation
    for methods in paths([DEFAULT_NAME]).values()
    for operation in methods.values()
}
TOLD: dict[str, Any] = {"notify": {"url": "https://hooks.example.com/longhaul"}}
ADMIN = {"claims": {"sub": "root", "role": "admin"}}
MAIL = {"claims": {"sub": "ann", "email": "ann@example.com", "email_verified": True}}


@pytest.fixture
def files(stack: Stack, receiver: Receiver) -> Stack:
    """A stack with two files, which may tell some."""
    for file_id in (10001, 10002):
        stack.put_file(f"downloads/{file_id}", b"%d" % file_id, filename=f"{file_id}.pdf")
    return stack


def _job(stack: Stack, **request: Any) -> str:
    """Returns the id of a job that has ended."""
    job_id = export(**({"file_ids": [10001, 10002], "filename": "March.zip"} | request))
    assert stack.run_queue() == []
    return job_id


def _get(path: str = "", **request: Any) -> Act:
    return lambda stack: call("GET", f"/v1/export/{_job(stack, **request)}{path}")


def _queued(path: str = "", method: str = "GET", **request: Any) -> Act:
    wanted = {"file_ids": [10001, 10002], **request}
    return lambda _: call(method, f"/v1/export/{export(**wanted)}{path}")


def _asked(query: dict[str, str], path: str) -> Act:
    return lambda _: call("GET", path, query=query)


def _renamed(stack: Stack) -> Answer:
    return call("PATCH", f"/v1/export/{_job(stack)}", body={"filename": "B.zip"})


def _more(stack: Stack) -> Answer:
    for file_id in (10001, 10002):
        _job(stack, file_ids=[file_id])
    return call("GET", "/v1/export", query={"limit": "1"})


def _page(stack: Stack) -> Answer:
    _job(stack)
    return call("GET", "/v1/export")


def _watched(stack: Stack) -> Answer:
    return call("GET", f"/v1/export/{_job(stack)}/progress")


def _shared(stack: Stack) -> Answer:
    job_id = _job(stack)
    call("POST", f"/v1/export/{job_id}/shares")
    return call("GET", f"/v1/export/{job_id}/shares")


def _retried(stack: Stack) -> Answer:
    job_id = export(file_ids=[10001])
    cancel(job_id)
    return post_retry(job_id)


def _erased(stack: Stack) -> Answer:
    stack.configure(admin_claim="role=admin")
    return call("DELETE", "/v1/users/ann", authorizer=ADMIN)


def _unhealthy(stack: Stack) -> Answer:
    aws.dynamodb().delete_table(TableName=TABLE)
    return call("GET", "/health")


def _several(stack: Stack) -> Answer:
    return call("GET", f"/v1/export/{several(stack, archives=2).job_id}/download")


def _checked(**body: Any) -> Act:
    return lambda _: call("POST", "/v1/download/check", body=body)


REAL: dict[tuple[str, int, str], Act] = {
    ("createExport", 202, "queued"): lambda _: post_export({"fileIds": [10001, 10002]}),
    ("listExports", 200, "page"): _page,
    ("listExports", 200, "more"): _more,
    ("getExport", 200, "queued"): _queued(),
    ("getExport", 200, "completed"): _get(),
    ("getExport", 200, "skipped"): _get(file_ids=[10001, 10003]),
    ("getExport", 200, "failed"): _get(file_ids=[10001, 10003], on_missing="fail"),
    ("getExport", 200, "told"): _queued(**TOLD),
    ("renameExport", 200, "renamed"): _renamed,
    ("cancelExport", 202, "cancelled"): _queued(method="DELETE"),
    ("watchExport", 200, "event"): _watched,
    ("retryExport", 202, "queued"): _retried,
    ("exportRequest", 200, "ids"): _get("/request", source="default"),
    ("downloadArchive", 200, "link"): _get("/download"),
    ("downloadArchive", 200, "several"): _several,
    ("shareExport", 201, "share"): lambda s: call("POST", f"/v1/export/{_job(s)}/shares"),
    ("listShares", 200, "shares"): _shared,
    ("notifyAgain", 202, "pending"): _queued("/notify", "POST", **TOLD),
    ("listReceivers", 200, "both"): lambda _: call("GET", "/v1/notifications", authorizer=MAIL),
    ("listFiles", 200, "top"): _asked({}, "/v1/files"),
    ("listFiles", 200, "folder"): _asked({"prefix": "downloads/"}, "/v1/files"),
    ("countFiles", 200, "all"): _asked({"prefix": "downloads/"}, "/v1/files/totals"),
    ("estimateExport", 200, "fits"): _asked({"files": "5200", "bytes": "73"}, "/v1/estimate"),
    ("checkAvailability", 200, "one"): _checked(fileId=10001),
    ("checkAvailability", 200, "several"): _checked(fileIds=[10001, 10003]),
    ("eraseUser", 200, "erased"): _erased,
    ("health", 200, "healthy"): lambda _: call("GET", "/health"),
    ("health", 503, "unhealthy"): _unhealthy,
}
ELSEWHERE = {
    ("createExport", 202, "ticket"),
    ("getExport", 200, "processing"),
    ("watchExport", 200, "nothing"),
    ("listReceivers", 200, "neither"),
    ("protectedResource", 200, "issuer"),
    ("openapi", 200, "short"),
}
"""The examples that have a test of their own, or the shape of another one."""


def _example(name: tuple[str, int, str]) -> Any:
    operation_id, status, which = name
    return examples.ANSWERS[operation_id, status][which]["value"]


def test_each_example_of_an_answer_is_compared_with_a_real_one() -> None:
    named = {(*name, which) for name, shown in examples.ANSWERS.items() for which in shown}

    assert named == REAL.keys() | ELSEWHERE
    assert not REAL.keys() & ELSEWHERE


@pytest.mark.parametrize("name", REAL, ids=lambda name: "-".join(map(str, name)))
def test_an_example_has_the_shape_and_the_headers_of_a_real_answer(
    files: Stack, name: tuple[str, int, str]
) -> None:
    files.configure(rate_limit_per_minute=600, rate_limit_burst=600)
    answer = REAL[name](files)
    wanted = _example(name)

    assert answer.status == name[1]
    if isinstance(wanted, str):
        assert _fields(wanted) == _fields(answer.body)
    else:
        assert shape(answer.body) == shape(wanted)
    headers = OPERATIONS[name[0]]["responses"][str(name[1])].get("headers", {})
    assert headers.keys() - _seldom(name) <= answer.headers.keys()
    numbers = {one for one, told in headers.items() if told["example"].isdecimal()}
    assert all(answer.headers[one].isdecimal() for one in numbers & answer.headers.keys())


def _fields(events: str) -> list[str]:
    """Returns the names of the fields of an event stream, line by line."""
    return [line.partition(":")[0] for line in events.split("\n")]


def _seldom(name: tuple[str, int, str]) -> set[str]:
    """Returns the headers that such an answer need not have."""
    if name[1] == 503:  # the table has them, and does not answer
        return {*rates.HEADERS}
    is_open = name[2] in ("queued", "told", "processing")
    return {"Preference-Applied"} | (set() if is_open else {"Retry-After"})


def test_the_example_of_a_job_under_way_is_that_of_a_job() -> None:
    shown = examples.ANSWERS["getExport", 200]
    waiting, working = shape(shown["queued"]["value"]), shape(shown["processing"]["value"])

    assert working["progress"].pop("etaSeconds") == "int"
    assert waiting["progress"].pop("etaSeconds") == "NoneType"
    assert working == waiting


def test_nothing_new_is_told_as_the_example_says(files: Stack) -> None:
    job_id = export(file_ids=[10001])
    first = call("GET", f"/v1/export/{job_id}/progress").body
    seen = next(line[4:] for line in first.split("\n") if line.startswith("id: "))

    again = call("GET", f"/v1/export/{job_id}/progress", headers={"Last-Event-ID": seen})

    assert again.body == _example(("watchExport", 200, "nothing"))


def test_a_stack_that_tells_nobody_says_so_as_the_example_does(stack: Stack) -> None:
    assert call("GET", "/v1/notifications").body == _example(("listReceivers", 200, "neither"))


# -- every operation ------------------------------------------------------------------------------


def _check(schema: dict[str, Any], value: Any) -> None:
    whole = {**schema, "components": document()["components"]}
    OAS31Validator(whole, format_checker=oas31_format_checker).validate(value)


def _contents(described: dict[str, Any]) -> list[dict[str, Any]]:
    return list(described.get("content", {}).values())


def _value(example: dict[str, Any]) -> Any:
    if "$ref" in example:
        example = document()["components"]["examples"][example["$ref"].rpartition("/")[2]]
    return example["value"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_body_and_each_answer_has_examples_which_are_valid(stack: Stack, name: str) -> None:
    operation = OPERATIONS[name]
    contents = _contents(operation.get("requestBody", {}))
    for described in operation["responses"].values():
        contents += _contents(described)

    assert contents
    for content in contents:
        assert content["examples"], content
        for example in content["examples"].values():
            _check(content["schema"], _value(example))


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_is_described_and_in_a_group_that_is_described(name: str) -> None:
    operation = OPERATIONS[name]
    tags = {tag["name"]: tag["description"] for tag in document()["tags"]}

    assert len(operation["tags"]) == 1
    assert tags[operation["tags"][0]]
    assert operation["summary"]
    assert operation["description"]


def test_each_example_of_a_problem_is_used() -> None:
    text = json.dumps(document()["paths"])

    for name in document()["components"]["examples"]:
        assert f'#/components/examples/{name}"' in text, name


def test_a_problem_that_a_wait_helps_against_says_how_long() -> None:
    for name, operation in OPERATIONS.items():
        limited = operation["responses"].get("429")
        if limited:
            assert limited["headers"]["Retry-After"]["example"].isdecimal(), name
            assert list(example_problems.retry_afters(name, 429))
