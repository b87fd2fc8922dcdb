"""The bytes of a tar that is compressed whole, as gzip makes it. Pure: no I/O.

The archive is one gzip member (RFC 1952), because some readers take only the first one (Python's
tarfile as a stream, "r|gz"). Its deflate blocks are made by many workers, before the archive is
laid out (pipeline/packing.py): what each of them makes ends at a whole byte. Here is what the
member begins with, and the tail: its blocks are stored ones (RFC 1951, 3.2.4), because its length
must be known before its bytes are.

Nothing can be read from the middle of it, so there is no index.
"""

import zlib
from collections.abc import Iterable, Iterator
from struct import Struct
from typing import Final

from chalicelib.archive import crc, tar_format
from chalicelib.archive.member import Member
from chalicelib.archive.sums import Sum

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
BEGINNING: Final = bytes.fromhex("1f8b 08 00 00000000 00 ff")
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


def wrapped(tail: Iterable[bytes], length: int, body: Sum) -> Iterator[bytes]:
    """Yields the tail as the end of a gzip member, of which `body` comes before. The same tail has
    the same bytes, however it comes in chunks."""
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
    whole = crc.combined(((body.crc32, body.length), (crc32, length)))
    yield _TRAILER.pack(whole, (body.length + length) & 0xFFFFFFFF)


def wrapped_length(length: int) -> int:
    """Returns the length in bytes of what `wrapped` yields."""
    blocks = max(-(-length // _STORED_MAX), 1)
    return blocks * _STORED.size + length + _TRAILER.size


def _stored(content: bytearray, *, is_last: bool) -> Iterator[bytes]:
    yield _STORED.pack(is_last, len(content), len(content) ^ 0xFFFF) + content
