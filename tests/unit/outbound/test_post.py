"""One POST over real sockets: what is sent, what of the answer is read, and what ends the wait."""

import errno
import socket
from threading import Event

import pytest

from chalicelib.outbound import CONNECT_SECONDS, HEAD_MAX, Answer, Https
from tests.unit.outbound.hosts import (
    Host,
    Script,
    answers,
    body_of,
    drips,
    floods,
    hangs,
    headers_of,
    resets,
    says,
    serving,
)
from tests.unit.outbound.posting import (
    ANOTHER,
    BODY,
    NAME,
    PUBLIC,
    Internet,
    a_place,
    here,
    local,
    post,
    refused,
    timed,
)

SHORT = 0.3
"""Seconds. A POST that must not wait longer has ended after a second at the latest."""

CLOSED = "the connection was closed before an answer"


def test_the_request_is_a_post_with_the_whole_body() -> None:
    with serving(answers(200)) as host:
        assert post(local(), here(host.port, "/in?token=a%20b")) == Answer(200)

    (request,) = host.requests
    assert request.startswith(b"POST /in?token=a%20b HTTP/1.1\r\n")
    assert body_of(request) == BODY
    assert headers_of(request) == {
        "host": f"127.0.0.1:{host.port}",
        "content-type": "application/json",
        "webhook-id": "n-1",
        "content-length": str(len(BODY)),
        "connection": "close",
    }


@pytest.mark.parametrize(
    ("name", "port", "scheme", "written"),
    [
        (NAME, 80, "http", NAME),
        (NAME, 8080, "http", f"{NAME}:8080"),
        (ANOTHER, 80, "http", f"[{ANOTHER}]"),
        (ANOTHER, 8080, "http", f"[{ANOTHER}]:8080"),
    ],
)
def test_the_usual_port_is_not_in_the_header_host(
    name: str, port: int, scheme: str, written: str
) -> None:
    with serving(answers(200)) as host:
        internet = Internet(host.port)
        post(
            Https(resolve=internet.resolve, connect=internet.connect),
            a_place(name, port, scheme=scheme),
        )

    assert headers_of(host.requests[0])["host"] == written


@pytest.mark.parametrize("status", [200, 204, 301, 307, 400, 410, 429, 500, 503, 999])
def test_every_status_is_an_answer(status: int) -> None:
    with serving(answers(status)) as host:
        assert post(local(), here(host.port)) == Answer(status)
    assert host.connections == 1


def test_an_answer_without_words_or_of_http_1_0_is_one() -> None:
    with serving(says(b"HTTP/1.0 204\n\n")) as host:
        assert post(local(), here(host.port)) == Answer(204)


def test_a_redirect_is_not_followed() -> None:
    with serving(answers(200)) as target:
        more = f"Location: http://127.0.0.1:{target.port}/\r\n"
        with serving(answers(307, more=more)) as host:
            assert post(local(), here(host.port)) == Answer(307)

    assert target.connections == 0


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answers(200)) as proxy, serving(answers(204)) as host:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")

        assert post(local(), here(host.port)) == Answer(204)

    assert proxy.connections == 0


def test_each_post_has_a_connection_of_its_own() -> None:
    https = local()
    with serving(answers(200)) as host:
        post(https, here(host.port))
        post(https, here(host.port))

    assert host.connections == 2


def test_the_body_of_an_answer_is_not_waited_for() -> None:
    with serving(floods(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536)) as host:
        assert post(local(), here(host.port)) == Answer(200)


def test_interim_answers_are_skipped() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    with serving(says(interim + b"HTTP/1.1 201 Created\r\nRetry-After: 7\r\n\r\n")) as host:
        assert post(local(), here(host.port)) == Answer(201, 7)


def test_an_answer_that_comes_before_the_whole_body_was_read_counts() -> None:
    def early(way: socket.socket, _: Host) -> None:
        way.recv(1)
        # It closes with bytes unread, so the connection is reset.
        way.sendall(b"HTTP/1.1 413 Too Large\r\n\r\n")

    with serving(early) as host:
        assert post(local(), here(host.port), b"x" * 20_000_000) == Answer(413)


