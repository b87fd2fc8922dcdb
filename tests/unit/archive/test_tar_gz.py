"""The tail of a tar.gz: the end of a gzip member, whose length is known before its bytes are."""

import shutil
import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive import tar_gz
from chalicelib.archive.sums import Sum

STORED = 65_535

chunks = st.lists(st.binary(max_size=40), max_size=20)
lengths = st.integers(0, 3 * STORED) | st.sampled_from([STORED - 1, STORED, STORED + 1, 2 * STORED])


def _wrapped(*tail: bytes, body: bytes = b"") -> bytes:
    of_body = Sum(len(body), zlib.crc32(body))
    return b"".join(tar_gz.wrapped(tail, sum(map(len, tail)), of_body))


def _deflated(body: bytes) -> bytes:
    """Blocks that end at a whole byte, and are not the last ones."""
    raw = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return raw.compress(body) + raw.flush(zlib.Z_FULL_FLUSH)


@given(lengths, st.binary(max_size=100))
def test_a_tail_ends_one_gzip_member_and_has_the_length_foretold(length: int, body: bytes) -> None:
    tail = (b"0123456789" * (length // 10 + 1))[:length]

    ending = _wrapped(tail, body=body)

    assert len(ending) == tar_gz.wrapped_length(length)
    reader = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    assert reader.decompress(tar_gz.BEGINNING + _deflated(body) + ending) == body + tail
    assert reader.eof
    assert reader.unused_data == b""


@given(chunks, st.integers(0, 2 * STORED))
def test_a_tail_has_the_same_bytes_whatever_its_chunks(tail: list[bytes], more: int) -> None:
    tail.append(bytes(more))

    assert _wrapped(*tail) == _wrapped(b"".join(tail))


def test_a_member_says_no_time_and_no_name() -> None:
    assert bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]) == tar_gz.BEGINNING


@pytest.mark.parametrize("length", [0, 9, 11])
def test_a_tail_of_another_length_than_foretold_is_an_error(length: int) -> None:
    with pytest.raises(ValueError, match=f"10 bytes instead of {length}"):
        list(tar_gz.wrapped([b"0123456789"], length, Sum()))


def test_gzip_finds_no_fault_in_it(tmp_path: Path) -> None:
    program = shutil.which("gzip")
    if program is None:
        pytest.skip("there is no gzip")
    file = tmp_path / "some.gz"
    body = b"before\n" * 1000
    file.write_bytes(tar_gz.BEGINNING + _deflated(body) + _wrapped(b"a" * 200_000, body=body))

    found = subprocess.run([program, "-dc", file], check=True, capture_output=True)

    assert found.stdout == body + b"a" * 200_000
    assert found.stderr == b""
