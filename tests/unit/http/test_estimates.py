"""What would be too much, by limit."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive.scale import MAX_ARCHIVE
from chalicelib.http.estimates import exceeded
from chalicelib.http.schemas import FILES_MAX
from chalicelib.sources.find import LISTED_MAX

LIMITS: dict[str, int | None] = {
    "entries": FILES_MAX,
    "listedFiles": LISTED_MAX,
    "bodyBytes": 2 * 1024**2,
    "archiveBytes": MAX_ARCHIVE,
    "filesPerJob": None,
    "bytesPerJob": None,
    "bytesLeftToday": None,
}
numbers = st.integers(0, 2**53 - 1)


def _exceeded(files: int, size: int, rows: int = 1, **limits: int | None) -> list[Any]:
    return list(exceeded(files, size, rows, {**LIMITS, **limits}))


@pytest.mark.parametrize(
    ("limit", "most", "asked", "too_much"),
    [
        ("entries", FILES_MAX, (1, 1, FILES_MAX), (1, 1, FILES_MAX + 1)),
        ("listedFiles", LISTED_MAX, (LISTED_MAX + 1, 1, 2), (LISTED_MAX + 2, 1, 2)),
        ("archiveBytes", MAX_ARCHIVE, (1, MAX_ARCHIVE, 1), (1, MAX_ARCHIVE + 1, 1)),
        ("filesPerJob", 7, (7, 1, 1), (8, 1, 1)),
        ("bytesPerJob", 7, (1, 7, 1), (1, 8, 1)),
        ("bytesLeftToday", 7, (1, 7, 1), (1, 8, 1)),
    ],
)
def test_a_limit_may_be_reached_and_not_exceeded(
    limit: str, most: int, asked: tuple[int, int, int], too_much: tuple[int, int, int]
) -> None:
    (found,) = _exceeded(*too_much, **{limit: most})

    assert _exceeded(*asked, **{limit: most}) == []
    assert (found["limit"], found["most"]) == (limit, most)
    assert f" {most}" in found["detail"]


def test_one_prefix_alone_may_have_any_number_of_files() -> None:
    assert _exceeded(10 * LISTED_MAX, 1, rows=1) == []


def test_files_that_are_named_one_by_one_are_not_found_by_prefix() -> None:
    assert _exceeded(LISTED_MAX + 5_000, 1, rows=5_001) == []


def test_if_nothing_is_left_of_the_day_even_an_empty_export_is_too_much() -> None:
    (found,) = _exceeded(1, 0, bytesLeftToday=0)

    assert found["detail"] == (
        "these files have 0 bytes, and you may export 0 more today; "
        "export fewer, or wait for tomorrow (UTC)"
    )


@given(numbers, numbers, numbers, st.dictionaries(st.sampled_from(sorted(LIMITS)), numbers))
def test_each_limit_is_told_once_and_with_its_number(
    files: int, size: int, entries: int, limits: dict[str, int | None]
) -> None:
    known = {**LIMITS, **limits}

    found = list(exceeded(files, size, entries, known))

    names = [one["limit"] for one in found]
    assert len(set(names)) == len(names)
    assert all(one["most"] == known[one["limit"]] for one in found)
