"""The headers of every answer: what a page of another origin may send and read, and what a browser
must not do with it."""

from typing import Final

from chalice.app import CORSConfig

from chalicelib.http import tracing

CORS: Final = CORSConfig(
    allow_headers=[
        "Authorization",
        "Idempotency-Key",
        "If-None-Match",
        "Last-Event-ID",
        "Prefer",
        "X-Request-ID",
        tracing.HEADER,
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
        tracing.HEADER,
    ],
    max_age=3600,
)

SECURITY: Final = {
    # https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
