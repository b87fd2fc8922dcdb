"""Where each byte of an archive stands whose format has padding, and who builds it."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given

from chalicelib.archive import layout
from chalicelib.archive.formats import TAR
from chalicelib.archive.pieces import pieces
from chalicelib.archive.plan import Plan, Segment, extent
from chalicelib.archive.tar_format import BLOCK
from tests.unit.archive.archives import HEAD, an_entry, data_start
from tests.unit.archive.tars import SMALL, nested_plans, plans

# -- where each byte stands, with padding -------------------------------------------------------


@given(plans)
def test_each_header_begins_where_the_padding_before_it_ends(plan: Plan) -> None:
    edges = [*plan.offsets, plan.tail_start]

    assert edges[0] == 0
    for entry, (one, following) in zip(plan.entries, pairwise(edges), strict=True):
        assert following - one == extent(TAR, entry)
        assert following % BLOCK == 0


@given(plans)
def test_the_parts_of_a_tar_cover_it_with_sizes_that_s3_takes(plan: Plan) -> None:
    assert (plan.parts[0].start, plan.parts[-1].end) == (0, plan.size)
    assert all(one.end == after.start for one, after in pairwise(plan.parts))
    sent = [part for part in plan.parts if part.start < plan.parts[-1].start]
    assert all(SMALL.min_part <= part.length <= SMALL.max_part for part in sent)


@given(plans)
def test_a_copied_part_holds_no_byte_of_a_header_or_of_padding(plan: Plan) -> None:
    for part in plan.parts:
        if part.copied is not None:
            start = data_start(plan, part.copied)
            assert start <= part.start
            assert part.end <= start + plan.entries[part.copied].size


@given(plans)
def test_a_cut_lies_within_no_header_and_what_is_unknown_in_one_part(plan: Plan) -> None:
    cuts = [part.start for part in plan.parts if part.start < plan.tail_start]

    for index, (entry, offset) in enumerate(zip(plan.entries, plan.offsets, strict=True)):
        data = data_start(plan, index)
        assert not any(offset < cut < data for cut in cuts)
        if entry.crc32 is None:
            assert not any(offset < cut < data + entry.size for cut in cuts)


@given(plans)
def test_the_pieces_of_a_part_leave_padding_free_and_nothing_else(plan: Plan) -> None:
    for part in plan.parts:
        if part.copied is not None:
            continue
        end = min(part.end, plan.tail_start)
        covered = set[int]()
        for piece in pieces(TAR, plan.entries, plan.offsets, part.start, end):
            begin = piece.data_at if piece.header_at is None else piece.header_at
            run = set(range(part.start + begin, part.start + piece.data_at + piece.length))
            assert not covered & run
            covered |= run
        own = set(range(part.start, end))
        assert covered <= own
        assert own - covered == own & _padding(plan)


# -- segments, with padding ---------------------------------------------------------------------


@given(plans)
def test_the_segments_of_a_tar_count_each_file_and_each_byte_once(plan: Plan) -> None:
    assert sum(segment.files for segment in plan.segments) == len(plan.entries)
    assert sum(segment.bytes for segment in plan.segments) == plan.size
    assert all(one.end_part == after.first_part for one, after in pairwise(plan.segments))
    copied = sum(part.length for part in plan.parts if part.copied is not None)
    assert sum(segment.copied for segment in plan.segments) == copied


@given(plans)
def test_a_file_counts_in_the_segment_that_has_its_last_byte(plan: Plan) -> None:
    for segment in plan.segments:
        end = segment.start + segment.bytes
        lasts = [
            data_start(plan, index) + entry.size - 1 for index, entry in enumerate(plan.entries)
        ]
        assert segment.files == sum(segment.start <= last < end for last in lasts)


@given(plans)
def test_a_segment_of_a_tar_has_all_that_its_parts_are_made_of(plan: Plan) -> None:
    for segment in plan.segments:
        own = slice(segment.first_entry, segment.end_entry)
        for part in plan.parts[segment.first_part : segment.end_part]:
            if part.copied is not None:
                assert part.copied in range(segment.first_entry, segment.end_entry)
                continue
            end = min(part.end, plan.tail_start)
            whole = list(pieces(TAR, plan.entries, plan.offsets, part.start, end))
            alone = pieces(TAR, plan.entries[own], plan.offsets[own], part.start, end)
            assert [replace(p, entry=p.entry + own.start) for p in alone] == whole


@given(plans)
def test_each_header_is_in_one_segment_which_says_if_its_crc_32_is_unknown(plan: Plan) -> None:
    owned = [_headers(plan, segment) for segment in plan.segments]

    assert [index for indices in owned for index in indices] == list(range(len(plan.entries)))
    for segment, indices in zip(plan.segments, owned, strict=True):
        assert set(indices) <= set(range(segment.first_entry, segment.end_entry))
        assert segment.unknown is any(plan.entries[index].crc32 is None for index in indices)


@given(nested_plans)
def test_a_nested_tar_is_joined_without_a_gap(plan: Plan) -> None:

    *segments, final = plan.segments
    whole = [part for segment in segments for part in segment.joins]
    whole += plan.parts[final.first_part :]
    assert [part.number for part in whole] == list(range(1, len(whole) + 1))
    assert all(one.end == after.start for one, after in pairwise(whole))
    assert (whole[0].start, whole[-1].end) == (0, plan.size)
    assert all(SMALL.min_part <= part.length for part in whole[:-1])


@pytest.mark.parametrize("size", [BLOCK, BLOCK + 1, 5_000, 5_120])
def test_a_copied_file_counts_before_the_padding_that_follows_it(size: int) -> None:
    entries = [an_entry(index, size if index % 2 else 6_000) for index in range(6)]

    plan = layout.lay_out(entries, HEAD, replace(SMALL, most_segment_seconds=0.0), TAR)

    assert sum(segment.files for segment in plan.segments) == len(entries)
    for segment in plan.segments:
        last = plan.parts[segment.end_part - 1]
        if last.copied is not None:
            file_end = data_start(plan, last.copied) + plan.entries[last.copied].size
            assert segment.files == (last.end == file_end)


def _headers(plan: Plan, segment: Segment) -> list[int]:
    """The entries whose headers begin in the segment."""
    end = segment.start + segment.bytes
    return [index for index, at in enumerate(plan.offsets) if segment.start <= at < end]


def _padding(plan: Plan) -> set[int]:
    """Where the archive's body has padding."""
    found = set[int]()
    for index, entry in enumerate(plan.entries):
        end = data_start(plan, index) + entry.size
        found |= set(range(end, end + TAR.padding(entry.size)))
    return found
