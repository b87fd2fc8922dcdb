"""Reads a tar strictly, by POSIX.1-2017 (pax): headers, padding and end, to the last byte."""

import re
from dataclasses import dataclass
from struct import Struct
from typing import Final

from tests.faults.held import Broken, Held

BLOCK: Final = 512
# name, mode, uid, gid, size, time, checksum, type, link, magic, version, user, group, major, minor,
# prefix
_HEADER = Struct("100s8s8s8s12s12s8sc100s6s2s32s32s8s8s155s12x")
_FILE: Final = b"0"
_MORE: Final = b"x"
_RECORD: Final = re.compile(rb"(\d+) ")
_KNOWN: Final = {"path", "size", "mtime", "atime", "ctime", "hdrcharset"}


@dataclass(frozen=True, slots=True)
class _Header:
    kind: bytes
    name: str
    size: int
    modified: int


def read(archive: bytes) -> list[Held]:
    """Returns the files of a tar, in order. Each begins where its first header does. Raises
    Broken."""
    held = []
    at = 0
    while archive[at : at + BLOCK].strip(b"\0"):
        begun = at
        said: dict[str, str] = {}
        header = _header(archive, at)
        at += BLOCK
        if header.kind == _MORE:
            body, at = _content(archive, at, header.size)
            said = _records(body)
            header = _header(archive, at)
            at += BLOCK
        if header.kind != _FILE:
            raise Broken(f"a tar has {header.kind!r} at {at - BLOCK}")
        data = at
        content, at = _content(archive, data, int(said.get("size", header.size)))
        modified = int(float(said.get("mtime", header.modified)))
        name = said.get("path", header.name)
        held.append(Held(name, content, begun, data, len(content), modified))
    _check_end(archive, at)
    return held


def _header(archive: bytes, at: int) -> _Header:
    block = archive[at : at + BLOCK]
    if len(block) < BLOCK:
        raise Broken(f"a header is cut short at {at}")
    name, mode, uid, gid, size, time, checksum, kind, link, magic, version, *rest = _HEADER.unpack(
        block
    )
    del mode, uid, gid
    plain = block[:148] + b" " * 8 + block[156:]
    if sum(plain) != _octal(checksum, at):
        raise Broken(f"the checksum of the header at {at}")
    if (magic, version, link.strip(b"\0")) != (b"ustar\0", b"00", b""):
        raise Broken(f"the header at {at} is of another format: {magic!r}, {version!r}")
    prefix = rest[-1].rstrip(b"\0")
    whole = prefix + b"/" * bool(prefix) + name.rstrip(b"\0")
    return _Header(kind, whole.decode(errors="replace"), _octal(size, at), _octal(time, at))


def _octal(field: bytes, at: int) -> int:
    digits = field.strip(b" \0")
    if not re.fullmatch(rb"[0-7]+", digits):
        raise Broken(f"a number of the header at {at} is {field!r}")
    return int(digits, 8)


def _content(archive: bytes, at: int, size: int) -> tuple[bytes, int]:
    """Returns `size` bytes, and where the blocks end that they take."""
    content = archive[at : at + size]
    end = at + -(-size // BLOCK) * BLOCK
    if len(content) < size or end > len(archive):
        raise Broken(f"a file is cut short at {at}")
    if archive[at + size : end].strip(b"\0"):
        raise Broken(f"the padding before {end} is not empty")
    return content, end


def _records(body: bytes) -> dict[str, str]:
    """Returns the records of an extended header: `{length} {keyword}={value}` and a line's end."""
    said: dict[str, str] = {}
    at = 0
    while at < len(body):
        found = _RECORD.match(body, at)
        line = body[at : at + int(found[1])] if found else b""
        if not found or not line.endswith(b"\n"):
            raise Broken(f"a record of an extended header is {body[at : at + 80]!r}")
        keyword, is_there, value = line[len(found[0]) : -1].partition(b"=")
        name = keyword.decode()
        if not is_there or name in said or name not in _KNOWN:
            raise Broken(f"a record of an extended header is {line!r}")
        said[name] = value.decode()
        at += len(line)
    return said


def _check_end(archive: bytes, at: int) -> None:
    """Two empty blocks end a tar, and more may follow up to a whole record."""
    rest = archive[at:]
    if len(rest) < 2 * BLOCK or len(rest) % BLOCK or rest.strip(b"\0"):
        raise Broken(f"{len(rest)} bytes follow the last file at {at}")
