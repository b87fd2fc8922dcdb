"""The head of an answer, and what its Retry-After asks for."""

from email.utils import formatdate
from io import BufferedReader, BytesIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib import heads

NOW = 1_780_000_000.5

PIECES = st.sampled_from(
    (
        *(b"HTTP/1.1 ", b"HTTP/1.0 ", b"100", b"200", b"410", b" OK", b"\r\n", b"\n", b"\r", b":"),
        *(b" ", b"Retry-After: 5", b"retry-after:", b"\x00", b"\xff", b"Content-Length: 9"),
    )
)


def reader(content: bytes) -> BufferedReader:
    return BufferedReader(BytesIO(content))


@given(st.lists(PIECES | st.binary(max_size=5)).map(b"".join))
def test_every_head_is_read_or_refused(content: bytes) -> None:
    try:
        status, wait = heads.answer(reader(content))
    except (heads.NotHttp, heads.BrokenOff):
        return
    assert 200 <= status <= 999
    assert wait is None or heads.seconds_to_wait(wait, NOW) in range(10**9)


def test_only_the_final_head_counts() -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\n"

    assert heads.answer(reader(interim + b"HTTP/1.1 503 Busy\r\n\r\n")) == (503, None)


def test_the_name_of_a_header_has_any_case() -> None:
    content = b"HTTP/1.1 429 Slow\r\nA: b\r\nrEtRy-aFtEr:\t12 \r\n\r\n"

    status, wait = heads.answer(reader(content))

    assert status == 429
    assert heads.seconds_to_wait(wait or "", NOW) == 12


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 7 \r\n", 7),
        ("999999999", 999_999_999),
        (formatdate(NOW + 90, usegmt=True), 90),
        ("Thu, 28 May 2026 20:28:10 GMT", 90),
        ("Thursday, 28-May-26 20:28:10 GMT", 90),
        ("Thu May 28 20:28:10 2026", 90),
        ("Thu, 28 May 2026 22:28:10 +0200", 90),
        ("Thu, 28 May 2026 20:28:10 -0000", 90),
        ("Thu, 28 May 2020 20:28:10 GMT", 0),
        ("Fri, 28 May 9999 20:28:10 GMT", 251_603_539_290),
        ("", None),
        ("-1", None),
        ("+5", None),
        ("1.5", None),
        ("1e3", None),
        ("٣", None),
        ("9" * 5000, None),
        ("soon", None),
        ("Thu, 99 May 2026 20:28:10 GMT", None),
        ("2026-05-28T20:28:10Z", None),
    ],
)
def test_a_pause_is_a_number_or_a_date(written: str, seconds: int | None) -> None:
    assert heads.seconds_to_wait(written, NOW) == seconds


@given(st.text(st.characters(max_codepoint=255)) | st.text("0123456789 :,-+/GMTaJny.", max_size=40))
@example("Thu, 28 May 2026 20:28:10 +9999999999")
@example("Thu, 28 May 0 20:28:10 GMT")
def test_a_pause_is_never_below_zero_and_no_text_breaks_it(written: str) -> None:
    seconds = heads.seconds_to_wait(written, NOW)

    assert seconds is None or seconds >= 0
