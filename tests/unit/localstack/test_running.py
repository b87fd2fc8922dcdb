"""A LocalStack that somebody else has started is used, and left running."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from infra.errors import EmulatorError
from infra.localstack import running
from infra.localstack.running import ENDPOINT_SETTING


class _Health(BaseHTTPRequestHandler):
    says = b'{"services": {"s3": "running"}}'

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/_localstack/health" else 404)
        self.end_headers()
        self.wfile.write(self.says)

    def log_message(self, *_: object) -> None:
        """Logs nothing."""


@pytest.fixture
def served() -> Iterator[str]:
    """The URL of something that answers as LocalStack does."""
    server = HTTPServer(("127.0.0.1", 0), _Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def free() -> str:
    """A URL where nothing answers."""
    server = HTTPServer(("127.0.0.1", 0), _Health)
    server.server_close()
    return f"http://127.0.0.1:{server.server_port}"


def test_an_endpoint_can_be_used_if_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENDPOINT_SETTING, raising=False)
    assert ENDPOINT_SETTING in (running.obstacle() or "")

    monkeypatch.setenv(ENDPOINT_SETTING, "http://127.0.0.1:4566")
    assert running.obstacle() is None


def test_an_endpoint_that_answers_is_used(
    served: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENDPOINT_SETTING, f"{served}/")

    assert running.start(tmp_path) == served
    assert running.endpoint(tmp_path) == served


def test_an_endpoint_need_not_be_named_again(
    served: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENDPOINT_SETTING, served)
    running.start(tmp_path)
    monkeypatch.delenv(ENDPOINT_SETTING)

    assert running.start(tmp_path) == served


def test_an_endpoint_that_does_not_answer_is_an_error(
    free: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENDPOINT_SETTING, free)

    with pytest.raises(EmulatorError, match="no LocalStack answers"):
        running.start(tmp_path)


def test_an_endpoint_that_answers_something_else_is_an_error(
    served: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENDPOINT_SETTING, served)
    monkeypatch.setattr(_Health, "says", b"<html>")

    with pytest.raises(EmulatorError, match="no LocalStack answers"):
        running.start(tmp_path)


@pytest.mark.parametrize("url", ["127.0.0.1:4566", "https://localhost:4566", "http://localstack"])
def test_an_address_that_clients_cannot_use_is_refused(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENDPOINT_SETTING, url)

    with pytest.raises(EmulatorError, match=r"must be like http://127\.0\.0\.1:4566"):
        running.start(tmp_path)


def test_another_endpoint_is_refused_while_a_stack_is_on_the_first(
    served: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENDPOINT_SETTING, served)
    running.start(tmp_path)
    monkeypatch.setenv(ENDPOINT_SETTING, served.replace("127.0.0.1", "localhost"))

    with pytest.raises(EmulatorError, match="make down"):
        running.start(tmp_path)


def test_the_localstack_of_an_endpoint_is_left_running(
    served: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENDPOINT_SETTING, served)
    running.start(tmp_path)

    assert running.stop(tmp_path)

    assert running.endpoint(tmp_path) is None
    assert running.start(tmp_path) == served
