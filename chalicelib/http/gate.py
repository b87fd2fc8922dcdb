"""What happens to every request: it gets an id, its errors become problem documents, and its answer
gets common headers.

`answer` calls the function of a route that is open to everybody, `guarded` that of any other one.
`gate` is Chalice's middleware around all routes. It also makes
problem documents of what Chalice itself refuses: an unknown route, or a method that a route does
not have.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote

from chalice.app import Chalice, CORSConfig, Request, Response

from chalicelib.errors import (
    Forbidden,
    LonghaulError,
    MethodNotAllowed,
    NotFound,
    RateLimited,
    StorageRefused,
    Unauthorized,
)
from chalicelib.http import callers, guard
from chalicelib.http.callers import Caller
from chalicelib.http.calls import Call, Reply
from chalicelib.http.guard import Rule
from chalicelib.http.parse import raw_body
from chalicelib.http.problems import CONTENT_TYPE, problem
from chalicelib.http.schemas import USER_MAX
from chalicelib.log import JsonLines, Log
from chalicelib.services import Services, new_id

CORS: Final = CORSConfig(
    allow_headers=[
        "Authorization",
        "Idempotency-Key",
        "If-None-Match",
        "Last-Event-ID",
        "Prefer",
        "X-Request-ID",
    ],
    expose_headers=[
        "ETag",
        "Location",
        "Preference-Applied",
        "RateLimit-Limit",
        "RateLimit-Remaining",
        "RateLimit-Reset",
        "Retry-After",
        "WWW-Authenticate",
        "X-Request-ID",
    ],
    max_age=3600,
)

_LOG: Final[Log] = JsonLines()
_SANE_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
_BROKEN: Final = "something went wrong on our side; try again"
_METHOD_NOT_ALLOWED: Final = 405
_FIRST_ERROR: Final = 400
_OWN_ERRORS: Final = ("/health", "/unsubscribe/{token}")
"""The routes some of whose errors are no problem documents."""

_SECURITY: Final = {
    # https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def answer(app: Chalice, route: Callable[[Call], Reply]) -> Response:
    """Returns the answer of a route that is open to everybody, or a problem document if the route
    raises."""
    request = _request(app)
    response, _ = _attempt(lambda: route(_call(request)), request_id_of(request))
    return response


def guarded(
    app: Chalice,
    services: Callable[[], Services],
    rule: Rule,
    route: Callable[..., Reply],
    *path: str,
) -> Response:
    """Returns the answer of a route under /v1, if the caller may ask for it; else a problem
    document. The route takes the call, the services, and the parameters of its path."""
    request = _request(app)
    request_id = request_id_of(request)
    parameters = request.uri_params or {}
    job_id = parameters.get("job_id")
    caller = Caller(address=callers.address(request.context))
    level: Mapping[str, str] | None = None
    told: Any = None

    def attempt() -> Reply:
        nonlocal caller, level, told
        call = _call(request)
        caller = guard.caller_of(call, services(), rule, job_id)
        if rule.costs:
            level = guard.level(services(), caller, is_counted=True)
        reply = route(replace(call, caller=caller), services(), *path)
        told = reply.content
        return reply

    response, error = _attempt(attempt, request_id)
    if isinstance(error, Forbidden) and error.caller:
        caller = replace(error.caller, address=caller.address)
    # Not after a failure of ours: if the table does not answer, a second wait would be too long.
    if response.status_code < LonghaulError.status:
        if level is None and not isinstance(error, RateLimited):
            level = guard.level(services(), caller, is_counted=False)
        response.headers |= level or {}
    if isinstance(error, Unauthorized):
        config = services().settings
        response.headers["WWW-Authenticate"] = callers.challenge(
            error, callers.base_url(request.context, config), config
        )
    job_id = job_id or (told or {}).get("jobId")
    facts = guard.facts(rule, caller, job_id, response.status_code, error)
    if facts and "user_id" in parameters:
        facts = {**facts, "erasedUserId": unquote(parameters["user_id"])[:USER_MAX]}
    if facts:
        # The caller may have chosen the one, and cannot choose the other.
        gateway_id = request.context.get("requestId")
        services().log.info("audit", requestId=request_id, gatewayRequestId=gateway_id, **facts)
    return response


def _request(app: Chalice) -> Request:
    if app.current_request is None:
        raise RuntimeError("a route was called without a request")
    return app.current_request


def _call(request: Request) -> Call:
    event = request.to_original_event()
    return Call(
        context=request.context,
        headers={name.lower(): value for name, value in request.headers.items()},
        query=event.get("queryStringParameters") or {},
        body=raw_body(event),
        method=request.method,
    )


def _attempt(route: Callable[[], Reply], request_id: str) -> tuple[Response, LonghaulError | None]:
    """Returns the route's answer. If the route raises, returns a problem document, and the
    error."""
    try:
        reply = route()
    except StorageRefused:  # what S3 has said of our bucket is for the operator
        _LOG.exception("request failed", requestId=request_id)
        broken = LonghaulError(_BROKEN)
        return problem(broken, request_id), broken
    except LonghaulError as error:
        if error.status >= LonghaulError.status:
            _LOG.exception("request failed", requestId=request_id)
        return problem(error, request_id), error
    except Exception:  # noqa: BLE001 - whatever it is, the caller gets a problem document
        _LOG.exception("request broke", requestId=request_id)
        broken = LonghaulError(_BROKEN)
        return problem(broken, request_id), broken
    body = reply.text
    if reply.content is not None:
        body = json.dumps(reply.content, ensure_ascii=False)
    headers: dict[str, Any] = {**reply.headers}
    if body:
        headers.setdefault("Content-Type", "application/json")
    return Response(body=body, status_code=reply.status, headers=headers), None


def gate(
    app: Chalice, services: Callable[[], Services]
) -> Callable[[Request, Callable[[Request], Response]], Response]:
    """Returns the middleware for HTTP events."""

    def middleware(request: Request, get_response: Callable[[Request], Response]) -> Response:
        request_id = request_id_of(request)
        resource = request.context["resourcePath"]
        path = request.to_original_event().get("path") or ""
        is_head = request.method == "HEAD"
        if is_head:
            # Each route with GET has HEAD too: the same answer without its body.
            request.context["httpMethod"] = "GET"
        if resource in app.routes:
            response = get_response(request)
        else:
            unknown = NotFound(f"there is no {path[:200]}; see /openapi.json")
            response = _counted(problem(unknown, request_id), path, request, services)
        if response.status_code == _METHOD_NOT_ALLOWED:
            known = {*app.routes[resource], "OPTIONS"}
            allowed = ", ".join(sorted(known | {"HEAD"} if "GET" in known else known))
            error = MethodNotAllowed(
                f"{request.method} is not possible here, only {allowed}", headers={"Allow": allowed}
            )
            response = _counted(problem(error, request_id), path, request, services)
        elif (
            response.status_code >= _FIRST_ERROR
            and response.headers.get("Content-Type") != CONTENT_TYPE
            and resource not in _OWN_ERRORS
        ):
            response = problem(LonghaulError("something went wrong on our side"), request_id)
        response.headers = {
            **_SECURITY,
            **response.headers,
            "X-Request-ID": request_id,
            **CORS.get_access_control_headers(),
        }
        if is_head:
            response.body = ""
        return response

    return middleware


def _counted(
    response: Response, path: str, request: Request, services: Callable[[], Services]
) -> Response:
    """Returns the answer to a request that no route took. If it was for the API, the answer says
    how many requests are left, as all of its answers do."""
    if path.partition("?")[0].startswith("/v1") or path == "/health":
        caller = Caller(address=callers.address(request.context))
        response.headers |= guard.level(services(), caller, is_counted=False)
    return response


def request_id_of(request: Request) -> str:
    """Returns the caller's X-Request-ID if it is sane, else the gateway's own, which is a UUID."""
    given = request.headers.get("x-request-id", "")
    if _SANE_REQUEST_ID.fullmatch(given):
        return str(given)
    return str(request.context.get("requestId") or new_id())
