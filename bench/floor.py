"""The least that an archive of these files can take: S3 copies the same bytes, and that is all.

What is large enough to be a part of an upload is copied into one (UploadPartCopy), which is then
completed; what is not becomes an object of its own (CopyObject). No headers, no directory: nobody
could open the result.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

from bench.plain_s3 import client

COPIES: Final = 32
"""Requests under way at a time."""

MIN_PART: Final = 5 * 1024**2
COPY_PART: Final = 512 * 1024**2
"""Bytes of one copy, at most: as ours are."""


def floor() -> Callable[[Mapping[str, str]], None]:
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
                for start, end in _even(size):
                    parts.append(pool.submit(copy_part, len(parts) + 1, key, start, end))
            for copied in objects:
                copied.result()
            done = [part.result() for part in parts]
        if done:
            s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": done})
        else:
            s3.abort_multipart_upload(**upload)

    return run


def _even(size: int) -> list[tuple[int, int]]:
    count = -(-size // COPY_PART)
    return [(size * i // count, size * (i + 1) // count) for i in range(count)]
