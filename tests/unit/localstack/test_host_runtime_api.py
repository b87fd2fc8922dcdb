"""The Runtime API serves a function's process as AWS's does."""

import http.client
import json
from collections.abc import Iterator

import pytest

from infra.localstack.plugin.runtime_api import (
    MAX_PAYLOAD_BYTES,
    Answered,
    InitFailed,
    Invocation,
    Ready,
    RuntimeApi,
    error_type,
)

_ROOT = "/2018-06-01/runtime"


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    served = RuntimeApi()
    yield served
    served.close()


@pytest.fixture
def connection(api: RuntimeApi) -> Iterator[http.client.HTTPConnection]:
    opened = http.client.HTTPConnection(api.address, timeout=5)
    yield opened
    opened.close()


def test_an_invocation_has_all_that_the_runtime_must_know(
    api: RuntimeApi, connection: http.client.HTTPConnection
) -> None:
    api.give(Invocation("r-1", "arn:it", b'{"a": 1}', "Root=1"), deadline_ms=1234)

    connection.request("GET", f"{_ROOT}/invocation/next")
    answer = connection.getresponse()

    assert answer.read() == b'{"a": 1}'
    assert answer.headers["Lambda-Runtime-Aws-Request-Id"] == "r-1"
    assert answer.headers["Lambda-Runtime-Deadline-Ms"] == "1234"
    assert answer.headers["Lambda-Runtime-Invoked-Function-Arn"] == "arn:it"
    assert answer.headers["Lambda-Runtime-Trace-Id"] == "Root=1"
    assert api.events.get(timeout=5) == Ready()


@pytest.mark.parametrize(
    ("path", "event"),
    [
        ("invocation/r-1/response", Answered("r-1", b"body", failed=False)),
        ("invocation/r-1/error", Answered("r-1", b"body", failed=True)),
        ("init/error", InitFailed(b"body")),
    ],
)
def test_what_the_runtime_posts_becomes_an_event(
    api: RuntimeApi, connection: http.client.HTTPConnection, path: str, event: object
) -> None:
    connection.request("POST", f"{_ROOT}/{path}", b"body")

    assert connection.getresponse().status == 202
    assert api.events.get(timeout=5) == event


def test_a_body_in_chunks_is_read_whole(
    api: RuntimeApi, connection: http.client.HTTPConnection
) -> None:
    chunks = iter([b"one ", b"two"])
    connection.request("POST", f"{_ROOT}/invocation/r-1/response", chunks, encode_chunked=True)

    assert connection.getresponse().status == 202
    assert api.events.get(timeout=5) == Answered("r-1", b"one two", failed=False)


def test_a_result_beyond_lambdas_limit_becomes_an_error(
    api: RuntimeApi, connection: http.client.HTTPConnection
) -> None:
    connection.request("POST", f"{_ROOT}/invocation/r-1/response", b"x" * (MAX_PAYLOAD_BYTES + 1))
    connection.getresponse().read()

    event = api.events.get(timeout=5)

    assert isinstance(event, Answered)
    assert event.failed
    assert json.loads(event.payload)["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_path_that_the_api_does_not_have_is_not_found(
    connection: http.client.HTTPConnection,
) -> None:
    connection.request("GET", f"{_ROOT}/restore/next")

    assert connection.getresponse().status == 404


def test_a_waiting_runtime_gets_an_answer_when_the_api_closes(
    api: RuntimeApi, connection: http.client.HTTPConnection
) -> None:
    connection.request("GET", f"{_ROOT}/invocation/next")
    assert api.events.get(timeout=5) == Ready()

    api.close()

    assert connection.getresponse().status == 410


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (b'{"errorType": "ValueError"}', "ValueError"),
        (b'{"errorType": ""}', "Runtime.Unknown"),
        (b"[]", "Runtime.Unknown"),
        (b"no json", "Runtime.Unknown"),
    ],
)
def test_the_type_of_an_error_is_read_from_its_json(error: bytes, kind: str) -> None:
    assert error_type(error) == kind
