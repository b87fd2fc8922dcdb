"""The demo's check of an archive finds all that can be wrong with it."""

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from infra.demo.check import CheckError, check
from infra.demo.library import DemoFile

ABSENT = (40404,)


@pytest.fixture
def files(tmp_path: Path) -> list[DemoFile]:
    contents = {"a.txt": b"first", "folder/b.bin": bytes(range(256))}
    made = []
    for index, (name, content) in enumerate(contents.items()):
        path = tmp_path / str(index)
        path.write_bytes(content)
        made.append(DemoFile(10001 + index, name, path))
    return made


def _manifest(files: list[DemoFile]) -> dict[str, Any]:
    listed = [
        {
            "name": file.name,
            "key": f"downloads/{file.file_id}",
            "size": file.size,
            "crc32": f"{zlib.crc32(file.path.read_bytes()):08x}",
        }
        for file in files
    ]
    return {"jobId": "j", "files": listed, "missing": list(ABSENT)}


def _archive(tmp_path: Path, files: list[DemoFile], manifest: dict[str, Any]) -> Path:
    archive = tmp_path / "archive.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for file in files:
            opened.write(file.path, file.name)
        opened.writestr("manifest.json", json.dumps(manifest))
    return archive


def test_a_good_archive_passes(tmp_path: Path, files: list[DemoFile]) -> None:
    archive = _archive(tmp_path, files, _manifest(files))
    ticks: list[tuple[int, int]] = []

    manifest = check(archive, "j", files, ABSENT, lambda *tick: ticks.append(tick))

    assert manifest == _manifest(files)
    assert ticks == [(5, 1), (261, 2)]


def test_a_file_that_is_not_its_source_is_found(tmp_path: Path, files: list[DemoFile]) -> None:
    archive = _archive(tmp_path, files, _manifest(files))
    files[1].path.write_bytes(b"another")

    with pytest.raises(CheckError, match=r"SHA-256 of folder/b\.bin"):
        check(archive, "j", files, ABSENT, lambda *_: None)


def test_a_flipped_byte_is_found(tmp_path: Path, files: list[DemoFile]) -> None:
    archive = _archive(tmp_path, files, _manifest(files))
    content = archive.read_bytes()
    archive.write_bytes(content.replace(b"first", b"fist!"))

    with pytest.raises(CheckError, match=r"is broken: Bad CRC-32 for file 'a\.txt'"):
        check(archive, "j", files, ABSENT, lambda *_: None)


def test_a_missing_file_is_found(tmp_path: Path, files: list[DemoFile]) -> None:
    archive = _archive(tmp_path, files[:1], _manifest(files))

    with pytest.raises(CheckError, match="names"):
        check(archive, "j", files, ABSENT, lambda *_: None)


def test_what_is_no_archive_is_found(tmp_path: Path, files: list[DemoFile]) -> None:
    archive = tmp_path / "archive.zip"
    archive.write_bytes(b"<html>")

    with pytest.raises(CheckError, match="is broken"):
        check(archive, "j", files, ABSENT, lambda *_: None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"files": []}, "manifest's files"),
        ({"missing": []}, "manifest's missing ids"),
        ({"jobId": "k"}, "manifest's job id"),
    ],
)
def test_a_manifest_that_does_not_match_is_found(
    tmp_path: Path, files: list[DemoFile], change: dict[str, Any], words: str
) -> None:
    archive = _archive(tmp_path, files, _manifest(files) | change)

    with pytest.raises(CheckError, match=words):
        check(archive, "j", files, ABSENT, lambda *_: None)
