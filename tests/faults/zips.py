"""Reads a ZIP strictly, by PKWARE's APPNOTE.TXT 6.3.10: from the first byte to the last one, with
everything that is said twice compared."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from struct import Struct, error
from typing import Final

from tests.faults.held import Broken, Held

_SIGNATURE = Struct("<I")
_LOCAL = Struct("<IHHHHHIIIHH")
_RECORD = Struct("<IHHHHHHIIIHHHHHII")
_END64 = Struct("<IQHHIIQQQQ")
_LOCATOR = Struct("<IIQI")
_END = Struct("<IHHHHIIH")
_IS_LOCAL: Final = 0x04034B50
_IS_RECORD: Final = 0x02014B50
_IS_END64: Final = 0x06064B50
_IS_LOCATOR: Final = 0x07064B50
_IS_END: Final = 0x06054B50
_UTF8: Final = 1 << 11
_STORED: Final = 0
_DEFLATED: Final = 8
_VERSIONS: Final = (20, 45)  # without and with ZIP64
_UNIX: Final = 3 << 8
_FILE_0644: Final = 0o100644 << 16
_FULL: Final = 0xFFFFFFFF  # the value is in the ZIP64 field
_ZIP64: Final = 0x0001
_TIME: Final = 0x5455
_RAW: Final = -15  # deflate without a frame


@dataclass(frozen=True, slots=True)
class _Said:
    """What a header says of a file."""

    name: bytes
    method: int
    crc32: int
    compressed: int
    size: int
    modified: int
    moment: tuple[int, int]
    version: int


def read(archive: bytes) -> list[Held]:
    """Returns the files of a ZIP, in order. Raises Broken."""
    try:
        return _files(archive)
    except (error, KeyError, UnicodeDecodeError, zlib.error, OverflowError, OSError) as fault:
        raise Broken(f"a ZIP of {len(archive)} bytes: {fault}") from fault


def _files(archive: bytes) -> list[Held]:
    files: list[tuple[int, _Said]] = []
    held = []
    at = 0
    while _SIGNATURE.unpack_from(archive, at)[0] == _IS_LOCAL:
        said, data = _local(archive, at)
        content = _content(said, archive[data : data + said.compressed])
        name = said.name.decode()
        files.append((at, said))
        held.append(Held(name, content, at, data, said.compressed, said.modified))
        at = data + said.compressed
    directory = at
    for offset, said in files:
        at = _check_record(archive, at, said, offset)
    _check_end(archive, at, directory, len(files))
    return held


def _local(archive: bytes, at: int) -> tuple[_Said, int]:
    """Returns what a local header says, and where it ends (4.3.7)."""
    _, version, flags, method, time, date, crc32, packed, size, named, more = _LOCAL.unpack_from(
        archive, at
    )
    _check((flags, version in _VERSIONS) == (_UTF8, True), f"flags or version of {at}")
    at += _LOCAL.size
    name, extra = archive[at : at + named], archive[at + named : at + named + more]
    fields = dict(_fields(extra))
    if _FULL in (packed, size):
        _check(packed == size == _FULL and len(fields[_ZIP64]) == 16, f"sizes of {name!r}")
        size, packed = Struct("<QQ").unpack(fields[_ZIP64])
    moment = (time, date)
    said = _Said(name, method, crc32, packed, size, _modified(fields, moment), moment, version)
    return said, at + named + more


def _content(said: _Said, body: bytes) -> bytes:
    _check(len(body) == said.compressed, f"{said.name!r} is cut short")
    content = body
    if said.method == _DEFLATED:
        inflate = zlib.decompressobj(_RAW)
        content = inflate.decompress(body)
        whole = inflate.eof and not inflate.unused_data
        _check(whole, f"the deflated bytes of {said.name!r} do not end where they should")
    else:
        _check(said.method == _STORED, f"method {said.method} of {said.name!r}")
    _check(len(content) == said.size, f"{said.name!r} has {len(content)} of {said.size} bytes")
    _check(zlib.crc32(content) == said.crc32, f"the CRC-32 of {said.name!r}")
    return content


def _check_record(archive: bytes, at: int, said: _Said, header: int) -> int:
    """Checks a record of the directory by the local header. Returns where it ends (4.3.12)."""
    (signature, by, version, flags, method, time, date, crc32, packed, size, named, more, *rest) = (
        _RECORD.unpack_from(archive, at)
    )
    *others, offset = rest
    at += _RECORD.size
    name, extra = archive[at : at + named], archive[at + named : at + named + more]
    _check((signature, flags) == (_IS_RECORD, _UTF8), f"a record at {at}")
    _check((by, others) == (_UNIX | version, [0, 0, 0, _FILE_0644]), f"attributes of {name!r}")
    fields = dict(_fields(extra))
    wide = fields.get(_ZIP64, b"")
    values = list(Struct(f"<{len(wide) // 8}Q").unpack(wide))
    size = values.pop(0) if size == _FULL else size
    packed = values.pop(0) if packed == _FULL else packed
    offset = values.pop(0) if offset == _FULL else offset
    _check(not values, f"the ZIP64 field of {name!r} has values that nobody asks for")
    moment = (time, date)
    found = _Said(
        name, method, crc32, packed, size, _modified(fields, moment), moment, said.version
    )
    _check((found, offset) == (said, header), f"{found} at {offset} instead of {said} at {header}")
    _check(version in _VERSIONS and version >= said.version, f"the version of {name!r}")
    return int(at + named + more)


def _check_end(archive: bytes, at: int, directory: int, files: int) -> None:
    """Checks what follows the directory (4.3.14 to 4.3.16)."""
    size, end = at - directory, at
    expected = (files, files, size, directory)
    if _SIGNATURE.unpack_from(archive, at)[0] == _IS_END64:
        _, length, *versions, own, count, own_size, offset = _END64.unpack_from(archive, at)
        _check((own, count, own_size, offset) == expected, "the ZIP64 record of the end")
        _check(versions == [_UNIX | 45, 45, 0, 0], "the versions of the end")
        at += 12 + length
        locator = _LOCATOR.unpack_from(archive, at)
        _check(locator == (_IS_LOCATOR, 0, end, 1), f"locator {locator}")
        at += _LOCATOR.size
    signature, disk, first, own, count, own_size, offset, comment = _END.unpack_from(archive, at)
    _check((signature, disk, first, comment) == (_IS_END, 0, 0, 0), f"the end at {at}")
    narrow = (min(files, 0xFFFF), min(files, 0xFFFF), min(size, _FULL), min(directory, _FULL))
    _check((own, count, own_size, offset) == narrow, f"{own, count, own_size, offset} at the end")
    _check(at + _END.size == len(archive), "bytes follow the end")


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(extra):
        kind, length = Struct("<HH").unpack_from(extra, at)
        _check(at + 4 + length <= len(extra), f"a field of {length} bytes")
        yield kind, extra[at + 4 : at + 4 + length]
        at += 4 + length


def _modified(fields: dict[int, bytes], moment: tuple[int, int]) -> int:
    """Returns the time of a file, which is said twice: in an extra field and, in pairs of seconds,
    for MS-DOS (4.4.6)."""
    flags, modified = Struct("<Bi").unpack(fields[_TIME])
    when = datetime.fromtimestamp(modified, UTC)
    time = when.hour << 11 | when.minute << 5 | when.second // 2
    date = (when.year - 1980) << 9 | when.month << 5 | when.day
    _check((flags, *moment) == (1, time, date), f"{moment} for {modified}")
    return int(modified)


def _check(is_right: object, what: str) -> None:
    if not is_right:
        raise Broken(f"wrong in a ZIP: {what}")
