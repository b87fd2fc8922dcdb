"""The bytes of a tar that is compressed whole, as gzip makes it. Pure: no I/O.

A gzip file may have several members, one after another; readers join what is in them (RFC 1952,
2.2). So files are compressed before the archive is laid out, each pack of them as members of its
own (pipeline/packing.py), and only the tail is made into a member here. Its length must be known
before its bytes are, so its blocks are stored ones (RFC 1951, 3.2.4).

Nothing can be read from the middle of it, so there is no index.
"""

import zlib
from collections.abc import Iterable, Iterator
from struct import Struct
from typing import Final

from chalicelib.archive import tar_format
from chalicelib.archive.member import Member

NAME: Final = "tar.gz"
EXTENSION: Final = ".tar.gz"
MEDIA_TYPE: Final = "application/gzip"
VERSION: Final = tar_format.VERSION
"""The version of the bytes that this module writes. Raise it whenever they change."""
COMPRESSES_HEADERS: Final = True
RECORDS_BESIDE: Final = False

# What is compressed is a tar.
header = tar_format.header
header_length = tar_format.header_length
padding = tar_format.padding
end = tar_format.end
end_length = tar_format.end_length

# signature, method (deflate), flags, time, extra flags, system (unknown): RFC 1952, 2.3
_HEADER: Final = bytes.fromhex("1f8b 08 00 00000000 00 ff")
_TRAILER = Struct("<II")  # CRC-32, length modulo 2**32
_STORED_MAX: Final = 0xFFFF  # bytes of a stored block
# whether it is the last one (in the lowest bit), length, its complement: RFC 1951, 3.2.4
_STORED = Struct("<BHH")


def record(_member: Member, _crc32: int, _offset: int) -> bytes:
    """Returns nothing: there is no directory."""
    return b""


def record_length(_member: Member, _offset: int) -> int:
    """Returns 0."""
    return 0


def wrapped(tail: Iterable[bytes], length: int) -> Iterator[bytes]:
    """Yields the tail as one member of a gzip file. The same tail has the same bytes, however it
    comes in chunks."""
    yield _HEADER
    crc32 = done = 0
    rest = bytearray()
    for chunk in tail:
        crc32 = zlib.crc32(chunk, crc32)
        rest += chunk
        at = 0
        # The last block waits: it may be a short one.
        while len(rest) - at > _STORED_MAX:
            yield from _stored(rest[at : at + _STORED_MAX], is_last=False)
            at += _STORED_MAX
        done += at
        del rest[:at]
    if done + len(rest) != length:
        raise ValueError(f"the tail has {done + len(rest)} bytes instead of {length}")
    yield from _stored(rest, is_last=True)
    yield _TRAILER.pack(crc32, length & 0xFFFFFFFF)


def wrapped_length(length: int) -> int:
    """Returns the length in bytes of what `wrapped` yields."""
    blocks = max(-(-length // _STORED_MAX), 1)
    return len(_HEADER) + blocks * _STORED.size + length + _TRAILER.size


def _stored(content: bytearray, *, is_last: bool) -> Iterator[bytes]:
    yield _STORED.pack(is_last, len(content), len(content) ^ 0xFFFF) + content
