"""What is archived: sets of files, and how they get into the source bucket."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from bench.place import CONNECTIONS, Place

if TYPE_CHECKING:
    from concurrent.futures import Future

KB: Final = 1000
MB: Final = 1000 * KB
GB: Final = 1000 * MB

_MANY: Final = 100

_BLOCK: Final = random.Random(1).randbytes(MB)


@dataclass(frozen=True, slots=True)
class Case:
    """A set of files by their sizes in bytes. `name` is its folder in the source bucket."""

    name: str
    title: str
    sizes: tuple[int, ...]

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
        """Where the file of sizes[index] lies."""
        return f"{self.prefix}file-{index:06}.bin"


def mix(count: int, mean: int, seed: int = 5) -> tuple[int, ...]:
    """`count` sizes of about `mean` on average, as files are: many small ones, few large."""
    drawn = random.Random(seed)
    spread = 1.5
    shares = [drawn.lognormvariate(0, spread) for _ in range(count)]
    return tuple(max(1, round(share * mean * count / sum(shares))) for share in shares)


def content(size: int) -> bytes:
    """So many bytes of a file."""
    return (_BLOCK * (size // MB + 1))[:size]


def put(place: Place, case: Case, tick: Callable[[int], None]) -> None:
    """Puts the case's files, with their CRC-32. `tick` gets how many are there.

    Those of one size are copies of one another: to S3, and to a ZIP archive, that is all the same.
    """
    bucket = place.outputs.source_bucket

    def put_one(index: int) -> None:
        place.s3.put_object(
            Bucket=bucket,
            Key=case.key(index),
            Body=content(case.sizes[index]),
            ChecksumAlgorithm="CRC32",
        )

    def copy(index: int, first: int) -> None:
        source = f"{bucket}/{case.key(first)}"
        place.s3.copy_object(Bucket=bucket, Key=case.key(index), CopySource=source)

    by_size = sorted(range(len(case.sizes)), key=lambda index: (case.sizes[index], index))
    groups = [list(group) for _, group in groupby(by_size, key=lambda index: case.sizes[index])]
    with ThreadPoolExecutor(CONNECTIONS // 2) as pool:
        _each(([pool.submit(put_one, group[0]) for group in groups]), 0, tick)
        copies = [pool.submit(copy, index, group[0]) for group in groups for index in group[1:]]
        _each(copies, len(groups), tick)


def _each(done: "list[Future[None]]", before: int, tick: Callable[[int], None]) -> None:
    for count, one in enumerate(as_completed(done), start=before + 1):
        one.result()
        tick(count)
