"""The seam of the formats: what lays out and builds a ZIP lays out and builds any other archive."""

import io
import json
import tarfile
import zlib
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from chalicelib.archive import layout, names
from chalicelib.archive.costs import COPIES_AT_ONCE, Rates
from chalicelib.archive.formats import FORMATS, ZIP, Format
from chalicelib.archive.layout import ArchiveTooLarge
from chalicelib.archive.member import Member
from chalicelib.archive.pieces import pieces
from chalicelib.archive.plan import Entry, Plan, Segment, data_offset, extent
from chalicelib.archive.scale import Scale
from chalicelib.archive.tail import section
from tests.unit.archive.archives import (
    HEAD,
    an_entry,
    assembled,
    data_start,
    tail_of,
    with_crc32s,
)
from tests.unit.archive.tar_format import BLOCK, TAR

SMALL = Scale(
    # A header must fit between these two.
    min_part=1024,
    stream_part=3300,
    max_part=16_384,
    copy_part=4096,
    copy_min=1600,
    rates=Rates(stream=1000, copy=4000 / COPIES_AT_ONCE),
    segment_seconds=lambda work: work,  # as large as `most_segment_seconds` lets them be
)

AROUND = [
    size + step
    for size in (
        *(0, BLOCK, 2 * BLOCK),
        *(SMALL.min_part, SMALL.copy_min, SMALL.stream_part, 2 * SMALL.min_part, SMALL.copy_part),
        *(SMALL.max_part, SMALL.max_part + SMALL.min_part),
    )
    for step in (-1, 0, 1)
    if size + step >= 0
]
sizes = st.lists(
    st.integers(0, 2 * BLOCK) | st.sampled_from(AROUND) | st.integers(0, 12_000), max_size=14
)
scales = st.builds(
    lambda seconds, parts: replace(SMALL, most_segment_seconds=seconds, max_parts=parts),
    st.sampled_from([0.4, 1.0, 2.0, 8.0, 60.0]),
    st.sampled_from([8, 12, 16, 24, 10_000, 10_000]),
)
forms = st.sampled_from([ZIP, TAR])
members = st.builds(
    Member,
    st.text("abc/é", min_size=1, max_size=30).map(str.encode),
    st.integers(0, 2**33 - 1),
    st.integers(0, 2**33 - 1),
)
crc32s = st.integers(0, 2**32 - 1)
offsets = st.integers(0, 2**40)


def _content(index: int, size: int) -> bytes:
    """Bytes without a zero, so that none of them is taken for padding."""
    return bytes((index * 7 + at) % 255 + 1 for at in range(size))


@st.composite
def some_files(draw: st.DrawFn) -> tuple[tuple[Entry, ...], dict[str, bytes]]:
    """Entries as a plan step has them, and by key what their files hold."""
    contents = [_content(index, size) for index, size in enumerate(draw(sizes))]
    entries = [
        an_entry(
            index,
            len(content),
            crc32=0 if len(content) > SMALL.stream_part or draw(st.booleans()) else None,
            name=f"d/{index}.txt",
        )
        for index, content in enumerate(contents)
    ]
    by_key = dict(zip((entry.key for entry in entries), contents, strict=True))
    return with_crc32s(entries, contents), by_key


def _laid_out(entries: tuple[Entry, ...], scale: Scale, form: Format = TAR) -> Plan:
    try:
        return layout.lay_out(entries, HEAD, scale, form)
    except ArchiveTooLarge:
        return layout.lay_out(entries, HEAD, replace(scale, max_parts=10_000), form)


@st.composite
def plans(draw: st.DrawFn, form: Format = TAR) -> Plan:
    entries, _ = draw(some_files())
    return _laid_out(entries, draw(scales), form)


# -- what each format promises ------------------------------------------------------------------


@given(forms, members, crc32s)
def test_a_header_is_as_long_as_foretold(form: Format, member: Member, crc32: int) -> None:
    assert len(form.header(member, crc32)) == form.header_length(member)