# -- what takes too long ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(hangs, id="takes the connection and never answers"),
        pytest.param(drips(b"", b"H"), id="drips a line without end"),
        pytest.param(drips(b"HTTP/1.1 200 OK\r\n", b"A"), id="drips a header without end"),
        pytest.param(drips(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"), id="drips headers"),
        pytest.param(drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), id="drips interim answers"),
    ],
)
def test_a_slow_host_is_left_when_the_time_is_over(script: Script) -> None:
    with serving(script) as host:
        reason, seconds = timed(lambda: refused(local(SHORT), here(host.port)))

    assert reason == "no answer within 0.3 s"
    assert seconds < 1


def test_a_host_that_does_not_read_is_left_when_the_time_is_over() -> None:
    with serving(hangs) as host:
        internet, large = Internet(host.port), b"x" * 50_000_000
        https = Https(within=SHORT, resolve=internet.resolve, connect=internet.connect)
        place = a_place(port=80, scheme="http")
        reason, seconds = timed(lambda: refused(https, place, large))

    assert reason == "no answer within 0.3 s"
    assert seconds < 1


def test_a_name_server_that_hangs_is_left_when_the_time_is_over() -> None:
    over = Event()

    def hang(host: str, port: int) -> list[str]:
        over.wait(20)
        return [PUBLIC]

    try:
        reason, seconds = timed(lambda: refused(Https(within=SHORT, resolve=hang), a_place()))
    finally:
        over.set()

    assert reason == "no answer within 0.3 s"
    assert seconds < 1


def test_an_address_that_does_not_answer_leaves_time_for_the_next_one() -> None:
    with serving(answers(200)) as host:
        broken: dict[str, OSError] = {ANOTHER: TimeoutError(), PUBLIC: ConnectionRefusedError()}
        internet = Internet(host.port, [[ANOTHER, PUBLIC, "1.1.1.1"]], broken)
        https = Https(resolve=internet.resolve, connect=internet.connect)

        assert post(https, a_place(port=80, scheme="http")) == Answer(200)

    assert internet.connected == [(ANOTHER, 80), (PUBLIC, 80), ("1.1.1.1", 80)]
    assert internet.seconds[:2] == [CONNECT_SECONDS, CONNECT_SECONDS]
    assert 9 < internet.seconds[2] <= 10


# -- what breaks ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "filler", [b"A: " + b"b" * 1000 + b"\r\n", b"x" * 1000], ids=["headers", "one header"]
)
def test_a_head_without_end_is_left(filler: bytes) -> None:
    with serving(floods(b"HTTP/1.1 200 OK\r\n", filler)) as host:
        error = refused(local(), here(host.port))

    assert error.reason == f"the head of the answer is longer than {HEAD_MAX // 1024} KB"
    assert not error.is_final


def test_interim_answers_without_end_are_left() -> None:
    with serving(floods(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 100)) as host:
        assert "longer than 64 KB" in refused(local(), here(host.port)).reason


@pytest.mark.parametrize(
    "content", [b"", b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nA: b"]
)
def test_a_head_that_breaks_off_is_no_answer(content: bytes) -> None:
    with serving(resets(content)) as host:
        assert refused(local(), here(host.port)).reason == CLOSED
    with serving(says(content)) as host:
        assert refused(local(), here(host.port)).reason == CLOSED


@pytest.mark.parametrize(
    "content",
    [b"SSH-2.0-secret\r\n\r\n", b"HTTP/2 200 OK\r\n\r\n", b"\r\n\r\n", b"HTTP/1.1 20\r\n"],
)
def test_what_is_not_http_is_no_answer(content: bytes) -> None:
    with serving(says(content)) as host:
        assert refused(local(), here(host.port)).reason == "the answer is not HTTP"


def test_a_closed_port_refuses() -> None:
    with serving(answers(200)) as host:
        pass

    error = refused(local(), here(host.port))

    assert (error.reason, error.is_final) == ("no connection: refused", False)


def test_the_last_address_says_why_there_is_no_connection() -> None:
    broken: dict[str, OSError] = {PUBLIC: OSError(errno.ENETUNREACH, "any text")}
    internet = Internet(0, broken=broken)

    error = refused(Https(resolve=internet.resolve, connect=internet.connect), a_place())

    assert error.reason == "no connection: network is unreachable"


def test_a_header_cannot_begin_another_line() -> None:
    internet = Internet(0)
    https = Https(resolve=internet.resolve, connect=internet.connect)

    with pytest.raises(ValueError, match="line break"):
        https.post(a_place(), {"webhook-id": "1\r\nHost: other"}, BODY)

    assert internet.asked == []
