"""Our own HTTP against servers that do what they like, and beside urllib3.

Both must read a well-formed answer alike. Any other answer ours refuses, or it reads what urllib3
reads.
"""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.s3.wire import Request, Wire, _Connection
from tests.unit.s3.hostile import Hostile, Turn, by_urllib3, by_wire, running
from tests.unit.s3.wellformed import answers, damaged, split

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond"


@pytest.fixture(scope="module")
def server() -> Iterator[Hostile]:
    with running() as started:
        yield started


many = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
fewer = settings(many, max_examples=100)


@many
@given(data=st.data(), method=st.sampled_from(["GET", "HEAD", "PUT"]))
def test_a_wellformed_answer_is_read_as_urllib3_reads_it(
    server: Hostile, data: st.DataObject, method: str
) -> None:
    written = data.draw(answers(method))
    pieces = data.draw(split(written.raw))
    server.scripts[:] = [[Turn(pieces)], [Turn(pieces)]]
    wire = Wire(time.monotonic)

    ours = by_wire(wire, server.request(method))
    theirs = by_urllib3(server, method)

    wire.close()
    assert ours == written.seen
    assert theirs == written.seen


@fewer
@given(data=st.data())
def test_a_connection_is_used_again_after_any_wellformed_answer(
    server: Hostile, data: st.DataObject
) -> None:
    written = [data.draw(answers()) for _ in range(3)]
    server.scripts[:] = [[Turn(data.draw(split(one.raw)), is_last=False) for one in written]]
    wire = Wire(time.monotonic)

    seen = [by_wire(wire, server.request()) for _ in written]

    wire.close()
    assert seen == [one.seen for one in written]


@many
@given(data=st.data())
def test_a_damaged_answer_is_refused_or_read_as_urllib3_reads_it(
    server: Hostile, data: st.DataObject
) -> None:
    raw = data.draw(damaged())
    pieces = data.draw(split(raw))
    server.scripts[:] = [[Turn(pieces)], [Turn(pieces)]]
    wire = Wire(time.monotonic)

    ours = by_wire(wire, server.request())
    theirs = by_urllib3(server)

    wire.close()
    assert ours in (None, theirs)


# -- the next request -----------------------------------------------------------------------------


@many
@given(data=st.data())
def test_no_request_gets_what_was_left_of_another_ones_answer(
    server: Hostile, data: st.DataObject
) -> None:
    method = data.draw(st.sampled_from(["GET", "HEAD"]))
    first = data.draw(answers(method))
    rest = data.draw(st.sampled_from([b"", b"x", b"\r\n", first.raw]) | st.binary(max_size=20))
    left = data.draw(split(first.raw + rest))
    server.sent.clear()
    server.scripts[:] = [[Turn(left, is_last=False), Turn([OK])], [Turn([OK])]]
    server.requests = 0
    wire = Wire(time.monotonic)

    ours = by_wire(wire, server.request(method))
    server.sent.wait(5)
    second = by_wire(wire, server.request())

    wire.close()
    assert ours == first.seen
    assert second is not None
    assert second[2] == b"second"
    assert server.requests == 2


def test_a_head_that_is_answered_with_a_body_does_not_disturb_the_next_request(
    server: Hostile,
) -> None:
    told = b"HTTP/1.1 200 OK\r\nContent-Length: 56\r\n\r\n" + OK
    server.scripts[:] = [[Turn([told], is_last=False), Turn([OK])], [Turn([OK])]]
    server.sent.clear()
    wire = Wire(time.monotonic)

    wire.exchange(server.request("HEAD"))
    server.sent.wait(5)
    second = by_wire(wire, server.request())

    wire.close()
    assert second is not None
    assert second[0] == 200
    assert server.scripts == []


def test_an_answer_that_comes_before_its_request_is_not_read() -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(OK)
    wire = Wire(time.monotonic)
    wire._kept["http://127.0.0.1:9"] = [_Connection(ours, time.monotonic)]

    answer = wire.exchange(Request("GET", "http://127.0.0.1:9", "/k", {"host": "h"}))

    assert answer is None
    assert theirs.recv(100) == b""
    theirs.close()


def test_an_idle_connection_that_the_server_has_closed_costs_no_answer(server: Hostile) -> None:
    first = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    server.scripts[:] = [[Turn([first])], [Turn([OK])]]
    wire = Wire(time.monotonic)

    wire.exchange(server.request())
    second = by_wire(wire, server.request("PUT"))

    wire.close()
    assert second is not None
    assert second[2] == b"second"


# -- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "drip",
    [
        b"H" * 9_000,
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 9_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + b"a" * 9_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 9_000,
    ],
    ids=["the status", "headers", "the body", "chunks"],
)
def test_a_slow_drip_ends_in_time(drip: bytes) -> None:
    ours, theirs = socket.socketpair()
    seconds = 0
    waiting = iter(drip)

    def clock() -> float:
        """A second goes by whenever the client looks at the clock, and one byte comes."""
        nonlocal seconds
        seconds += 1
        if seconds > 3:  # the request is on its way
            theirs.send(bytes([next(waiting)]))
        return seconds

    wire = Wire(clock)
    wire._kept["http://127.0.0.1:9"] = [_Connection(ours, clock)]

    answer = wire.exchange(Request("GET", "http://127.0.0.1:9", "/k", {"host": "h"}))

    theirs.close()
    assert answer is None
    assert 300 < seconds < 320


def test_a_server_that_takes_a_part_byte_by_byte_is_given_up() -> None:
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    seconds = 0

    def clock() -> float:
        nonlocal seconds
        seconds += 1
        with suppress(BlockingIOError):
            theirs.recv(65536, socket.MSG_DONTWAIT)
        return seconds

    wire = Wire(clock)
    wire._kept["http://127.0.0.1:9"] = [_Connection(ours, clock)]

    answer = wire.exchange(Request("PUT", "http://127.0.0.1:9", "/k", {"host": "h"}, bytes(2**24)))

    theirs.close()
    assert answer is None
    assert 300 < seconds < 320
