"""The index beside a tar: where each file stands, as tarfile finds it, and as s3tar reads it."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.archive import layout, names, tail
from chalicelib.archive.formats import TAR
from chalicelib.archive.plan import Plan
from tests.unit.archive.archives import (
    HEAD,
    SHRUNKEN,
    Sparse,
    an_entry,
    assembled,
    with_crc32s,
)
from tests.unit.archive.tars import Files, laid_out, plans, scales, some_files

MANY = 100_000
NAMES = ["a", 'comma, "quote"', "n" * 101, "日本語/é.txt", "-x/ space ", "d" * 120 + "/" + "n" * 90]


@given(some_files(), scales)
@settings(max_examples=50)
def test_each_row_says_where_tarfile_finds_the_file(files: Files, scale: Any) -> None:
    entries, by_key = files
    plan = laid_out(entries, scale)
    contents = [by_key[entry.key] for entry in plan.entries]
    archive = assembled(plan, contents)

    rows = _rows(_index(plan, [zlib.crc32(content) for content in contents]))

    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        expected = [
            [info.name, str(info.offset_data), str(info.size), f"{_crc32(opened, info)}@{at}"]
            for info, at in ((info, _header_at(opened, info)) for info in opened)
        ]
    assert rows == expected
    assert rows[-1][0] == names.MANIFEST


@given(plans, st.integers(1, 5))
def test_it_is_the_same_whatever_the_sections(plan: Plan, files: int) -> None:
    crc32s = [entry.crc32 or 0 for entry in plan.entries]

    assert _index(plan, crc32s, files) == _index(plan, crc32s)


@given(plans)
def test_the_next_header_begins_where_the_padding_of_a_file_ends(plan: Plan) -> None:
    rows = _rows(_index(plan, [0] * len(plan.entries)))

    at = 0
    for _, start, size, fourth in rows:
        assert fourth == f"{fourth[:8]}@{at}"
        at = -(-(int(start) + int(size)) // 512) * 512
    assert at == plan.size - 1024


def test_of_100_000_files_gnu_tar_lists_each_one_and_the_index_is_right(tmp_path: Path) -> None:
    program = shutil.which("tar")
    if program is None:
        pytest.skip("there is no tar")
    entries = [
        an_entry(index, index % 1_500, crc32=index, name=f"f-{index % 100:02}/{index}.txt")
        for index in range(MANY)
    ]
    plan = layout.lay_out(entries, HEAD, form=TAR)
    archive = tmp_path / "many.tar"
    with archive.open("wb") as file:
        Sparse(plan).write_to(file)

    listed = subprocess.run(
        [program, "-tvRf", archive],
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        check=True,
        capture_output=True,
    )

    rows = _rows(_index(plan, range(MANY), 10_000))
    assert listed.stderr == b""
    blocks = re.findall(rb"(?m)^block (\d+): \S+ \S+ +(\d+) \S+ \S+ (.+)$", listed.stdout)
    assert [[name.decode(), int(block) * 512, int(size)] for block, size, name in blocks] == [
        [name, int(fourth.partition("@")[2]), int(size)] for name, _, size, fourth in rows
    ]
    assert len(rows) == MANY + 1
    assert all(int(start) == int(fourth.partition("@")[2]) + 512 for _, start, _, fourth in rows)


def test_s3tar_would_extract_every_file_by_it(tmp_path: Path) -> None:
    entries = [
        replace(an_entry(index, index * 700, name=name), modified=1_600_000_000 + index)
        for index, name in enumerate(NAMES)
    ]
    contents = [bytes([index + 1]) * entry.size for index, entry in enumerate(entries)]
    plan = layout.lay_out(with_crc32s(entries, contents), HEAD, SHRUNKEN, TAR)
    by_key = dict(zip((entry.key for entry in entries), contents, strict=True))
    in_order = [by_key[entry.key] for entry in plan.entries]
    crc32s = [zlib.crc32(content) for content in in_order]
    (tmp_path / "a.tar").write_bytes(assembled(plan, in_order))
    (tmp_path / "a.tar.index").write_bytes(_index(plan, crc32s))

    *found, manifest = _extracted(tmp_path / "a.tar", tmp_path / "a.tar.index")

    assert [
        (one["Name"], one["Size"], one["Crc32"], one["Mode"], one["Mtime"]) for one in found
    ] == [
        (entry.name, entry.size, crc32, 0o644, entry.modified)
        for entry, crc32 in zip(plan.entries, crc32s, strict=True)
    ]
    assert manifest["Name"] == names.MANIFEST
    assert all(one["Etag"].startswith(f"{one['Crc32']:08x}@") for one in (*found, manifest))


def _index(plan: Plan, crc32s: Sequence[int], files_a_section: int = 1_000) -> bytes:
    """The index, of sections of so many files."""
    files = list(zip(plan.entries, plan.offsets, crc32s, strict=True))
    runs = [files[at : at + files_a_section] for at in range(0, len(files) or 1, files_a_section)]
    sections = [tail.section(TAR, run, first=not index) for index, run in enumerate(runs)]
    length, chunks = tail.beside(
        TAR,
        HEAD,
        plan.tail_start,
        [one.counts for one in sections],
        records=(one.records for one in sections),
    )
    made = b"".join(chunks)
    assert len(made) == length
    return made


def _rows(index: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(index.decode(), newline=""), strict=True))


def _crc32(opened: tarfile.TarFile, info: tarfile.TarInfo) -> str:
    body = opened.extractfile(info)
    assert body is not None
    return f"{zlib.crc32(body.read()):08x}"


def _header_at(opened: tarfile.TarFile, info: tarfile.TarInfo) -> int:
    """Where the header begins. There is nothing but padding before it."""
    before = [one for one in opened.getmembers() if one.offset_data < info.offset_data]
    return -(-(before[-1].offset_data + before[-1].size) // 512) * 512 if before else 0


def _extracted(archive: Path, index: Path) -> list[dict[str, Any]]:
    """What toc.go prints."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("there is no Go")
    done = subprocess.run(
        [go, "run", str(Path(__file__).with_name("toc.go")), archive, index],
        env={**os.environ, "GO111MODULE": "off", "GOFLAGS": ""},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
