"""What an example's server makes of requests that no page of it sends. No stack is needed."""

import http.client
import re
import socket
from collections.abc import Iterator
from concurrent.futures import Future
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from infra.examples import catalog
from infra.examples.serving import Server, port, serving
from tests.examples.conftest import EXAMPLES

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_LIMIT_SECONDS = 10
_SETTINGS = {"LONGHAUL_URL": "https://longhaul.example/api", "SELECTION_KEY": "k" * 40}
_STACK = re.compile(rb"\.(js|py):\d+|Traceback|node_modules")


@pytest.fixture(scope="module", params=[example.name for example in EXAMPLES])
def server(
    request: pytest.FixtureRequest,
    installed: dict[str, "Future[dict[str, str]]"],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    environment = installed[request.param].result() | _SETTINGS
    log: Path = tmp_path_factory.mktemp("forged") / "server.log"
    with serving(catalog.named(request.param), environment, port(None), log) as started:
        yield started


def answered(
    server: Server, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, bytes, str]:
    """Returns the answer's status, body, and cookies."""
    to = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=_LIMIT_SECONDS)
    try:
        to.request(method, path, body, headers)
        answer = to.getresponse()
        return answer.status, answer.read(), answer.headers.get("Set-Cookie", "")
    finally:
        to.close()


@pytest.mark.parametrize("path", ["/login", "/logout"])
def test_a_form_of_another_site_signs_nobody_in_or_out(server: Server, path: str) -> None:
    headers = {**_FORM, "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}

    status, _, cookies = answered(server, "POST", path, b"user=bob", **headers)

    assert (status, cookies) == (HTTPStatus.FORBIDDEN, "")


@pytest.mark.parametrize(
    ("method", "path", "body", "headers"),
    [
        ("POST", "/login", b"", {}),
        ("POST", "/login", b"user=%ff&user[x]=1", _FORM),
        ("POST", "/login", b"user=\xff", _FORM),
        ("POST", "/login", b"user=" + b"a" * 200_000, _FORM),
        ("POST", "/login", b"user=bob", {**_FORM, "Content-Encoding": "gzip"}),
        ("GET", "/orders/%ff/selection", None, {}),
        ("GET", "/orders/99999999999999999999999999/selection", None, {}),
        ("GET", "/", None, {"Cookie": "shop=\xe9.1.\xe9; shop.sig=x; session=x; sessionid=x"}),
        ("GET", "/..%2fshop.py", None, {}),
    ],
)
def test_what_cannot_be_read_is_refused_without_a_stack(
    server: Server, method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> None:
    status, said, _ = answered(server, method, path, body, **headers)

    assert status < HTTPStatus.INTERNAL_SERVER_ERROR
    assert not _STACK.search(said)


def test_a_body_is_not_another_request(server: Server) -> None:
    body = "GET /shop.css HTTP/1.1\r\nHost: x\r\n\r\n"
    asked = f"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}"

    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port), _LIMIT_SECONDS) as to:
        to.sendall(asked.encode())
        to.shutdown(socket.SHUT_WR)
        said = b"".join(iter(lambda: to.recv(65536), b""))

    assert said.count(b"HTTP/1.") <= 1  # none: it hangs up, too
