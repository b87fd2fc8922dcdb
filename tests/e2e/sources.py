"""Source files for tests. Each has an id, a key or a prefix that no other test uses."""

import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.header import Header
from io import BytesIO
from itertools import count
from typing import TYPE_CHECKING
from uuid import uuid4

from tests.e2e.backstage import CONNECTIONS, Backstage

if TYPE_CHECKING:
    from mypy_boto3_s3.literals import StorageClassType

MIB = 1024**2


@dataclass(frozen=True)
class Source:
    """A file in the source bucket. `name` is its expected name in an archive."""

    key: str
    content: bytes
    name: str

    @property
    def file_id(self) -> int:
        """Its id, if its key is one of the keys for ids."""
        return int(self.key.rpartition("/")[2])


def noise(size: int) -> bytes:
    """Returns random bytes, `size` of them, so that no two files are the same."""
    return random.randbytes(size)


def unused_ids() -> Iterator[int]:
    """Yields file ids from a random start: a stack may have files of an earlier test run."""
    return count(random.randrange(1_000_000, 90_000_000))


@dataclass
class Sources:
    """Puts source files into a stack."""

    backstage: Backstage
    _ids: Iterator[int] = field(default_factory=unused_ids)

    def new_id(self) -> int:
        """Returns a file id without a file."""
        return next(self._ids)

    def new_prefix(self) -> str:
        """Returns the prefix of a folder without files."""
        return f"e2e/{uuid4()}/"

    def put(
        self,
        content: bytes,
        *,
        filename: str | None = None,
        name: str | None = None,
        checksum: bool = True,
    ) -> Source:
        """Puts a file with a new id, and with `filename` in its metadata if it is given.

        `name` is its expected name in an archive, if that is neither its `filename` nor its id.
        """
        file_id = self.new_id()
        metadata = {"filename": _encoded(filename)} if filename is not None else {}
        key = f"downloads/{file_id}"
        self._put(key, content, metadata, checksum=checksum)
        return Source(key, content, name or filename or str(file_id))

    def put_at(
        self,
        prefix: str,
        rest: str,
        content: bytes,
        *,
        name: str | None = None,
        storage_class: "StorageClassType" = "STANDARD",
    ) -> Source:
        """Puts a file under a prefix. In an archive of that prefix, its name is `rest`."""
        self.backstage.s3.put_object(
            Bucket=self.backstage.outputs.source_bucket,
            Key=prefix + rest,
            Body=content,
            StorageClass=storage_class,
        )
        return Source(prefix + rest, content, name or rest)

    def put_many(self, prefix: str, files: Iterable[tuple[str, bytes]]) -> list[Source]:
        """Puts many files under a prefix, in parallel."""
        with ThreadPoolExecutor(CONNECTIONS // 4) as pool:
            return list(pool.map(lambda file: self.put_at(prefix, *file), files))

    def put_in_parts(self, content: bytes) -> Source:
        """Puts a file by a multipart upload, as the AWS CLI does with large files."""
        key = f"downloads/{self.new_id()}"
        bucket = self.backstage.outputs.source_bucket
        self.backstage.s3.upload_fileobj(BytesIO(content), bucket, key)
        return Source(key, content, key.rpartition("/")[2])

    def _put(self, key: str, content: bytes, metadata: dict[str, str], *, checksum: bool) -> None:
        client = self.backstage.s3 if checksum else self.backstage.s3_without_checksums
        client.put_object(
            Bucket=self.backstage.outputs.source_bucket, Key=key, Body=content, Metadata=metadata
        )


def _encoded(value: str) -> str:
    """Encodes text for metadata, which is ASCII: other text becomes RFC 2047 encoded words."""
    return value if value.isascii() else Header(value, "utf-8").encode(maxlinelen=0)
