"""GET /longhaul-export.js: the web component, as a module that pages of other origins load.

`python -m infra.js` builds it from clients/js. Its URL has no version, so a page need not change
when the stack does: browsers keep it for a few minutes, and then ask whether it is another one.
"""

from functools import cache
from pathlib import Path
from typing import Final

from chalicelib.http.calls import Call, Reply
from chalicelib.http.etags import etag_of, matches

FILE: Final = Path(__file__).parents[1] / "component" / "longhaul-export.js"

KEPT_SECONDS: Final = 300
"""A page may have the component of before an upgrade for this long."""


def script(call: Call) -> Reply:
    """GET /longhaul-export.js: 200, or 304 if the caller has it."""
    text, etag = _read()
    headers = {
        "Content-Type": "text/javascript; charset=utf-8",
        "Cache-Control": f"public, max-age={KEPT_SECONDS}, must-revalidate",
        "ETag": etag,
    }
    if matches(call.headers.get("if-none-match", ""), etag):
        return Reply(304, None, headers)
    return Reply(200, None, headers, text)


@cache
def _read() -> tuple[str, str]:
    text = FILE.read_text(encoding="utf-8")
    return text, etag_of(text)
