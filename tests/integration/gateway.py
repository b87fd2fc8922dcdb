"""Stands for API Gateway: calls the app with proxy events.

Each answer is checked against the OpenAPI document.
"""

import base64
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from openapi_schema_validator import OAS31Validator, oas31_format_checker

from app import app
from chalicelib.http import unsubscribe
from chalicelib.http.calls import Call, Reply
from chalicelib.trace_ids import of_traceparent
from tests.eventsource import Response, parsed

DOMAIN = "api.example.com"
BASE = f"https://{DOMAIN}/api"
REQUEST_ID = "7f0bb5b4-9c2c-4f3e-8d3b-2d9d6a1f0c11"
UNKNOWN_JOB = "8f0bb5b4-9c2c-4f3e-8d3b-2d9d6a1f0c11"
ANY_PATH = "/{proxy+}"
PROBLEM = "application/problem+json"
UNSUBSCRIBE = "/unsubscribe/{token}"
COMPONENT = "/longhaul-export.js"
REFERENCE = ("/docs", "/docs/{version}/{name}")
PAGE = ("/", "/assets/{version}/{name}", *REFERENCE, UNSUBSCRIBE, COMPONENT)
"""The routes of pages and for them, which the document does not have."""
EVENT_STREAM = "text/event-stream"

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
}

PAGE_HEADERS = {
    **SECURITY_HEADERS,
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'self'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
}

REFERENCE_HEADERS = {
    **SECURITY_HEADERS,
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
}

UNSUBSCRIBE_HEADERS = {
    **SECURITY_HEADERS,
    "Content-Security-Policy": "default-src 'none'; "
    f"style-src '{unsubscribe.STYLE_HASH}'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is parsed JSON, the text if it is not JSON, or None if there is none. Header names are
    as the app writes them."""

    status: int
    headers: dict[str, str]
    body: Any


def call(
    method: str,
    path: str,
    *,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    authorizer: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
) -> Answer:
    """Calls the app as API Gateway does. A `body` of text or bytes is sent as it is (bytes in
    base64), any other one as JSON. `context` is more of the event's `requestContext`. Fails if the
    answer is not what the OpenAPI document says."""
    resource, parameters = _resource(path)
    event = _event(method, path, resource, parameters)
    event["headers"] = dict(headers or {})
    event["queryStringParameters"] = dict(query) if query else None
    event["multiValueQueryStringParameters"] = {k: [v] for k, v in query.items()} if query else None
    event["body"], event["isBase64Encoded"] = _body(body), isinstance(body, bytes)
    event["requestContext"]["authorizer"] = dict(authorizer) if authorizer else None
    event["requestContext"] |= context or {}
    answered = app(event, None)
    text = answered["body"].encode().decode()  # Lambda returns UTF-8 only
    is_json = answered["headers"].get("Content-Type", "").endswith("json")
    content = (json.loads(text) if is_json else text) if text else None
    answer = Answer(answered["statusCode"], answered["headers"], content)
    is_page = resource in PAGE and answer.headers.get("Content-Type") != PROBLEM
    _check_headers(answer, _security(resource) if is_page else SECURITY_HEADERS)
    if is_page:
        return answer
    _check_body(answer, method, resource)
    return answer


def post_export(body: object, *, key: str | None = None, content_type: str | None = None) -> Answer:
    """Asks for an export, with this Idempotency-Key."""
    headers = {"Idempotency-Key": key, "Content-Type": content_type}
    sent = {name: value for name, value in headers.items() if value is not None}
    return call("POST", "/v1/export", body=body, headers=sent)


def export(**request: object) -> str:
    """Asks for an export. Returns its job's id."""
    return _accepted(post_export(request))


def post_retry(
    job_id: str,
    *,
    key: str | None = None,
    body: object = None,
    authorizer: Mapping[str, Any] | None = None,
) -> Answer:
    """Asks for a retry of the job, with this Idempotency-Key."""
    headers = {} if key is None else {"Idempotency-Key": key}
    path = f"/v1/export/{job_id}/retry"
    return call("POST", path, body=body, headers=headers, authorizer=authorizer)


def retry(job_id: str, key: str | None = None) -> str:
    """Asks for a retry of the job. Returns the new job's id."""
    return _accepted(post_retry(job_id, key=key))


def cancel(job_id: str) -> Answer:
    return call("DELETE", f"/v1/export/{job_id}")


def status(job_id: str) -> Any:
    """Returns what the API says of the job."""
    answer = call("GET", f"/v1/export/{job_id}")
    assert answer.status == 200, answer
    return answer.body


def download_link(job_id: str) -> str:
    answer = call("GET", f"/v1/export/{job_id}/download")
    assert answer.status == 200, answer
    return str(answer.body["downloadUrl"])


def twenty_at_once(
    route: Callable[[Call], Reply], resource: str, *, key: str | None = None, body: bytes = b""
) -> set[str]:
    """Calls a route's function in 20 threads at the same time. Returns the ids of their jobs."""
    context = {"resourcePath": resource, "path": f"/api{resource}", "domainName": DOMAIN}
    request = Call(context, {} if key is None else {"idempotency-key": key}, {}, body)
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(route, [request] * 20))
    return {reply.content["jobId"] for reply in replies if reply.content}


