"""The bytes of a ZIP archive, with ZIP64 where it is needed. Pure: no I/O.

The source is PKWARE's APPNOTE.TXT 6.3.10, which the section numbers below refer to. The extended
timestamp is Info-ZIP's extra field 0x5455 (their `extrafld.txt`).

There are no data descriptors: sizes and CRC-32 are in the local header, because readers that stream
(java.util.zip among them) need them there for a stored entry. So the length of each structure
follows from the entry's name, size and offset alone. The layout of an archive whose entries are
stored is known before a byte of it moves.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from struct import Struct
from typing import Final

from chalicelib.archive.member import Member

NAME: Final = "zip"
EXTENSION: Final = ".zip"
MEDIA_TYPE: Final = "application/zip"
BEGINNING: Final = b""
COMPRESSES_HEADERS: Final = False
VERSION: Final = 1
"""The version of the bytes that this module writes. Raise it whenever they change: an upload that
an older version has begun is then not continued with new bytes."""
RECORDS_BESIDE: Final = False

UINT16_MAX: Final = 0xFFFF  # in a 16-bit field: the value is in the ZIP64 record (4.4.1.4)
UINT32_MAX: Final = 0xFFFFFFFF  # the same for a 32-bit field

_FLAG_UTF8: Final = 1 << 11  # names are UTF-8 (4.4.4, appendix D)
_STORED: Final = 0  # 4.4.5
_DEFLATED: Final = 8
_VERSION_DEFAULT: Final = 20  # 4.4.3.2: folders
_VERSION_ZIP64: Final = 45  # 4.4.3.2: ZIP64 extensions
_MADE_BY_UNIX: Final = 3 << 8  # 4.4.2.2: what the external attributes mean
_REGULAR_FILE_0644: Final = 0o100644 << 16  # st_mode, as Unix tools write and read it

_EXTRA_ZIP64: Final = 0x0001  # 4.5.3
_EXTRA_TIMESTAMP: Final = 0x5455
_TIMESTAMP_HAS_MODIFIED: Final = 1
_TIMESTAMP_MAX: Final = 0x7FFFFFFF  # the field is a signed 32-bit Unix time

# signature, version, flags, method, time, date, crc, compressed, size, name length, extra length
# (4.3.7)
_LOCAL = Struct("<IHHHHHIIIHH")
_LOCAL_SIGNATURE: Final = 0x04034B50
# signature, made by, version, flags, method, time, date, crc, compressed, size, name length, extra
# length, comment length, disk, internal attributes, external attributes, offset (4.3.12)
_CENTRAL = Struct("<IHHHHHHIIIHHHHHII")
_CENTRAL_SIGNATURE: Final = 0x02014B50
# signature, size of the rest, made by, version, disk, directory's disk, entries here, entries, size
# of the directory, its offset (4.3.14)
_END64 = Struct("<IQHHIIQQQQ")
_END64_SIGNATURE: Final = 0x06064B50
# signature, disk, offset of the record above, disks (4.3.15)
_END64_LOCATOR = Struct("<IIQI")
_END64_LOCATOR_SIGNATURE: Final = 0x07064B50
# signature, disk, directory's disk, entries here, entries, size of the directory, its offset,
# comment length (4.3.16)
_END = Struct("<IHHHHIIH")
_END_SIGNATURE: Final = 0x06054B50

_FIRST_YEAR: Final = 1980  # the years that an MS-DOS date can hold, in seven bits (4.4.6)
_LAST_YEAR: Final = 2107

_EXTRA_HEAD = Struct("<HH")
_TIMESTAMP = Struct("<HHBi")
_TWO_SIZES = Struct("<QQ")
_ONE_SIZE = Struct("<Q")


def header(member: Member, crc32: int) -> bytes:
    """Returns the local header, which comes before an entry's bytes (4.3.7)."""
    time, date = _dos_time(member.modified)
    zip64 = _is_large(member)
    extra = _timestamp(member.modified)
    size, compressed = member.size, _compressed(member)
    if zip64:
        # A local header's ZIP64 field must have both sizes (4.5.3).
        extra = _EXTRA_HEAD.pack(_EXTRA_ZIP64, 16) + _TWO_SIZES.pack(size, compressed) + extra
        size = compressed = UINT32_MAX
    return (
        _LOCAL.pack(
            _LOCAL_SIGNATURE,
            _VERSION_ZIP64 if zip64 else _VERSION_DEFAULT,
            _FLAG_UTF8,
            _method(member),
            time,
            date,
            crc32,
            compressed,
            size,
            len(member.name),
            len(extra),
        )
        + member.name
        + extra
    )


def header_length(member: Member) -> int:
    """Returns the length in bytes of `header(member, …)`."""
    extra = _timestamp_length(member.modified)
    if _is_large(member):
        extra += _EXTRA_HEAD.size + _TWO_SIZES.size
    return _LOCAL.size + len(member.name) + extra


def padding(_: int) -> int:
    """Returns 0: in a ZIP the next header follows an entry's bytes directly."""
    return 0


