"""Puts the demo's files into the source bucket, each once."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.config import Config

from infra.demo.library import DemoFile
from infra.paths import STATE
from infra.targets import Target

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_AT_ONCE = 8
_ONCE_KEPT = "demo-fingerprint", 64
"""The key of an object, and its size, in which the bucket itself once had the fingerprint."""


def upload(
    target: Target, bucket: str, files: Sequence[DemoFile], tick: Callable[[int, int], None]
) -> int:
    """Uploads what the bucket does not have yet. Returns how many objects that were.

    Calls `tick` after each object, with the number of bytes and objects that the bucket has.
    """
    s3: S3Client = target.session().client("s3", config=Config(max_pool_connections=_AT_ONCE))
    objects = [(key, file) for file in files for key in file.keys]
    note = _note(target, bucket)
    there = _sizes(s3, bucket)
    if there.pop(_ONCE_KEPT[0], None) == _ONCE_KEPT[1]:
        s3.delete_object(Bucket=bucket, Key=_ONCE_KEPT[0])
    if not note.exists() or note.read_text() != fingerprint(files):
        note.unlink(missing_ok=True)
        there = {}
    lacking = [(key, file) for key, file in objects if there.get(key) != file.size]
    size = sum(file.size for key, file in objects) - sum(file.size for key, file in lacking)
    tick(size, len(objects) - len(lacking))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        puts = [pool.submit(_put, s3, bucket, key, file) for key, file in lacking]
        for count, done in enumerate(as_completed(puts), start=len(objects) - len(lacking) + 1):
            size += done.result()
            tick(size, count)
    # Last, so that it is only there when all the objects are.
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(fingerprint(files))
    return len(lacking)


def fingerprint(files: Sequence[DemoFile]) -> str:
    """Returns a digest of the files' names, sizes and times, without reading them."""
    facts = [(file.keys, file.name, file.size, file.path.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def metadata_value(text: str) -> str:
    """Returns `text` as S3 takes it in metadata: in ASCII, encoded by RFC 2047 if need be."""
    if text.isascii():
        return text
    return f"=?UTF-8?B?{base64.b64encode(text.encode()).decode()}?="


def _note(target: Target, bucket: str) -> Path:
    """Returns the file with the fingerprint of the files that were uploaded last. It is not in the
    bucket: that has a person's files, and no others."""
    return STATE / "demo" / f"{target.name}-{bucket}.uploaded"


def _sizes(s3: "S3Client", bucket: str) -> dict[str, int]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {found["Key"]: found["Size"] for page in pages for found in page.get("Contents", [])}


def _put(s3: "S3Client", bucket: str, key: str, file: DemoFile) -> int:
    with file.path.open("rb") as body:
        # Then S3 knows the CRC-32, and nobody need read the file to write its header.
        s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=body,
            ChecksumAlgorithm="CRC32",
            Metadata={"filename": metadata_value(file.name)},
        )
    return file.size