@cache
def document() -> Any:
    """Returns the OpenAPI document, as the app serves it."""
    return json.loads(app(_event("GET", "/openapi.json", "/openapi.json", {}), None)["body"])


def connect(job_id: str) -> Callable[[dict[str, str]], Response]:
    """Returns the function by which an EventSource reaches the job's events."""

    def over_the_gateway(headers: dict[str, str]) -> Response:
        answer = call("GET", f"/v1/export/{job_id}/progress", headers=headers)
        content_type = answer.headers.get("Content-Type", "")
        return Response(answer.status, content_type, (answer.body or "").encode())

    return over_the_gateway


def path_of(url: str) -> str:
    """Returns the path, as routes have it, of one of the API's own URLs."""
    assert url.startswith(f"{BASE}/"), url
    return urlsplit(url).path.removeprefix("/api")


def _accepted(answer: Answer) -> str:
    assert answer.status == 202, answer
    return str(answer.body["jobId"])


def _event(method: str, path: str, resource: str, parameters: dict[str, str]) -> dict[str, Any]:
    """Returns a REST API's proxy event.
    https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html#apigateway-example-event"""
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": {},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "path": f"/api{path}",
            "stage": "api",
            "apiId": "a1b2c3d4e5",
            "domainName": DOMAIN,
            "requestId": REQUEST_ID,
            "httpMethod": method,
        },
        "body": None,
        "isBase64Encoded": False,
    }


def _body(body: object) -> str | None:
    if body is None or isinstance(body, str):
        return body
    return base64.b64encode(body).decode() if isinstance(body, bytes) else json.dumps(body)


def _resource(path: str) -> tuple[str, dict[str, str]]:
    """Returns the API's resource for the path, and the path parameters."""
    steps = path.strip("/").split("/")
    for resource in app.routes:
        wanted = resource.strip("/").split("/")
        pairs = list(zip(wanted, steps, strict=False))
        if len(wanted) == len(steps) and all(w == s or w.startswith("{") for w, s in pairs):
            return resource, {w.strip("{}"): s for w, s in pairs if w.startswith("{")}
    return ANY_PATH, {"proxy": path.strip("/")}


def _security(resource: str) -> Mapping[str, str]:
    if resource in REFERENCE:
        return REFERENCE_HEADERS
    if resource == COMPONENT:
        return SECURITY_HEADERS
    return UNSUBSCRIBE_HEADERS if resource == UNSUBSCRIBE else PAGE_HEADERS


def _check_headers(answer: Answer, security: Mapping[str, str]) -> None:
    assert security.items() <= answer.headers.items()
    assert answer.headers["X-Request-ID"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    assert of_traceparent(answer.headers["traceparent"])


def _check_body(answer: Answer, method: str, resource: str) -> None:
    if method == "HEAD":
        assert answer.body is None
        return
    operation = document()["paths"].get(resource, {}).get(method.lower())
    schema: dict[str, Any]
    if operation is None:  # an unknown route or method
        content_type, schema = PROBLEM, {"$ref": "#/components/schemas/Problem"}
    else:
        responses = operation["responses"]
        described = responses.get(str(answer.status)) or responses["default"]
        content_type, schema = _content(described, resource)
    if not content_type:
        assert answer.body is None, f"{answer.status} has a body, which the document does not have"
        return
    assert answer.headers["Content-Type"] == content_type
    whole = {**schema, "components": document()["components"]}
    OAS31Validator(whole, format_checker=oas31_format_checker).validate(answer.body)
    if content_type == EVENT_STREAM:
        job = {"$ref": "#/components/schemas/Job", "components": document()["components"]}
        for message in parsed(answer.body.encode()):
            content = json.loads(message.data)
            OAS31Validator(job, format_checker=oas31_format_checker).validate(content)
            assert message.type == content["status"]
    if content_type == PROBLEM:
        assert answer.body["status"] == answer.status
        assert answer.body["requestId"] == answer.headers["X-Request-ID"]


def _content(described: dict[str, Any], resource: str) -> tuple[str, dict[str, Any]]:
    """Returns the content type and the schema of a documented answer. The type is empty if the
    answer has no body."""
    if "content" not in described:
        return ("application/json", {}) if resource == "/openapi.json" else ("", {})
    ((content_type, content),) = described["content"].items()
    return content_type, content["schema"]