def record(member: Member, crc32: int, offset: int) -> bytes:
    """Returns the entry's record in the central directory (4.3.12). `offset` is where its local
    header begins."""
    time, date = _dos_time(member.modified)
    large_size = _is_large(member)
    large_offset = member.is_far or offset >= UINT32_MAX
    extra = _timestamp(member.modified)
    size, compressed = member.size, _compressed(member)
    if large_size or large_offset:
        # Here the ZIP64 field has only the values that do not fit, in this order (4.5.3).
        values = _TWO_SIZES.pack(size, compressed) if large_size else b""
        values += _ONE_SIZE.pack(offset) if large_offset else b""
        extra = _EXTRA_HEAD.pack(_EXTRA_ZIP64, len(values)) + values + extra
    version = _VERSION_ZIP64 if large_size or large_offset else _VERSION_DEFAULT
    if large_size:
        size = compressed = UINT32_MAX
    return (
        _CENTRAL.pack(
            _CENTRAL_SIGNATURE,
            _MADE_BY_UNIX | version,
            version,
            _FLAG_UTF8,
            _method(member),
            time,
            date,
            crc32,
            compressed,
            size,
            len(member.name),
            len(extra),
            0,
            0,
            0,
            _REGULAR_FILE_0644,
            UINT32_MAX if large_offset else offset,
        )
        + member.name
        + extra
    )


def record_length(member: Member, offset: int) -> int:
    """Returns the length in bytes of `record(member, …, offset)`."""
    large_size = _is_large(member)
    large_offset = member.is_far or offset >= UINT32_MAX
    extra = _timestamp_length(member.modified)
    if large_size or large_offset:
        extra += _EXTRA_HEAD.size
        extra += _TWO_SIZES.size if large_size else 0
        extra += _ONE_SIZE.size if large_offset else 0
    return _CENTRAL.size + len(member.name) + extra


def end(entries: int, directory_size: int, directory_offset: int) -> bytes:
    """Returns what follows the central directory (4.3.14 to 4.3.16), with the ZIP64 records where
    they are needed."""
    zip64 = _end_needs_zip64(entries, directory_size, directory_offset)
    records = b""
    if zip64:
        records = _END64.pack(
            _END64_SIGNATURE,
            _END64.size - 12,  # the size leaves out the signature and itself (4.3.14.1)
            _MADE_BY_UNIX | _VERSION_ZIP64,
            _VERSION_ZIP64,
            0,
            0,
            entries,
            entries,
            directory_size,
            directory_offset,
        ) + _END64_LOCATOR.pack(_END64_LOCATOR_SIGNATURE, 0, directory_offset + directory_size, 1)
    return records + _END.pack(
        _END_SIGNATURE,
        0,
        0,
        min(entries, UINT16_MAX),
        min(entries, UINT16_MAX),
        min(directory_size, UINT32_MAX),
        min(directory_offset, UINT32_MAX),
        0,
    )


def end_length(entries: int, directory_size: int, directory_offset: int) -> int:
    """Returns the length in bytes of `end(…)`."""
    zip64 = _end_needs_zip64(entries, directory_size, directory_offset)
    return _END.size + (_END64.size + _END64_LOCATOR.size if zip64 else 0)


def wrapped(tail: Iterable[bytes], _length: int, _body: object) -> Iterator[bytes]:
    """Yields the tail as it is."""
    yield from tail


def wrapped_length(length: int) -> int:
    """Returns the same length."""
    return length


def _end_needs_zip64(entries: int, directory_size: int, directory_offset: int) -> bool:
    return entries >= UINT16_MAX or directory_size >= UINT32_MAX or directory_offset >= UINT32_MAX


def _is_large(member: Member) -> bool:
    # Bytes that cannot be compressed become longer.
    return max(member.size, _compressed(member)) >= UINT32_MAX


def _compressed(member: Member) -> int:
    return member.size if member.deflated is None else member.deflated


def _method(member: Member) -> int:
    return _STORED if member.deflated is None else _DEFLATED


def _timestamp(modified: int) -> bytes:
    if not 0 <= modified <= _TIMESTAMP_MAX:
        return b""
    return _TIMESTAMP.pack(
        _EXTRA_TIMESTAMP, _TIMESTAMP.size - _EXTRA_HEAD.size, _TIMESTAMP_HAS_MODIFIED, modified
    )


def _timestamp_length(modified: int) -> int:
    return _TIMESTAMP.size if 0 <= modified <= _TIMESTAMP_MAX else 0


def _dos_time(modified: int) -> tuple[int, int]:
    """Returns (time, date) of MS-DOS (4.4.6), in UTC. They can hold 1980 to 2107: any other time
    becomes the nearest one in that range."""
    try:
        moment = datetime.fromtimestamp(modified, UTC)
    except (OverflowError, ValueError, OSError):
        moment = datetime(_FIRST_YEAR - 1 if modified < 0 else _LAST_YEAR + 1, 1, 1, tzinfo=UTC)
    if moment.year < _FIRST_YEAR:
        return 0, (1 << 5) | 1
    if moment.year > _LAST_YEAR:
        return (23 << 11) | (59 << 5) | 29, ((_LAST_YEAR - _FIRST_YEAR) << 9) | (12 << 5) | 31
    time = (moment.hour << 11) | (moment.minute << 5) | (moment.second // 2)
    date = ((moment.year - _FIRST_YEAR) << 9) | (moment.month << 5) | moment.day
    return time, date
