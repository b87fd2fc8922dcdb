"""Reads one HTTP/1.1 answer from a stream, by RFC 9112 alone. What it does not allow is no answer.

Servers that bend the rules exist, and most clients guess what they mean. A wrong guess about where
an answer ends makes its rest the answer to the next request. So nothing is guessed here.
https://www.rfc-editor.org/rfc/rfc9112
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from io import BufferedReader
from typing import Final

_LINE_MAX: Final = 16 * 1024  # bytes of one header; all headers of S3 together have 8 KB at most
_HEADERS_MAX: Final = 200
_BODY_MAX: Final = 32 * 1024**2
"""The most bytes of a body that is not read into the caller's buffer. A page of a listing with the
longest keys has 4 MB."""

# The bytes that a reason and a value may have: no control character but the tab. The answers below
# 200 are left out: no request here asks for 100 Continue or for another protocol.
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.1 ([2-9]\d\d)(?: [\t -~\x80-\xff]*)?\r\n")
_FIELD_LINE: Final = re.compile(rb"([\w!#$%&'*+.^`|~-]+):([\t -~\x80-\xff]*)\r\n")
_CHUNK_LINE: Final = re.compile(rb"([\dA-Fa-f]{1,16})(?:[ \t]*;[\t -~\x80-\xff]*)?\r\n")
_LENGTH: Final = re.compile(r"\d{1,18}", re.ASCII)

_WITHOUT_BODY: Final = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class Unexpected(ValueError):
    """We do not know how to read the answer, or it broke off."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Header names are in lower case. The values of a header that came more than once are joined
    with ", ". `body` is None if it went into the caller's buffer."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None

    @property
    def is_last(self) -> bool:
        """Whether the server closes the connection after this answer."""
        options = self.headers.get("connection", "").lower().split(",")
        return "close" in map(str.strip, options)


def read_answer(
    begin: bytes, reader: BufferedReader, method: str, into: memoryview | None
) -> Answer:
    """Returns the answer whose first line is `begin`, when all of it was read. If it is a 206 whose
    body fills `into` exactly, the body goes there.

    Raises Unexpected, or the OSError of the connection. Then `into` may hold a part of the body.
    """
    found = _STATUS_LINE.fullmatch(begin)
    if not found:
        raise Unexpected
    status = int(found[1])
    headers = _headers(reader)
    length, coding = headers.get("content-length"), headers.get("transfer-encoding")
    # Two values are joined by now, so they are no number. With both headers, a server and what
    # stands before it may have read different bodies.
    # https://www.rfc-editor.org/rfc/rfc9112#name-message-body-length
    if length is not None and (coding is not None or not _LENGTH.fullmatch(length)):
        raise Unexpected
    if coding is not None and (coding.lower() != "chunked" or status in _WITHOUT_BODY):
        raise Unexpected
    if method == "HEAD" or status in _WITHOUT_BODY:
        return Answer(status, headers, b"")
    if coding is not None:
        return Answer(status, headers, _chunks(reader))
    if length is None:
        raise Unexpected  # the body ends where the connection does, so nobody knows if it is whole
    if into is not None and status == HTTPStatus.PARTIAL_CONTENT and int(length) == len(into):
        _fill(into, reader)
        return Answer(status, headers, None)
    return Answer(status, headers, _read(reader, int(length)))


def first_line(reader: BufferedReader) -> bytes:
    """Returns the first line of an answer; empty if the connection was closed before it."""
    return reader.readline(_LINE_MAX)


def _headers(reader: BufferedReader) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(_HEADERS_MAX + 1):
        line = reader.readline(_LINE_MAX)
        if line == b"\r\n":
            return headers
        found = _FIELD_LINE.fullmatch(line)
        if not found:
            break
        name, value = found[1].decode().lower(), found[2].strip(b" \t").decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    raise Unexpected


def _chunks(reader: BufferedReader) -> bytes:
    """Returns the body that comes in chunks.
    https://www.rfc-editor.org/rfc/rfc9112#name-chunked-transfer-coding"""
    body = bytearray()
    while True:
        found = _CHUNK_LINE.fullmatch(reader.readline(_LINE_MAX))
        if not found:
            raise Unexpected
        length = int(found[1], 16)
        if not length:
            _headers(reader)  # trailers
            return bytes(body)
        if len(body) + length > _BODY_MAX:
            raise Unexpected
        body += _read(reader, length)
        if reader.read(2) != b"\r\n":
            raise Unexpected


def _fill(buffer: memoryview, reader: BufferedReader) -> None:
    at = 0
    while at < len(buffer):
        count = reader.readinto(buffer[at:])
        if not count:
            raise Unexpected
        at += count


def _read(reader: BufferedReader, length: int) -> bytes:
    if length > _BODY_MAX:
        raise Unexpected
    body = reader.read(length)
    if len(body) < length:
        raise Unexpected
    return body
