"""What is posted, and what comes of the answer."""

import gzip
import socket
from collections.abc import Iterator
from email.utils import formatdate
from threading import Thread
from urllib.request import Request

import pytest
from botocore.credentials import Credentials
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from chalicelib.telemetry import send
from chalicelib.telemetry.endpoints import Compression, Endpoint
from chalicelib.telemetry.otlp import Partial, Signal
from chalicelib.telemetry.send import ANSWER_MAX, NotSent, post, seconds_of
from tests.unit.telemetry.backend import Backend, running

BODY = b"protobuf" * 100


@pytest.fixture
def backend() -> Iterator[Backend]:
    with running() as started:
        yield started


def _endpoint(backend: Backend, compression: Compression = "none") -> Endpoint:
    url = f"{backend.url}/v1/logs"
    return Endpoint(Signal.LOGS, url, {"X-Scope-OrgID": "team"}, compression)


def test_a_request_is_protobuf_with_the_headers_that_were_asked_for(backend: Backend) -> None:
    assert post(_endpoint(backend), BODY) == Partial()

    ((path, headers, body),) = backend.posted
    assert (path, body) == ("/v1/logs", BODY)
    assert headers["content-type"] == "application/x-protobuf"
    assert headers["x-scope-orgid"] == "team"
    assert headers["user-agent"].startswith("Longhaul/")
    assert "content-encoding" not in headers


def test_a_request_is_compressed_if_that_was_asked_for(backend: Backend) -> None:
    post(_endpoint(backend, "gzip"), BODY)

    ((_, headers, body),) = backend.posted
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == BODY


def test_what_the_backend_refused_of_it_is_told(backend: Backend) -> None:
    said = ExportLogsServiceResponse()
    said.partial_success.rejected_log_records = 7
    said.partial_success.error_message = "too old"
    backend.answers.append((200, {}, said.SerializeToString()))

    assert post(_endpoint(backend), BODY) == Partial(7, "too old")


@pytest.mark.parametrize(
    ("said", "told"),
    [("\x1b]0;owned\x07\n", "\ufffd]0;owned\ufffd\ufffd"), ("x" * 9000, "x" * 200)],
)
def test_what_the_backend_says_is_short_and_without_control_characters(
    backend: Backend, said: str, told: str
) -> None:
    answer = ExportLogsServiceResponse()
    answer.partial_success.error_message = said
    backend.answers.append((200, {}, answer.SerializeToString()))

    assert post(_endpoint(backend), BODY) == Partial(0, told)
    assert NotSent(said).reason == told


@pytest.mark.parametrize("body", [b"{}", b"<html>", b"x" * (ANSWER_MAX + 1)])
def test_an_answer_that_cannot_be_read_refuses_nothing(backend: Backend, body: bytes) -> None:
    backend.answers.append((200, {}, body))

    assert post(_endpoint(backend), BODY) == Partial()


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_another_try_helps_where_the_protocol_says_so(backend: Backend, status: int) -> None:
    backend.answers.append((status, {"Retry-After": "7"}, b""))

    with pytest.raises(NotSent, match=f"HTTP {status}") as failed:
        post(_endpoint(backend), BODY)

    assert (failed.value.is_final, failed.value.status) == (False, status)
    assert failed.value.retry_after == 7


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 415, 500, 501])
def test_no_other_try_helps_elsewhere(backend: Backend, status: int) -> None:
    backend.answers.append((status, {}, b"why"))

    with pytest.raises(NotSent, match=f"HTTP {status}") as failed:
        post(_endpoint(backend), BODY)

    assert (failed.value.is_final, failed.value.status) == (True, status)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(backend: Backend, status: int) -> None:
    backend.answers.append((status, {"Location": f"{backend.url}/elsewhere"}, b""))

    with pytest.raises(NotSent, match=f"HTTP {status}") as failed:
        post(_endpoint(backend), BODY)

    assert failed.value.is_final
    assert len(backend.posted) == 1


def test_a_backend_that_is_not_there_may_be_there_later() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1/logs"
        with pytest.raises(NotSent, match="no answer") as failed:
            post(Endpoint(Signal.LOGS, url), BODY)

    assert not failed.value.is_final


