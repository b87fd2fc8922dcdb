"""Reads gzip strictly, by RFC 1952: members one after another, each of them whole, and nothing
behind the last one."""

import zlib
from struct import Struct
from typing import Final

from tests.faults.held import Broken

_HEAD = Struct("<2sBBIBB")
_FOOT = Struct("<II")
_GZIP: Final = b"\x1f\x8b"
_DEFLATE: Final = 8
_EXTRA: Final = 4
_LEVELS: Final = (0, 2, 4)  # usual, best and fastest
_SYSTEMS: Final = (3, 255)  # Unix and unknown
_RAW: Final = -15  # deflate without a frame


def members(body: bytes) -> list[bytes]:
    """Returns what each member holds, in order. Raises Broken."""
    found = []
    at = 0
    while at < len(body):
        content, at = _member(body, at)
        found.append(content)
    return found


def read(body: bytes) -> bytes:
    """Returns what all members hold together. Raises Broken, also if there is none."""
    if not body:
        raise Broken("an empty gzip")
    return b"".join(members(body))


def _member(body: bytes, at: int) -> tuple[bytes, int]:
    """Returns what the member holds that begins `at`, and where it ends."""
    if len(body) - at < _HEAD.size:
        raise Broken(f"{len(body) - at} bytes follow the last member")
    magic, method, flags, time, level, system = _HEAD.unpack_from(body, at)
    # A time or a name would differ from one attempt to the next.
    is_usual = flags & ~_EXTRA == time == 0 and level in _LEVELS and system in _SYSTEMS
    if (magic, method) != (_GZIP, _DEFLATE) or not is_usual:
        raise Broken(f"a member at {at} begins with {body[at : at + _HEAD.size].hex()}")
    data = at + _HEAD.size
    if flags & _EXTRA:
        data += 2 + int.from_bytes(body[data : data + 2], "little")
    inflate = zlib.decompressobj(_RAW)
    try:
        content = inflate.decompress(body[data:])
    except zlib.error as error:
        raise Broken(f"a member at {at}: {error}") from error
    end = len(body) - len(inflate.unused_data) + _FOOT.size
    if not inflate.eof or end > len(body):
        raise Broken(f"the member at {at} is cut short")
    crc32, size = _FOOT.unpack_from(body, end - _FOOT.size)
    if (crc32, size) != (zlib.crc32(content), len(content) & 0xFFFFFFFF):
        raise Broken(f"the member at {at} has other bytes than its end says")
    return content, end