@given(forms, members, crc32s, offsets)
def test_a_record_is_as_long_as_foretold(
    form: Format, member: Member, crc32: int, offset: int
) -> None:
    assert len(form.record(member, crc32, offset)) == form.record_length(member, offset)


@given(forms, st.integers(1, 10**6), offsets, offsets)
def test_an_end_is_as_long_as_foretold(form: Format, count: int, size: int, offset: int) -> None:
    assert len(form.end(count, size, offset)) == form.end_length(count, size, offset)


@given(forms, members, offsets)
def test_an_entry_takes_its_header_its_bytes_and_its_padding(
    form: Format, member: Member, offset: int
) -> None:
    entry = Entry(member.name.decode(), "key", "etag", member.size, 0, member.modified)

    data = data_offset(form, entry, offset)

    assert data - offset == form.header_length(member)
    assert extent(form, entry) == data - offset + member.size + form.padding(member.size)


def test_a_format_is_found_by_its_name() -> None:
    assert FORMATS == {"zip": ZIP}
    assert ZIP.MEDIA_TYPE == "application/zip"


@given(some_files(), scales)
def test_without_another_format_asked_for_an_archive_is_a_zip(
    files: tuple[tuple[Entry, ...], dict[str, bytes]], scale: Scale
) -> None:
    entries, _ = files

    assert _laid_out(entries, scale, ZIP).form is ZIP
    assert layout.lay_out(entries, HEAD).form is ZIP


# -- a whole archive of the second one ----------------------------------------------------------


@given(some_files(), scales)
@example(((), {}), SMALL)
def test_tarfile_finds_every_file_whole_and_the_manifest_last(
    files: tuple[tuple[Entry, ...], dict[str, bytes]], scale: Scale
) -> None:
    entries, by_key = files
    plan = _laid_out(entries, scale)
    contents = [by_key[entry.key] for entry in plan.entries]

    archive = assembled(plan, contents)

    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as opened:
        found = [(info.name, info.mtime, _read(opened, info)) for info in opened]
    expected = [
        (entry.name, entry.modified, content)
        for entry, content in zip(plan.entries, contents, strict=True)
    ]
    assert found[:-1] == expected
    name, created, manifest = found[-1]
    assert (name, created) == (names.MANIFEST, HEAD.created)
    assert [file["crc32"] for file in json.loads(manifest)["files"]] == [
        f"{zlib.crc32(content):08x}" for content in contents
    ]


@given(some_files(), scales)
def test_a_reader_that_only_streams_finds_the_same_in_a_tar(
    files: tuple[tuple[Entry, ...], dict[str, bytes]], scale: Scale
) -> None:
    entries, by_key = files
    plan = _laid_out(entries, scale)
    archive = assembled(plan, [by_key[entry.key] for entry in plan.entries])

    with tarfile.open(fileobj=io.BytesIO(archive), mode="r|") as opened:
        found = {info.name: _read(opened, info) for info in opened}

    assert {name: found[name] for name in found if name != names.MANIFEST} == {
        entry.name: by_key[entry.key] for entry in entries
    }
    assert len(found) == len(entries) + 1


@given(some_files(), scales)
def test_a_tar_is_as_long_as_planned_and_ends_with_two_empty_blocks(
    files: tuple[tuple[Entry, ...], dict[str, bytes]], scale: Scale
) -> None:
    entries, by_key = files
    plan = _laid_out(entries, scale)

    archive = assembled(plan, [by_key[entry.key] for entry in plan.entries])

    assert len(archive) == plan.size
    assert len(archive) % BLOCK == 0
    assert archive[-2 * BLOCK :] == bytes(2 * BLOCK)
    assert archive[-2 * BLOCK - 1 :].strip(b"\0") == b""
    assert archive[-3 * BLOCK : -2 * BLOCK].strip(b"\0") != b""


@given(plans(), st.integers(1, 5))
def test_the_tail_of_a_tar_is_the_same_whatever_the_sections(plan: Plan, files: int) -> None:
    known = [entry.crc32 or 0 for entry in plan.entries]

    whole = tail_of(plan, known)

    assert tail_of(plan, known, files) == whole
    assert len(whole) == plan.size - plan.tail_start


