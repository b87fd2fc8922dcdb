"""What our own HTTP understands, what it gives up on, and which connections it keeps."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chalicelib.s3.framing import Answer
from chalicelib.s3.wire import Patience, Request, Wire, _Connection

LOOPBACK = IPv4Address("127.0.0.1")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
THREE = b'HTTP/1.1 206 Partial Content\r\nETag: "e"\r\nContent-Length: 3\r\n\r\nabc'
ORIGIN = "http://127.0.0.1:9"

CLOSE = b""
"""In place of an answer: the server closes the connection."""


@dataclass
class Server:
    """Answers each request with the next of its lines, whatever is asked. `heard` is what came, by
    connection."""

    listener: socket.socket
    answers: list[bytes]
    tls: ssl.SSLContext | None = None
    heard: list[list[bytes]] = field(default_factory=list)

    @property
    def origin(self) -> str:
        scheme = "https" if self.tls else "http"
        return f"{scheme}://{LOOPBACK}:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        while self.answers:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return  # the test is over
            with suppress(OSError), self._secured(connection) as secured:
                self.heard.append([])
                self._serve(secured)

    def _secured(self, connection: socket.socket) -> socket.socket:
        return self.tls.wrap_socket(connection, server_side=True) if self.tls else connection

    def _serve(self, connection: socket.socket) -> None:
        while self.answers and (head := _request(connection)):
            self.heard[-1].append(head)
            answer = self.answers.pop(0)
            if answer == CLOSE:
                return
            connection.sendall(answer)


def _request(connection: socket.socket) -> bytes:
    """A request with its body; empty where the client has closed the connection."""
    came = b""
    while b"\r\n\r\n" not in came:
        more = connection.recv(65536)
        if not more:
            return b""
        came += more
    head, _, body = came.partition(b"\r\n\r\n")
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
    while len(body) < length and (more := connection.recv(65536)):
        body += more
    return head + b"\r\n\r\n" + body


Start = Callable[..., Server]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a server that sends these answers and then ends."""
    listeners: list[socket.socket] = []

    def started(*answers: bytes, tls: ssl.SSLContext | None = None) -> Server:
        listener = socket.create_server((str(LOOPBACK), 0))
        listeners.append(listener)
        server = Server(listener, list(answers), tls)
        Thread(target=server.serve, daemon=True).start()
        return server

    yield started
    for listener in listeners:
        listener.close()


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire(time.monotonic)
    yield made
    made.close()


@pytest.fixture
def hasty() -> Iterator[Wire]:
    """Waits for an answer for a moment only."""
    made = Wire(time.monotonic, patience=Patience(answer=0.05))
    yield made
    made.close()


def _get(server: Server, method: str = "GET", body: bytes = b"") -> Request:
    return Request(method, server.origin, "/bucket/key?a=b", {"host": "h", "range": "r"}, body)


def test_a_request_goes_out_as_it_is(start: Start, wire: Wire) -> None:
    server = start(OK)

    wire.exchange(_get(server))

    assert server.heard == [[b"GET /bucket/key?a=b HTTP/1.1\r\nhost: h\r\nrange: r\r\n\r\n"]]


def test_a_part_goes_out_with_its_length(start: Start, wire: Wire) -> None:
    server = start(OK)

    wire.exchange(_get(server, "PUT", b"part"))

    assert server.heard[0][0].endswith(b"content-length: 4\r\n\r\npart")


def test_an_empty_put_says_that_it_is_empty(start: Start, wire: Wire) -> None:
    server = start(OK)

    wire.exchange(_get(server, "PUT"))

    assert server.heard[0][0].endswith(b"content-length: 0\r\n\r\n")


def test_an_answer_has_status_headers_and_body(start: Start, wire: Wire) -> None:
    server = start(b"HTTP/1.1 404 Not Found\r\nX-Amz-Id: \tb \r\nContent-Length: 4\r\n\r\ngone")

    answer = wire.exchange(_get(server))

    assert answer == Answer(404, {"x-amz-id": "b", "content-length": "4"}, b"gone")


def test_the_bytes_of_a_range_go_into_the_buffer(start: Start, wire: Wire) -> None:
    server = start(THREE)
    buffer = bytearray(3)

    answer = wire.exchange(_get(server), memoryview(buffer))

    assert answer is not None
    assert answer.body is None
    assert buffer == b"abc"


