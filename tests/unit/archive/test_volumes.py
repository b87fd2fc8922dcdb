"""Archives of at most so many bytes: each is whole by itself, and together they have every file."""

import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from zlib import crc32

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from chalicelib.archive import layout, packed, volumes
from chalicelib.archive.formats import TAR, ZIP, Format
from chalicelib.archive.packed import Pack, PackedFile
from chalicelib.archive.plan import Entry, Plan
from chalicelib.archive.scale import GIB, MIB
from chalicelib.archive.volumes import NotDivisible
from chalicelib.archive.zip_format import UINT32_MAX
from tests.unit.archive.archives import HEAD, SHRUNKEN, an_entry, entries_of
from tests.unit.archive.splits import archives_of
from tests.unit.archive.tars import SMALL, Files, some_files

splits = st.integers(1_500, 40_000)

Read = Callable[[bytes], dict[str, bytes]]


def _unzipped(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        names = opened.namelist()
        assert len(set(names)) == len(names)
        return {name: opened.read(name) for name in names}


def _untarred(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as opened:
        found = {}
        for member in opened.getmembers():
            file = opened.extractfile(member)
            assert file is not None
            found[member.name] = file.read()
        return found


FORMATS = pytest.mark.parametrize(
    ("form", "read"), [(ZIP, _unzipped), (TAR, _untarred)], ids=["zip", "tar"]
)


def _plan(entries: Sequence[Entry], split: int, form: Format = ZIP) -> Plan:
    return volumes.lay_out(entries, HEAD, split, SMALL, form=form)


@FORMATS
@given(files=some_files(), split=splits)
def test_each_archive_is_whole_and_together_they_have_every_file(
    form: Format, read: Read, files: Files, split: int
) -> None:
    entries, by_key = files
    try:
        plan = _plan(entries, split, form)
    except NotDivisible:
        reject()

    made = archives_of(plan, by_key)

    *others, last = map(read, made)
    listing = json.loads(last.pop("manifest.json"))
    found = [(n, name) for n, one in enumerate([*others, last], 1) for name in one]
    contents = {name: one[name] for one in [*others, last] for name in one}
    assert all(len(one) <= split for one in made)
    assert [len(one) for one in made] == [*(v.size for v in plan.volumes), plan.size]
    assert len(found) == len(contents) == len(entries)
    assert contents == {entry.name: by_key[entry.key] for entry in entries}
    numbers = [(one.get("archive", 1), one["name"]) for one in listing["files"]]
    assert numbers == found
    assert {one["crc32"] for one in listing["files"]} == {
        f"{crc32(content):08x}" for content in by_key.values()
    }


@given(some_files(), splits)
def test_files_keep_their_order_from_archive_to_archive(files: Files, split: int) -> None:
    entries, _ = files
    try:
        plan = _plan(entries, split)
    except NotDivisible:
        reject()

    place = {entry.name: number for number, entry in enumerate(entries)}
    runs = [plan.entries[s.first_entry : s.end_entry] for s in plan.segments[: len(plan.volumes)]]
    for before, after in pairwise(runs):
        assert max(place[e.name] for e in before) < min(place[e.name] for e in after)


@given(some_files(), splits)
def test_an_archive_is_full_when_the_next_file_does_not_fit(files: Files, split: int) -> None:
    entries, _ = files
    try:
        plan = _plan(entries, split)
    except NotDivisible:
        reject()

    for number, volume in enumerate(plan.volumes[:-1]):
        following = plan.segments[number + 1]
        names = {e.name for e in plan.entries[following.first_entry : following.end_entry]}
        first = next(entry for entry in entries if entry.name in names)
        record = ZIP.record_length(first.member, 0)
        assert volume.size + ZIP.header_length(first.member) + first.size + record > split


def test_what_fits_into_one_archive_has_the_usual_plan() -> None:
    entries = entries_of([100, 20_000, 0])
    usual = layout.lay_out(entries, HEAD, SHRUNKEN)

    assert volumes.lay_out(entries, HEAD, usual.size, SHRUNKEN) == usual
    assert volumes.lay_out(entries, HEAD, usual.size - 1, SHRUNKEN).volumes


def test_the_manifest_gets_an_archive_of_its_own_if_it_fits_nowhere_else() -> None:
    entries = entries_of([3_000, 3_000])
    by_key = {entry.key: bytes(entry.size) for entry in entries}

    plan = volumes.lay_out(entries, HEAD, 3_300, SHRUNKEN)

    made = archives_of(plan, by_key)
    assert [list(_unzipped(one)) for one in made] == [["file-0"], ["file-1"], ["manifest.json"]]


def test_a_manifest_that_is_too_large_is_an_error() -> None:
    entries = [an_entry(n, 10) for n in range(40)]

    with pytest.raises(NotDivisible, match=r"the manifest alone takes an archive of .* bytes"):
        volumes.lay_out(entries, HEAD, 1_000, SHRUNKEN)


def test_a_file_that_fits_into_no_archive_is_named_with_the_split_that_would_do() -> None:
    entries = entries_of([10, 5_000, 10])

    with pytest.raises(NotDivisible) as raised:
        volumes.lay_out(entries, HEAD, 4_000, SHRUNKEN)

    assert raised.value.file == "file-1"
    needed = 5_000 + ZIP.header_length(entries[1].member) + ZIP.record_length(entries[1].member, 0)
    needed += ZIP.end_length(1, 0, 0)
    assert f"a file of 5000 bytes takes one of {needed} bytes" in str(raised.value)
    assert volumes.lay_out(entries, HEAD, needed, SHRUNKEN).volumes[1].size == needed


def test_more_archives_than_there_may_be_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volumes, "MOST_ARCHIVES", 3)

    with pytest.raises(NotDivisible, match="would go to 5 archives, and 3 is the most"):
        volumes.lay_out(entries_of([3_000] * 4), HEAD, 3_300, SHRUNKEN)


def test_an_archive_of_more_parts_than_s3_takes_is_an_error() -> None:
    scale = replace(SHRUNKEN, max_parts=4)

    with pytest.raises(NotDivisible, match="S3 takes 4; choose a smaller split"):
        volumes.lay_out(entries_of([40_000] * 20), HEAD, 400_000, scale)


def test_an_archive_that_one_worker_would_build_for_too_long_is_closed_before() -> None:
    entries = entries_of([60 * GIB] * 12)

    plan = volumes.lay_out(entries, HEAD, 480 * GIB)

    assert [round(volume.size / GIB) for volume in plan.volumes] == [240, 240]
    assert len(plan.segments) > 3


def test_archives_beyond_4_gib_stay_within_the_limit_in_any_order() -> None:
    entries = entries_of([9 * MIB, 100, 3 * GIB, 7 * MIB] * 8)

    plan = volumes.lay_out(entries, HEAD, 9 * GIB)

    assert plan.volumes
    assert all(UINT32_MAX < volume.size <= 9 * GIB for volume in plan.volumes)


# -- packed files -------------------------------------------------------------------------------


def _rows(takes: Sequence[int]) -> list[PackedFile]:
    rows, at = [], 50
    for index, taken in enumerate(takes):
        name = f"packed-{index}"
        rows.append(PackedFile(name, f"key-{index}", 9_000, 1_700_000_000, index, at, taken))
        at += taken
    return rows


_FIRST = 3
"""The number of the first row, where the rows are stored."""


def _of(rows: Sequence[PackedFile]) -> volumes.RowsOf:
    def rows_of(entry: Entry) -> Sequence[PackedFile]:
        assert entry.packed is not None
        return rows[entry.packed.first - _FIRST : entry.packed.end - _FIRST]

    return rows_of


def _run(rows: Sequence[PackedFile]) -> Entry:
    length = rows[-1].end - rows[0].at
    pack = Pack("pack", '"etag"', rows[-1].end + 10)
    return packed.run(ZIP, pack, rows, at=rows[0].at, length=length, rows="rows", first=_FIRST)


@given(st.lists(st.sampled_from([0, 700, 1_200, 2_000]), min_size=1, max_size=20), splits)
def test_a_run_of_packed_files_is_divided_between_its_rows(takes: list[int], split: int) -> None:
    rows = _rows([500, *takes])
    try:
        plan = volumes.lay_out([_run(rows)], HEAD, split, SMALL, rows_of=_of(rows))
    except NotDivisible:
        reject()

    runs = [entry.packed for entry in plan.entries if entry.packed]
    assert all(volume.size <= split for volume in plan.volumes)
    assert plan.size <= split
    assert [run.first for run in runs] == [_FIRST, *(run.end for run in runs)][:-1]
    assert runs[-1].end == _FIRST + len(rows)
    at = rows[0].at
    for entry in plan.entries:
        assert entry.at == at
        at += entry.size
    assert at == rows[-1].end
    assert all(rows[run.first - _FIRST].taken for run in runs)


def test_bytes_of_a_large_packed_file_stay_with_its_header() -> None:
    rows = _rows([800, 800, 300])
    pack = Pack("other pack", '"etag"', 9_000)
    more = packed.run(ZIP, pack, [], at=0, length=2_500, rows="rows", first=0)

    plan = volumes.lay_out([_run(rows), more], HEAD, 3_400, SMALL, rows_of=_of(rows))

    first, second, third = plan.entries
    assert (first.files, second.files, third) == (2, 1, more)
    assert plan.segments[0].files == 2
    assert plan.segments[1].files == 1


def test_a_packed_file_that_fits_into_no_archive_is_named() -> None:
    rows = _rows([5_000, 800])

    with pytest.raises(NotDivisible) as raised:
        volumes.lay_out([_run(rows)], HEAD, 4_000, SMALL, rows_of=_of(rows))

    assert raised.value.file == "packed-0"
    assert "a file of 9000 bytes takes one of" in str(raised.value)
