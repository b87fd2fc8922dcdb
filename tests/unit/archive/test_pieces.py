"""Plan, pieces and tail make an archive that any reader takes."""

import io
import json
import zipfile
import zlib
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from struct import unpack_from

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive import layout, names
from chalicelib.archive.pieces import pieces
from chalicelib.archive.plan import Entry, Plan
from tests.unit.archive.archives import (
    HEAD,
    SHRUNKEN,
    an_entry,
    assembled,
    data_start,
    read_as_stream,
    with_crc32s,
)

MIN_PART, STREAM_PART, COPY_PART = SHRUNKEN.min_part, SHRUNKEN.stream_part, SHRUNKEN.copy_part
AROUND_LIMITS = [
    limit + step
    for limit in (0, MIN_PART, STREAM_PART, 2 * STREAM_PART, COPY_PART + MIN_PART)
    for step in (-1, 0, 1)
    if limit + step >= 0
]


lengths = st.integers(0, 300) | st.sampled_from(AROUND_LIMITS) | st.integers(0, 3 * STREAM_PART)


@dataclass(frozen=True)
class Sources:
    """Entries, and what their source files hold."""

    entries: tuple[Entry, ...]
    contents: dict[str, bytes] = field(repr=False)

    def in_order_of(self, plan: Plan) -> list[bytes]:
        """The contents as the plan has the entries, which may move small files forward."""
        return [self.contents[entry.key] for entry in plan.entries]


@st.composite
def some_sources(draw: st.DrawFn) -> Sources:
    """Some with CRC-32 and, if they are small, some without."""
    sizes = draw(st.lists(lengths, max_size=12))
    contents = [Random(index).randbytes(size) for index, size in enumerate(sizes)]
    entries = [
        an_entry(
            index,
            size,
            crc32=0 if size > STREAM_PART or not size or draw(st.booleans()) else None,
            name=draw(st.sampled_from(["a", "d/ü", "d/日.txt"])) + str(index),
        )
        for index, size in enumerate(sizes)
    ]
    by_key = dict(zip((entry.key for entry in entries), contents, strict=True))
    return Sources(with_crc32s(entries, contents), by_key)


@given(some_sources())
def test_zipfile_finds_every_file_whole(sources: Sources) -> None:
    plan = layout.lay_out(sources.entries, HEAD, SHRUNKEN)
    entries, contents = plan.entries, sources.in_order_of(plan)

    archive = assembled(plan, contents)

    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == [*(entry.name for entry in entries), names.MANIFEST]
        assert [opened.read(entry.name) for entry in entries] == contents


@given(some_sources())
def test_a_reader_that_only_streams_finds_the_same(sources: Sources) -> None:
    plan = layout.lay_out(sources.entries, HEAD, SHRUNKEN)
    entries, contents = plan.entries, sources.in_order_of(plan)

    *files, manifest = read_as_stream(assembled(plan, contents))

    assert [file.name for file in files] == [entry.name for entry in entries]
    assert [file.content for file in files] == contents
    said = json.loads(manifest.content)
    assert [file["crc32"] for file in said["files"]] == [f"{zlib.crc32(c):08x}" for c in contents]
    assert said["missing"] == list(HEAD.missing)


@given(some_sources())
def test_the_archive_is_as_long_as_planned(sources: Sources) -> None:
    plan = layout.lay_out(sources.entries, HEAD, SHRUNKEN)

    assert len(assembled(plan, sources.in_order_of(plan))) == plan.size


@given(some_sources())
def test_the_end_counts_every_entry_and_the_manifest(sources: Sources) -> None:
    plan = layout.lay_out(sources.entries, HEAD, SHRUNKEN)

    archive = assembled(plan, sources.in_order_of(plan))

    count = len(sources.entries) + 1
    assert unpack_from("<4sHHHH", archive, len(archive) - 22) == (b"PK\x05\x06", 0, 0, count, count)


@given(some_sources())
def test_the_pieces_of_a_part_fill_it(sources: Sources) -> None:
    plan = layout.lay_out(sources.entries, HEAD, SHRUNKEN)

    for part in plan.parts:
        end = min(part.end, plan.tail_start)
        if part.copied is not None or end <= part.start:
            continue
        found = list(pieces(plan.form, plan.entries, plan.offsets, part.start, end))
        begins = [piece.data_at if piece.header_at is None else piece.header_at for piece in found]
        ends = [piece.data_at + piece.length for piece in found]
        assert (begins[0], ends[-1]) == (0, end - part.start)
        assert begins[1:] == ends[:-1]
        assert all(piece.length or piece.header_at is not None for piece in found)


@given(some_sources())
def test_the_pieces_of_any_two_parts_share_no_byte_of_a_file(sources: Sources) -> None:
    plan = layout.lay_out(sources.entries, HEAD, SHRUNKEN)
    runs: dict[int, list[tuple[int, int]]] = {}
    for part in plan.parts:
        if part.copied is not None:
            start = part.start - data_start(plan, part.copied)
            runs.setdefault(part.copied, []).append((start, start + part.length))
        else:
            end = min(part.end, plan.tail_start)
            for piece in pieces(plan.form, plan.entries, plan.offsets, part.start, end):
                run = (piece.source_start, piece.source_start + piece.length)
                runs.setdefault(piece.entry, []).append(run)

    for index, entry in enumerate(plan.entries):
        assert all(one[1] == following[0] for one, following in pairwise(runs[index]))
        assert (runs[index][0][0], runs[index][-1][1]) == (0, entry.size)
