"""Archives past each limit of the old ZIP format, whose files hold nothing but zeros: so they take
neither disk nor memory."""

import json
import zipfile
import zlib
from dataclasses import replace

import pytest

from chalicelib.archive import layout, names
from chalicelib.archive.plan import Entry
from chalicelib.archive.zip_format import UINT16_MAX, UINT32_MAX
from tests.unit.archive.archives import HEAD, Sparse, data_start, entries_of


@pytest.mark.parametrize(
    "sizes",
    [
        [5 * 1024**4, 0, 3],
        [UINT32_MAX - 1, 1, UINT32_MAX, 1, UINT32_MAX + 1, 1],
        [UINT32_MAX - 100, 10, 10, 10, 10],
        [3 * 1024**3] * 9,
    ],
)
def test_zipfile_reads_archives_of_any_size(sizes: list[int]) -> None:
    archive = Sparse(layout.lay_out(entries_of(sizes), HEAD))

    with zipfile.ZipFile(archive.open()) as opened:
        files = opened.infolist()[:-1]
        assert sorted(file.file_size for file in files) == sorted(sizes)
        assert [file.header_offset for file in files] == list(archive.plan.offsets)
        for file in files:  # opening one reads its local header
            opened.open(file).close()
        said = json.loads(opened.read(names.MANIFEST))
    assert sorted(file["size"] for file in said["files"]) == sorted(sizes)


@pytest.mark.parametrize("offset", [UINT32_MAX - 1, UINT32_MAX, UINT32_MAX + 1])
def test_a_file_is_found_on_either_side_of_four_gib(offset: int) -> None:
    header = data_start(layout.lay_out(entries_of([1]), HEAD), 0)
    before = entries_of([40, offset - 2 * header - 40])
    small = [replace(one, crc32=None) for one in before]  # without it none is moved or copied
    zero = Entry("zero", "key", '"etag"', 1, zlib.crc32(b"\0"), 0)

    plan = layout.lay_out([*small, zero], HEAD)

    with zipfile.ZipFile(Sparse(plan).open()) as opened:
        assert opened.getinfo("zero").header_offset == offset
        assert opened.read("zero") == b"\0"


@pytest.mark.parametrize("manifest_at", [UINT32_MAX - 1, UINT32_MAX, UINT32_MAX + 1])
def test_the_manifest_is_found_on_either_side_of_four_gib(manifest_at: int) -> None:
    header = data_start(layout.lay_out(entries_of([1]), HEAD), 0)

    plan = layout.lay_out(entries_of([manifest_at - header]), HEAD)

    assert plan.tail_start == manifest_at
    with zipfile.ZipFile(Sparse(plan).open()) as opened:
        assert json.loads(opened.read(names.MANIFEST))["jobId"] == HEAD.job_id


def test_an_archive_of_more_files_than_the_old_end_can_count_is_read() -> None:
    files = UINT16_MAX - 1  # and the manifest
    plan = layout.lay_out(entries_of([0] * files), HEAD)

    with zipfile.ZipFile(Sparse(plan).open()) as opened:
        assert len(opened.infolist()) == UINT16_MAX
        assert opened.read(f"file-{files - 1}") == b""
