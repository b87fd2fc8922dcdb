"""GET /, the page, and GET /assets/{version}/{name}, what it is made of: the files of ../web.

The version is a digest of all of them. So an asset's URL always gives the same bytes and is kept
for good, and a browser never puts old modules and new ones together.
"""

import hashlib
import html
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from chalicelib.errors import NotFound
from chalicelib.http.callers import base_url
from chalicelib.http.calls import Call, Reply
from chalicelib.http.etags import etag_of, matches
from chalicelib.settings import settings

FOLDER: Final = Path(__file__).parents[1] / "web"

_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_PAGE: Final = "index.html"
_SECURITY: Final = {
    # Trusted types: a script that would make HTML of a text is stopped by the browser.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'self'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Web:
    """The files by their names, and the digest of them all."""

    files: dict[str, str]
    version: str


@cache
def web() -> Web:
    files = {path.name: path.read_text() for path in sorted(FOLDER.iterdir())}
    digest = hashlib.sha256(repr(files).encode()).hexdigest()
    return Web(files, digest[:12])


def page(call: Call) -> Reply:
    """GET /"""
    text = web().files[_PAGE].replace("{version}", web().version).replace("{base}", _base(call))
    etag = etag_of(text)
    headers = {**_SECURITY, "Content-Type": _TYPES[".html"], "ETag": etag}
    headers["Cache-Control"] = "no-cache"
    if matches(call.headers.get("if-none-match", ""), etag):
        return Reply(304, None, headers)
    return Reply(200, None, headers, text)


def asset(_: Call, version: str, name: str) -> Reply:
    """GET /assets/{version}/{name}"""
    text = web().files.get(name)
    if text is None or name == _PAGE:
        raise NotFound(f"the page has no {name[:60]!r}")
    is_current = version == web().version
    headers = {
        **_SECURITY,
        "Content-Type": _TYPES[Path(name).suffix],
        # Another version's files are gone: these do, but are not to be kept as those.
        "Cache-Control": "public, max-age=31536000, immutable" if is_current else "no-store",
    }
    return Reply(200, None, headers, text)


def _base(call: Call) -> str:
    """The path that the page's links begin with. It is asked for with and without a slash at its
    end, and a gateway does not always tell which."""
    return html.escape(urlsplit(base_url(call.context, settings())).path + "/")
