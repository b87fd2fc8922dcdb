"""The compressor: what it writes is deflate, always the same, and nearly as small as zlib's."""

import random
import subprocess
import sys
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import deflate
from infra.paths import REPOSITORY

WITHOUT_ZLIB_NG = "import sys; sys.modules['zlib_ng'] = None; "
SHOWN = "from chalicelib import deflate; print(deflate.ENGINE, deflate.LEVEL)"


def text(size: int, seed: int = 1) -> bytes:
    source = random.Random(seed)
    words = ["".join(source.choices("etaoinshrdlu", k=source.randint(2, 9))) for _ in range(3000)]
    return " ".join(source.choices(words, k=size // 4)).encode()[:size]


def mixed(seed: int) -> bytes:
    source = random.Random(seed)
    kinds = [text(70_000, seed), source.randbytes(40_000), bytes(90_000), b"abc," * 9000]
    return b"".join(source.sample(kinds, len(kinds)))


def compressed(data: bytes, cuts: list[int], flushed: frozenset[int] = frozenset()) -> bytes:
    """Returns `data` deflated in chunks that end at `cuts`, with a flush at some of these."""
    made = deflate.compressor()
    out = b""
    for start, end in pairwise([0, *sorted({*cuts, *flushed}), len(data)]):
        out += made.compress(memoryview(data)[start:end])
        if end in flushed:
            out += made.flush(deflate.FULL_FLUSH)
    return out + made.flush(deflate.FINISH)


def shown(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, cwd=REPOSITORY, check=True, capture_output=True, text=True
    ).stdout.strip()


@given(st.lists(st.binary(max_size=300)))
def test_zlib_inflates_what_it_writes(chunks: list[bytes]) -> None:
    made = deflate.compressor()
    out = b"".join(made.compress(chunk) for chunk in chunks) + made.flush()

    assert zlib.decompress(out, -15) == b"".join(chunks)


@given(
    st.integers(0, 5),
    st.lists(st.integers(1, 199_999), max_size=40),
    st.frozensets(st.integers(1, 199_999), max_size=3),
)
def test_the_chunks_make_no_difference(seed: int, cuts: list[int], flushed: frozenset[int]) -> None:
    data = mixed(seed)

    assert compressed(data, cuts, flushed) == compressed(data, [], flushed)


def test_very_small_chunks_make_no_difference() -> None:
    data = mixed(7)

    assert compressed(data, list(range(1, len(data), 13))) == compressed(data, [])


def test_after_a_full_flush_the_rest_can_be_inflated_alone() -> None:
    first, second = text(100_000, 1), text(100_000, 2)
    made = deflate.compressor()
    before = made.compress(first) + made.flush(deflate.FULL_FLUSH)
    after = made.compress(second) + made.flush()

    assert zlib.decompressobj(-15).decompress(before) == first
    assert zlib.decompress(after, -15) == second


@pytest.mark.parametrize("kind", ["text", "mixed", "numbers", "lines"])
def test_it_is_within_two_percent_of_zlib(kind: str) -> None:
    source = random.Random(3)
    data = {
        "text": text(1_000_000),
        "mixed": b"".join(mixed(seed) for seed in range(4)),
        "numbers": b"".join(
            b"%d,%.6f,%.1f\n" % (source.getrandbits(20), source.gauss(0, 9), source.random())
            for _ in range(30_000)
        ),
        "lines": b"".join(
            b'{"id": %d, "level": "%s"}\n'
            % (source.getrandbits(32), source.choice([b"info", b"no"]))
            for _ in range(20_000)
        ),
    }[kind]
    usual = zlib.compressobj(6, zlib.DEFLATED, -15)
    limit = 1.02 * len(usual.compress(data) + usual.flush())

    assert len(compressed(data, [])) <= limit


@given(st.binary(max_size=500), st.binary(max_size=500))
def test_its_crc32_is_that_of_zlib(first: bytes, second: bytes) -> None:
    assert deflate.crc32(second, deflate.crc32(first)) == zlib.crc32(first + second)
    assert deflate.crc32(memoryview(first)) == zlib.crc32(first)


def test_zlib_ng_is_taken_where_it_is() -> None:
    assert deflate.ENGINE.startswith("zlib-ng ")


def test_without_zlib_ng_it_is_zlib() -> None:
    assert shown(WITHOUT_ZLIB_NG + SHOWN) == f"zlib {zlib.ZLIB_RUNTIME_VERSION} 6"


def test_without_zlib_ng_it_compresses_all_the_same() -> None:
    code = "from chalicelib import deflate as d; c = d.compressor(); "
    code += "print((c.compress(b'a' * 99) + c.flush(d.FINISH)).hex(), d.crc32(b'a'))"
    usual = zlib.compressobj(6, zlib.DEFLATED, -15)
    expected = (usual.compress(b"a" * 99) + usual.flush()).hex()

    assert shown(WITHOUT_ZLIB_NG + code) == f"{expected} {zlib.crc32(b'a')}"


def test_the_api_does_not_load_it() -> None:
    code = "import app, sys; print([n for n in sys.modules if 'deflate' in n or 'zlib_ng' in n])"

    assert shown(code) == "[]"
