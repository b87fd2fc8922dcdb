"""Turns errors into RFC 9457 problem documents."""

import json
from typing import Any, Final

from chalice.app import Response

from chalicelib.errors import RETRY_AFTER_SECONDS, InvalidRequest, LonghaulError
from chalicelib.instants import seconds

CONTENT_TYPE: Final = "application/problem+json"
TYPE_BASE: Final = "urn:problem-type:longhaul:"
"""What the types of problems begin with. They are names, not addresses: docs/problems.md explains
each."""


def type_uri(slug: str) -> str:
    """Returns the problem's type (RFC 9457, section 3.1.1)."""
    return f"{TYPE_BASE}{slug}"


def problem(error: LonghaulError, request_id: str) -> Response:
    """Returns the answer to a request that ended in this error. The answer says when to ask again,
    if a retry can help."""
    headers: dict[str, str | list[str]] = {
        "Content-Type": CONTENT_TYPE,
        "Cache-Control": "no-store",
        **error.headers,
    }
    detail = error.detail
    if error.retryable:
        headers.setdefault("Retry-After", RETRY_AFTER_SECONDS)
        detail = f"{detail}; ask again in {seconds(str(headers['Retry-After']))}"
    content: dict[str, Any] = {
        "type": type_uri(error.slug),
        "title": error.title,
        "status": error.status,
        "detail": detail,
        "requestId": request_id,
    }
    if isinstance(error, InvalidRequest) and error.errors:
        content["errors"] = [
            {"pointer": fault.pointer, "detail": fault.detail} for fault in error.errors
        ]
    return Response(
        body=json.dumps(content, ensure_ascii=False),
        status_code=error.status,
        headers=headers,
    )
