"""Compressed archives: files are packed first, by several workers, and then laid out."""

import json
import tarfile
import zipfile
from io import BytesIO
from random import Random
from zlib import crc32

import pytest

from chalicelib.archive.packing import Sizes
from chalicelib.jobs.request import ExportRequest
from chalicelib.pipeline import accepting
from tests.archives import check_archive, noise
from tests.integration.stack import UNIT, Stack

SIZES = Sizes(least=8 * UNIT, span=4 * UNIT, member=UNIT, sampled=UNIT // 8)


def text(seed: int, size: int) -> bytes:
    """Bytes that can be compressed to about a third."""
    random = Random(seed)
    words = [bytes(random.choices(b"abcdefghijklmnop ", k=7)) for _ in range(200)]
    made = b" ".join(random.choices(words, k=size // 8 + 1))
    return made[:size]


FILES = {
    "a.txt": text(1, 3 * UNIT),
    "b.txt": text(2, 21 * UNIT),
    "c.jpg": noise(3, 2 * UNIT),
    "d.mp4": noise(4, 30 * UNIT),
    "e.bin": noise(5, 25 * UNIT + 1),
    "empty": b"",
    "f.log": text(6, 40 * UNIT + 7),
    "g": noise(7, UNIT // 2),
    "h": text(8, UNIT // 2),
    "i.csv": text(9, 4 * UNIT + 1),
}


@pytest.fixture
def packs(stack: Stack, small_segments: None) -> Stack:
    stack.limit(packing=SIZES, read_bytes=UNIT)
    stack.put_files(FILES, unknown="e.bin")
    return stack


def asked(stack: Stack, **fields: object) -> str:
    request = ExportRequest(prefix="in/", **fields)  # type: ignore[arg-type] # by name
    return accepting.accept(stack.services, "ann", request, None).job.job_id


def _entries(archive: bytes | None) -> dict[str, zipfile.ZipInfo]:
    assert archive is not None
    with zipfile.ZipFile(BytesIO(archive)) as opened:
        return {entry.filename: entry for entry in opened.infolist()}


@pytest.mark.parametrize("compression", ["deflate", "auto"])
def test_a_compressed_archive_is_whole(packs: Stack, compression: str) -> None:
    job_id = asked(packs, compression=compression)

    assert packs.run_queue() == []

    check_archive(packs.archive(job_id), FILES, stored=False)
    assert packs.job(job_id).bytes_total == len(packs.archive(job_id) or b"")


def test_a_compressed_tar_is_whole(packs: Stack) -> None:
    job_id = asked(packs, format="tar.gz")

    assert packs.run_queue() == []

    archive = packs.archive(job_id)
    assert archive is not None
    with tarfile.open(fileobj=BytesIO(archive), mode="r:gz") as opened:
        read = {one.name: (opened.extractfile(one) or BytesIO()).read() for one in opened}
    manifest = json.loads(read.pop("manifest.json"))
    assert read == FILES
    assert {one["name"]: one["crc32"] for one in manifest["files"]} == {
        name: f"{crc32(content):08x}" for name, content in FILES.items()
    }