@given(plans())
def test_a_format_without_a_directory_has_sections_of_lines_alone(plan: Plan) -> None:
    rows = [(entry, offset, 0) for entry, offset in zip(plan.entries, plan.offsets, strict=True)]

    made = section(plan.form, rows, first=True)

    assert (made.records, made.counts.records) == (b"", 0)
    assert made.counts.files == len(plan.entries)


# -- where each byte stands, with padding -------------------------------------------------------


@given(plans())
def test_each_header_begins_where_the_padding_before_it_ends(plan: Plan) -> None:
    edges = [*plan.offsets, plan.tail_start]

    assert edges[0] == 0
    for entry, (one, following) in zip(plan.entries, pairwise(edges), strict=True):
        assert following - one == extent(TAR, entry)
        assert following % BLOCK == 0


@given(plans())
def test_the_parts_of_a_tar_cover_it_with_sizes_that_s3_takes(plan: Plan) -> None:
    assert (plan.parts[0].start, plan.parts[-1].end) == (0, plan.size)
    assert all(one.end == after.start for one, after in pairwise(plan.parts))
    sent = [part for part in plan.parts if part.start < plan.parts[-1].start]
    assert all(SMALL.min_part <= part.length <= SMALL.max_part for part in sent)


@given(plans())
def test_a_copied_part_holds_no_byte_of_a_header_or_of_padding(plan: Plan) -> None:
    for part in plan.parts:
        if part.copied is not None:
            start = data_start(plan, part.copied)
            assert start <= part.start
            assert part.end <= start + plan.entries[part.copied].size


@given(plans())
def test_a_cut_lies_within_no_header_and_what_is_unknown_in_one_part(plan: Plan) -> None:
    cuts = [part.start for part in plan.parts if part.start < plan.tail_start]

    for index, (entry, offset) in enumerate(zip(plan.entries, plan.offsets, strict=True)):
        data = data_start(plan, index)
        assert not any(offset < cut < data for cut in cuts)
        if entry.crc32 is None:
            assert not any(offset < cut < data + entry.size for cut in cuts)


@given(plans())
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


@given(plans())
def test_the_segments_of_a_tar_count_each_file_and_each_byte_once(plan: Plan) -> None:
    assert sum(segment.files for segment in plan.segments) == len(plan.entries)
    assert sum(segment.bytes for segment in plan.segments) == plan.size
    assert all(one.end_part == after.first_part for one, after in pairwise(plan.segments))
    copied = sum(part.length for part in plan.parts if part.copied is not None)
    assert sum(segment.copied for segment in plan.segments) == copied


@given(plans())
def test_a_file_counts_in_the_segment_that_has_its_last_byte(plan: Plan) -> None:
    for segment in plan.segments:
        end = segment.start + segment.bytes
        lasts = [
            data_start(plan, index) + entry.size - 1 for index, entry in enumerate(plan.entries)
        ]
        assert segment.files == sum(segment.start <= last < end for last in lasts)


@given(plans())
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


@given(plans())
def test_each_header_is_in_one_segment_which_says_if_its_crc_32_is_unknown(plan: Plan) -> None:
    owned = [_headers(plan, segment) for segment in plan.segments]

    assert [index for indices in owned for index in indices] == list(range(len(plan.entries)))
    for segment, indices in zip(plan.segments, owned, strict=True):
        assert set(indices) <= set(range(segment.first_entry, segment.end_entry))
        assert segment.unknown is any(plan.entries[index].crc32 is None for index in indices)


@given(some_files(), st.integers(8, 16))
def test_a_nested_tar_is_joined_without_a_gap(
    files: tuple[tuple[Entry, ...], dict[str, bytes]], limit: int
) -> None:
    entries, _ = files
    plan = _laid_out(entries, replace(SMALL, most_segment_seconds=1.0, max_parts=limit))
    assume(plan.nested)

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


def _read(opened: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    body = opened.extractfile(info)
    assert body is not None
    return body.read()
