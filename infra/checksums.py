"""Fills in the CRC-32s that S3 Batch Operations has computed, from the completion report of a job
"Compute checksum". Then no worker has to read the files for them.

A report is a manifest.json, which names CSV files without a header. Their columns are Bucket, Key,
VersionId, TaskStatus, ErrorCode, HTTPStatusCode and ResultMessage (AWS's example has the fifth and
the sixth the other way round; neither is read here). The message is JSON: checksum_base64, etag,
checksumAlgorithm, checksumType and checksum_hex. There is no size.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-examples-reports.html

AWS says that the keys of a manifest for a job are URL-encoded, and does not say how they stand in
the report. So a key that may be encoded is taken in both readings. The wrong one names no file, or
one that has another ETag, or one that has the same bytes.
"""

import csv
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import unquote_plus

from chalicelib.batches import batched
from chalicelib.errors import AccessDenied, Unavailable
from chalicelib.jobs.table import PUTS_MOST
from chalicelib.named_sources import Source
from chalicelib.s3.objects import crc32_of_base64
from chalicelib.services import Services
from infra.console import Note, counted
from infra.errors import InfraError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_COLUMNS: Final = 7
_REASONS_MAX: Final = 50
_S3: Final = "s3://"
_MANIFEST_MAX: Final = 16 * 1024**2
"""Bytes. A manifest has a few lines for each of its CSV files."""

csv.field_size_limit(1024**2)


@dataclass
class Filled:
    """What a report gave. `taken` counts the files of each source, by the source's name, `ignored`
    the rows that gave nothing, by the reason."""

    taken: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        lines = [f"Kept {counted(self.taken.total(), 'checksum')}."]
        lines += [f"  {count:,} of the source {name}" for name, count in self.taken.items()]
        if self.ignored:
            lines.append(f"Left out {counted(self.ignored.total(), 'row')}:")
            lines += [f"  {count:,}: {why}" for why, count in self.ignored.most_common()]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Row:
    """A checksum of a report."""

    bucket: str
    key: str
    etag: str
    crc32: int


class UnusableRow(Exception):
    """Nothing can be taken from a row. The message is the reason, the same for rows of a kind."""


def fill(services: Services, s3: "S3Client", report: str, note: Note) -> Filled:
    """Keeps the CRC-32s of a report: the path of its manifest.json or of one of its CSV files, or
    an address s3://BUCKET/KEY of either, which `s3` reads.

    It writes one batch after another, so DynamoDB sets the pace. It may be repeated, also after it
    was cut off. Raises InfraError if the report cannot be read, or if DynamoDB does not take what
    is in it.
    """
    if not services.settings.checksum_days:
        raise InfraError("CHECKSUM_DAYS is 0 in this stack, so no checksum is kept")
    filled = Filled()
    for body in _csv_files(report, s3):
        _fill(services, body, filled, note)
    return filled


def _fill(services: Services, body: IO[bytes], filled: Filled, note: Note) -> None:
    sources = services.settings.sources
    try:
        with TextIOWrapper(body, encoding="utf-8-sig", newline="") as text:
            for batch in batched(rows(text, sources, filled), PUTS_MOST):
                _write(services, batch)
                note(f"{filled.taken.total():,} kept, {filled.ignored.total():,} rows left out")
    except (UnicodeDecodeError, csv.Error) as error:
        raise InfraError(f"This is no CSV file of a report: {error}") from error
    except (Unavailable, AccessDenied) as error:
        raise InfraError(
            f"{error.detail}. {filled.taken.total():,} checksums were read until then; run this "
            "again"
        ) from error


def _write(services: Services, batch: Iterable[Row]) -> None:
    by_bucket: dict[str, list[Row]] = {}
    for row in batch:
        by_bucket.setdefault(row.bucket, []).append(row)
    for bucket, of_bucket in by_bucket.items():
        files = [(row.key, row.etag, None, row.crc32) for row in of_bucket]
        services.checksums.write(bucket, files, services.now())


def rows(lines: Iterable[str], sources: Sequence[Source], filled: Filled) -> Iterator[Row]:
    """Yields what a CSV file of a report has for these sources, and counts it."""
    for columns in csv.reader(lines):
        if not columns:
            continue
        try:
            row = parsed(columns)
            source = _source_of(row, sources)
        except UnusableRow as error:
            is_told = str(error) in filled.ignored or len(filled.ignored) < _REASONS_MAX
            filled.ignored[str(error) if is_told else "other reasons"] += 1
            continue
        filled.taken[source.name] += 1
        yield row
        if (key := unquote_plus(row.key)) != row.key:
            yield Row(row.bucket, key, row.etag, row.crc32)


