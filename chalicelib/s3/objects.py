"""What S3 says of objects and uploads, and how to read it. Pure."""

from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import decode_header
from mmap import mmap
from typing import Final, Protocol

COLD: Final = ("GLACIER", "DEEP_ARCHIVE")
"""The storage classes whose objects cannot be read before they are restored.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html"""

BY_KMS: Final = ("aws:kms", "aws:kms:dsse")
"""The values of x-amz-server-side-encryption that stand for a key of KMS."""

_NO_CODINGS: Final = ("", "aws-chunked", "identity")
_CRC32_BYTES: Final = 4
_CHUNK: Final = 1024**2  # bytes that one call reads of a body


Body = bytes | bytearray | mmap
"""The types of what is uploaded."""


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """What S3 says of an object, without the object's bytes.

    `etag` has its quotes. `crc32` is the CRC-32 of the whole object; None if S3 has not sent one.
    `composite`: S3 has the CRC-32s of the object's parts instead. `in_s3`: these facts come from a
    listing, which has no checksums, and S3 has the CRC-32 of the whole object. `modified` is Unix
    time in seconds.

    `version` is the version id; None in a bucket without versions. `storage_class` is S3's name of
    it, empty for STANDARD. `is_archived`: the bytes cannot be read before the object is restored.
    `encoding` is the Content-Encoding, without S3's own aws-chunked, `disposition` the
    Content-Disposition, `kms`: the object is encrypted with a key of KMS. A listing says nothing of
    these three.
    """

    key: str
    size: int
    etag: str
    modified: int
    crc32: int | None = None
    composite: bool = False
    in_s3: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
    version: str | None = None
    storage_class: str = ""
    is_archived: bool = False
    encoding: str | None = None
    disposition: str | None = None
    kms: bool = False


@dataclass(frozen=True, slots=True)
class ObjectPage:
    """Some objects in key order, without CRC-32 and metadata. `more`: others come after the
    last. `last` is the last key that S3 listed, if that need not be one of `facts`."""

    facts: tuple[ObjectFacts, ...]
    more: bool
    last: str = ""

    @property
    def end(self) -> str:
        """The key after which the next page begins; empty if there was none."""
        return self.last or (self.facts[-1].key if self.facts else "")


@dataclass(frozen=True, slots=True)
class FolderPage:
    """One page of a folder: the prefixes of its folders, and its files, without CRC-32 and
    metadata. `next` leads to the next page; None on the last page."""

    folders: tuple[str, ...]
    files: tuple[ObjectFacts, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class UploadedPart:
    """A part that an upload has. `size` counts bytes."""

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
    """Returns a metadata value as text. S3 sends a value that is not ASCII as RFC 2047 encoded
    words. If the value was sent as raw UTF-8, the HTTP client has read it as Latin-1.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html"""
    if "=?" in value:
        try:
            text = "".join(
                part if isinstance(part, str) else part.decode(charset or "ascii", "replace")
                for part, charset in decode_header(value)
            )
        except (LookupError, ValueError, MessageError):
            return value
        if text != value:  # else it holds these two characters, and no encoded word
            return text
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


class Readable(Protocol):
    def read(self, amt: int | None = None) -> bytes: ...


def filled(buffer: memoryview, body: Readable) -> bool:
    """Reads the body into the buffer. Returns False if the body ends too early."""
    at = 0
    while at < len(buffer):
        chunk = body.read(min(len(buffer) - at, _CHUNK))
        if not chunk:
            return False
        buffer[at : at + len(chunk)] = chunk
        at += len(chunk)
    return True


def skipped(body: Readable, count: int) -> bool:
    """Reads `count` bytes of the body, and drops them. Returns False if it ends too early."""
    while count > 0:
        chunk = body.read(min(count, _CHUNK))
        if not chunk:
            return False
        count -= len(chunk)
    return True


def storage_class(named: str | None) -> str:
    """Returns a storage class as ObjectFacts has it. A HEAD does not name STANDARD, a listing
    does."""
    return "" if not named or named == "STANDARD" else named


def is_cold(named: str | None, archive_status: str | None, restore: str | None) -> bool:
    """Returns whether an object cannot be read before it is restored: from its storage class, and
    from the headers x-amz-archive-status and x-amz-restore.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html"""
    cold = named in COLD or (named == "INTELLIGENT_TIERING" and bool(archive_status))
    return cold and 'ongoing-request="false"' not in (restore or "")


def content_encoding(value: str | None) -> str | None:
    """Returns the codings of a Content-Encoding, in lower case. None if there are none. S3's own
    aws-chunked is about an upload and not about the object, but some servers keep it.
    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html"""
    if not value:
        return None
    codings = (coding.strip().lower() for coding in value.split(","))
    return ", ".join(filter(lambda coding: coding not in _NO_CODINGS, codings)) or None


def has_crc32(algorithms: Iterable[str | None], kind: str | None) -> bool:
    """Returns whether S3 has a CRC-32 of the whole object, from what its listing says.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html"""
    return kind == "FULL_OBJECT" and "CRC32" in algorithms


def crc32_of_base64(encoded: str | None) -> int | None:
    """Returns the CRC-32 that S3 sends as base64 of its bytes, the most significant byte first.
    None if the text is no CRC-32."""
    try:
        raw = b64decode(encoded or "", validate=True)
    except ValueError:
        return None  # "…-3" is a checksum of three parts' checksums, and not of the bytes
    return int.from_bytes(raw, "big") if len(raw) == _CRC32_BYTES else None


def copied_etag(body: bytes) -> str | None:
    """Returns the ETag that the answer to an UploadPartCopy has, with its quotes. None if it is no
    such answer.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html#API_UploadPartCopy_ResponseSyntax"""
    _, is_result, result = body.partition(b"<CopyPartResult")
    etag, is_whole, _ = result.partition(b"<ETag>")[2].partition(b"</ETag>")
    if not (is_result and is_whole and etag):
        return None
    text = etag.decode("latin-1")
    for quote in ("&quot;", "&#34;"):
        text = text.replace(quote, '"')
    return None if "&" in text else text
