"""Text from a server, on a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longhaul.printable import printable, shown


@pytest.mark.parametrize(
    ("hostile", "text"),
    [
        ("plain ü 日本 🎉", "plain ü 日本 🎉"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07rest", "rest"),
        ("\x1b]8;;https://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("\x1bPq#0\x1b\\x", "x"),
        ("a\x1bcb", "ab"),
        ("a\x1b(Bb", "ab"),
        ("one\ntwo\tthree", "one two three"),
        ("back\b\b\rspace\x00", "back\ufffd\ufffd\ufffdspace\ufffd"),
        ("\u202etxt.exe", "\ufffdtxt.exe"),
        ("half \ud83d", "half \ufffd"),
        ("\x1b", "\ufffd"),
    ],
)
def test_control_sequences_are_removed(hostile: str, text: str) -> None:
    assert shown(hostile) == text


@given(st.text())
def test_any_text_is_safe_for_a_terminal(text: str) -> None:
    assert printable(shown(text)) == shown(text)
    assert "\x1b" not in shown(text)
    shown(text).encode()
