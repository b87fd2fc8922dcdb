"""What is no answer: the oddities that clients and servers read in different ways, and cuts."""

import time
import tracemalloc
from collections.abc import Iterator
from io import BufferedReader, BytesIO

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.s3.framing import Unexpected, read_answer
from chalicelib.s3.wire import Wire
from tests.unit.s3.hostile import Hostile, Turn, by_wire, running
from tests.unit.s3.wellformed import damaged

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond"


@pytest.fixture(scope="module")
def server() -> Iterator[Hostile]:
    with running() as started:
        yield started


ODD = [
    # status lines
    b"HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1  200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1\t200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 0200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 +20 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 O\0K\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 O\rK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 " + b"x" * 16_371 + b"Content-Length: 2\r\n\r\nok",
    b"HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/2 200\r\nContent-Length: 2\r\n\r\nok",
    b"http/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"ICY 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    # interim answers
    b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
    b"HTTP/1.1 102 Processing\r\n\r\n" + OK,
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK,
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + OK,
    # headers
    b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\n Content-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n folded: x\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nETag: a\r\n\tb:c\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nETag: a\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nETag: a\rContent-Length: 9\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nETag: \0\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nE\0Tag: a\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\n: a\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\n\nok",
    b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000 + b"Content-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nA: " + b"x" * 16_379 + b"Content-Length: 2\r\n\r\nok",
    # lengths
    b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length: -0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n0123456789",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2.0\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 1\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok",
    # chunks
    b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: identity\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nok\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+2\r\nok\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n 2\r\nok\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0_2\r\nok\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nok\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a\nb\r\nok\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;" + b"x" * 16_382 + b"ok\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nno colon\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
]


@pytest.mark.parametrize("raw", ODD, ids=range(len(ODD)))
def test_an_odd_answer_is_refused(server: Hostile, raw: bytes) -> None:
    server.scripts[:] = [[Turn([raw])]]
    wire = Wire(time.monotonic)

    seen = by_wire(wire, server.request())

    assert seen is None
    assert not any(wire._kept.values())


WHOLE = {
    "length": b'HTTP/1.1 206 Partial Content\r\nETag: "e"\r\nContent-Length: 4\r\n\r\nbody',
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nbo\r\n2\r\ndy\r\n0\r\n"
    b"T: v\r\n\r\n",
    "without": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n",
}


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("filled", [False, True])
def test_an_answer_that_is_cut_at_any_byte_is_no_answer(
    server: Hostile, kind: str, *, filled: bool
) -> None:
    raw = WHOLE[kind]
    server.scripts[:] = [[Turn([raw[:length]])] for length in range(len(raw))]
    buffer = memoryview(bytearray(4)) if filled else None
    wire = Wire(time.monotonic)

    seen = [wire.exchange(server.request(), buffer) for _ in range(len(raw))]

    assert seen == [None] * len(raw)


@settings(max_examples=1000, deadline=None)
@given(raw=st.binary(max_size=200) | damaged(), into=st.none() | st.integers(0, 8))
@example(b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 200, None)
def test_bytes_of_any_kind_are_an_answer_or_unexpected(raw: bytes, into: int | None) -> None:
    reader: BufferedReader = BufferedReader(BytesIO(raw))
    buffer = None if into is None else memoryview(bytearray(into))

    try:
        answer = read_answer(reader.readline(), reader, "GET", buffer)
    except Unexpected:
        return

    assert answer.status >= 200
    assert (answer.body is None) <= (buffer is not None)


def test_a_body_in_many_chunks_takes_no_memory_for_each() -> None:
    raw = b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 20_000
    reader: BufferedReader = BufferedReader(BytesIO(raw + b"0\r\n\r\n"))
    tracemalloc.start()

    answer = read_answer(reader.readline(), reader, "GET", None)

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.body == b"a" * 20_000
    assert most < 100_000
