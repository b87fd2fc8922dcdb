"""What other programs make of a planned tar: each finds every file, whole, under its own name."""

import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.archive import layout, names
from chalicelib.archive.formats import TAR
from chalicelib.archive.plan import Plan
from tests.unit.archive.archives import (
    HEAD,
    SHRUNKEN,
    Sparse,
    an_entry,
    assembled,
    entries_of,
    with_crc32s,
)

GIB = 1024**3
PLAIN = [
    "a",
    "n" * 100,
    "d/" + "n" * 99,  # the slash may be the first byte that ustar has no room for
    "d" * 100 + "/" + "n" * 100,
    "d" * 155 + "/" + "n" * 100,
    "folder/" * 20 + "last.txt",
    "with space, comma and 'quote'.txt",
    "-rf",
]
"""Names that a ustar header has room for."""
LONG = [
    "n" * 101,
    "m" * 255,
    "d" * 156 + "/n",
    ("o" * 120 + "/") * 2 + "last.txt",
]
WIDE = ["é", "日本語/" * 9 + "日" * 30 + ".txt", "😀/😀.txt", "ü, ß.txt"]
EXTRACTING = {
    "GNU tar": ("tar", "-xf", "{archive}", "-C", "{folder}"),
    "bsdtar": ("bsdtar", "-xf", "{archive}", "-C", "{folder}"),
    "7z": ("7z", "x", "-y", "-o{folder}", "{archive}"),
    "busybox": ("busybox", "tar", "-xf", "{archive}", "-C", "{folder}"),
}


@pytest.mark.parametrize("reader", ["GNU tar", "bsdtar", "7z"])
def test_each_file_is_extracted_whole_under_its_name_by(reader: str, tmp_path: Path) -> None:
    plan, contents = _planned([*PLAIN, *LONG, *WIDE])

    found = _extracted(reader, assembled(plan, contents), tmp_path)

    assert found.pop(names.MANIFEST)
    assert found == {
        entry.name: (content, entry.modified)
        for entry, content in zip(plan.entries, contents, strict=True)
    }


def test_tarfile_extracts_each_file_whole_under_its_name() -> None:
    plan, contents = _planned([*PLAIN, *LONG, *WIDE])

    with tarfile.open(fileobj=io.BytesIO(assembled(plan, contents)), mode="r|") as opened:
        found = [(info.name, info.mtime, info.size, _read(opened, info)) for info in opened]

    assert found[:-1] == [
        (entry.name, entry.modified, entry.size, content)
        for entry, content in zip(plan.entries, contents, strict=True)
    ]


def test_a_reader_that_passes_over_extended_headers_needs_them_for_long_parts_alone(
    tmp_path: Path,
) -> None:
    plan, contents = _planned([*PLAIN, *WIDE])

    found = _extracted("busybox", assembled(plan, contents), tmp_path)

    del found[names.MANIFEST]
    assert {name: content for name, (content, _) in found.items()} == {
        entry.name: content for entry, content in zip(plan.entries, contents, strict=True)
    }


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("tar", "--utc", "--full-time", "-tvf"), id="GNU tar"),
        pytest.param(("bsdtar", "-tvf"), id="bsdtar"),
        pytest.param(("7z", "l"), id="7z"),
    ],
)
def test_files_of_any_size_are_listed_by(command: tuple[str, ...], tmp_path: Path) -> None:
    sizes = [8 * GIB - 1, 8 * GIB, 8 * GIB + 1, 3, 1024 * GIB]
    plan = layout.lay_out(entries_of(sizes), HEAD, form=TAR)
    archive = tmp_path / "large.tar"
    with archive.open("wb") as file:
        Sparse(plan).write_to(file)  # with holes: it takes no disk

    listed = _run((*command, str(archive))).decode().splitlines()

    for entry in plan.entries:
        assert [line for line in listed if f" {entry.size} " in line and entry.name in line]


def test_tarfile_finds_the_largest_archive_that_s3_takes() -> None:
    plan = layout.lay_out(entries_of([2**42, 1, 2**40 - 2**20]), HEAD, form=TAR)

    with Sparse(plan).open() as archive, tarfile.open(fileobj=archive, mode="r:") as opened:
        found = [(info.name, info.size, info.offset) for info in opened]

    assert found[:-1] == [
        (entry.name, entry.size, offset)
        for entry, offset in zip(plan.entries, plan.offsets, strict=True)
    ]


@pytest.mark.parametrize("modified", [-(2**31), -1, 0, 8**11 - 1, 8**11, 253_402_300_799])
def test_gnu_tar_and_bsdtar_list_the_same_exact_time(modified: int, tmp_path: Path) -> None:
    entries = [replace(entry, modified=modified) for entry in entries_of([3])]
    archive = tmp_path / "times.tar"
    archive.write_bytes(assembled(layout.lay_out(entries, HEAD, form=TAR), [b"abc"]))

    shown = _run(("tar", "--utc", "--full-time", "-tvf", str(archive))).decode()
    passed_on = _run(("bsdtar", "-cf", "-", "--format=pax", f"@{archive}"))

    with tarfile.open(archive) as opened:
        assert opened.getmembers()[0].mtime == modified
    with tarfile.open(fileobj=io.BytesIO(passed_on)) as opened:
        assert opened.getmembers()[0].mtime == modified
    year = 1970 + modified // 31_556_952
    assert f" {year}-" in shown or f" {year + 1}-" in shown


def _planned(all_names: Iterable[str]) -> tuple[Plan, list[bytes]]:
    """A plan with files of these names, and their contents in its order."""
    contents = [bytes([index + 1]) * (index * 701 % 3_000) for index, _ in enumerate(all_names)]
    entries = [
        replace(an_entry(index, len(contents[index]), name=name), modified=1_600_000_000 + index)
        for index, name in enumerate(all_names)
    ]
    by_key: dict[str, bytes] = dict(zip((one.key for one in entries), contents, strict=True))
    plan = layout.lay_out(with_crc32s(entries, contents), HEAD, SHRUNKEN, TAR)
    return plan, [by_key[entry.key] for entry in plan.entries]


def _extracted(reader: str, archive: bytes, folder: Path) -> dict[str, tuple[bytes, int]]:
    """What the program has extracted: content and time by name."""
    path, target = folder / "archive.tar", folder / "files"
    path.write_bytes(archive)
    target.mkdir()
    _run(tuple(word.format(archive=path, folder=target) for word in EXTRACTING[reader]))
    return {
        str(file.relative_to(target)): (file.read_bytes(), int(file.stat().st_mtime))
        for file in target.rglob("*")
        if file.is_file()
    }


def _run(command: tuple[str, ...]) -> bytes:
    """Runs the program. Returns its output. Skips the test if it is not there."""
    program = shutil.which(command[0])
    if program is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(
        (program, *command[1:]),
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b""), done.stderr
    return done.stdout


def _read(opened: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    body = opened.extractfile(info)
    assert body is not None
    return body.read()
