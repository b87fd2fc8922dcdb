"""GET /: the page. GET /assets/{version}/{name}: what the page is made of, the files of ../web.

In a package they are smaller (infra/smaller.py). The version is a digest of all these files. So an
asset's URL always has the same bytes and may be kept for good, and a browser never mixes old
modules with new ones.
"""

import hashlib
import html
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from chalicelib.errors import NotFound
from chalicelib.http import languages, sign_in
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


def _policy(*origins: str) -> str:
    """Returns the Content-Security-Policy of a page that may also send requests to these
    origins."""
    connect = " ".join(("'self'", *origins))
    # Trusted types: the browser stops a script that would turn a text into HTML.
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src {connect}; base-uri 'self'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


_SECURITY: Final = {
    "Content-Security-Policy": _policy(),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Web:
    """The files by their names, and one digest of them all."""

    files: dict[str, str]
    version: str

    @property
    def languages(self) -> frozenset[str]:
        """The languages that there are texts in, as tags: texts-en.js has those in "en"."""
        return frozenset(name[6:-3] for name in self.files if name.startswith("texts-"))


@cache
def web() -> Web:
    """Returns the files of the page."""
    files = {path.name: path.read_text() for path in sorted(FOLDER.iterdir())}
    digest = hashlib.sha256(repr(files).encode()).hexdigest()
    return Web(files, digest[:12])


def page(call: Call) -> Reply:
    """GET /. Raises Unavailable if people sign in, and the tokens' issuer does not answer."""
    auth = sign_in.for_page(settings())
    text = web().files[_PAGE].replace("{version}", web().version).replace("{base}", _base(call))
    # The script decides: a person may have chosen another language. This one is loaded early.
    language = languages.preferred(call.headers.get("accept-language", ""), web().languages)
    direction = "rtl" if language in languages.RIGHT_TO_LEFT else "ltr"
    text = text.replace("{language}", language).replace("{direction}", direction)
    text = text.replace("{auth}", html.escape(json.dumps(auth)) if auth else "")
    # With a pattern of the operator's, an id may be any text, and the API says what is wrong.
    text = text.replace("{ids}", "any" if settings().file_id_pattern else "")
    etag = etag_of(text)
    headers = {**_SECURITY, "Content-Type": _TYPES[".html"], "ETag": etag}
    if auth and auth.get("tokenEndpoint"):
        headers["Content-Security-Policy"] = _policy(sign_in.origin(auth["tokenEndpoint"]))
    headers["Cache-Control"] = "no-cache"
    headers["Vary"] = "Accept-Language"
    if matches(call.headers.get("if-none-match", ""), etag):
        return Reply(304, None, headers)
    return Reply(200, None, headers, text)


def asset(_: Call, version: str, name: str) -> Reply:
    """GET /assets/{version}/{name}. Raises NotFound."""
    text = web().files.get(name)
    if text is None or name == _PAGE:
        raise NotFound(f"the page has no {name[:60]!r}")
    is_current = version == web().version
    headers = {
        **_SECURITY,
        "Content-Type": _TYPES[Path(name).suffix],
        # The files of another version are gone. The current ones are sent instead, but must not be
        # kept under that version.
        "Cache-Control": "public, max-age=31536000, immutable" if is_current else "no-store",
    }
    return Reply(200, None, headers, text)


def _base(call: Call) -> str:
    """Returns the path that the page's links begin with. The page is asked for with and without a
    slash at its end, and a gateway does not always say which."""
    return html.escape(urlsplit(base_url(call.context, settings())).path + "/")