@pytest.mark.parametrize("size", [2, 4])
def test_a_buffer_that_the_answer_does_not_fill_is_not_touched(
    start: Start, wire: Wire, size: int
) -> None:
    server = start(THREE)
    buffer = bytearray(size)

    answer = wire.exchange(_get(server), memoryview(buffer))

    assert answer is not None
    assert answer.body == b"abc"
    assert buffer == bytes(size)


def test_an_error_does_not_go_into_the_buffer(start: Start, wire: Wire) -> None:
    server = start(b"HTTP/1.1 412 Precondition Failed\r\nContent-Length: 3\r\n\r\nno!")
    buffer = bytearray(3)

    answer = wire.exchange(_get(server), memoryview(buffer))

    assert answer is not None
    assert (answer.status, answer.body) == (412, b"no!")
    assert buffer == bytes(3)


def test_the_answer_to_head_has_no_body_whatever_its_length(start: Start, wire: Wire) -> None:
    server = start(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", OK)

    first = wire.exchange(_get(server, "HEAD"))
    second = wire.exchange(_get(server))

    assert first == Answer(200, {"content-length": "1000"}, b"")
    assert second is not None
    assert second.body == b"ok"


def test_an_answer_of_not_modified_has_no_body_whatever_its_length(
    start: Start, wire: Wire
) -> None:
    server = start(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n", OK)

    first = wire.exchange(_get(server))
    second = wire.exchange(_get(server))

    assert first == Answer(304, {"content-length": "1000"}, b"")
    assert second is not None
    assert second.body == b"ok"


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
def test_a_line_break_in_a_header_is_not_sent(start: Start, wire: Wire, ending: str) -> None:
    server = start(OK)
    request = Request("GET", server.origin, "/", {"host": "h", "if-match": f"e{ending}x: y"})

    assert wire.exchange(request) is None
    assert not any(server.heard)


def test_a_line_break_in_a_target_is_not_sent(start: Start, wire: Wire) -> None:
    server = start(OK)
    request = Request("GET", server.origin, "/a HTTP/1.1\r\nx: y", {"host": "h"})

    assert wire.exchange(request) is None
    assert not any(server.heard)


def test_half_a_range_is_no_answer_and_its_connection_is_not_used_again(
    start: Start, hasty: Wire
) -> None:
    wire = hasty
    half = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\n\r\nab"
    server = start(half, OK)
    buffer = bytearray(3)

    first = wire.exchange(_get(server), memoryview(buffer))
    second = wire.exchange(_get(server))

    assert first is None
    assert second is not None
    assert second.body == b"ok"
    assert [len(requests) for requests in server.heard] == [1, 1]


def test_a_body_in_chunks_is_put_together(start: Start, wire: Wire) -> None:
    chunks = b"3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"
    server = start(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, OK)

    first = wire.exchange(_get(server))
    second = wire.exchange(_get(server))

    assert first is not None
    assert first.body == b"abc0123456789"
    assert second is not None
    assert len(server.heard) == 1


def test_a_body_in_too_many_chunks_is_not_understood(
    start: Start, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.s3.framing._BODY_MAX", 5)
    chunks = b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"
    server = start(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)

    assert wire.exchange(_get(server)) is None


def test_a_connection_is_kept_for_the_next_request(start: Start, wire: Wire) -> None:
    server = start(OK, THREE, b"HTTP/1.1 500 Error\r\nContent-Length: 0\r\n\r\n", OK)

    statuses = [answer.status for _ in range(4) if (answer := wire.exchange(_get(server)))]

    assert statuses == [200, 206, 500, 200]
    assert len(server.heard) == 1


def test_a_connection_that_the_server_wants_to_close_is_not_kept(start: Start, wire: Wire) -> None:
    server = start(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", OK)

    wire.exchange(_get(server))
    wire.exchange(_get(server))

    assert [len(requests) for requests in server.heard] == [1, 1]


def test_a_request_goes_out_again_when_a_kept_connection_was_closed(
    start: Start, wire: Wire
) -> None:
    server = start(OK, CLOSE, OK)
    wire.exchange(_get(server))

    answer = wire.exchange(_get(server, "PUT", b"part"))

    assert answer is not None
    assert answer.body == b"ok"
    assert [len(requests) for requests in server.heard] == [2, 1]
    assert server.heard[1][0].endswith(b"part")


def test_a_busy_server_is_asked_on_one_more_connection_and_not_on_all_that_are_kept(
    start: Start, wire: Wire
) -> None:
    server = start(OK, CLOSE, CLOSE, OK)
    wire.exchange(_get(server))
    (kept,) = wire._kept.values()
    others = [wire._opened(server.origin) for _ in range(3)]
    kept[:0] = others

    answer = wire.exchange(_get(server))

    assert answer is None
    assert sum(map(len, server.heard)) == 3
    assert kept == []


def test_an_answer_that_comes_before_the_part_was_taken_is_read(wire: Wire) -> None:
    ours, theirs = socket.socketpair()

    def refuse() -> None:
        theirs.recv(65536)
        theirs.sendall(b"HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\n\r\n")
        theirs.shutdown(socket.SHUT_RD)
        while theirs.recv(65536):
            pass  # what was sent already; then the sender notices

    refusing = Thread(target=refuse, daemon=True)
    refusing.start()
    connection = _Connection(ours, time.monotonic)
    kept = wire._kept.setdefault(ORIGIN, [connection])

    answer = wire.exchange(Request("PUT", ORIGIN, "/key", {"host": "h"}, bytes(2**24)))

    refusing.join(60)
    theirs.close()
    assert answer is not None
    assert answer.status == 503
    assert kept == []


def test_a_request_does_not_go_out_again_on_a_new_connection(start: Start, wire: Wire) -> None:
    server = start(CLOSE, OK)

    assert wire.exchange(_get(server)) is None
    assert [len(requests) for requests in server.heard] == [1]


def test_a_request_whose_answer_breaks_off_does_not_go_out_again(start: Start, wire: Wire) -> None:
    server = start(OK, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nhalf")
    wire.exchange(_get(server))

    assert wire.exchange(_get(server)) is None
    assert [len(requests) for requests in server.heard] == [2]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 ok\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",  # its body ends where the connection does
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2000001\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nLong: " + b"x" * 20_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 300 + b"\r\n",
    ],
)
def test_an_answer_that_is_not_understood_is_none(start: Start, wire: Wire, answer: bytes) -> None:
    server = start(answer)

    assert wire.exchange(_get(server)) is None


def test_after_an_answer_that_is_not_understood_the_connection_is_not_used_again(
    start: Start, wire: Wire
) -> None:
    server = start(b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok", OK)
    wire.exchange(_get(server))

    answer = wire.exchange(_get(server))

    assert answer is not None
    assert [len(requests) for requests in server.heard] == [1, 1]


def test_a_host_that_nobody_listens_on_does_not_answer(start: Start, wire: Wire) -> None:
    server = start()
    request = _get(server)
    server.listener.close()

    assert wire.exchange(request) is None


def test_an_answer_that_does_not_come_is_waited_for_only_so_long(start: Start, hasty: Wire) -> None:
    wire = hasty
    server = start(OK, b"HTTP", OK)
    wire.exchange(_get(server))

    assert wire.exchange(_get(server)) is None
    assert [len(requests) for requests in server.heard] == [2]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 by its own authority, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(LOOPBACK)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    place = tmp_path_factory.mktemp("tls") / "127.0.0.1.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    place.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return place


@pytest.fixture
def tls_server(start: Start, certificate: Path) -> Server:
    """A server that sends two answers by TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return start(OK, THREE, tls=context)


def test_tls_takes_a_certificate_of_an_authority_that_is_trusted(
    tls_server: Server, certificate: Path
) -> None:
    trusting = Wire(time.monotonic, ssl.create_default_context(cafile=str(certificate)))
    buffer = bytearray(3)

    first = trusting.exchange(_get(tls_server))
    trusting.exchange(_get(tls_server), memoryview(buffer))
    trusting.close()

    assert first is not None
    assert first.body == b"ok"
    assert buffer == b"abc"
    assert [len(requests) for requests in tls_server.heard] == [2]


def test_tls_tells_nothing_to_a_host_that_is_not_trusted(tls_server: Server) -> None:
    wire = Wire(time.monotonic, ssl.create_default_context())

    assert wire.exchange(_get(tls_server)) is None
    assert not any(tls_server.heard)


def test_nothing_goes_out_in_the_clear_where_tls_is_asked_for(tls_server: Server) -> None:
    assert Wire(time.monotonic).exchange(_get(tls_server)) is None
    assert not any(tls_server.heard)
