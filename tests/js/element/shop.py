"""A small shop beside the stack, on an origin of its own.

It serves pages with the component under a strict policy, and signs selections as a backend does.
"""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import jwt

_POLICY: Final = (
    "default-src 'none'; script-src {api}; style-src 'self'; connect-src 'self' {api}; "
    "img-src data:; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)

_PAGE: Final = """<!doctype html>
<html {html}>
<head><meta charset="utf-8"><title>Shop</title><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/shop.css">
<script type="module" src="{api}/longhaul-export.js"></script></head>
<body><main><h1>Shop</h1>{body}</main></body></html>"""

_SHEET: Final = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 sans-serif; color: light-dark(#15181d, #eceef1); }
body { background: light-dark(#fff, #0d0e11); }
"""


@dataclass
class Shop:
    """The pages by their paths, and what each selection-url answers."""

    api: str
    keys: Mapping[str, str]
    origin: str = ""
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)
    answers: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def signed(self, user: str = "alice", **claims: Any) -> str:
        """Returns a selection as a backend signs it, for ten minutes."""
        kid, key = next(iter(self.keys.items()))
        known = {"sub": user, "aud": "longhaul", "exp": int(time.time()) + 600}
        return jwt.encode({**known, **claims}, key, algorithm="HS256", headers={"kid": kid})

    def page(self, body: str, html: str = 'lang="en"') -> str:
        """Makes a page. Returns its URL."""
        path = f"/pages/{uuid4().hex}"
        self.pages[path] = (body, html)
        return f"{self.origin}{path}"

    def order(self, **claims: Any) -> str:
        """Makes an order, whose selection has these claims. Returns its selection-url."""
        path = f"/orders/{uuid4().hex}/selection"
        self.answers[path] = (200, {"selection": self.signed(**claims)})
        return path


@contextmanager
def opened(api: str, keys: Mapping[str, str]) -> Iterator[Shop]:
    """A shop, while the body runs."""
    shop = Shop(api, keys)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path in shop.pages:
                body, html = shop.pages[path]
                text = _PAGE.format(api=shop.api, body=body, html=html)
                return self._send(200, "text/html; charset=utf-8", text)
            if path == "/shop.css":
                return self._send(200, "text/css", _SHEET)
            shop.asked.append(path)
            status, answer = shop.answers.get(path, (404, {}))
            return self._send(status, "application/json", json.dumps(answer))

        def _send(self, status: int, kind: str, text: str) -> None:
            content = text.encode()
            self.send_response(status)
            origin = "{0.scheme}://{0.netloc}".format(urlsplit(shop.api))
            self.send_header("Content-Security-Policy", _POLICY.format(api=origin))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    shop.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
