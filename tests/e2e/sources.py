"""Source files for tests, each under an id, a key or a prefix that no other test uses."""

import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.header import Header
from io import BytesIO
from itertools import count
from uuid import uuid4

from tests.e2e.backstage import CONNECTIONS, Backstage

MIB = 1024**2


@dataclass(frozen=True)
class Source:
    """A file in the source bucket. `name` is the one it is to have in an archive."""

    key: str
    content: bytes
    name: str

    @property
    def file_id(self) -> int:
        """Its id, if it lies where ids point to."""
        return int(self.key.rpartition("/")[2])


def noise(size: int) -> bytes:
    """Bytes that nothing can have made by chance, a different run of them each time."""
    return random.randbytes(size)


def unused_ids() -> Iterator[int]:
    """File ids from somewhere in the range: a stack that is tested twice has old files."""
    return count(random.randrange(1_000_000, 90_000_000))


@dataclass
class Sources:
    """Puts source files into a stack."""

    backstage: Backstage
    _ids: Iterator[int] = field(default_factory=unused_ids)

    def new_id(self) -> int:
        """A file id without a file."""
        return next(self._ids)

    def new_prefix(self) -> str:
        """A folder without files."""
        return f"e2e/{uuid4()}/"

    def put(
        self,
        content: bytes,
        *,
        filename: str | None = None,
        name: str | None = None,
        checksum: bool = True,
    ) -> Source:
        """A file under a fresh id, with a `filename` in its metadata if one is given.

        `name` is what the archive is to call it, where that is not its `filename` or its id.
        """
        file_id = self.new_id()
        metadata = {"filename": _encoded(filename)} if filename is not None else {}
        key = f"downloads/{file_id}"
        self._put(key, content, metadata, checksum=checksum)
        return Source(key, content, name or filename or str(file_id))

    def put_at(self, prefix: str, rest: str, content: bytes, *, name: str | None = None) -> Source:
        """A file under a prefix; its name in an archive of that prefix is the rest of its key."""
        self._put(prefix + rest, content, {}, checksum=True)
        return Source(prefix + rest, content, name or rest)

    def put_many(self, prefix: str, files: Iterable[tuple[str, bytes]]) -> list[Source]:
        """Many files under a prefix, put at the same time."""
        with ThreadPoolExecutor(CONNECTIONS // 4) as pool:
            return list(pool.map(lambda file: self.put_at(prefix, *file), files))

    def put_in_parts(self, content: bytes) -> Source:
        """A file that came as a multipart upload, as the AWS CLI sends any large one."""
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
    """Metadata is ASCII; other text travels as RFC 2047 encoded words."""
    return value if value.isascii() else Header(value, "utf-8").encode(maxlinelen=0)
