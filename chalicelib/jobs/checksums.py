"""The CRC-32s of large source files that a worker, or S3 Batch Operations, has computed once.

A ZIP needs the CRC-32 of each file, and S3 has none of most objects: since December 2024 its own
default is CRC64NVME. So the CRC-32 of a large file is kept here, and no later job reads the file
for it. All jobs share what is kept, of all users: it says nothing of who asked.

There is one item for each file: a digest of bucket and key, the file's ETag and size, and the
CRC-32. The file's newest ETag replaces the one before. So there are never more items than large
files, and each expires. It holds no key, no name and no user.

**What is kept is never used for another ETag or size.** The ETag is a hash of the object's bytes,
or random where the bytes are encrypted with a key of KMS. So two versions with the same ETag have
the same bytes, and the version is not part of the item's key.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
The hash is MD5. Somebody who writes a source file can make another one with the same MD5; with some
tricks it has another size, which is why the size is compared too. Who succeeds gets an archive
whose reader says that this file is damaged. But copies and reads are bound to the ETag anyhow, so
that is no new trust.

Everything here is a help and nothing more. If DynamoDB does not answer or refuses, a line of the
log says so, and the files are read as if nothing were kept.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from chalicelib.batches import batched
from chalicelib.errors import AccessDenied, Unavailable
from chalicelib.jobs import places
from chalicelib.jobs.attributes import Item, key, number, of, text
from chalicelib.jobs.table import GETS_MOST, PUTS_MOST, Table
from chalicelib.log import Log

_PAUSES: Final = (0.1, 0.2, 0.4)
"""Seconds before each further try of what DynamoDB has left undone. It does so when requests are
too many, and wants pauses that grow."""

_DAY: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class ChecksumStore:
    """The CRC-32s that are kept. `days` is how long; 0: nothing is kept nor found."""

    table: Table
    days: int
    pause: Callable[[float], None]
    log: Log

    def find(
        self, bucket: str, files: Iterable[tuple[str, str, int]]
    ) -> dict[tuple[str, str], int]:
        """Returns the CRC-32s that are kept of these files, by (key, ETag). A file is (key, ETag,
        size in bytes); a key may come more than once, as its versions do.

        Raises nothing for DynamoDB's sake. It stops at the first request that fails, so it takes
        no longer than one request may: a minute.

        The reads are eventually consistent, which costs half. An item that was written a second
        ago may be missed: then the file is read once more, which is what happens without any item.
        """
        found: dict[tuple[str, str], int] = {}
        asked: dict[str, list[tuple[str, str, int]]] = {}
        for file in files if self.days else ():
            asked.setdefault(_place(bucket, file[0]), []).append(file)
        with self._suffered("checksums not found"):
            for batch in batched(asked, GETS_MOST):
                for item in self._get(batch):
                    for name, etag, size in asked[item["jobId"]["S"]]:
                        if (crc32 := _crc32(item, etag, size)) is not None:
                            found[name, etag] = crc32
        return found

    def keep(self, bucket: str, files: Iterable[tuple[str, str, int, int]], now: int) -> None:
        """Keeps CRC-32s. A file is (key, ETag, size in bytes, CRC-32). `now` is Unix time in ms.
        Raises nothing for DynamoDB's sake, and takes no longer than `find`."""
        with self._suffered("checksums not kept"):
            for batch in batched(files if self.days else (), PUTS_MOST):
                self.write(bucket, batch, now)

    def write(
        self, bucket: str, files: Iterable[tuple[str, str, int | None, int]], now: int
    ) -> None:
        """Does what `keep` does with 25 files at most. Their sizes may not be known. Raises
        Unavailable, AccessDenied."""
        ttl = now // 1000 + self.days * _DAY
        # DynamoDB takes an item once in a request. The last version of a file counts.
        items = {
            (place := _place(bucket, name)): _item(place, etag, size, crc32, ttl)
            for name, etag, size, crc32 in files
            if _bare(etag)
        }
        left = list(items.values())
        for _ in self._tries():
            left = self.table.put_many(left, "keep checksums") if left else []
            if not left:
                return
        raise Unavailable("could not keep checksums: DynamoDB has too many requests")

    def _get(self, batch: Iterable[str]) -> Iterator[Item]:
        left = list(batch)
        for _ in self._tries():
            items, left = self.table.get_many(left, "look for checksums")
            yield from items
            if not left:
                return
        raise Unavailable("could not look for checksums: DynamoDB has too many requests")

    def _tries(self) -> Iterator[None]:
        yield
        for seconds in _PAUSES:
            self.pause(seconds)
            yield

    @contextmanager
    def _suffered(self, event: str) -> Iterator[None]:
        """Logs DynamoDB's errors in place of raising them."""
        try:
            yield
        except (Unavailable, AccessDenied, self.table.client.exceptions.ClientError) as error:
            self.log.warning(event, reason=str(error))


def _place(bucket: str, name: str) -> str:
    named = f"{bucket}\0{name}".encode(errors="surrogatepass")
    return places.checksum(hashlib.sha256(named).hexdigest()[:32])


def _item(place: str, etag: str, size: int | None, crc32: int, ttl: int) -> Item:
    item = {**key(place), "etag": of(_bare(etag)), "crc32": of(crc32), "ttl": of(ttl)}
    return item if size is None else {**item, "size": of(size)}


def _crc32(item: Item, etag: str, size: int) -> int | None:
    """Returns the item's CRC-32; None if it is of other bytes. The size is not known of what S3
    Batch Operations has computed: the ETag alone says it then."""
    if not _bare(etag) or text(item, "etag") != _bare(etag):
        return None
    return number(item, "crc32") if number(item, "size") in (None, size) else None


def _bare(etag: str) -> str:
    """Returns an ETag without its quotes."""
    return etag.strip('"')
