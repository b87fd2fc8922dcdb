"""What all routes have in common: unknown routes and methods, headers, CORS."""

import re
from uuid import uuid4

import pytest

from tests.e2e.api import Api

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

ANSWERS = [
    pytest.param("GET", "/health", 200, id="an answer"),
    pytest.param("GET", f"/v1/export/{uuid4()}", 404, id="a missing job"),
    pytest.param("GET", "/nowhere", 404, id="an unknown route"),
    pytest.param("PUT", "/health", 405, id="an unknown method"),
    pytest.param("POST", "/v1/export", 400, id="a bad request"),
]


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/assets/app.js", "/v1", "/v1/exports", "/v2/export", "/v1/export/a/b", "/ü/%20"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_route_is_not_found(api: Api, method: str, path: str) -> None:
    answer = api.call(method, path)

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:problem-type:longhaul:not-found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/export", "GET, HEAD, OPTIONS, POST"),
        ("DELETE", "/v1/export", "GET, HEAD, OPTIONS, POST"),
        ("PUT", "/v1/export/some-id", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("POST", "/v1/export/some-id", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("POST", "/v1/export/some-id/request", "GET, HEAD, OPTIONS"),
        ("DELETE", "/v1/export/some-id/download", "GET, HEAD, OPTIONS"),
        ("POST", "/v1/export/some-id/progress", "GET, HEAD, OPTIONS"),
        ("GET", "/v1/download/check", "OPTIONS, POST"),
        ("POST", "/health", "GET, HEAD, OPTIONS"),
        ("PUT", "/openapi.json", "GET, HEAD, OPTIONS"),
        ("POST", "/", "GET, HEAD, OPTIONS"),
        ("POST", "/longhaul-export.js", "GET, HEAD, OPTIONS"),
        ("PUT", "/v1/files", "GET, HEAD, OPTIONS"),
        ("POST", "/v1/files/totals", "GET, HEAD, OPTIONS"),
        ("GET", "/v1/export/some-id/notify", "OPTIONS, POST"),
        ("POST", "/v1/notifications", "GET, HEAD, OPTIONS"),
    ],
)
def test_an_unknown_method_is_refused_with_the_list_of_known_ones(
    api: Api, method: str, path: str, allowed: str
) -> None:
    answer = api.call(method, path)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == allowed
    assert answer.json()["type"] == "urn:problem-type:longhaul:method-not-allowed"


@pytest.mark.parametrize("path", ["/health", "/v1/export", "/openapi.json", "/v1/export/none"])
def test_head_answers_like_get_without_the_body(api: Api, path: str) -> None:
    get, head = api.get(path), api.call("HEAD", path)

    assert head.status_code == get.status_code
    assert head.headers["Content-Type"] == get.headers["Content-Type"]
    assert not head.content


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_answer_has_security_headers(api: Api, method: str, path: str, status: int) -> None:
    answer = api.call(method, path)

    assert answer.status_code == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "max-age=" in answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_scripts_of_other_origins_can_read_every_answer(
    api: Api, method: str, path: str, status: int
) -> None:
    answer = api.call(method, path, headers={"Origin": "https://app.example"})

    exposed = answer.headers["Access-Control-Expose-Headers"].split(",")
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    needed = {"ETag", "Location", "Preference-Applied", "Retry-After", "X-Request-ID"}
    needed.add("traceparent")
    assert needed <= set(exposed)


@pytest.mark.parametrize(
    "path",
    ["/v1/export", "/v1/export/some-id", "/v1/export/some-id/progress", "/v1/download/check"],
)
def test_a_preflight_allows_what_a_script_needs(api: Api, path: str) -> None:
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,idempotency-key,last-event-id,prefer,"
        "traceparent",
    }

    answer = api.call("OPTIONS", path, headers=asked)

    assert answer.ok
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    needed = {"content-type", "idempotency-key", "if-none-match", "last-event-id", "prefer"}
    needed.add("traceparent")
    assert needed <= set(allowed.split(","))


def test_a_preflight_lists_every_method_of_the_route(api: Api) -> None:
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "PATCH"}

    answer = api.call("OPTIONS", "/v1/export/some-id", headers=asked)

    allowed = set(answer.headers["Access-Control-Allow-Methods"].split(","))
    assert {"GET", "PATCH", "DELETE"} <= allowed


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_answer_has_its_own_request_id(api: Api, method: str, path: str, status: int) -> None:
    first, second = api.call(method, path), api.call(method, path)

    assert first.status_code == status
    assert UUID.fullmatch(first.headers["X-Request-ID"])
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]


@pytest.mark.parametrize("path", ["/health", "/nowhere", "/v1/export/none"])
def test_a_valid_request_id_is_kept(api: Api, path: str) -> None:
    answer = api.get(path, headers={"X-Request-ID": "my-trace.42"})

    assert answer.headers["X-Request-ID"] == "my-trace.42"


@pytest.mark.parametrize("given", ["with space", "a" * 129, "<script>", "ü".encode()])
def test_an_invalid_request_id_is_replaced(api: Api, given: str | bytes) -> None:
    answer = api.get("/health", headers={"X-Request-ID": given})

    assert UUID.fullmatch(answer.headers["X-Request-ID"])


def test_a_problem_contains_its_request_id(api: Api) -> None:
    answer = api.get("/nowhere")

    assert answer.json()["requestId"] == answer.headers["X-Request-ID"]


def test_all_services_of_the_stack_are_healthy(api: Api) -> None:
    answer = api.get("/health")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "healthy",
        "checks": {"storage": "ok", "database": "ok", "queue": "ok"},
    }
