"""The Content-Security-Policy: what the pages may load, and whom they may ask."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_POLICY = "; ".join(
    [
        "default-src 'none'",
        f"script-src {settings.LONGHAUL_URL}/longhaul-export.js",
        f"connect-src 'self' {settings.LONGHAUL_URL}/",
        "style-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ]
)

_Answer = Callable[[HttpRequest], HttpResponse]


def content_security_policy(answer: _Answer) -> _Answer:
    """Returns a middleware that adds the policy to each answer."""

    def with_policy(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        response["Content-Security-Policy"] = _POLICY
        return response

    return with_policy
