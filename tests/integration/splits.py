"""Exports whose files go to several archives, and what each archive must be."""

import io
import json
import zipfile
from typing import Any
from zlib import crc32

from chalicelib.jobs.request import ExportRequest
from chalicelib.pipeline import archives
from chalicelib.pipeline.accepting import accept
from tests.archives import noise
from tests.integration.stack import UNIT, Stack

SPLIT = 20 * UNIT

FILES = {
    "a": noise(1, 12 * UNIT),
    "b": noise(2, 3 * UNIT),
    "c": noise(3, 18 * UNIT),
    "d": noise(4, 100),
    "e": noise(5, 17 * UNIT),
    "f": noise(6, 2 * UNIT),
    "g": b"",
}
"""They need three archives: a and b, c and d, and e to g with the manifest. S3 does not know the
CRC-32 of some."""

UNKNOWN = "b", "d", "e"


def read(stack: Stack, job_id: str) -> list[bytes]:
    """The archives of a job, in order."""
    found = [stack.services.archive.read(key) for key in archives.of(stack.job(job_id))]
    assert all(found)
    return [one for one in found if one]


def check_archives(stack: Stack, job_id: str, files: dict[str, bytes], split: int = SPLIT) -> None:
    """Checks that the job's archives have these files, and nothing else is in the bucket."""
    made = read(stack, job_id)
    assert all(len(one) <= split for one in made)
    job = stack.job(job_id)
    assert (job.bytes_done, job.bytes_total) == (sum(map(len, made)),) * 2
    assert job.files_done == len(files)
    contents: dict[str, bytes] = {}
    where: dict[str, int] = {}
    for number, one in enumerate(made, 1):
        with zipfile.ZipFile(io.BytesIO(one)) as opened:
            assert opened.testzip() is None
            for name in opened.namelist():
                assert name not in contents
                contents[name], where[name] = opened.read(name), number
    listing = json.loads(contents.pop("manifest.json"))
    assert where.pop("manifest.json") == len(made)
    is_same = contents == files
    assert is_same
    assert {one["name"]: one["archive"] for one in listing["files"]} == where
    assert {one["name"]: one["crc32"] for one in listing["files"]} == {
        name: f"{crc32(content):08x}" for name, content in files.items()
    }


def exported(stack: Stack, split: int = SPLIT, **wanted: Any) -> str:
    """Returns the id of a new job of all files, in archives of at most `split` bytes. The API takes
    no value that is as small."""
    asked = ExportRequest(prefix="in/", split=split, **wanted)
    return accept(stack.services, "anonymous", asked, None).job.job_id


def run_all(stack: Stack, most: int = 10) -> None:
    """Runs the queue until no step was put off, `most` times at most."""
    for _ in range(most):
        stack.wake()
        if not stack.run_queue():
            return
    raise AssertionError(f"steps are put off after {most} rounds")
