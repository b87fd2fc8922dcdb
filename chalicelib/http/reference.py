"""GET /docs: the API's reference, drawn by Swagger UI. GET /docs/{version}/{name}: what it is made
of, the files of ../reference.

Swagger UI itself is only in a package: infra/reference.py puts its files there. They are large, and
read when they are asked for. The version is a digest of all files, as that of the page's
(page.py), so each may be kept for good.
"""

import hashlib
import html
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from chalicelib.errors import NotFound
from chalicelib.http import page
from chalicelib.http.callers import base_url
from chalicelib.http.calls import Call, Reply
from chalicelib.http.etags import etag_of, matches
from chalicelib.settings import settings

FOLDER: Final = Path(__file__).parents[1] / "reference"
ICON: Final = "icon.svg"
"""The page's own icon (../web)."""

_PAGE: Final = "index.html"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_NEEDED: Final = ("swagger-ui-bundle.js", "swagger-ui.css")

# Swagger UI's stylesheet has its pictures in it. Trusted types are left out: React and DOMPurify
# hand HTML to the browser as texts.
SECURITY: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@cache
def files() -> dict[str, str]:
    """Returns the files by their names. Raises NotFound if Swagger UI's are not there."""
    found = {path.name: path.read_text() for path in FOLDER.iterdir() if path.suffix in _TYPES}
    if not all(name in found for name in _NEEDED):
        raise NotFound(
            "this stack was packaged without its reference page; see /openapi.json, which any "
            "viewer of OpenAPI documents can show"
        )
    return dict(sorted(found.items())) | {ICON: (page.FOLDER / ICON).read_text()}


@cache
def version() -> str:
    """Returns the digest of the files. Raises NotFound if Swagger UI's are not there."""
    return hashlib.sha256(repr(files()).encode()).hexdigest()[:12]


def reference(call: Call) -> Reply:
    """GET /docs. Raises NotFound if the package has no reference page."""
    base = html.escape(urlsplit(base_url(call.context, settings())).path + "/")
    text = (FOLDER / _PAGE).read_text().replace("{version}", version()).replace("{base}", base)
    etag = etag_of(text)
    headers = {**SECURITY, "Content-Type": "text/html; charset=utf-8", "ETag": etag}
    headers["Cache-Control"] = "no-cache"
    if matches(call.headers.get("if-none-match", ""), etag):
        return Reply(304, None, headers)
    return Reply(200, None, headers, text)


def asset(_: Call, of_version: str, name: str) -> Reply:
    """GET /docs/{version}/{name}. Raises NotFound."""
    text = files().get(name)
    if text is None:
        raise NotFound(f"the reference page has no {name[:60]!r}")
    is_current = of_version == version()
    headers = {
        **SECURITY,
        "Content-Type": _TYPES[Path(name).suffix],
        # The files of another version are gone: as with the page's own (page.py).
        "Cache-Control": "public, max-age=31536000, immutable" if is_current else "no-store",
    }
    return Reply(200, None, headers, text)
