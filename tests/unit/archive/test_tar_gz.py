"""The tail of a tar.gz: one member of a gzip file, whose length is known before its bytes are."""

import gzip
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive import tar_gz

STORED = 65_535

chunks = st.lists(st.binary(max_size=40), max_size=20)
lengths = st.integers(0, 3 * STORED) | st.sampled_from([STORED - 1, STORED, STORED + 1, 2 * STORED])


def _wrapped(*tail: bytes) -> bytes:
    return b"".join(tar_gz.wrapped(tail, sum(map(len, tail))))


@given(lengths)
def test_a_tail_is_one_gzip_member_of_the_length_foretold(length: int) -> None:
    tail = (b"0123456789" * (length // 10 + 1))[:length]

    member = _wrapped(tail)

    assert len(member) == tar_gz.wrapped_length(length)
    reader = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    assert reader.decompress(member) == tail
    assert reader.eof
    assert reader.unused_data == b""


@given(chunks, st.integers(0, 2 * STORED))
def test_a_tail_has_the_same_bytes_whatever_its_chunks(tail: list[bytes], more: int) -> None:
    tail.append(bytes(more))

    assert _wrapped(*tail) == _wrapped(b"".join(tail))


def test_a_member_says_no_time_and_no_name() -> None:
    assert _wrapped(b"x")[:10] == bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])


@pytest.mark.parametrize("length", [0, 9, 11])
def test_a_tail_of_another_length_than_foretold_is_an_error(length: int) -> None:
    with pytest.raises(ValueError, match=f"10 bytes instead of {length}"):
        list(tar_gz.wrapped([b"0123456789"], length))


def test_gzip_joins_members_and_finds_no_fault_in_them(tmp_path: Path) -> None:
    program = shutil.which("gzip")
    if program is None:
        pytest.skip("there is no gzip")
    file = tmp_path / "some.gz"
    file.write_bytes(gzip.compress(b"before\n") + _wrapped(b"a" * 200_000))

    found = subprocess.run([program, "-dc", file], check=True, capture_output=True)

    assert found.stdout == b"before\n" + b"a" * 200_000
    assert found.stderr == b""
