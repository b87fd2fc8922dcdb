"""Valid requests, and the errors for invalid ones."""

import pytest

from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources

JSON_TYPE = {"Content-Type": "application/json"}
ROUTES = ("/v1/export", "/v1/download/check")


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"file_ids": [10001]', id="half an object"),
        pytest.param(b"{'file_ids': [10001]}", id="single quotes"),
        pytest.param(b'{"file_ids": [NaN]}', id="NaN"),
        pytest.param(b"[" * 50_000, id="too deep"),
    ],
)
def test_a_body_that_is_not_json_is_refused(api: Api, path: str, body: bytes) -> None:
    answer = api.post(path, body=body, headers=JSON_TYPE)

    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:problem-type:longhaul:malformed-body"


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream", "json"],
)
def test_a_body_of_another_type_is_refused(api: Api, path: str, content_type: str) -> None:
    answer = api.post(path, body=b'{"file_id": 10001}', headers={"Content-Type": content_type})

    assert answer.status_code == 415
    assert content_type in answer.json()["detail"]


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_a_json_type_can_have_parameters_and_any_case(api: Api, content_type: str) -> None:
    answer = api.post(
        "/v1/download/check", body=b'{"file_id": 10001}', headers={"Content-Type": content_type}
    )

    assert answer.status_code == 200


@pytest.mark.parametrize("path", ROUTES)
def test_a_body_that_is_too_large_is_refused(api: Api, path: str) -> None:
    answer = api.post(path, body=b" " * (2 * 1024**2 + 1), headers=JSON_TYPE)

    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:problem-type:longhaul:body-too-large"


@pytest.mark.parametrize(
    "file_id",
    [9_999, 100_000_001, -10_001, 0, 10_001.5, 1e300, "10001", True, None, [10_001], {}],
    ids=repr,
)
def test_an_invalid_file_id_is_refused_with_its_position(api: Api, file_id: object) -> None:
    answer = api.post("/v1/export", {"file_ids": [10_001, file_id]})

    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/file_ids/1"]


@pytest.mark.parametrize("file_id", [9_999, 100_000_001, 10_001.5, "10001", True, None], ids=repr)
def test_a_check_of_an_invalid_file_id_is_refused(api: Api, file_id: object) -> None:
    answer = api.post("/v1/download/check", {"file_id": file_id})

    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/file_id"]


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({}, ""),
        ([], ""),
        ("10001", ""),
        ({"file_ids": [10_001], "prefix": "a/"}, ""),
        ({"file_ids": [10_001], "keys": ["a"]}, ""),
        ({"file_ids": []}, "/file_ids"),
        ({"file_ids": 10_001}, "/file_ids"),
        ({"file_ids": list(range(10_000, 20_001))}, "/file_ids"),
        ({"keys": []}, "/keys"),
        ({"keys": [""]}, "/keys/0"),
        ({"keys": ["a\ud800"]}, "/keys/0"),
        ({"keys": ["ü" * 513]}, "/keys/0"),
        ({"prefix": ""}, "/prefix"),
        ({"prefix": 1}, "/prefix"),
        ({"prefix": "a\ud800"}, "/prefix"),
        ({"file_ids": [10_001], "filename": ""}, "/filename"),
        ({"file_ids": [10_001], "filename": "a" * 201}, "/filename"),
        ({"file_ids": [10_001], "filename": "a\r\nSet-Cookie: b"}, "/filename"),
        ({"file_ids": [10_001], "on_missing": "ignore"}, "/on_missing"),
        ({"file_ids": [10_001], "user_id": ""}, "/user_id"),
        ({"file_ids": [10_001], "user_id": "a" * 129}, "/user_id"),
        ({"file_ids": [10_001], "fresh": "yes"}, "/fresh"),
        ({"file_ids": [10_001], "fileIds": [10_001]}, "/fileIds"),
        ({"fileIds": []}, "/fileIds"),
        ({"fileIds": [10_001], "onMissing": "ignore"}, "/onMissing"),
        ({"fileIds": [10_001], "onUnreadable": "ignore"}, "/onUnreadable"),
        ({"fileIds": [10_001], "userId": ""}, "/userId"),
    ],
    ids=lambda value: str(value)[:60] or "body",
)
def test_an_error_in_the_body_is_refused_with_its_pointer(
    api: Api, content: object, pointer: str
) -> None:
    answer = api.post("/v1/export", content)

    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:problem-type:longhaul:invalid-request"
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


def test_all_errors_are_reported_at_once(api: Api) -> None:
    answer = api.post("/v1/export", {"file_ids": [1, "2"], "on_missing": "", "x": 0})

    pointers = {fault["pointer"] for fault in answer.json()["errors"]}
    assert pointers == {"/file_ids/0", "/file_ids/1", "/on_missing", "/x"}


def test_a_repeated_file_id_counts_once(api: Api, sources: Sources) -> None:
    file = sources.put(b"once")

    job_id = api.export(file_ids=[file.file_id, file.file_id, float(file.file_id)])
    job = api.completed(job_id)

    assert job["result"]["totalFiles"] == 1
    assert job["result"]["processedFiles"] == 1


@pytest.mark.parametrize("count", [10_000])
def test_the_documented_number_of_ids_is_accepted(
    api: Api, backstage: Backstage, count: int
) -> None:
    answer = api.post("/v1/export", {"file_ids": list(range(10_000, 10_000 + count))})

    assert answer.status_code == 202
    assert answer.json()["totalFiles"] == count
    # Cancelled, so that no worker spends time on it.
    assert api.delete(f"/v1/export/{answer.json()['jobId']}").status_code == 202


def test_an_existing_file_is_available(api: Api, sources: Sources) -> None:
    file = sources.put(b"12345")

    answer = api.post("/v1/download/check", {"fileId": file.file_id})

    assert answer.status_code == 200
    assert answer.json() == {
        "fileId": file.file_id,
        "file_id": file.file_id,
        "available": True,
        "s3Key": file.key,
        "size": 5,
        "name": file.name,
        "reason": None,
        "detail": None,
    }


def test_a_missing_file_is_not_available(api: Api, sources: Sources) -> None:
    gone = sources.new_id()

    answer = api.post("/v1/download/check", {"file_id": gone})

    assert answer.status_code == 200
    assert answer.json() == {
        "fileId": gone,
        "file_id": gone,
        "available": False,
        "s3Key": None,
        "size": None,
        "name": None,
        "reason": "missing",
        "detail": "does not exist",
    }
