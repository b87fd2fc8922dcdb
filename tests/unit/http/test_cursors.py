"""Cursors: what comes back is what was given, and nothing else is taken."""

import base64
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.errors import InvalidRequest
from chalicelib.http.cursors import from_cursor, to_cursor

positions = st.lists(st.integers() | st.text(), max_size=4)
json_texts = st.recursive(
    st.sampled_from(["1", "null", "true", '"a"', "NaN", "1e999", "9" * 5000]),
    lambda inner: st.lists(inner, max_size=3).map(lambda parts: f"[{','.join(parts)}]"),
)


def encoded(content: str) -> str:
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


@given(positions)
def test_a_cursor_holds_its_position(position: list[int | str]) -> None:
    cursor = to_cursor(position)

    assert cursor is not None
    assert from_cursor(cursor) == position


@given(st.text() | json_texts.map(encoded) | st.binary().map(lambda raw: encoded(raw.hex())))
@example(encoded("[" * 100_000))
@example("A" * 100_000)
@example("\ud800")
@example("\0")
def test_any_text_is_a_position_or_refused(cursor: str) -> None:
    position: object = []
    with suppress(InvalidRequest):
        position = from_cursor(cursor)

    assert isinstance(position, list)


@pytest.mark.parametrize("position", [[2**63, "a"], [-1, ""], ["\ud83d\ude00", 0]])
def test_a_cursor_can_stand_in_a_url(position: list[int | str]) -> None:
    cursor = to_cursor(position)

    assert cursor is not None
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert cursor.isascii()
