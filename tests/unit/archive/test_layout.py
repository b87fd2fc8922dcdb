"""Where each byte of an archive stands, for any mix of sizes."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from chalicelib.archive import layout
from chalicelib.archive.layout import (
    COPY_MIN,
    COPY_PART,
    GIB,
    MAX_ARCHIVE,
    MAX_PART,
    MAX_PARTS,
    MIB,
    MIN_PART,
    STREAM_PART,
    ArchiveTooLarge,
)
from chalicelib.archive.plan import Entry, Plan
from tests.unit.archive.archives import HEAD, an_entry, data_start, entries_of

TIB = 1024 * GIB
LIMITS = (MIN_PART, COPY_MIN, STREAM_PART, 2 * STREAM_PART, COPY_PART, 2 * COPY_PART, MAX_PART)
AROUND_LIMITS = [limit + step for limit in LIMITS for step in (-MIN_PART, -1, 0, 1, MIN_PART)]

SMALL_LIMITS = [0, 1, MIB, MIN_PART - MIB, MIN_PART, STREAM_PART - MIB, STREAM_PART]

small = st.integers(0, STREAM_PART) | st.sampled_from(SMALL_LIMITS)
large = st.sampled_from(AROUND_LIMITS) | st.integers(0, 3 * GIB)
sizes = st.lists(st.one_of(small, small, large), max_size=40)


@st.composite
def some_entries(draw: st.DrawFn) -> tuple[Entry, ...]:
    """Entries as sources/find.py gives them: no large one is without its CRC-32."""
    drawn = draw(sizes)
    known = draw(st.lists(st.booleans(), min_size=len(drawn), max_size=len(drawn)))
    return tuple(
        an_entry(index, size, crc32=0 if is_known or size > STREAM_PART or not size else None)
        for index, (size, is_known) in enumerate(zip(drawn, known, strict=True))
    )


plans = some_entries().map(lambda entries: layout.lay_out(entries, HEAD))


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
def test_a_file_below_the_minimum_is_never_copied(plan: Plan) -> None:
    copied = {part.copied for part in plan.parts if part.copied is not None}

    assert all(plan.entries[index].size >= COPY_MIN for index in copied)


@given(plans)
def test_nearly_all_of_a_large_file_is_copied(plan: Plan) -> None:
    for index, entry in enumerate(plan.entries):
        if entry.size >= COPY_MIN and entry.crc32 is not None:
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


@given(plans)
def test_the_segments_share_the_parts_out(plan: Plan) -> None:
    assert plan.segments[0].first_part == 0
    assert all(one.end_part == after.first_part for one, after in pairwise(plan.segments))
    assert plan.segments[-1].end_part == len(plan.parts)
    assert all(segment.first_part < segment.end_part for segment in plan.segments)


@given(plans)
def test_the_segments_count_each_file_and_each_byte_once(plan: Plan) -> None:
    assert sum(segment.files for segment in plan.segments) == len(plan.entries)
    assert sum(segment.bytes for segment in plan.segments) == plan.size


@given(plans)
def test_a_segment_has_every_entry_that_its_parts_need(plan: Plan) -> None:
    for segment in plan.segments:
        parts = plan.parts[segment.first_part : segment.end_part]
        needed = {
            index
            for index, offset in enumerate(plan.offsets)
            if offset < parts[-1].end
            and data_start(plan, index) + plan.entries[index].size > parts[0].start
        }
        assert needed <= set(range(segment.first_entry, segment.end_entry))
        unknown = any(plan.entries[index].crc32 is None for index in needed)
        assert segment.unknown is unknown


@given(plans)
def test_only_the_final_segment_reaches_into_the_tail(plan: Plan) -> None:
    *before, final = plan.segments

    assert all(plan.parts[segment.end_part - 1].end <= plan.tail_start for segment in before)
    assert 0 <= plan.tail_start - plan.parts[final.first_part].start < MIN_PART


@given(some_entries())
def test_the_same_entries_give_the_same_plan(entries: tuple[Entry, ...]) -> None:
    assert layout.lay_out(entries, HEAD) == layout.lay_out(list(entries), HEAD)


@given(some_entries(), st.integers(5, 40))
def test_a_plan_of_more_parts_than_an_upload_takes_is_nested(
    entries: tuple[Entry, ...], limit: int
) -> None:
    flat = layout.lay_out(entries, HEAD)

    plan = _nested(entries, limit)

    assert plan is None or plan.nested is (len(flat.parts) > limit)
    assert plan is None or [p.start for p in plan.parts] == [p.start for p in flat.parts]


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(some_entries(), st.integers(4, 12))
def test_each_upload_of_a_nested_plan_has_parts_that_s3_takes(
    entries: tuple[Entry, ...], limit: int
) -> None:
    plan = _nested(entries, limit)
    assume(plan is not None and plan.nested)
    assert plan is not None

    *segments, final = plan.segments
    for segment in segments:
        parts = plan.parts[segment.first_part : segment.end_part]
        assert [part.number for part in parts] == list(range(1, len(parts) + 1))
        assert len(parts) <= limit
    joins = [part for segment in segments for part in segment.joins]
    whole = [*joins, *plan.parts[final.first_part :]]
    assert [part.number for part in whole] == list(range(1, len(whole) + 1))
    assert len(whole) <= limit
    assert all(one.end == following.start for one, following in pairwise(whole))
    assert all(MIN_PART <= part.length <= MAX_PART for part in whole[:-1])
    assert (whole[0].start, whole[-1].end) == (0, plan.size)


@given(some_entries())
def test_the_entries_are_those_given_and_small_ones_keep_their_order(
    entries: tuple[Entry, ...],
) -> None:
    plan = layout.lay_out(entries, HEAD)

    assert sorted(plan.entries, key=lambda e: e.name) == sorted(entries, key=lambda e: e.name)
    for copied in (True, False):
        given_order = [e for e in entries if (e.size >= COPY_MIN and e.crc32 == 0) is copied]
        order = [e for e in plan.entries if (e.size >= COPY_MIN and e.crc32 == 0) is copied]
        assert order == given_order


def test_small_files_are_the_mortar_between_large_ones() -> None:
    sizes = [100 * MIB] * 4 + [2 * MIB] * 12

    plan = layout.lay_out(entries_of(sizes), HEAD)

    for index, entry in enumerate(plan.entries):
        copied = sum(part.length for part in plan.parts if part.copied == index)
        assert copied == (entry.size if entry.size >= COPY_MIN else 0)


@given(st.integers(1, 5 * TIB), st.integers(0, 5 * TIB), st.integers(0, STREAM_PART))
def test_files_as_large_as_s3_holds_can_be_laid_out(one: int, other: int, little: int) -> None:
    plan = layout.lay_out(entries_of([one, little, other, little]), HEAD)

    assert len(plan.parts) <= MAX_PARTS
    assert all(MIN_PART <= part.length <= MAX_PART for part in plan.parts[:-1])
    assert sum(part.length for part in plan.parts) == plan.size


def test_an_archive_may_be_as_large_as_an_object_and_no_larger() -> None:
    rest = layout.lay_out(entries_of([MAX_ARCHIVE // 2]), HEAD).size - MAX_ARCHIVE // 2
    fitting = MAX_ARCHIVE - rest

    assert layout.lay_out(entries_of([fitting]), HEAD, max_parts=20_000).size == MAX_ARCHIVE
    with pytest.raises(ArchiveTooLarge, match=rf"would have {MAX_ARCHIVE + 1} bytes"):
        layout.lay_out(entries_of([fitting + 1]), HEAD, max_parts=20_000)


def test_as_many_copies_as_s3_has_part_numbers_are_planned_in_one_upload() -> None:
    # Two parts for each file, a third one for a file of two copies, and the final one.
    fitting = [100 * MIB] * 4_998 + [GIB]

    assert _parts(entries_of([100 * MIB] * 4_999), MAX_PARTS) == 9_999
    assert len(layout.lay_out(entries_of(fitting), HEAD).parts) == MAX_PARTS
    assert not layout.lay_out(entries_of(fitting), HEAD).nested
    assert layout.lay_out(entries_of([100 * MIB] * 5_000), HEAD).nested


@pytest.mark.parametrize("count", [1, 9_999, 10_000])
def test_ten_thousand_files_of_middling_size_share_parts(count: int) -> None:
    assert _parts(entries_of([20 * MIB] * count), MAX_PARTS) is not None


def test_ten_thousand_large_files_can_be_laid_out() -> None:
    assert _parts(entries_of([100 * MIB] * 10_000), MAX_PARTS) is not None


def test_a_segment_of_many_tiny_files_ends_before_its_workers_time() -> None:
    plan = layout.lay_out(entries_of([10] * 200_000), HEAD)

    # S3 wants 5 MiB in a part, and as many of the least entries as that are takes this long.
    config = json.loads((Path(__file__).parents[3] / ".chalice" / "config.json").read_text())
    timeout = config["lambda_functions"]["worker"]["lambda_timeout"]
    assert max(segment.files for segment in plan.segments) / 250 < timeout / 2


def test_an_empty_archive_is_its_tail() -> None:
    plan = layout.lay_out((), HEAD)

    assert [(part.number, part.start, part.copied) for part in plan.parts] == [(1, 0, None)]
    assert (plan.tail_start, len(plan.segments), plan.segments[0].files) == (0, 1, 0)


@pytest.mark.parametrize(
    ("size", "copies"),
    [
        (COPY_MIN - 1, 0),
        (COPY_MIN, 1),
        (COPY_PART, 1),
        (COPY_PART + 2 * MIN_PART, 2),
        (2 * COPY_PART, 2),
    ],
)
def test_a_file_is_copied_from_the_minimum_on_in_as_few_parts_as_may_be(
    size: int, copies: int
) -> None:
    plan = layout.lay_out(entries_of([size]), HEAD)

    assert sum(part.copied == 0 for part in plan.parts) == copies


def _nested(entries: tuple[Entry, ...], limit: int) -> Plan | None:
    try:
        return layout.lay_out(entries, HEAD, max_parts=limit)
    except ArchiveTooLarge:
        return None


def _parts(entries: tuple[Entry, ...], limit: int) -> int | None:
    try:
        return len(layout.lay_out(entries, HEAD, max_parts=limit).parts)
    except ArchiveTooLarge:
        return None
