"""Checks that what a contender made is an archive of the right files, and deletes it.

Without the check, a contender that makes no archive would win.
"""

import io
import tarfile
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.cases import Case
from bench.place import Place
from bench.processes import ContenderError
from infra import bucket

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from mypy_boto3_s3 import S3Client


@dataclass(slots=True)
class Remote(io.RawIOBase):
    """An S3 object as a file. Each read is one GET of a range."""

    s3: "S3Client"
    bucket: str
    key: str
    size: int
    at: int = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        return self.at

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer).cast("B")
        end = min(self.at + len(view), self.size)
        if end <= self.at:
            return 0
        answer = self.s3.get_object(
            Bucket=self.bucket, Key=self.key, Range=f"bytes={self.at}-{end - 1}"
        )
        count = end - self.at
        view[:count] = answer["Body"].read()
        self.at = end
        return count


def check_names(place: Place, key: str, case: Case) -> None:
    """Raises ContenderError unless the archive lists exactly the case's files, with their sizes.

    Reads the directory of a ZIP, or the headers of a tar, not the bytes of its files.
    """
    name = place.outputs.archive_bucket
    size = place.s3.head_object(Bucket=name, Key=key)["ContentLength"]
    remote = io.BufferedReader(Remote(place.s3, name, key, size), 1024**2)
    if case.form == "tar":
        with tarfile.open(fileobj=remote, mode="r:") as tar:
            found = {entry.name: entry.size for entry in tar}
    else:
        with zipfile.ZipFile(remote) as archive:
            found = {entry.filename: entry.file_size for entry in archive.infolist()}
    there = {name.removeprefix(case.prefix): size for name, size in found.items()}
    there.pop("manifest.json", None)
    wanted = {case.key(i).removeprefix(case.prefix): size for i, size in enumerate(case.sizes)}
    if there != wanted:
        raise ContenderError(f"The archive {key} does not hold the files of {case.name}.")


def delete(place: Place, prefix: str) -> None:
    """Deletes all objects below the prefix in the archive bucket."""
    bucket.empty(place.s3, place.outputs.archive_bucket, prefix)
