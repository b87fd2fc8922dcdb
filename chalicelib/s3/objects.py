"""Objects of S3 as facts, and how S3 writes some of them. Pure."""

from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import decode_header
from mmap import mmap
from typing import Final, Protocol

_CRC32_BYTES: Final = 4
_CHUNK: Final = 1024**2  # bytes asked of a body at a time


Body = bytes | bytearray | mmap
"""What is uploaded."""


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """What S3 tells of an object without its bytes.

    `etag` keeps its quotes. `crc32` is the CRC-32 of the whole object, None where S3 has none;
    `composite` says that S3 has those of the object's parts instead. `in_s3`: a listing, which
    gives no checksums, says that S3 has that of the whole object. `modified` is Unix time in
    seconds.
    """

    key: str
    size: int
    etag: str
    modified: int
    crc32: int | None = None
    composite: bool = False
    in_s3: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ObjectPage:
    """Some objects in key order, without CRC-32 and metadata. `more`: others follow the last."""

    facts: tuple[ObjectFacts, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class UploadedPart:
    number: int
    etag: str
    size: int


@dataclass(frozen=True, slots=True)
class OpenUpload:
    """A multipart upload under way. `opened` is Unix time in milliseconds."""

    key: str
    id: str
    opened: int


def decoded_metadata(value: str) -> str:
    """A metadata value as text. S3 gives what is not ASCII as RFC 2047 encoded words; a value that
    came as raw UTF-8 was read as Latin-1 by the HTTP client.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html"""
    if "=?" in value:
        try:
            return "".join(
                part if isinstance(part, str) else part.decode(charset or "ascii", "replace")
                for part, charset in decode_header(value)
            )
        except (LookupError, ValueError, MessageError):
            return value
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


class Readable(Protocol):
    def read(self, amt: int | None = None) -> bytes: ...


def filled(buffer: memoryview, body: Readable) -> bool:
    """Reads the body into the buffer. False if it ends too early."""
    at = 0
    while at < len(buffer):
        chunk = body.read(min(len(buffer) - at, _CHUNK))
        if not chunk:
            return False
        buffer[at : at + len(chunk)] = chunk
        at += len(chunk)
    return True


def has_crc32(algorithms: Iterable[str | None], kind: str | None) -> bool:
    """Whether S3 has a CRC-32 of the whole object, by what its listing says.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html"""
    return kind == "FULL_OBJECT" and "CRC32" in algorithms


def crc32_of_base64(encoded: str | None) -> int | None:
    """S3 gives a checksum as base64 of its bytes, the most significant first."""
    try:
        raw = b64decode(encoded or "", validate=True)
    except ValueError:
        return None  # "…-3" stands for three parts' checksums, and is none of the bytes
    return int.from_bytes(raw, "big") if len(raw) == _CRC32_BYTES else None
