"""Which parts one worker builds, and how an archive of more parts than an upload takes is built."""

import json
from array import array
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from chalicelib.archive import costs, layout, segments
from chalicelib.archive.layout import ArchiveTooLarge
from chalicelib.archive.plan import Entry, Plan
from chalicelib.archive.scale import MAX_PART, MAX_PARTS, MIB, MIN_PART, SEGMENT_SECONDS, Scale
from chalicelib.archive.segments import PartSeconds
from tests.unit.archive.archives import HEAD, data_start, entries_of
from tests.unit.archive.mixes import TIB, plans, some_entries


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
    copied = sum(part.length for part in plan.parts if part.copied is not None)
    assert sum(segment.copied for segment in plan.segments) == copied


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


@given(some_entries(), st.integers(5, 40))
def test_a_plan_is_nested_where_its_parts_are_more_than_an_upload_takes(
    entries: tuple[Entry, ...], limit: int
) -> None:
    plan = _within(entries, limit)

    assert plan is None or plan.nested or len(plan.parts) <= limit
    assert plan is None or plan.nested is any(segment.joins for segment in plan.segments)


@pytest.mark.parametrize(("spare", "nested"), [(1, False), (0, False), (-1, True)])
def test_a_plan_of_as_many_parts_as_an_upload_takes_is_not_nested(
    spare: int, *, nested: bool
) -> None:
    entries = entries_of([100 * MIB] * 20)
    parts = len(layout.lay_out(entries, HEAD, Scale(max_parts=41)).parts)

    assert parts == 41
    assert layout.lay_out(entries, HEAD, Scale(max_parts=41 + spare)).nested is nested


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(some_entries(), st.integers(4, 12))
def test_each_upload_of_a_nested_plan_has_parts_that_s3_takes(
    entries: tuple[Entry, ...], limit: int
) -> None:
    plan = _within(entries, limit)
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


def test_ten_thousand_large_files_can_be_laid_out() -> None:
    plan = layout.lay_out(entries_of([100 * MIB] * 10_000), HEAD)

    joins = [part for segment in plan.segments for part in segment.joins]
    assert plan.nested
    assert len(joins) + 1 <= MAX_PARTS


def test_a_nested_plans_segment_is_joined_in_many_parts_at_a_time() -> None:
    plan = layout.lay_out(entries_of([54 * MIB] * 20_000), HEAD)

    *segments, _ = plan.segments
    assert all(len(segment.joins) > 5 for segment in segments[:-1])


def test_rather_than_nest_a_plan_has_larger_copies() -> None:
    entries = entries_of([5 * TIB, 5 * TIB])

    small = layout.lay_out(entries, HEAD)
    large = layout.lay_out(entries, HEAD, Scale(max_parts=len(small.parts) - 1))

    assert not large.nested
    assert len(large.parts) < len(small.parts)


@given(plans)
def test_no_segment_has_more_work_than_a_segment_may_unless_it_is_one_part(plan: Plan) -> None:
    for segment in plan.segments[:-1]:
        parts = plan.parts[segment.first_part : segment.end_part]
        copying = sum(costs.copying(part.length) for part in parts if part.copied is not None)
        streamed = sum(part.length for part in parts if part.copied is None)
        assert len(parts) == 1 or max(copying, streamed / costs.STREAM_RATE) <= SEGMENT_SECONDS


def test_what_one_worker_does_soon_is_one_segment() -> None:
    *body, _ = layout.lay_out(entries_of([200_000] * 1_000), HEAD).segments

    assert len(body) == 1


def test_the_more_there_is_to_do_the_more_segments_do_it_and_the_larger_they_are() -> None:
    some = layout.lay_out(entries_of([MIB] * 4_000), HEAD)
    more = layout.lay_out(entries_of([MIB] * 40_000), HEAD)

    assert 1 < len(some.segments) < len(more.segments)
    assert some.segments[0].bytes < more.segments[0].bytes


def test_a_segment_of_many_tiny_files_ends_before_its_workers_time() -> None:
    plan = layout.lay_out(entries_of([10] * 200_000), HEAD)

    # S3 wants 5 MiB in a part, and as many of the least entries as that are takes this long.
    config = json.loads((Path(__file__).parents[3] / ".chalice" / "config.json").read_text())
    timeout = config["lambda_functions"]["worker"]["lambda_timeout"]
    assert max(segment.files for segment in plan.segments) / 250 < timeout / 2


def _within(entries: tuple[Entry, ...], limit: int) -> Plan | None:
    try:
        return layout.lay_out(entries, HEAD, Scale(max_parts=limit))
    except ArchiveTooLarge:
        return None


times = st.floats(0, 1e3)


@given(st.lists(st.tuples(times, times, times), min_size=1, max_size=60))
def test_what_one_worker_is_enough_for_is_one_segment(
    rows: list[tuple[float, float, float]],
) -> None:
    works = PartSeconds(*(array("d", column) for column in zip(*rows, strict=True)))

    runs = list(segments.grouped(works, segments.total(works), len(rows) + 1))

    assert runs == [range(len(rows))]
