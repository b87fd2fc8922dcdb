"""/unsubscribe/{token}: a small page by which the receiver of a mail wants no other, or wants mail
again. Whoever has the link has had the mail, so nobody signs in here.

Scanners of mail follow each link. So GET changes nothing. POST opts out at once, whoever sends it:
the button of the page, or the mail client (RFC 8058).
"""

import base64
import hashlib
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

from chalicelib.errors import BodyTooLarge
from chalicelib.http.calls import Call, Reply, uncached
from chalicelib.services import Services

_BODY_MAX: Final = 4096
"""Bytes. A form of ours has 10, that of RFC 8058 in parts some 200."""

_FORM: Final = "application/x-www-form-urlencoded"

_STYLE: Final = (
    ":root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}"
    "body{margin:15vh auto;max-width:32rem;padding:0 24px}"
    "h1{font-size:1.5rem;line-height:1.3}"
    "button{font:inherit;padding:12px 20px;cursor:pointer}"
)
STYLE_HASH: Final = "sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

_HEADERS: Final = {
    **uncached(),
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": f"default-src 'none'; style-src '{STYLE_HASH}'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}


def page(_: Call, services: Services, token: str) -> Reply:
    """GET: the choice, as it is now. Raises Unavailable."""
    is_out = services.addresses.is_known(token)
    if is_out is None:
        return _unknown()
    if is_out:
        return _chosen(is_out=True)
    return _page(
        "Stop this mail?",
        "Longhaul sends mail when an export has ended. Press the button, and the address that got "
        "this link gets no such mail any more, whoever asks for the export.",
        ("out", "Stop the mail"),
    )


def choose(call: Call, services: Services, token: str) -> Reply:
    """POST: opts out, or in again if the form says so. Raises BodyTooLarge and Unavailable."""
    is_out = not _wants_mail(call)
    if not services.addresses.choose(token, services.now(), opts_out=is_out):
        return _unknown()
    services.log.info("mail stopped" if is_out else "mail wanted again")
    return _chosen(is_out=is_out)


def _wants_mail(call: Call) -> bool:
    """Whether the form says `choice=in`. All else that comes here opts out: a mail client may send
    its form in parts, with fields of its own, or with nothing in it."""
    if len(call.body) > _BODY_MAX:
        raise BodyTooLarge(
            f"the body has {len(call.body)} bytes, and at most {_BODY_MAX} are taken"
        )
    content_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != _FORM:
        return False
    fields = parse_qs(call.body.decode(errors="replace"))
    return fields.get("choice") == ["in"]


def _chosen(*, is_out: bool) -> Reply:
    if is_out:
        return _page(
            "The mail is stopped",
            "Your address gets no mail about exports any more. Did you not want that?",
            ("in", "Send me mail again"),
        )
    return _page(
        "You get mail again",
        "Your address gets mail about exports, if somebody asks for it.",
        ("out", "Stop the mail"),
    )


def _unknown() -> Reply:
    return _page(
        "This link does not work",
        "It may be incomplete, or older than a year. Take the link of the last mail you got.",
        status=HTTPStatus.NOT_FOUND,
    )


def _page(
    title: str,
    text: str,
    button: tuple[str, str] | None = None,
    *,
    status: HTTPStatus = HTTPStatus.OK,
) -> Reply:
    """Returns a page with one button: its value, and what it says."""
    form = ""
    if button:
        value, label = button
        # Without `action`, a form goes to the page's own URL.
        form = (
            f'<form method="post"><button name="choice" value="{value}">{label}</button></form>\n'
        )
    content = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Longhaul: {title}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{title}</h1>\n<p>{text}</p>\n{form}</main>\n</body>\n</html>\n"
    )
    return Reply(status, None, dict(_HEADERS), content)
