"""What happens to every request: it gets an id and a span, its errors become problem documents, its
answer gets common headers, and it has a line in the log.

`answer` calls the function of a route that is open to everybody, `guarded` that of any other one.
`gate` is Chalice's middleware around all routes. It also makes problem documents of what Chalice
itself refuses: an unknown route, or a method that a route does not have.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote

from chalice.app import Chalice, Request, Response

from chalicelib import trace_ids
from chalicelib.errors import (
    Forbidden,
    LonghaulError,
    MethodNotAllowed,
    NotFound,
    RateLimited,
    StorageRefused,
    Unauthorized,
)
from chalicelib.http import callers, guard, tracing
from chalicelib.http.callers import Caller
from chalicelib.http.calls import Call, Reply
from chalicelib.http.guard import Rule
from chalicelib.http.headers import CORS, SECURITY
from chalicelib.http.parse import raw_body
from chalicelib.http.problems import CONTENT_TYPE, problem
from chalicelib.http.schemas import USER_MAX
from chalicelib.http.tracing import Traced
from chalicelib.jobs.arrivals import Arrival
from chalicelib.jobs.model import Job
from chalicelib.jobs.places import JOB_ID
from chalicelib.log import JsonLines, Log
from chalicelib.services import Services, new_id
from chalicelib.trace_ids import SpanRef

_LOG: Final[Log] = JsonLines()
_SANE_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
_BROKEN: Final = "something went wrong on our side; try again"
_METHOD_NOT_ALLOWED: Final = 405
_FIRST_ERROR: Final = 400
_CAME: Final = "longhaul.came"
"""Where a request keeps how it came in (`Arrival`), from the middleware to its route."""
_OWN_ERRORS: Final = ("/health", "/unsubscribe/{token}")
"""The routes some of whose errors are no problem documents."""


class _Answer(Response):
    """What a route has answered, and what this says of a job."""

    made: Job | None = None
    job_id: str | None = None


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


def _path(request: Request) -> str:
    """Returns the path that was asked for."""
    return str(request.to_original_event().get("path") or "")


def _call(request: Request) -> Call:
    event = request.to_original_event()
    return Call(
        context=request.context,
        headers={name.lower(): value for name, value in request.headers.items()},
        query=event.get("queryStringParameters") or {},
        body=raw_body(event),
        method=request.method,
        came=request.context.get(_CAME) or Arrival(),
    )


def _attempt(route: Callable[[], Reply], request_id: str) -> tuple[Response, LonghaulError | None]:
    """Returns the route's answer. If the route raises, returns a problem document, and the
    error."""
    try:
        reply = route()
    except StorageRefused:  # what S3 has said of our bucket is for the operator
        return _broken("request failed", request_id)
    except LonghaulError as error:
        if error.status >= LonghaulError.status:
            _LOG.exception("request failed", requestId=request_id)
        return problem(error, request_id), error
    except Exception:  # noqa: BLE001 - whatever it is, the caller gets a problem document
        return _broken("request broke", request_id)
    body = reply.text
    if reply.content is not None:
        body = json.dumps(reply.content, ensure_ascii=False)
    headers: dict[str, Any] = {**reply.headers}
    if body:
        headers.setdefault("Content-Type", "application/json")
    answered = _Answer(body=body, status_code=reply.status, headers=headers)
    answered.made, answered.job_id = reply.made, (reply.content or {}).get("jobId")
    return answered, None


def _broken(event: str, request_id: str) -> tuple[Response, LonghaulError]:
    """Writes the exception that is being handled to the log. Returns a problem document that says
    nothing of it, and its error."""
    _LOG.exception(event, requestId=request_id)
    error = LonghaulError(_BROKEN)
    return problem(error, request_id), error


def gate(
    app: Chalice, services: Callable[[], Services], now_us: Callable[[], int]
) -> Callable[[Request, Callable[[Request], Response]], Response]:
    """Returns the middleware for HTTP events. `now_us` returns Unix time in microseconds."""

    def middleware(request: Request, get_response: Callable[[Request], Response]) -> Response:
        context = request.context
        at = tracing.came_at(context, now_us() // 1000)
        given = request.headers.get(tracing.HEADER)
        caller = trace_ids.of_traceparent(given) if given else None
        if caller and _has_job_id(caller.trace, request):
            caller = None
        context[_CAME] = Arrival(at=at, caller=caller)
        context["requestId"] = str(context.get("requestId") or new_id())
        request_id = request_id_of(request)
        try:
            response = _answered(app, services, request, get_response)
        except Exception:  # noqa: BLE001 - whatever it is, the caller gets a problem document
            response, _ = _broken("request broke", request_id)
        job_id, made = _job_of(request, response)
        span = tracing.span_of(context["requestId"], caller, made)
        response.headers = {
            **SECURITY,
            **response.headers,
            "X-Request-ID": request_id,
            tracing.HEADER: span.ref.traceparent,
            **CORS.get_access_control_headers(),
        }
        if request.method == "HEAD":
            response.body = ""
        traced = Traced(
            method=request.method,
            path=request.path if request.path in app.routes else tracing.UNKNOWN,
            status=response.status_code,
            request_id=request_id,
            job_id=job_id,
        )
        tracing.write(traced, span, at, now_us())
        return response

    return middleware


def _answered(
    app: Chalice,
    services: Callable[[], Services],
    request: Request,
    get_response: Callable[[Request], Response],
) -> Response:
    """Returns the answer of the request's route, or a problem document."""
    request_id, resource = request_id_of(request), request.path
    path = _path(request)
    if request.method == "HEAD":
        # Each route with GET has HEAD too: the same answer without its body.
        request.context["httpMethod"] = "GET"
    if resource not in app.routes:
        unknown = NotFound(f"there is no {path[:200]}; see /openapi.json")
        return _counted(problem(unknown, request_id), path, request, services)
    response = get_response(request)
    if response.status_code == _METHOD_NOT_ALLOWED:
        known = {*app.routes[resource], "OPTIONS"}
        allowed = ", ".join(sorted(known | {"HEAD"} if "GET" in known else known))
        error = MethodNotAllowed(
            f"{request.method} is not possible here, only {allowed}", headers={"Allow": allowed}
        )
        return _counted(problem(error, request_id), path, request, services)
    if (
        response.status_code >= _FIRST_ERROR
        and response.headers.get("Content-Type") != CONTENT_TYPE
        and resource not in _OWN_ERRORS
    ):
        return problem(LonghaulError("something went wrong on our side"), request_id)
    return response


def _job_of(request: Request, response: Response) -> tuple[str | None, SpanRef | None]:
    """Returns the id of the job that the request has made, with the root of its trace; or else the
    id of the job that it is about."""
    named = (request.uri_params or {}).get("job_id")
    if not isinstance(response, _Answer):
        return named, None
    if response.made:
        return response.made.job_id, response.made.root_span
    return named or response.job_id, None


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
    """Returns the caller's X-Request-ID if it is sane, else the gateway's own, which is a UUID.

    It is logged, and a job's id must not be. So the caller may not use the id that is in the path.
    """
    given = request.headers.get("x-request-id", "")
    if _SANE_REQUEST_ID.fullmatch(given) and not _has_job_id(given, request):
        return str(given)
    return str(request.context["requestId"])


def _has_job_id(text: str, request: Request) -> bool:
    """Returns whether the text has the id of a job that is in the path, however it is written."""
    digits = text.replace("-", "").lower()
    return any(it.replace("-", "") in digits for it in JOB_ID.findall(_path(request)))
