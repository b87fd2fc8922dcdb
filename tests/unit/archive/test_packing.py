"""Packs, and what an archive is laid out of them: with packs made here, by zlib alone."""

import io
import tarfile
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive import layout, packed, packing, tail
from chalicelib.archive.formats import TAR_GZ, ZIP, Format
from chalicelib.archive.member import Member
from chalicelib.archive.packed import Pack, PackedFile
from chalicelib.archive.packing import Left, Made, Sizes, Span
from chalicelib.archive.plan import Entry, Plan, data_offset
from chalicelib.archive.scale import Scale
from chalicelib.archive.sums import Sum
from tests.unit.archive.archives import HEAD, an_entry, with_crc32s
from tests.unit.archive.tars import SMALL, scales

SIZES = Sizes(least=3000, span=1500, block=700)


@dataclass
class Worker:
    """Makes packs. Of what it leaves alone, S3 makes copies. `objects` has what it has written."""

    form: Format
    contents: dict[str, bytes]
    left: set[str]
    objects: dict[str, bytes] = field(default_factory=dict)
    rows: dict[str, list[PackedFile]] = field(default_factory=dict)

    def make(self, number: int, spans: Sequence[Span]) -> Made:
        body = bytearray()
        found: list[PackedFile | Left] = []
        for span_number, span in enumerate(spans):
            entry = span.entry
            if entry.key in self.left:
                found.append(Left(span_number))
                continue
            content = self.contents[entry.key][span.start : span.start + span.length]
            written, deflated, is_piece, whole = self._written(span, content)
            made = PackedFile(
                entry.name, entry.key, span.length, entry.modified, zlib.crc32(content),
                len(body), len(written), deflated, is_piece=is_piece, sum=whole,
            )  # fmt: skip
            body += written
            found.append(made)
        pack = Pack(f"pack-{number}", "etag", len(body))
        self.objects[pack.key] = bytes(body)
        rows = f"{pack.key}.rows"
        self.rows[rows] = [one for one in found if not isinstance(one, Left) and not one.is_piece]
        made_of = packing.made_of(self.form, pack, rows, found)
        return Made.from_bytes(made_of.to_bytes())

    def _written(self, span: Span, content: bytes) -> tuple[bytes, int | None, bool, Sum]:
        """Returns the bytes in the pack, how many of them are deflated, whether it is a piece, and
        the sum of what was compressed as a whole."""
        entry = span.entry
        if self.form is TAR_GZ:
            before = self.form.header(entry.member, 0) if span.start == 0 else b""
            after = bytes(self.form.padding(entry.size)) if span.is_last else b""
            tar = before + content + after
            raw = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
            written = raw.compress(tar) + raw.flush(zlib.Z_FULL_FLUSH)
            return written, None, not span.is_whole, Sum(len(tar), zlib.crc32(tar))
        raw = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        deflated = raw.compress(content)
        if entry.size > SIZES.span:
            deflated += raw.flush(zlib.Z_FINISH if span.is_last else zlib.Z_FULL_FLUSH)
            return deflated, len(deflated), True, Sum()
        deflated += raw.flush()
        member = Member(entry.name.encode(), entry.size, entry.modified, len(deflated))
        header = self.form.header(member, zlib.crc32(content))
        return header + deflated, len(deflated), False, Sum()

    def archive(self, plan: Plan) -> bytes:
        """Returns the archive of a plan, as workers would build it."""
        body = bytearray(plan.form.BEGINNING)
        files: list[tuple[Entry, int, int] | tail.Made] = []
        for entry, offset in zip(plan.entries, plan.offsets, strict=True):
            assert offset == len(body)
            if entry.packed:
                body += self.objects[entry.copy or ""][entry.at : entry.at + entry.size]
                rows = self.rows[entry.packed.rows] if entry.packed.files else []
                own = rows[entry.packed.first : entry.packed.end]
                files.append(packed.made(plan.form, entry, own, offset))
                continue
            crc32 = zlib.crc32(self.contents[entry.key])
            body += plan.form.header(entry.member, crc32) + self.contents[entry.key]
            files.append((entry, offset, crc32))
        section = tail.section(plan.form, files, first=True)
        rest = tail.render(
            plan.form, HEAD, plan.tail_start, [section.counts],
            lines=[section.lines], records=[section.records],
        )  # fmt: skip
        return bytes(body) + b"".join(rest)


sizes = st.lists(st.integers(0, 900) | st.integers(0, 9000), max_size=12)