def test_a_backend_that_says_nothing_is_waited_for_only_so_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(send, "WITHIN_SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1/logs"
        with pytest.raises(NotSent, match="no answer: timed out") as failed:
            post(Endpoint(Signal.LOGS, url), BODY)

    assert not failed.value.is_final


def test_something_else_that_listens_there_is_no_answer() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        url = f"http://127.0.0.1:{other.getsockname()[1]}/v1/logs"
        other.settimeout(5)

        def speak() -> None:
            taken, _ = other.accept()
            with taken:
                taken.sendall(b"220 smtp\r\n")

        thread = Thread(target=speak)
        thread.start()
        with pytest.raises(NotSent, match="no answer"):
            post(Endpoint(Signal.LOGS, url), BODY)
        thread.join()


def test_a_name_that_no_host_can_have_is_final() -> None:
    url = f"http://{'a' * 70}.example/v1/logs"

    with pytest.raises(NotSent, match="no host can have this name") as failed:
        post(Endpoint(Signal.LOGS, url), BODY)

    assert failed.value.is_final


def test_the_proxy_of_the_environment_is_not_asked_for_what_is_near(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    send._openers.cache_clear()

    post(_endpoint(backend), BODY)

    assert len(backend.posted) == 1


NOW = 1_790_000_000.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7.0),
        ("0", 0.0),
        ("-1", None),
        ("1.5", None),
        ("٣", None),
        ("soon", None),
        ("9" * 400, 3600.0),
        (formatdate(NOW + 30, usegmt=True), 30.0),
        (formatdate(NOW - 30, usegmt=True), 0.0),
        (formatdate(NOW + 10**6, usegmt=True), 3600.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str | None, seconds: float | None) -> None:
    assert seconds_of(text, NOW) == seconds


# -- AWS -----------------------------------------------------------------------------------------


class _Aws:
    """Keeps what would have been posted to AWS."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.requests: list[Request] = []
        monkeypatch.setattr(send, "_opener", lambda _: self)

    def open(self, request: Request, timeout: float) -> object:
        del timeout
        self.requests.append(request)
        raise TimeoutError


def _sent_to_aws(monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint) -> dict[str, str]:
    aws = _Aws(monkeypatch)
    with pytest.raises(NotSent, match="no answer"):
        post(endpoint, BODY, lambda: Credentials("AKID", "key", "token"))
    (request,) = aws.requests
    return {name.lower(): value for name, value in request.header_items()}


def test_what_goes_to_x_ray_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = Endpoint(Signal.TRACES, "https://xray.eu-central-1.amazonaws.com/v1/traces")

    headers = _sent_to_aws(monkeypatch, endpoint)

    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKID/")
    assert "/eu-central-1/xray/aws4_request" in headers["authorization"]
    assert headers["x-amz-security-token"] == "token"
    assert headers["content-type"] == "application/x-protobuf"


def test_the_log_group_of_what_goes_to_cloudwatch_is_signed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = {"x-aws-log-group": "/longhaul/x", "x-aws-log-stream": "a"}
    url = "https://logs.eu-central-1.amazonaws.com/v1/logs"

    headers = _sent_to_aws(monkeypatch, Endpoint(Signal.LOGS, url, asked, "gzip"))

    assert headers["x-aws-log-group"] == "/longhaul/x"
    assert "x-aws-log-group;x-aws-log-stream" in headers["authorization"]
    assert "/eu-central-1/logs/aws4_request" in headers["authorization"]


def test_without_credentials_another_try_may_help() -> None:
    endpoint = Endpoint(Signal.TRACES, "https://xray.eu-central-1.amazonaws.com/v1/traces")

    with pytest.raises(NotSent, match="no credentials") as failed:
        post(endpoint, BODY, lambda: None)

    assert not failed.value.is_final


def test_what_goes_elsewhere_is_not_signed(backend: Backend) -> None:
    post(_endpoint(backend), BODY, lambda: Credentials("AKID", "key"))

    assert "authorization" not in backend.posted[0][1]
