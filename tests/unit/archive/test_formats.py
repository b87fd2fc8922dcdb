"""The seam of the formats: what lays out and builds a ZIP lays out and builds any other archive."""

import io
import json
import tarfile
import zlib

from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.archive import layout, names
from chalicelib.archive.formats import FORMATS, TAR, TAR_GZ, ZIP, Format
from chalicelib.archive.member import Member
from chalicelib.archive.plan import Entry, Plan, data_offset, extent
from chalicelib.archive.scale import Scale
from chalicelib.archive.sums import Sum
from chalicelib.archive.tail import section
from chalicelib.archive.tar_format import BLOCK
from tests.unit.archive.archives import HEAD, assembled, tail_of
from tests.unit.archive.tars import SMALL, Files, laid_out, plans, scales, some_files

forms = st.sampled_from(list(FORMATS.values()))
members = st.builds(
    Member,
    st.text('abc/é"', min_size=1, max_size=300).map(str.encode),
    st.integers(0, 2**44),
    st.integers(-(2**40), 2**40),
)
crc32s = st.integers(0, 2**32 - 1)
offsets = st.integers(0, 2**40)


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


@given(forms, st.lists(st.binary(max_size=100)))
def test_what_is_wrapped_is_as_long_as_foretold(form: Format, tail: list[bytes]) -> None:
    length = sum(map(len, tail))

    assert sum(map(len, form.wrapped(tail, length, Sum()))) == form.wrapped_length(length)


@given(forms, members, offsets)
def test_an_entry_takes_its_header_its_bytes_and_its_padding(
    form: Format, member: Member, offset: int
) -> None:
    entry = Entry(member.name.decode(), "key", "etag", member.size, 0, member.modified)

    data = data_offset(form, entry, offset)

    assert data - offset == form.header_length(member)
    assert extent(form, entry) == data - offset + member.size + form.padding(member.size)


def test_a_format_is_found_by_its_name() -> None:
    assert FORMATS == {"zip": ZIP, "tar": TAR, "tar.gz": TAR_GZ}
    assert [form.EXTENSION for form in FORMATS.values()] == [".zip", ".tar", ".tar.gz"]
    assert [form.MEDIA_TYPE for form in FORMATS.values()] == [
        "application/zip",
        "application/x-tar",
        "application/gzip",
    ]


@given(some_files(), scales)
def test_without_another_format_asked_for_an_archive_is_a_zip(files: Files, scale: Scale) -> None:
    entries, _ = files

    assert laid_out(entries, scale, ZIP).form is ZIP
    assert layout.lay_out(entries, HEAD).form is ZIP


# -- a whole archive of the second one ----------------------------------------------------------


@given(some_files(), scales)
@example(((), {}), SMALL)
def test_tarfile_finds_every_file_whole_and_the_manifest_last(files: Files, scale: Scale) -> None:
    entries, by_key = files
    plan = laid_out(entries, scale)
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
def test_a_reader_that_only_streams_finds_the_same_in_a_tar(files: Files, scale: Scale) -> None:
    entries, by_key = files
    plan = laid_out(entries, scale)
    archive = assembled(plan, [by_key[entry.key] for entry in plan.entries])

    with tarfile.open(fileobj=io.BytesIO(archive), mode="r|") as opened:
        found = {info.name: _read(opened, info) for info in opened}

    assert {name: found[name] for name in found if name != names.MANIFEST} == {
        entry.name: by_key[entry.key] for entry in entries
    }
    assert len(found) == len(entries) + 1


@given(some_files(), scales)
def test_a_tar_is_as_long_as_planned_and_ends_with_two_empty_blocks(
    files: Files, scale: Scale
) -> None:
    entries, by_key = files
    plan = laid_out(entries, scale)

    archive = assembled(plan, [by_key[entry.key] for entry in plan.entries])

    assert len(archive) == plan.size
    assert len(archive) % BLOCK == 0
    assert archive[-2 * BLOCK :] == bytes(2 * BLOCK)
    assert archive[-3 * BLOCK : -2 * BLOCK].strip(b"\0") != b""


@given(plans, st.integers(1, 5))
def test_the_tail_of_a_tar_is_the_same_whatever_the_sections(plan: Plan, files: int) -> None:
    known = [entry.crc32 or 0 for entry in plan.entries]

    whole = tail_of(plan, known)

    assert tail_of(plan, known, files) == whole
    assert len(whole) == plan.size - plan.tail_start


@given(plans)
def test_a_format_without_a_directory_has_sections_of_lines_alone(plan: Plan) -> None:
    rows = [(entry, offset, 0) for entry, offset in zip(plan.entries, plan.offsets, strict=True)]

    made = section(TAR_GZ, rows, first=True)

    assert (made.records, made.counts.records) == (b"", 0)
    assert made.counts.files == len(plan.entries)


def _read(opened: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    body = opened.extractfile(info)
    assert body is not None
    return body.read()
