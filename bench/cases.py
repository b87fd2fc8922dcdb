"""The cases: the sets of files that the bench archives, and how it puts them into S3."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from bench.place import CONNECTIONS, Place
from chalicelib.jobs.model import ArchiveFormat

if TYPE_CHECKING:
    from concurrent.futures import Future

KB: Final = 1000
MB: Final = 1000 * KB
GB: Final = 1000 * MB

_MANY: Final = 100
"""A case with more files than this has many."""

_BLOCK: Final = random.Random(1).randbytes(MB)


@dataclass(frozen=True, slots=True)
class Case:
    """A set of files, by their sizes in bytes. `name` is its folder in the source bucket.
    `has_crc32s`: S3 has the CRC-32 of each file. `form` is what Longhaul makes of them."""

    name: str
    title: str
    sizes: tuple[int, ...]
    has_crc32s: bool = True
    form: ArchiveFormat = "zip"

    @property
    def prefix(self) -> str:
        return f"bench/{self.name}/"

    @property
    def size(self) -> int:
        return sum(self.sizes)

    @property
    def has_many_files(self) -> bool:
        return len(self.sizes) > _MANY

    def key(self, index: int) -> str:
        """Returns the S3 key of the file whose size is sizes[index]."""
        return f"{self.prefix}file-{index:06}.bin"


def mix(count: int, mean: int, seed: int = 5) -> tuple[int, ...]:
    """Returns `count` sizes in bytes, about `mean` on average: many small files and few large ones,
    as people have them. The same `seed` makes the same sizes."""
    drawn = random.Random(seed)
    spread = 1.5
    weights = [drawn.lognormvariate(0, spread) for _ in range(count)]
    return tuple(max(1, round(weight * mean * count / sum(weights))) for weight in weights)


def content(size: int) -> bytes:
    """Returns the content of a file of `size` bytes."""
    return (_BLOCK * (size // MB + 1))[:size]


def put(place: Place, case: Case, tick: Callable[[int], None]) -> None:
    """Puts the case's files into the source bucket, with their CRC-32 if the case has them.

    Calls `tick` with the number of files that are there. Files of the same size are copies of one
    another: that makes no difference to S3, nor to a ZIP archive.
    """
    bucket = place.outputs.source_bucket
    more: Any = {"ChecksumAlgorithm": "CRC32"} if case.has_crc32s else {}

    def put_one(index: int) -> None:
        place.s3.put_object(
            Bucket=bucket,
            Key=case.key(index),
            Body=content(case.sizes[index]),
            **more,
        )

    def copy(index: int, first: int) -> None:
        source = f"{bucket}/{case.key(first)}"
        place.s3.copy_object(Bucket=bucket, Key=case.key(index), CopySource=source)

    by_size = sorted(range(len(case.sizes)), key=lambda index: (case.sizes[index], index))
    groups = [list(group) for _, group in groupby(by_size, key=lambda index: case.sizes[index])]
    with ThreadPoolExecutor(CONNECTIONS // 2) as pool:
        _wait(([pool.submit(put_one, group[0]) for group in groups]), 0, tick)
        copies = [pool.submit(copy, index, group[0]) for group in groups for index in group[1:]]
        _wait(copies, len(groups), tick)


def _wait(requests: "list[Future[None]]", before: int, tick: Callable[[int], None]) -> None:
    """Waits for all requests. `before` is how many files were there before them."""
    for count, one in enumerate(as_completed(requests), start=before + 1):
        one.result()
        tick(count)
