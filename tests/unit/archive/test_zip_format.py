"""The bytes of the format, read back by Python's zipfile and by hand."""

import io
import zipfile
from datetime import UTC, datetime
from struct import unpack_from

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive import zip_format
from chalicelib.archive.member import Member
from chalicelib.archive.zip_format import UINT16_MAX, UINT32_MAX

UINT64_MAX = 0xFFFF_FFFF_FFFF_FFFF
AROUND_UINT32 = (UINT32_MAX - 1, UINT32_MAX, UINT32_MAX + 1)
NOW = 1_700_000_000

sizes = st.sampled_from(AROUND_UINT32) | st.integers(0, 2**45)
moments = st.integers(-(10**12), 10**12)
members = st.builds(Member, st.binary(min_size=1, max_size=1_000), sizes, moments)
crc32s = st.integers(0, UINT32_MAX)


@given(members, crc32s)
def test_a_local_header_is_as_long_as_foretold(member: Member, crc32: int) -> None:
    assert len(zip_format.header(member, crc32)) == zip_format.header_length(member)


@given(members, crc32s, sizes)
def test_a_central_header_is_as_long_as_foretold(member: Member, crc32: int, offset: int) -> None:
    header = zip_format.record(member, crc32, offset)

    assert len(header) == zip_format.record_length(member, offset)


@given(st.sampled_from((1, UINT16_MAX - 1, UINT16_MAX, UINT16_MAX + 1, 10**6)), sizes, sizes)
def test_the_end_is_as_long_as_foretold(entries: int, size: int, offset: int) -> None:
    end = zip_format.end(entries, size, offset)

    assert len(end) == zip_format.end_length(entries, size, offset)


@given(members, crc32s)
def test_a_local_header_says_everything_and_promises_no_data_descriptor(
    member: Member, crc32: int
) -> None:
    header = zip_format.header(member, crc32)

    signature, _, flags, method = unpack_from("<4sHHH", header)
    assert (signature, flags, method) == (b"PK\x03\x04", 1 << 11, 0)
    assert unpack_from("<I", header, 14) == (crc32,)
    assert header[30 : 30 + len(member.name)] == member.name


@pytest.mark.parametrize(
    ("size", "version", "stated"),
    [
        (0, 20, 0),
        (UINT32_MAX - 1, 20, UINT32_MAX - 1),
        (UINT32_MAX, 45, UINT32_MAX),
        (UINT32_MAX + 1, 45, UINT32_MAX),
    ],
)
def test_a_local_header_turns_to_zip64_where_the_size_does_not_fit(
    size: int, version: int, stated: int
) -> None:
    header = zip_format.header(Member(b"a", size, -1), 0)

    assert unpack_from("<H", header, 4) == (version,)
    assert unpack_from("<II", header, 18) == (stated, stated)
    assert header[31:] == (b"" if version == 20 else _zip64(size, size))


@pytest.mark.parametrize("size", [0, *AROUND_UINT32])
@pytest.mark.parametrize("offset", [0, *AROUND_UINT32])
def test_a_central_header_holds_in_zip64_what_does_not_fit_and_no_more(
    size: int, offset: int
) -> None:
    header = zip_format.record(Member(b"a", size, -1), 0, offset)

    values = [size, size] * (size >= UINT32_MAX) + [offset] * (offset >= UINT32_MAX)
    assert unpack_from("<II", header, 20) == (min(size, UINT32_MAX), min(size, UINT32_MAX))
    assert unpack_from("<I", header, 42) == (min(offset, UINT32_MAX),)
    assert header[47:] == (_zip64(*values) if values else b"")


@given(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1)))
def test_zipfile_reads_names_as_utf_8(texts: list[str]) -> None:
    records = b"".join(zip_format.record(Member(text.encode(), 0, NOW), 0, 0) for text in texts)

    with _opened(records, len(texts)) as archive:
        assert archive.namelist() == texts


@pytest.mark.parametrize("count", [UINT16_MAX - 1, UINT16_MAX, UINT16_MAX + 1])
def test_zipfile_counts_as_many_entries_as_there_are(count: int) -> None:
    record = zip_format.record(Member(b"a", 0, NOW), 0, 0)

    with _opened(record * count, count) as archive:
        assert len(archive.infolist()) == count


