"""A tiny shop. People sign in, and download the files of their own orders with Longhaul.

It needs Python 3.11 or later, and nothing else.
"""

import json
import os
import re
import secrets
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from orders import USERS, order_of, orders_of
from page import page
from selections import signed
from sessions import signed_in, signed_out, user_of

LONGHAUL_URL = os.environ["LONGHAUL_URL"]
SELECTION_KEY = os.environ["SELECTION_KEY"]
SELECTION_KID = os.environ.get("SELECTION_KID", "1")
PORT = int(os.environ.get("PORT", "8000"))
# Without a secret of yours, a restart signs everybody out.
SESSION_SECRET = os.environ.get("SESSION_SECRET") or secrets.token_urlsafe(32)
IS_HTTPS = os.environ.get("SITE_URL", "").startswith("https:")

# What the page may load, and whom it may ask: this site, and Longhaul.
POLICY = "; ".join(
    [
        "default-src 'none'",
        f"script-src {LONGHAUL_URL}/longhaul-export.js",
        f"connect-src 'self' {LONGHAUL_URL}/",
        "style-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ]
)

STYLES = Path(__file__).with_name("shop.css").read_bytes()
FORM_BYTES_MAX = 1000


class Shop(BaseHTTPRequestHandler):
    """Answers one request of each connection, in a thread.

    What follows the request is never read as another one: this server knows no chunks, for example.
    """

    timeout = 30  # seconds that it waits for a client

    def do_GET(self) -> None:
        """Answers with the page, its styles, or a selection."""
        path, user = urlsplit(self.path).path, user_of(self.headers["Cookie"], SESSION_SECRET)
        if path == "/":
            shown = page(LONGHAUL_URL, user, orders_of(user))
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", shown.encode())
        elif path == "/shop.css":
            self._answer(HTTPStatus.OK, "text/css; charset=utf-8", STYLES)
        elif found := re.fullmatch(r"/orders/([0-9]{1,9})/selection", path):
            self._selection(int(found[1]), user)
        else:
            self._problem(HTTPStatus.NOT_FOUND, "There is no such page.")

    def do_POST(self) -> None:
        """Signs in and out. This stands for your own login. It believes everybody."""
        # Another site's form signs nobody in or out. A browser says where a form comes from.
        if self.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return self._problem(HTTPStatus.FORBIDDEN, "This form is another site's.")
        length = self.headers.get("Content-Length", "0")
        if not re.fullmatch("[0-9]{1,4}", length) or int(length) > FORM_BYTES_MAX:
            return self._problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "That is too long.")
        form = parse_qs(self.rfile.read(int(length)).decode(errors="replace"))
        if self.path == "/logout":
            # The tickets of exports too.
            return self._to_the_page(signed_out(), ("Clear-Site-Data", '"storage"'))
        user = form.get("user", [""])[0]
        if self.path != "/login" or user not in USERS:
            return self._problem(HTTPStatus.BAD_REQUEST, "There is no such user.")
        return self._to_the_page(signed_in(user, SESSION_SECRET, is_https=IS_HTTPS))

    def _selection(self, number: int, user: str | None) -> None:
        # Your login decides who asks, your database what they may have. Longhaul believes the
        # signature.
        if user is None:
            return self._problem(HTTPStatus.UNAUTHORIZED, "Sign in first.")
        order = order_of(number)
        if order is None:
            return self._problem(HTTPStatus.NOT_FOUND, "There is no such order.")
        if order.owner != user:
            return self._problem(HTTPStatus.FORBIDDEN, "This order is another customer's.")
        asked = {"files": order.files, "filename": f"Order {number}.zip"}
        selection = signed(user, asked, SELECTION_KEY, SELECTION_KID)
        return self._json(HTTPStatus.OK, "application/json", {"selection": selection})

    def _to_the_page(self, cookie: str, *headers: tuple[str, str]) -> None:
        self.send_response(HTTPStatus.SEE_OTHER)
        for name, value in (("Location", "/"), ("Set-Cookie", cookie), *headers):
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _problem(self, status: HTTPStatus, detail: str) -> None:
        """Answers with an RFC 9457 problem document, as Longhaul does."""
        self._json(status, "application/problem+json", {"status": status, "detail": detail})

    def _json(self, status: HTTPStatus, media_type: str, content: object) -> None:
        self._answer(status, media_type, json.dumps(content).encode())

    def _answer(self, status: HTTPStatus, media_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", PORT), Shop) as server:
        server.serve_forever()
