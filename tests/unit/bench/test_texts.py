"""The text that the bench compresses."""

import zlib

import pytest

from bench.cases import KB, MB
from bench.texts import Texts


@pytest.fixture(scope="module")
def texts() -> Texts:
    return Texts(pool=300 * KB)


def test_the_same_seed_makes_the_same_text() -> None:
    one, same, other = (Texts(seed, pool=20 * KB).file(4, 9 * KB) for seed in (1, 1, 2))

    assert one == same
    assert one != other


@pytest.mark.parametrize("size", [0, 1, 200 * KB, MB])
def test_a_file_has_the_size_that_was_asked_for(texts: Texts, size: int) -> None:
    assert [len(texts.file(number, size)) for number in range(4)] == [size] * 4


@pytest.mark.parametrize("kind", range(3))
def test_zlib_makes_each_kind_about_three_times_smaller(texts: Texts, kind: int) -> None:
    content = texts.file(kind, 200 * KB)

    assert content.isascii()
    assert 2.5 < len(content) / len(zlib.compress(content, 6)) < 4.5
