"""Objects of S3 as it describes them."""

import io
from base64 import b64encode
from email.header import Header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.s3.objects import (
    crc32_of_base64,
    decoded_metadata,
    filled,
)

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), min_size=1)


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters="=")))
def test_plain_text_is_kept(text: str) -> None:
    assert decoded_metadata(text) == text


@given(texts.filter(lambda text: "=?" not in text))
def test_utf_8_that_was_read_as_latin_1_is_mended(text: str) -> None:
    assert decoded_metadata(text.encode().decode("latin-1")) == text


@given(texts.map(str.strip).filter(lambda text: not text.isascii()))
def test_encoded_words_are_decoded(text: str) -> None:
    encoded = Header(text, "utf-8", maxlinelen=10_000).encode()

    assert decoded_metadata(encoded) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?UTF-8?Q?M=C3=A4rz.pdf?=", "März.pdf"),
        ("=?utf-8?b?TcOkcnoucGRm?=", "März.pdf"),
        ("=?UTF-8?Q?M=C3=A4rz?= =?UTF-8?Q?_2024.pdf?=", "März 2024.pdf"),
        ("=?iso-8859-1?q?M=E4rz?=.pdf", "März.pdf"),
        ("M\xe4rz.pdf", "März.pdf"),  # Latin-1, and no UTF-8
        ("a=?b.pdf", "a=?b.pdf"),
        ("=?unknown?q?a?=", "=?unknown?q?a?="),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("日本", "日本"),
        ("", ""),
    ],
)
def test_a_value_becomes(value: str, text: str) -> None:
    assert decoded_metadata(value) == text


@pytest.mark.parametrize("value", ["=?utf-8?b?a?=", "report =?utf-8?b?TcOkc?=.pdf"])
def test_a_value_that_only_looks_encoded_is_kept(value: str) -> None:
    assert decoded_metadata(value) == value


@given(st.integers(0, 2**32 - 1))
def test_a_crc_is_read_as_s3_writes_it(crc32: int) -> None:
    assert crc32_of_base64(b64encode(crc32.to_bytes(4, "big")).decode()) == crc32


@pytest.mark.parametrize("encoded", [None, ""])
def test_no_crc_is_none(encoded: str | None) -> None:
    assert crc32_of_base64(encoded) is None


@given(st.binary(), st.integers(0, 20))
def test_a_buffer_is_filled_by_as_many_reads_as_it_takes(content: bytes, more: int) -> None:
    buffer = bytearray(len(content))

    assert filled(memoryview(buffer), io.BytesIO(content + b"x" * more))
    assert buffer == content


@given(st.binary(), st.integers(1, 20))
def test_a_body_that_is_too_short_does_not_fill_it(content: bytes, short_of: int) -> None:
    buffer = bytearray(len(content) + short_of)

    assert not filled(memoryview(buffer), io.BytesIO(content))
