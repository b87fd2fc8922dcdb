"""What independent readers and an independent writer make of planned archives: bytes that they all
agree on."""

import io
import shutil
import subprocess
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stream_unzip import stream_unzip

from chalicelib.archive import layout, manifest, names
from chalicelib.archive.plan import Entry, Plan
from chalicelib.archive.scale import GIB
from chalicelib.archive.zip_format import UINT32_MAX
from tests.unit.archive.archives import (
    HEAD,
    SHRUNKEN,
    Sparse,
    an_entry,
    assembled,
    entries_of,
    with_crc32s,
)

SIZES = (
    SHRUNKEN.min_part,
    SHRUNKEN.max_part,
    SHRUNKEN.stream_part,
    SHRUNKEN.copy_part,
    SHRUNKEN.copy_min,
)
AROUND = [size + step for size in SIZES for step in (-1, 0, 1)]
TIB = 1024 * GIB
AROUND_UINT32 = [UINT32_MAX - 1, UINT32_MAX, UINT32_MAX + 1]


lengths = st.integers(0, 300) | st.sampled_from([one for one in AROUND if one < 2**20])


def _archive(sizes: Iterable[int]) -> tuple[Plan, list[bytes], bytes]:
    """The plan, the files' contents in its order, and the archive. Every other small file's CRC-32
    is found out while it is streamed."""
    contents = [Random(index).randbytes(size) for index, size in enumerate(sizes)]
    entries = with_crc32s(
        [
            an_entry(
                index,
                len(content),
                crc32=None if index % 2 and len(content) <= SHRUNKEN.stream_part else 0,
                name=f"ü/日-{index}",
            )
            for index, content in enumerate(contents)
        ],
        contents,
    )
    by_key = {entry.key: content for entry, content in zip(entries, contents, strict=True)}
    plan = layout.lay_out(entries, HEAD, SHRUNKEN)
    in_order = [by_key[entry.key] for entry in plan.entries]
    return plan, in_order, assembled(plan, in_order)


@settings(max_examples=40)
@given(st.lists(lengths, max_size=8))
def test_stream_unzip_finds_every_file_whole_from_a_stream(sizes: list[int]) -> None:
    plan, contents, archive = _archive(sizes)

    found = [(name, size, b"".join(data)) for name, size, data in stream_unzip([archive])]

    assert found[:-1] == [
        (entry.name.encode(), entry.size, content)
        for entry, content in zip(plan.entries, contents, strict=True)
    ]
    assert found[-1][:2] == (names.MANIFEST.encode(), manifest.length(HEAD, plan.entries))


@settings(max_examples=40)
@given(st.lists(lengths, max_size=8))
def test_zipfile_would_write_the_same_bytes(sizes: list[int]) -> None:
    plan, contents, archive = _archive(sizes)

    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as writer:
        for entry, content in zip(plan.entries, contents, strict=True):
            writer.writestr(_info(entry), content)

    theirs = written.getvalue()
    directory = _directory(theirs)
    assert archive[: plan.tail_start] == theirs[: plan.tail_start]
    assert _directory(archive)[: len(directory)] == directory


@pytest.mark.parametrize(
    "sizes",
    [
        AROUND_UINT32,
        [UINT32_MAX - 200, 1, 50, 1, 1],
        [5 * TIB - 1, 0, 5 * TIB, 1],
    ],
    ids=["around 4 GiB", "offsets around 4 GiB", "5 TiB"],
)
def test_zipfile_would_write_the_same_directory(
    sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", UINT32_MAX - 1)  # it begins at 2 GiB, to be safe
    entries = [replace(one, name=f"ü-{one.name}") for one in entries_of(sizes)]
    plan = layout.lay_out(entries, HEAD)

    ours = _read_directory(plan)
    theirs = _written_directory(plan)

    assert ours[: len(theirs)] == theirs


def test_java_finds_every_file_whole_from_a_stream(tmp_path: Path) -> None:
    mixes = [[], [0], [1], AROUND[:9], [AROUND[2], 0, 10, AROUND[8], 3_000, AROUND[1]] * 4]
    paths, expected = [], []
    for number, sizes in enumerate(mixes):
        plan, contents, archive = _archive(sizes)
        path = tmp_path / f"{number}.zip"
        path.write_bytes(archive)
        paths.append(f"stream:{path}")
        expected.append(
            [
                f"{entry.name} {entry.size} {zlib.crc32(content)}"
                for entry, content in zip(plan.entries, contents, strict=True)
            ]
        )

    said = _java(paths)

    assert [lines[:-1] for lines in said] == expected
    assert all(lines[-1].startswith(names.MANIFEST) for lines in said)


def test_java_finds_files_of_any_size(tmp_path: Path) -> None:
    sizes = [*AROUND_UINT32, 5 * TIB - 1]
    paths = []
    for number, size in enumerate(sizes):
        # The file is as sparse as the archive: it takes no disk.
        path = tmp_path / f"{number}.zip"
        plan = layout.lay_out(entries_of([size]), HEAD)
        with path.open("wb") as file:
            Sparse(plan).write_to(file)
        paths += [f"header:{path}", f"directory:{path}"]

    said = _java(paths)

    headers, directories = said[::2], said[1::2]
    assert headers == [[f"file-0 {size} 0"] for size in sizes]
    assert [lines[0] for lines in directories] == [f"file-0 {size} 0" for size in sizes]


def _java(arguments: list[str]) -> list[list[str]]:
    """The lines that Listed.java prints, by argument."""
    java = shutil.which("java")
    if java is None or shutil.which("javac") is None:
        pytest.skip("there is no JDK")
    source = Path(__file__).with_name("Listed.java")
    done = subprocess.run(
        [java, "-Dfile.encoding=UTF-8", "-Dsun.stdout.encoding=UTF-8", str(source), *arguments],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [block.split("\n") for block in done.stdout.removesuffix("\n\n").split("\n\n")]


def _info(entry: Entry, offset: int = 0) -> zipfile.ZipInfo:
    """The entry as zipfile is to write it: of a Unix system, with its time in UTC."""
    moment = datetime.fromtimestamp(entry.modified, UTC)
    info = zipfile.ZipInfo(entry.name, moment.timetuple()[:6])
    info.create_system = 3
    info.external_attr = 0o100644 << 16
    info.extra = b"UT\x05\x00\x01" + entry.modified.to_bytes(4, "little")
    info.file_size = info.compress_size = entry.size
    info.CRC, info.header_offset = entry.crc32 or 0, offset
    info.flag_bits = 0x800
    return info


def _directory(archive: bytes) -> bytes:
    """The central directory."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return archive[opened.start_dir : archive.rindex(b"PK\x05\x06")]


def _read_directory(plan: Plan) -> bytes:
    with Sparse(plan).open() as archive, zipfile.ZipFile(archive) as opened:
        archive.seek(opened.start_dir)
        return archive.read()


def _written_directory(plan: Plan) -> bytes:
    written = io.BytesIO()
    writer = zipfile.ZipFile(written, "w")
    infos = [_info(entry, offset) for entry, offset in zip(plan.entries, plan.offsets, strict=True)]
    writer.filelist.extend(infos)
    writer._write_end_record()  # type: ignore[attr-defined]  # at once, with no bytes of the files
    whole = written.getvalue()
    return whole[: whole.index(b"PK\x06\x06") if b"PK\x06\x06" in whole else -22]
