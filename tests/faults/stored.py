"""The objects and uploads in S3 in memory, and its limits."""

import hashlib
import zlib
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

Row = TypeVar("Row")


class Lock(StrEnum):
    """Why the bytes of an object cannot be read."""

    ARCHIVED = "archived"
    TIERED = "archived by Intelligent-Tiering"
    """A listing does not tell this, a HEAD does."""
    DENIED = "denied"
    ENCRYPTED = "encrypted with the customer's key"
    KEY_DISABLED = "encrypted with a KMS key that is disabled"
    KEY_THROTTLED = "encrypted with a KMS key whose requests are throttled"


@dataclass(frozen=True, slots=True)
class Stored:
    """An object, or a version of one. One that was uploaded in parts has their sizes in
    `part_sizes`. `version` is None in a bucket that never had versions. `restored`: there is a copy
    of an archived object that can be read."""

    body: bytes
    etag: str
    modified: int
    crc32: str | None = None
    part_sizes: tuple[int, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    version: str | None = None
    storage_class: str = "STANDARD"
    restored: bool = False
    lock: Lock | None = None
    encoding: str | None = None
    disposition: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteMarker:
    """Stands in the place of the newest version of an object that was deleted."""

    version: str
    modified: int


@dataclass(slots=True)
class Upload:
    """A multipart upload under way; `opened` is Unix time in ms. `puts` counts how often each part
    was uploaded."""

    bucket: str
    key: str
    opened: int
    parts: dict[int, bytes] = field(default_factory=dict)
    puts: Counter[int] = field(default_factory=Counter)


@dataclass(slots=True)
class Limits:
    """S3's limits, which a simulation makes small. `page` is the most rows of one listing,
    `max_copy` the most bytes that CopyObject copies."""

    min_part: int = 5 * 1024**2
    max_part: int = 5 * 1024**3
    max_parts: int = 10_000
    page: int = 1000
    max_copy: int = 5 * 1024**3

    def page_of(self, rows: Sequence[Row], most: int | None = None) -> tuple[Sequence[Row], bool]:
        """Returns the first page of the rows, and whether more rows follow. `most` is the most
        rows that were asked for."""
        page = rows[: self.page if most is None else min(most, self.page)]
        return page, len(rows) > len(page)


class Body:
    """The body of a GetObject."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def read(self, amt: int | None = None) -> bytes:
        end = len(self._content) if amt is None else self._at + amt
        chunk = self._content[self._at : end]
        self._at += len(chunk)
        return chunk

    def close(self) -> None:
        """Nobody need read it to its end."""


def b64_crc32(body: bytes) -> str:
    """Returns the CRC-32 as S3 writes it: in base64."""
    return b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


def etag_of(body: bytes) -> str:
    """Returns the ETag of an object or a part that was uploaded in one piece."""
    return f'"{hashlib.md5(body).hexdigest()}"'  # noqa: S324 - the ETag of AWS


def moment(ms: int) -> datetime:
    """Returns the time as S3 does: in whole seconds."""
    return datetime.fromtimestamp(ms // 1000, UTC)
