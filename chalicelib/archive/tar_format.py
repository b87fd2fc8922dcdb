"""The bytes of a tar archive: ustar headers, and pax ones where ustar has no room. Pure: no I/O.

The source is POSIX.1-2017, `pax`, which the sections below refer to:
https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06

A header is one block of 512 bytes. An extended header comes before it if a name is not plain ASCII
or too long, a file has 8 GiB or more, or a time is negative or after the year 2242. The ustar
header then says the same as well as it can, for readers that pass over extended ones: the name's
bytes, and numbers in the base 256 that GNU tar and its readers have for this.

A tar has no directory. Where each file stands is in an index beside it, as s3tar reads it.
"""

from collections.abc import Iterable, Iterator
from struct import Struct
from typing import Final

from chalicelib.archive.member import Member

NAME: Final = "tar"
EXTENSION: Final = ".tar"
MEDIA_TYPE: Final = "application/x-tar"
VERSION: Final = 1
"""The version of the bytes that this module writes. Raise it whenever they change."""
BEGINNING: Final = b""
COMPRESSES_HEADERS: Final = False
RECORDS_BESIDE: Final = True

BLOCK: Final = 512
"""Bytes that headers and files are padded to."""

# name, mode, uid, gid, size, mtime, checksum, type, linkname, magic, version, uname, gname,
# devmajor, devminor, prefix ("ustar Interchange Format")
_HEADER = Struct("<100s8s8s8s12s12s8sc100s6s2s32s32s8s8s155s12x")
_NAME_MAX: Final = 100
_PREFIX_MAX: Final = 155
_SIZE_MAX: Final = 8**11 - 1  # eleven octal digits
_TIME_MAX: Final = 8**11 - 1
_REGULAR: Final = b"0"
_EXTENDED: Final = b"x"
_MODE: Final = b"0000644\0"
_ZERO: Final = b"0000000\0"
_NO_CHECKSUM: Final = b" " * 8  # what the checksum is taken of has blanks in its place
_EXTENDED_NAME: Final = b"././@PaxHeader"
"""The name of each extended header, as Python's tarfile has it: no reader that knows them needs
one."""


def header(member: Member, _: int) -> bytes:
    """Returns the header of a file, with its extended header if it needs one. A tar has no CRC-32
    of a file."""
    prefix, name = _split(member.name) or (b"", _cut(member.name))
    plain = _ustar(name, member.size, member.modified, _REGULAR, prefix)
    records = _records(member)
    if not records:
        return plain
    extended = _ustar(_EXTENDED_NAME, len(records), 0, _EXTENDED)
    return extended + records + bytes(padding(len(records))) + plain


def header_length(member: Member) -> int:
    """Returns the length in bytes of `header(member, …)`."""
    records = len(_records(member))
    return 2 * BLOCK + records + padding(records) if records else BLOCK


def padding(size: int) -> int:
    """Returns how many zero bytes follow a file of this size, up to the next block."""
    return -size % BLOCK


def record(member: Member, crc32: int, offset: int) -> bytes:
    r"""Returns the file's row of the index, a line of CSV: name, where its bytes begin, its size,
    and `{CRC-32}@{where its header begins}`.

    s3tar reads four columns and no line of titles, and takes a file by the first three of them
    (its extract.go, extractCSVToc). The fourth is an ETag in its own indexes, which it only shows.
    """
    name = b'"' + member.name.replace(b'"', b'""') + b'"'
    data = offset + header_length(member)
    return name + f",{data},{member.size},{crc32:08x}@{offset}\n".encode()


def record_length(member: Member, offset: int) -> int:
    """Returns the length in bytes of `record(member, …, offset)`."""
    return len(record(member, 0, offset))


def end(_entries: int, _directory_size: int, _directory_offset: int) -> bytes:
    """Returns two blocks of zeros, which end a tar."""
    return bytes(2 * BLOCK)


def end_length(_entries: int, _directory_size: int, _directory_offset: int) -> int:
    """Returns the length in bytes of `end(…)`."""
    return 2 * BLOCK


def wrapped(tail: Iterable[bytes], _length: int, _body: object) -> Iterator[bytes]:
    """Yields the tail as it is."""
    yield from tail


def wrapped_length(length: int) -> int:
    """Returns the same length."""
    return length


def _records(member: Member) -> bytes:
    """Returns the records of a file's extended header ("pax Extended Header"); none if ustar has
    room for everything."""
    records = b""
    # A reader may take the bytes of a ustar name for those of any character set. This one is UTF-8.
    if not member.name.isascii() or (len(member.name) > _NAME_MAX and not _split(member.name)):
        records += _pax(b"path", member.name)
    if member.size > _SIZE_MAX:
        records += _pax(b"size", b"%d" % member.size)
    if not 0 <= member.modified <= _TIME_MAX:
        records += _pax(b"mtime", b"%d" % member.modified)
    return records


def _pax(keyword: bytes, value: bytes) -> bytes:
    """Returns a record: `"%d %s=%s\\n"`, where the number is the length of the whole record."""
    rest = b" " + keyword + b"=" + value + b"\n"
    length = len(rest)
    while length != len(rest) + len(b"%d" % length):
        length = len(rest) + len(b"%d" % length)
    return b"%d" % length + rest


def _ustar(name: bytes, size: int, modified: int, kind: bytes, prefix: bytes = b"") -> bytes:
    numbers = _number(size), _number(modified)
    ids = _MODE, _ZERO, _ZERO
    rest = kind, b"", b"ustar\0", b"00", b"", b"", _ZERO, _ZERO, prefix
    checksum = sum(_HEADER.pack(name, *ids, *numbers, _NO_CHECKSUM, *rest))
    return _HEADER.pack(name, *ids, *numbers, b"%06o\0 " % checksum, *rest)


def _number(value: int) -> bytes:
    """Returns a number of twelve bytes: octal digits, or if these are too few, in base 256 with its
    first bit set. https://www.gnu.org/software/tar/manual/html_node/Extensions.html"""
    if 0 <= value <= _SIZE_MAX:
        return b"%011o\0" % value
    return (value + (1 << 95 if value > 0 else 0)).to_bytes(12, "big", signed=value < 0)


def _split(name: bytes) -> tuple[bytes, bytes] | None:
    """Returns (prefix, name) as ustar has them, with a slash between them that neither has; None if
    there is none where both would have room."""
    if len(name) <= _NAME_MAX:
        return b"", name
    slash = name.find(b"/", len(name) - _NAME_MAX - 1, len(name) - 1)
    return (name[:slash], name[slash + 1 :]) if 0 < slash <= _PREFIX_MAX else None


def _cut(name: bytes) -> bytes:
    """Returns the beginning of a name that ustar has no room for, without half a character. Nor may
    it end in a slash: that would be a folder."""
    return name[:_NAME_MAX].decode(errors="ignore").rstrip("/").encode()
