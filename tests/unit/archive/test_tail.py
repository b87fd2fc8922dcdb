"""The tail put together from sections: the same whatever these are, and what readers expect."""

import io
import json
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive import layout, tail
from chalicelib.archive.formats import ZIP
from chalicelib.archive.tail import COUNTS_LENGTH, Counts, Section
from tests.unit.archive.archives import HEAD, assembled, entries_of, tail_of

SIZES = [0, 1, 70_000, 5, 9_000]


@given(st.lists(st.integers(0, 2**34), max_size=12), st.integers(1, 13), st.integers(0, 2**32 - 1))
def test_it_is_the_same_whatever_the_sections(
    sizes: list[int], files_a_section: int, crc32: int
) -> None:
    plan = layout.lay_out(entries_of(sizes), HEAD)
    crc32s = [crc32 ^ number for number in range(len(sizes))]

    in_sections = tail_of(plan, crc32s, files_a_section)

    assert in_sections == tail_of(plan, crc32s)
    assert len(in_sections) == plan.size - plan.tail_start


@pytest.mark.parametrize("files_a_section", [1, 2, 5])
def test_the_manifest_has_the_crc_32_that_its_entry_says(files_a_section: int) -> None:
    contents = [bytes([index]) * size for index, size in enumerate(SIZES)]
    plan = layout.lay_out(entries_of(SIZES), HEAD)
    crc32s = [zlib.crc32(content) for content in contents]
    body = assembled(plan, contents)[: plan.tail_start]

    with zipfile.ZipFile(io.BytesIO(body + tail_of(plan, crc32s, files_a_section))) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))

    assert [file["size"] for file in manifest["files"]] == SIZES


def test_a_section_begins_with_its_counts() -> None:
    plan = layout.lay_out(entries_of(SIZES), HEAD)
    made = tail.section(
        plan.form, list(zip(plan.entries, plan.offsets, range(5), strict=True)), first=True
    )

    kept = made.to_bytes()

    assert Counts.from_bytes(kept[:COUNTS_LENGTH]) == made.counts
    assert kept[COUNTS_LENGTH:] == made.lines + made.records
    assert Section.from_bytes(kept) == made
    assert made.counts.files == 5
    assert made.counts.lines == len(made.lines)
    assert made.counts.crc32 == zlib.crc32(made.lines)


@pytest.mark.parametrize("etags", [(), ('"a"',), ('"a"', '"b-2"', "c")])
def test_a_section_keeps_the_etags_of_its_parts(etags: tuple[str, ...]) -> None:
    plan = layout.lay_out(entries_of(SIZES), HEAD)
    rows = list(zip(plan.entries, plan.offsets, range(5), strict=True))
    made = tail.section(plan.form, rows, first=True)

    read = Section.from_bytes(made.with_etags(etags).to_bytes())

    assert (read.etags, read.lines, read.records) == (etags, made.lines, made.records)


def test_a_segment_without_files_has_an_empty_section() -> None:
    made = tail.section(ZIP, [], first=False)

    assert made.counts == Counts(files=0, lines=0, records=0, crc32=0)
