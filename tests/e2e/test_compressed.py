"""Compressed archives over HTTP: common tools read them, and they are as small as they can be."""

import io
import os
import shutil
import subprocess
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.e2e.api import Api
from tests.e2e.sources import MIB, Source, Sources, noise


def _text(seed: int, size: int) -> bytes:
    """Lines of a log, which can be compressed to about a fifth."""
    random = Random(seed)
    paths = [f"/v1/orders/{random.randrange(10**6)}" for _ in range(400)]
    lines = (
        f"2026-11-27T0{random.randrange(10)}:{random.randrange(60):02}:00Z GET "
        f"{random.choice(paths)} {random.choice((200, 200, 404, 500))} {random.randrange(9999)}\n"
        for _ in range(size // 50)
    )
    made = "".join(lines).encode()
    return (made * (size // len(made) + 1))[:size]


@dataclass(frozen=True)
class Compressed:
    files: list[Source]
    body: bytes
    job: dict[str, Any]


@pytest.fixture(scope="module")
def files(sources: Sources) -> list[Source]:
    """Text and noise, small and large: there is more than one worker packs at a time, and a file
    that lies in two packs."""
    return [
        sources.put(_text(1, 36 * MIB), filename="large.log"),
        sources.put(b"", filename="empty"),
        sources.put(noise(11 * MIB), filename="film.mp4"),
        sources.put(noise(300_000), filename="Übergröße/noise"),
        *(sources.put(_text(n, MIB), filename=f"logs/{n}.log") for n in range(24)),
    ]


def _made(api: Api, files: list[Source], **asked: str) -> Compressed:
    job_id = api.export(file_ids=[file.file_id for file in files], **asked)
    job = api.completed(job_id)
    return Compressed(files, api.archive(job_id), job)


@pytest.fixture(scope="module", params=["deflate", "auto"])
def packed(request: pytest.FixtureRequest, api: Api, files: list[Source]) -> Compressed:
    return _made(api, files, compression=request.param)


@pytest.fixture(scope="module")
def tar(api: Api, files: list[Source]) -> Compressed:
    return _made(api, files, format="tar.gz")


def test_python_reads_the_zip(packed: Compressed) -> None:
    with zipfile.ZipFile(io.BytesIO(packed.body)) as opened:
        assert opened.testzip() is None
        *names, last = opened.namelist()
        assert last == "manifest.json"
        assert sorted(names) == sorted(file.name for file in packed.files)
        for file in packed.files:
            assert zlib.crc32(opened.read(file.name)) == zlib.crc32(file.content)


@pytest.mark.parametrize("program", [["unzip", "-tqq"], ["bsdtar", "-tf"], ["7z", "t"]], ids=str)
def test_tools_read_the_zip(program: list[str], packed: Compressed, tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    archive.write_bytes(packed.body)

    _run([*program, str(archive)])


def test_a_reader_of_streams_reads_the_zip(packed: Compressed, tmp_path: Path) -> None:
    """It takes entries from the front, and never sees the directory before them."""
    archive = tmp_path / "a.zip"
    archive.write_bytes(packed.body)

    _run(["bsdtar", "-tf", "-"], stdin=archive)


def test_a_zip_is_as_small_as_zlib_makes_it(packed: Compressed) -> None:
    alone = sum(
        min(len(zlib.compress(file.content, 6)), len(file.content)) for file in packed.files
    )

    assert len(packed.body) < 1.02 * alone + 100_000


def test_the_job_tells_of_the_files_and_then_of_the_archive(packed: Compressed) -> None:
    assert packed.job["progress"]["percent"] == 100
    assert packed.job["result"]["fileSize"] == len(packed.body)


def test_gnu_tar_and_python_read_the_compressed_tar(tar: Compressed, tmp_path: Path) -> None:
    archive = tmp_path / "a.tar.gz"
    archive.write_bytes(tar.body)

    _run(["tar", "-tzf", str(archive)])
    _run(["gzip", "-t", str(archive)])
    _run(["bsdtar", "-tf", str(archive)])
    with tarfile.open(archive) as opened:
        for file in tar.files:
            body = opened.extractfile(file.name)
            assert body is not None
            assert zlib.crc32(body.read()) == zlib.crc32(file.content)


def _run(command: list[str], stdin: Path | None = None) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(
        command,
        input=stdin.read_bytes() if stdin else None,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[:500]
