"""Where each byte of an archive stands, for any mix of sizes."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.archive import layout
from chalicelib.archive.costs import COPY_PART, STREAM_PART
from chalicelib.archive.layout import ArchiveTooLarge
from chalicelib.archive.plan import Entry, Plan
from chalicelib.archive.scale import (
    COPY_MIN,
    MAX_ARCHIVE,
    MAX_PART,
    MAX_PARTS,
    MIB,
    MIN_PART,
    Scale,
)
from tests.unit.archive.archives import HEAD, an_entry, data_start, entries_of
from tests.unit.archive.mixes import TIB, plans, some_entries

_HEADER = data_start(layout.lay_out(entries_of([1]), HEAD), 0)


@given(plans)
def test_the_parts_cover_the_archive_without_a_gap(plan: Plan) -> None:
    assert plan.parts[0].start == 0
    assert all(one.end == following.start for one, following in pairwise(plan.parts))
    assert plan.parts[-1].end == plan.size


@given(plans)
def test_the_parts_are_numbered_as_s3_counts_them(plan: Plan) -> None:
    assert [part.number for part in plan.parts] == list(range(1, len(plan.parts) + 1))
    assert len(plan.parts) <= MAX_PARTS


@given(plans)
def test_every_part_but_the_last_has_a_size_that_s3_takes(plan: Plan) -> None:
    assert all(MIN_PART <= part.length <= MAX_PART for part in plan.parts[:-1])
    assert 0 < plan.parts[-1].length <= MAX_PART


@given(plans)
def test_a_streamed_part_fits_a_workers_buffer(plan: Plan) -> None:
    streamed = [part.length for part in plan.parts if part.copied is None]

    assert max(streamed) < 2 * STREAM_PART


@given(plans)
def test_a_copied_part_lies_within_its_entry(plan: Plan) -> None:
    for part in plan.parts:
        if part.copied is not None:
            start = data_start(plan, part.copied)
            assert start <= part.start
            assert part.end <= start + plan.entries[part.copied].size


@given(plans)
def test_a_file_below_the_minimum_or_without_its_crc_is_never_copied(plan: Plan) -> None:
    copied = {part.copied for part in plan.parts if part.copied is not None}

    assert all(plan.entries[index].size >= COPY_MIN for index in copied)
    assert all(plan.entries[index].crc32 is not None for index in copied)


@given(plans)
def test_all_of_a_large_file_is_copied_but_what_the_part_before_it_needs(plan: Plan) -> None:
    for index, entry in enumerate(plan.entries):
        if entry.size >= 2 * MIN_PART and entry.crc32 is not None:
            copied = sum(part.length for part in plan.parts if part.copied == index)
            assert entry.size - copied <= MIN_PART


@given(plans)
def test_no_cut_lies_within_a_header(plan: Plan) -> None:
    cuts = {part.start for part in plan.parts if part.start <= plan.tail_start}

    for index, offset in enumerate(plan.offsets):
        assert not any(offset < cut < data_start(plan, index) for cut in cuts)


@given(plans)
@example(layout.lay_out([an_entry(0, STREAM_PART, crc32=None)], HEAD))
def test_a_file_without_crc_is_streamed_in_one_part(plan: Plan) -> None:
    for index, entry in enumerate(plan.entries):
        if entry.crc32 is None:
            end = data_start(plan, index) + entry.size
            holding = [p for p in plan.parts if p.start < end and plan.offsets[index] < p.end]
            assert [part.copied for part in holding] == [None]


@given(some_entries())
def test_the_same_entries_give_the_same_plan(entries: tuple[Entry, ...]) -> None:
    assert layout.lay_out(entries, HEAD) == layout.lay_out(list(entries), HEAD)


@given(st.integers(1, 5 * TIB), st.integers(0, 5 * TIB), st.integers(0, STREAM_PART))
def test_files_as_large_as_s3_holds_can_be_laid_out(one: int, other: int, little: int) -> None:
    plan = layout.lay_out(entries_of([one, little, other, little]), HEAD)

    assert len(plan.parts) <= MAX_PARTS
    assert all(MIN_PART <= part.length <= MAX_PART for part in plan.parts[:-1])
    assert sum(part.length for part in plan.parts) == plan.size


def test_an_archive_may_be_as_large_as_an_object_and_no_larger() -> None:
    rest = layout.lay_out(entries_of([MAX_ARCHIVE // 2]), HEAD).size - MAX_ARCHIVE // 2
    fitting = MAX_ARCHIVE - rest

    assert layout.lay_out(entries_of([fitting]), HEAD, Scale(max_parts=20_000)).size == MAX_ARCHIVE
    with pytest.raises(ArchiveTooLarge, match=rf"would have {MAX_ARCHIVE + 1} bytes"):
        layout.lay_out(entries_of([fitting + 1]), HEAD, Scale(max_parts=20_000))


def test_as_many_copies_as_s3_has_part_numbers_are_planned_in_one_upload() -> None:
    # Two parts for each file, and the final one.
    plan = layout.lay_out(entries_of([100 * MIB] * 4_999), HEAD)

    assert (len(plan.parts), plan.nested) == (MAX_PARTS - 1, False)
    assert layout.lay_out(entries_of([100 * MIB] * 5_000), HEAD).nested


@pytest.mark.slow
def test_a_million_files_can_be_laid_out() -> None:
    count = 1_000_000

    plan = layout.lay_out(entries_of([100] * count), HEAD)

    assert all(one.end == following.start for one, following in pairwise(plan.parts))
    assert all(MIN_PART <= part.length < 2 * STREAM_PART for part in plan.parts[:-1])
    assert sum(part.length for part in plan.parts) == plan.size
    assert sum(segment.files for segment in plan.segments) == count


@pytest.mark.parametrize("count", [1, 9_999, 10_000])
def test_ten_thousand_files_of_middling_size_share_parts(count: int) -> None:
    plan = layout.lay_out(entries_of([8 * MIB] * count), HEAD)

    assert not plan.nested
    assert len(plan.parts) <= MAX_PARTS


def test_an_empty_archive_is_its_tail() -> None:
    plan = layout.lay_out((), HEAD)

    assert [(part.number, part.start, part.copied) for part in plan.parts] == [(1, 0, None)]
    assert (plan.tail_start, len(plan.segments), plan.segments[0].files) == (0, 1, 0)


@pytest.mark.parametrize(
    ("size", "copies"),
    [
        (2 * MIN_PART - 1, 0),
        (2 * MIN_PART, 1),
        (MIN_PART + COPY_PART - _HEADER, 1),
        (MIN_PART + COPY_PART - _HEADER + 1, 2),
        (MIN_PART + 2 * COPY_PART - _HEADER, 2),
    ],
)
def test_a_file_alone_is_copied_from_two_parts_on_in_as_few_parts_as_may_be(
    size: int, copies: int
) -> None:
    plan = layout.lay_out(entries_of([size]), HEAD)

    assert sum(part.copied == 0 for part in plan.parts) == copies


def test_the_more_is_copied_the_larger_are_the_copies() -> None:
    little, much = (
        max(part.length for part in layout.lay_out(entries_of([size]), HEAD).parts)
        for size in (100 * MIB, TIB)
    )

    assert little <= COPY_PART < much <= MAX_PART