@given(members, crc32s)
def test_zipfile_reads_back_size_crc_and_mode(member: Member, crc32: int) -> None:
    record = zip_format.record(Member(b"a", member.size, member.modified), crc32, 0)

    with _opened(record, 1) as archive:
        info = archive.getinfo("a")
    assert (info.file_size, info.compress_size, info.CRC) == (member.size, member.size, crc32)
    assert (info.external_attr >> 16, info.compress_type) == (0o100644, zipfile.ZIP_STORED)


@given(st.integers(315_532_800, 4_354_819_199))  # 1980-01-01 to 2107-12-31
def test_the_modified_time_is_kept_in_utc_to_two_seconds(modified: int) -> None:
    record = zip_format.record(Member(b"a", 0, modified), 0, 0)

    with _opened(record, 1) as archive:
        told = datetime(*archive.getinfo("a").date_time, tzinfo=UTC).timestamp()
    assert told == modified - modified % 2


@pytest.mark.parametrize(
    ("modified", "told"),
    [
        (-(10**18), (1980, 1, 1, 0, 0, 0)),
        (-1, (1980, 1, 1, 0, 0, 0)),
        (315_532_799, (1980, 1, 1, 0, 0, 0)),
        (315_532_800, (1980, 1, 1, 0, 0, 0)),
        (4_354_819_199, (2107, 12, 31, 23, 59, 58)),
        (4_354_819_200, (2107, 12, 31, 23, 59, 58)),
        pytest.param(
            10**18,
            (2107, 12, 31, 23, 59, 58),
        ),
    ],
)
def test_a_time_that_the_format_cannot_say_becomes_the_nearest_it_can(
    modified: int, told: tuple[int, ...]
) -> None:
    record = zip_format.record(Member(b"a", 0, modified), 0, 0)

    with _opened(record, 1) as archive:
        assert archive.getinfo("a").date_time == told


@pytest.mark.parametrize(
    ("modified", "extra"),
    [
        (-1, b""),
        (0, b"UT\x05\x00\x01\x00\x00\x00\x00"),
        (0x7FFFFFFF, b"UT\x05\x00\x01\xff\xff\xff\x7f"),
        (0x80000000, b""),
    ],
)
def test_the_second_is_kept_as_unix_time_while_that_fits_32_bits(
    modified: int, extra: bytes
) -> None:
    assert zip_format.header(Member(b"a", 0, modified), 0)[31:] == extra


@pytest.mark.parametrize(
    ("entries", "size", "offset"),
    [(UINT16_MAX, 1, 1), (1, UINT32_MAX, 1), (1, 1, UINT32_MAX), (10**6, 2**33, 2**45)],
)
def test_the_zip64_end_says_all_and_the_old_end_what_it_can(
    entries: int, size: int, offset: int
) -> None:
    end = zip_format.end(entries, size, offset)

    assert unpack_from("<4sQ", end) == (b"PK\x06\x06", 44)
    assert unpack_from("<QQQQ", end, 24) == (entries, entries, size, offset)
    assert unpack_from("<4sIQI", end, 56) == (b"PK\x06\x07", 0, offset + size, 1)
    shown = min(entries, UINT16_MAX)
    expected = (b"PK\x05\x06", 0, 0, shown, shown, min(size, UINT32_MAX), min(offset, UINT32_MAX))
    assert unpack_from("<4sHHHHII", end, 76) == expected


def test_a_small_archive_has_no_zip64_records() -> None:
    end = zip_format.end(UINT16_MAX - 1, UINT32_MAX - 1, UINT32_MAX - 1)

    assert end[:4] == b"PK\x05\x06"


def _zip64(*values: int) -> bytes:
    return (
        b"\x01\x00"
        + (8 * len(values)).to_bytes(2, "little")
        + b"".join(value.to_bytes(8, "little") for value in values)
    )


def _opened(records: bytes, count: int) -> zipfile.ZipFile:
    end = zip_format.end(count, len(records), 0)
    return zipfile.ZipFile(io.BytesIO(records + end))
