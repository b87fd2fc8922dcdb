"""Numbers as text for people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longhaul import Skipped
from longhaul.cli import words


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_960, "1.0 MB"),
        (20_004_346, "20.0 MB"),
        (1_000_004_361, "1.00 GB"),
        (48.8e12, "48.80 TB"),
        (5e15, "5000.00 TB"),
    ],
)
def test_a_size_has_a_suitable_unit(count: float, text: str) -> None:
    assert words.size(count) == text


@pytest.mark.parametrize(
    ("done", "total", "text"),
    [
        (0, 0, "0/0 B"),
        (5, 900, "5/900 B"),
        (8_300_000, 20_000_000, "8.3/20.0 MB"),
        (90_000_000, 1_000_000_000, "0.09/1.00 GB"),
    ],
)
def test_done_bytes_have_the_unit_of_the_total(done: int, total: int, text: str) -> None:
    assert words.size_of(done, total) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0004, "0 ms"),
        (0.14, "140 ms"),
        (3.14, "3.1 s"),
        (59.94, "59.9 s"),
        (60, "1:00 min"),
        (187, "3:07 min"),
        (3750, "1:02:30 h"),
    ],
)
def test_a_duration_is_as_precise_as_people_need(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(3.4, "~3 s"), (187, "~3:07 min")])
def test_the_remaining_time_is_marked_as_approximate(seconds: float, text: str) -> None:
    assert words.left(seconds) == text


@given(st.integers(0, 10**15))
def test_a_size_is_short(count: int) -> None:
    assert len(words.size(count)) <= len("5000.00 TB")


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (Skipped(10005, "missing", "does not exist"), "10005 (missing)"),
        (Skipped("a", "archived", "in GLACIER."), "a (archived: in GLACIER)"),
        (Skipped("a", "missing", "there is no version 7"), "a (missing: there is no version 7)"),
        (Skipped("a", "denied"), "a (denied)"),
        (Skipped("a", "denied", "S3 denies it"), "a (S3 denies it)"),
        (Skipped("a", "encrypted", "encrypted with a key"), "a (encrypted with a key)"),
        (Skipped("a\x1b[2J\nb", "new\x07", "x\u202ey"), "a b (new�: x�y)"),
    ],
)
def test_a_skipped_file_is_named_with_the_reason(one: Skipped, text: str) -> None:
    assert words.skipped(one) == text
