"""The headers of a tar, read back by Python's tarfile: with extended headers, and without, as some
readers see them."""

import csv
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive import tar_format
from chalicelib.archive.member import Member
from chalicelib.archive.tar_format import BLOCK

GIB = 1024**3
LAST_TIME = 8**11 - 1  # in the year 2242

chars = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
words = st.text(chars, min_size=1, max_size=120).map(lambda text: text.replace("/", "_"))
names = st.lists(words, min_size=1, max_size=5).map("/".join) | st.lists(
    st.text("ab", min_size=1, max_size=160), min_size=1, max_size=4
).map("/".join)
sizes = st.integers(0, 2**43) | st.sampled_from([0, 511, 512, 8 * GIB - 1, 8 * GIB, 8 * GIB + 1])
times = st.integers(-(2**40), 2**40) | st.sampled_from([-1, 0, LAST_TIME, LAST_TIME + 1])
members = st.builds(Member, names.map(str.encode), sizes, times)


@given(members, st.integers(0, 2**32 - 1))
def test_tarfile_reads_name_size_and_time_from_a_header(member: Member, crc32: int) -> None:
    found = _read(tar_format.header(member, crc32))

    assert found.name.encode(errors="surrogateescape") == member.name
    assert (found.size, found.mtime) == (member.size, member.modified)
    assert (found.type, found.mode) == (tarfile.REGTYPE, 0o644)
    assert (found.uid, found.gid, found.uname, found.gname) == (0, 0, "", "")
    assert (found.offset, found.offset_data) == (0, tar_format.header_length(member))


@given(members)
def test_a_reader_without_extended_headers_finds_size_and_time_too(member: Member) -> None:
    found = _read(tar_format.header(member, 0)[-BLOCK:])

    assert (found.size, found.mtime, found.type) == (member.size, member.modified, tarfile.REGTYPE)
    name = found.name.encode(errors="surrogateescape")
    assert name == member.name or len(member.name) > 100
    assert member.name.startswith(name)
    name.decode()


@given(members)
def test_a_header_fills_whole_blocks_and_has_a_checksum_in_each_ustar_one(member: Member) -> None:
    header = tar_format.header(member, 0)

    assert len(header) == tar_format.header_length(member)
    assert len(header) % BLOCK == 0
    for block in {header[:BLOCK], header[-BLOCK:]}:
        assert int(block[148:154], 8) == sum(block[:148]) + 8 * 32 + sum(block[156:])
        assert block[154:156] == b"\0 "


@pytest.mark.parametrize(
    ("name", "size", "modified"),
    [
        ("a", 0, 0),
        ("n" * 100, 8 * GIB - 1, LAST_TIME),
        ("d" * 155 + "/" + "n" * 100, 1, 1),
        ("d/" * 100 + "n", 1, 1),
    ],
)
def test_what_ustar_has_room_for_takes_one_block(name: str, size: int, modified: int) -> None:
    member = Member(name.encode(), size, modified)

    assert tar_format.header_length(member) == BLOCK


@pytest.mark.parametrize(
    ("name", "size", "modified"),
    [
        ("é", 0, 0),
        ("n" * 101, 0, 0),
        ("d" * 156 + "/" + "n" * 100, 1, 1),
        ("d/" + "n" * 101, 1, 1),
        ("a", 8 * GIB, 0),
        ("a", 0, -1),
        ("a", 0, LAST_TIME + 1),
    ],
)
def test_what_ustar_has_no_room_for_takes_an_extended_header(
    name: str, size: int, modified: int
) -> None:
    member = Member(name.encode(), size, modified)

    header = tar_format.header(member, 0)

    assert header[156:157] == b"x"
    assert len(header) == 3 * BLOCK  # what s3tar reads before a file that has an extended header


def test_a_name_of_any_length_takes_as_many_blocks_as_it_needs() -> None:
    long = Member(b"n" * 5_000, 1, 1)

    header = tar_format.header(long, 0)

    assert len(header) == BLOCK * (1 + 10 + 1)
    assert _read(header).name == "n" * 5_000


@given(st.integers(0, 2**50))
def test_padding_fills_the_last_block(size: int) -> None:
    assert 0 <= tar_format.padding(size) < BLOCK
    assert (size + tar_format.padding(size)) % BLOCK == 0


def test_a_tar_ends_with_two_blocks_of_zeros() -> None:
    assert tar_format.end(3, 100, 5_000) == bytes(1024)


@given(members, st.integers(0, 2**32 - 1), st.integers(0, 2**42))
def test_a_row_of_the_index_says_where_a_file_stands(
    member: Member, crc32: int, offset: int
) -> None:
    row = tar_format.record(member, crc32, offset)

    assert list(csv.reader(io.StringIO(row.decode(), newline=""), strict=True)) == [
        [
            member.name.decode(),
            str(offset + tar_format.header_length(member)),
            str(member.size),
            f"{crc32:08x}@{offset}",
        ]
    ]


def _read(header: bytes) -> tarfile.TarInfo:
    with tarfile.open(fileobj=io.BytesIO(header), mode="r:") as opened:
        found = opened.next()
    assert found is not None
    return found
