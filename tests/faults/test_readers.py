"""The strict readers take what other tools make, and refuse what no tool would make."""

import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Sequence

import pytest

from chalicelib.archive import zip_format
from chalicelib.archive.member import Member
from tests.faults import gzips, tars, zips
from tests.faults.held import Broken

FILES = (
    ("a.txt", b"text " * 300),
    ("folder/ü.bin", bytes(range(256))),
    ("長" * 100 + ".txt", b""),
    ("x", b"x" * 512),
)
MOMENT = 1_767_225_600


def zipped(files: Sequence[tuple[str, bytes]] = FILES) -> bytes:
    """Returns a ZIP of deflated files."""
    body, records, count = b"", b"", 0
    for name, content in files:
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = deflate.compress(content) + deflate.flush()
        of = Member(name.encode(), len(content), MOMENT, len(packed))
        records += zip_format.record(of, zlib.crc32(content), len(body))
        body += zip_format.header(of, zlib.crc32(content)) + packed
        count += 1
    return body + records + zip_format.end(count, len(records), len(body))


def tarred(files: Sequence[tuple[str, bytes]] = FILES) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), MOMENT
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def test_a_zip_of_deflated_files_is_read() -> None:
    held = zips.read(zipped())

    assert [(one.name, one.content) for one in held] == list(FILES)
    assert {one.modified for one in held} == {MOMENT}
    with zipfile.ZipFile(io.BytesIO(zipped())) as archive:
        assert [one.at for one in held] == [info.header_offset for info in archive.infolist()]


def test_a_tar_is_read() -> None:
    held = tars.read(tarred())

    assert [(one.name, one.content, one.modified) for one in held] == [
        (name, content, MOMENT) for name, content in FILES
    ]
    with tarfile.open(fileobj=io.BytesIO(tarred())) as archive:
        assert [one.at for one in held] == [info.offset for info in archive]


def test_all_members_of_a_gzip_are_read() -> None:
    body = b"".join(gzip.compress(one, mtime=0) for one in (b"one ", b"", b"two"))

    assert gzips.members(body) == [b"one ", b"", b"two"]
    assert gzips.read(body) == b"one two"


def flipped(body: bytes, at: int) -> bytes:
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (zips.read, zipped()),
        (tars.read, tarred(FILES[:2])),
        (gzips.read, gzip.compress(b"one", mtime=0) + gzip.compress(b"two" * 20, mtime=0)),
    ],
    ids=["zip", "tar", "gzip"],
)
def test_an_archive_is_refused_if_any_byte_is_missing_or_too_many(
    read: Callable[[bytes], object], body: bytes
) -> None:
    taken = []
    for wrong in (body[1:], body + b"x", *(body[:end] for end in range(len(body)))):
        try:
            read(wrong)
        except Broken:
            continue
        taken.append(len(wrong))

    # A tar may end with two empty blocks or more, and a gzip where a member ends.
    ends = {"zips": 0, "tars": 10, "gzips": 1}[read.__module__.rsplit(".", 1)[1]]
    assert len(taken) == ends


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (zips.read, zipped(FILES[:3])),
        (gzips.read, gzip.compress(b"one", mtime=0) + gzip.compress(b"two" * 20, mtime=0)),
    ],
    ids=["zip", "gzip"],
)
def test_an_archive_is_refused_if_any_byte_is_another(
    read: Callable[[bytes], object], body: bytes
) -> None:
    taken = []
    for at in range(len(body)):
        try:
            read(flipped(body, at))
        except Broken:
            continue
        taken.append(at)

    assert taken == []
