"""The floor: the least time that an archive of these files can take. S3 only copies the bytes.

A file that is large enough to be a part is copied into one upload (UploadPartCopy), which is
completed at the end. A smaller file becomes an object of its own (CopyObject). There are no headers
and no directory, so nobody could open the result.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

from bench.plain_s3 import client

COPIES: Final = 32
"""How many requests are under way at a time."""

MIN_PART: Final = 5 * 1024**2
"""Bytes of the smallest part that S3 takes, but for the last one of an upload."""

COPY_PART: Final = 512 * 1024**2
"""Bytes that one request copies, at most."""


def floor() -> Callable[[Mapping[str, str]], None]:
    """Returns the function that makes one such result."""
    s3 = client()

    def run(task: Mapping[str, str]) -> None:
        to: Any = {"Bucket": task["archive_bucket"], "Key": task["archive_key"]}
        upload: Any = {**to, "UploadId": s3.create_multipart_upload(**to)["UploadId"]}

        def copy_object(key: str) -> None:
            source: Any = {"Bucket": task["source_bucket"], "Key": key}
            name = f"{task['archive_key']}/{key}"
            s3.copy_object(Bucket=to["Bucket"], Key=name, CopySource=source)

        def copy_part(number: int, key: str, start: int, end: int) -> Any:
            source: Any = {"Bucket": task["source_bucket"], "Key": key}
            asked = f"bytes={start}-{end - 1}"
            answer = s3.upload_part_copy(
                **upload, PartNumber=number, CopySource=source, CopySourceRange=asked
            )
            return {"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]}

        with ThreadPoolExecutor(COPIES) as pool:
            parts: list[Future[Any]] = []
            objects = []
            pages = s3.get_paginator("list_objects_v2").paginate(
                Bucket=task["source_bucket"], Prefix=task["prefix"]
            )
            for listed in (found for page in pages for found in page.get("Contents", [])):
                key, size = listed["Key"], listed["Size"]
                if size < MIN_PART:
                    objects.append(pool.submit(copy_object, key))
                    continue
                for start, end in _ranges(size):
                    parts.append(pool.submit(copy_part, len(parts) + 1, key, start, end))
            for copied in objects:
                copied.result()
            done = [part.result() for part in parts]
        if done:
            s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": done})
        else:
            s3.abort_multipart_upload(**upload)

    return run


def _ranges(size: int) -> list[tuple[int, int]]:
    """Returns the ranges (start, end) of a file that are copied, all about equally long."""
    count = -(-size // COPY_PART)
    return [(size * i // count, size * (i + 1) // count) for i in range(count)]