def parsed(columns: Sequence[str]) -> Row:
    """Returns the checksum that a row of a report has. Raises UnusableRow."""
    if len(columns) != _COLUMNS:
        raise UnusableRow(f"not {_COLUMNS} columns, so no row of a completion report")
    bucket, key, _, status, _, _, message = columns
    if status.lower() != "succeeded":
        raise UnusableRow(f"the task has {status[:20]!r}, not succeeded")
    said = _message(message)
    algorithm, kind = said.get("checksumalgorithm"), said.get("checksumtype")
    if algorithm != "CRC32" or kind != "FULL_OBJECT":
        raise UnusableRow(f"{algorithm} of type {kind}, not CRC32 of type FULL_OBJECT")
    crc32 = crc32_of_base64(said.get("checksum_base64"))
    if crc32 is None:
        raise UnusableRow("its checksum_base64 is no CRC-32")
    if said.get("checksum_hex", f"{crc32:08X}").upper() != f"{crc32:08X}":
        raise UnusableRow("its checksum_base64 and its checksum_hex differ")
    etag = said.get("etag", "").strip('"')
    if not etag or not bucket or not key:
        raise UnusableRow("it does not say the bucket, the key or the ETag")
    return Row(bucket, key, etag, crc32)


def _message(text: str) -> dict[str, str]:
    """Returns the texts of a ResultMessage, by their names in lower case."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise UnusableRow("its ResultMessage is no JSON object: no task Compute checksum")
    return {name.lower(): value for name, value in said.items() if isinstance(value, str)}


def _source_of(row: Row, sources: Sequence[Source]) -> Source:
    of_bucket = [source for source in sources if source.bucket == row.bucket]
    if not of_bucket:
        raise UnusableRow(f"the bucket {row.bucket[:63]} is none of a source")
    for source in of_bucket:
        if row.key.startswith(source.prefix) or unquote_plus(row.key).startswith(source.prefix):
            return source
    raise UnusableRow(f"the key is outside of the prefix of each source in {row.bucket[:63]}")


# -- where a report is ----------------------------------------------------------------------------


def _csv_files(report: str, s3: "S3Client") -> Iterator[IO[bytes]]:
    """Yields each CSV file of succeeded tasks, open for reading."""
    if not report.endswith("manifest.json"):
        with _opened(report, s3) as body:
            yield body
        return
    for result in _results(report, s3):
        with _opened(_beside(report, result), s3) as body:
            wanted = result["MD5Checksum"]
            if _md5(body) != wanted:
                raise InfraError(f"{result['Key']} does not have the MD5 of the manifest, {wanted}")
            body.seek(0)
            yield body


def _results(report: str, s3: "S3Client") -> list[dict[str, str]]:
    with _opened(report, s3) as body:
        text = body.read(_MANIFEST_MAX)
    try:
        manifest: dict[str, Any] = json.loads(text)
        return [
            {name: str(one[name]) for name in ("Bucket", "Key", "MD5Checksum")}
            for one in manifest["Results"]
            if one["TaskExecutionStatus"] == "succeeded"
        ]
    except (ValueError, RecursionError, LookupError, TypeError) as error:
        raise InfraError(
            f"{report} is not the manifest.json of a completion report: it has no Results as "
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-examples-reports.html "
            "shows them"
        ) from error


def _beside(report: str, result: dict[str, str]) -> str:
    """Returns where a CSV file is: in S3 as the manifest says, or in the manifest's folder."""
    if report.startswith(_S3):
        return f"{_S3}{result['Bucket']}/{result['Key']}"
    folder, name = Path(report).parent, Path(result["Key"]).name
    inside = folder / "results" / name
    return str(inside if inside.exists() else folder / name)


@contextmanager
def _opened(place: str, s3: "S3Client") -> Iterator[IO[bytes]]:
    """Opens a file, or a copy of an object on this machine's disk."""
    if not place.startswith(_S3):
        try:
            with Path(place).open("rb") as body:
                yield body
        except OSError as error:
            raise InfraError(f"Cannot read {place}: {error.strerror}") from error
        return
    bucket, _, key = place.removeprefix(_S3).partition("/")
    with TemporaryFile() as copy:
        try:
            shutil.copyfileobj(s3.get_object(Bucket=bucket, Key=key)["Body"], copy)
        except s3.exceptions.ClientError as error:
            raise InfraError(f"Cannot read {place}: {error}") from error
        copy.seek(0)
        yield copy


def _md5(body: IO[bytes]) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    while chunk := body.read(1024**2):
        digest.update(chunk)
    return digest.hexdigest()