@st.composite
def workers(draw: st.DrawFn, form: Format) -> tuple[tuple[Entry, ...], Worker, set[str]]:
    """Entries, who packs them, and those that are in no pack from the start."""
    contents = [bytes([65 + index]) * (size // 2) + bytes(size - size // 2) for index, size in
                enumerate(draw(sizes))]  # fmt: skip
    entries = with_crc32s(
        [an_entry(index, len(content)) for index, content in enumerate(contents)], contents
    )
    by_key = dict(zip((entry.key for entry in entries), contents, strict=True))
    of = st.sets(st.sampled_from(sorted(by_key)), max_size=3) if by_key else st.just(set())
    alone, left = (draw(of), draw(of)) if form is ZIP else (set(), set())
    return entries, Worker(form, by_key, left), alone


def _laid_out(
    form: Format, entries: tuple[Entry, ...], worker: Worker, alone: set[str], most: float
) -> Plan:
    scale = replace(SMALL, most_segment_seconds=most)
    to_pack = [entry for entry in entries if entry.key not in alone]
    packs = packing.cut(to_pack, SIZES, scale)
    made = [worker.make(number, spans) for number, spans in enumerate(packs)] if to_pack else []
    large = packing.large_files(form, made, "headers", "spans")
    worker.objects["headers"] = large.headers
    worker.rows["spans"] = list(large.rows)
    body = tuple(packing.body(form, entries, packs, made, large)) if to_pack else entries
    return layout.lay_out(body, HEAD, scale, form)


@given(workers(ZIP), st.sampled_from([0.4, 2.0, 60.0]))
def test_a_zip_of_packs_is_whole(
    made: tuple[tuple[Entry, ...], Worker, set[str]], most: float
) -> None:
    entries, worker, alone = made
    plan = _laid_out(ZIP, entries, worker, alone, most)

    archive = worker.archive(plan)

    assert len(archive) == plan.size
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        read = {name: opened.read(name) for name in opened.namelist()[:-1]}
    assert read == {entry.name: worker.contents[entry.key] for entry in entries}


@given(workers(TAR_GZ), st.sampled_from([0.4, 2.0, 60.0]))
def test_a_compressed_tar_of_packs_is_whole(
    made: tuple[tuple[Entry, ...], Worker, set[str]], most: float
) -> None:
    entries, worker, alone = made
    plan = _laid_out(TAR_GZ, entries, worker, alone, most)

    archive = worker.archive(plan)

    assert len(archive) == plan.size
    # As a stream, Python reads only the first member.
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r|gz") as opened:
        read = {one.name: (opened.extractfile(one) or io.BytesIO()).read() for one in opened}
    read.pop(HEAD.name)
    assert read == {entry.name: worker.contents[entry.key] for entry in entries}


@given(workers(ZIP), scales)
def test_the_parts_of_packs_are_such_as_s3_takes(
    made: tuple[tuple[Entry, ...], Worker, set[str]], scale: Scale
) -> None:
    entries, worker, alone = made
    plan = _laid_out(ZIP, entries, worker, alone, scale.most_segment_seconds)

    assert [part.start for part in plan.parts[1:]] == [part.end for part in plan.parts[:-1]]
    assert all(part.length >= SMALL.min_part for part in plan.parts[:-1])
    for part in plan.parts:
        if part.copied is not None:
            entry = plan.entries[part.copied]
            data = data_offset(ZIP, entry, plan.offsets[part.copied])
            assert data <= part.start < part.end <= data + entry.size


@given(sizes, st.sampled_from([0.1, 1.0, 10.0]))
def test_packs_have_each_byte_once_and_in_order(given_sizes: list[int], most: float) -> None:
    entries = [an_entry(index, size) for index, size in enumerate(given_sizes)]

    packs = packing.cut(entries, SIZES, replace(SMALL, most_segment_seconds=most))

    spans = [span for spans in packs for span in spans]
    assert list(dict.fromkeys(span.entry for span in spans)) == entries
    for entry in entries:
        own = [span for span in spans if span.entry == entry]
        assert own[0].start == 0
        assert own[-1].is_last
        assert all(one.start + one.length == other.start for one, other in pairwise(own))
        assert len(own) == 1 or entry.size > SIZES.span
    assert all(spans for spans in packs[1:])


def test_a_run_of_far_files_has_room_for_their_places() -> None:
    far = 0xFFFFFFFF - 50
    row = PackedFile("a", "a", 10, 0, 1, 100, 60, 8)
    run = packed.run(ZIP, Pack("p", "e", 999), [row], at=100, length=60, rows="r", first=0)

    for offset in (0, far, far + 100):
        made = packed.made(ZIP, run, [row], offset)
        assert run.packed
        assert len(made.records) == (run.packed.far if offset else run.packed.records)
