"""The four public records: what others have archived, how long it took, and what it cost."""

import random
import zlib
from dataclasses import dataclass
from typing import Final

from chalicelib.archive.plan import Entry

GB: Final = 1e9
_SPREAD: Final = 0.5
"""Sigma of the logarithm of the sizes: most files have between half and twice the average."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record. `bytes` are those of all files. `dollars` is the published price; if
    `lambda_dollars`, it is that of Lambda alone.

    `target_seconds` and `target_dollars` are our own goals. None: no goal for the price.
    """

    name: str
    title: str
    source: str
    files: int
    bytes: float
    seconds: float
    dollars: float | None
    lambda_dollars: bool
    target_seconds: float
    target_dollars: float | None = None
    prefixes: int = 1


RECORDS: Final = (
    Record(
        "15gb",
        "3,000 files, 15 GB",
        "https://rustysl.com/en/blog/beyond-s3-archive-streaming (one function, Rust: 106 s, "
        "$0.000709 of Lambda) and https://dev.to/aws-builders/"
        "zipping-15gb-of-s3-files-in-11s-how-the-power-of-community-made-it-possible-5fgg (6 s)",
        files=3_000,
        bytes=15 * GB,
        seconds=6,
        dollars=0.000709,
        lambda_dollars=True,
        target_seconds=4.5,
        target_dollars=0.0007,
    ),
    Record(
        "73gb",
        "14,400 files, 73 GB",
        "https://github.com/awslabs/amazon-s3-tar-tool",
        files=14_400,
        bytes=73 * GB,
        seconds=135,
        dollars=0.1440,
        lambda_dollars=False,
        target_seconds=15,
    ),
    Record(
        "3750gb",
        "69,121 files, 3.75 TB",
        "https://github.com/awslabs/amazon-s3-tar-tool",
        files=69_121,
        bytes=3_750 * GB,
        seconds=4290,
        dollars=0.6912,
        lambda_dollars=False,
        target_seconds=180,
    ),
    Record(
        "million",
        "1,000,000 files, 100 GB",
        "https://github.com/awslabs/amazon-s3-tar-tool (it does not say how small the objects are)",
        files=1_000_000,
        bytes=100 * GB,
        seconds=360,
        dollars=0.45,
        lambda_dollars=False,
        target_seconds=45,
        prefixes=4,
    ),
)


def entries(record: Record) -> tuple[Entry, ...]:
    """Returns entries with the same number of files and bytes as the record.

    The sizes are drawn around the average, always the same ones. The entries are as
    `sources/find.py` returns them for a prefix, of files whose CRC-32 S3 has.
    """
    chance = random.Random(zlib.crc32(record.name.encode()))
    drawn = [chance.lognormvariate(-_SPREAD * _SPREAD / 2, _SPREAD) for _ in range(record.files)]
    average = record.bytes / sum(drawn)
    return tuple(
        Entry(
            name=f"{number % record.prefixes}/file-{number:07d}",
            key=f"{number % record.prefixes}/file-{number:07d}",
            etag=f'"{number:032x}"',
            size=int(one * average),
            crc32=None,
            modified=1_700_000_000,
            in_s3=True,
        )
        for number, one in enumerate(drawn)
    )
