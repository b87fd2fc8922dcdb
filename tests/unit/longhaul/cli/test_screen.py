"""Progress where nobody can draw: lines now and then, or nothing."""

import time
from contextlib import suppress

import pytest

from longhaul.cli.rate import Rate
from longhaul.cli.screen import Screen
from longhaul.errors import Unreachable


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


def test_a_pipe_gets_a_line_now_and_then_and_none_twice(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Screen(quiet=False).step("Export") as step:
        for second, done in enumerate([0, 5, 9, 10, 10, 10, 10, 40]):
            clock.now = 1000.0 + second
            step.show(done, 100, "words", "Assembling")
        step.result = "2 files"

    assert capsys.readouterr().err.splitlines() == [
        "Assembling  10 %  words",
        "Assembling  40 %  words",
        "Export     2 files  7.0 s",
    ]


def test_what_is_over_soon_says_only_how_it_ended(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Screen(quiet=False).step("Export") as step:
        step.show(50, 100, "words")
        step.result = "2 files"

    assert capsys.readouterr().err == "Export     2 files  0 ms\n"


def test_what_fails_has_no_result(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with suppress(Unreachable), Screen(quiet=False).step("Export") as step:
        step.result = "2 files"
        raise Unreachable("Lost.")

    assert capsys.readouterr().err == ""


def test_quiet_is_silence(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = Screen(quiet=True)

    with quiet.step("Export") as step:
        clock.now += 100
        step.show(50, 100, "words")
        quiet.say("hello")
        quiet.notice(Unreachable("Lost."), 5)
        step.result = "2 files"

    assert capsys.readouterr().err == ""


def test_a_notice_comes_again_only_after_a_while_or_with_other_words(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    talk = Screen(quiet=False)

    for second, text in [(0, "Lost."), (10, "Lost."), (11, "Cut."), (12, "Cut."), (45, "Cut.")]:
        clock.now = 1000.0 + second
        talk.notice(Unreachable(text), 5)

    assert capsys.readouterr().err.splitlines() == [
        "Lost. Trying again.",
        "Cut. Trying again.",
        "Cut. Trying again.",
    ]


def test_a_rate_is_that_of_the_last_seconds(clock: Clock) -> None:
    rate = Rate()
    first = rate.text(0, 10**9)
    for second in range(1, 31):
        clock.now = 1000.0 + second
        words = rate.text(second * 1_000_000 if second < 16 else (second - 15) * 10**7, 10**9)

    assert first == "0.00/1.00 GB"
    assert words == "0.15/1.00 GB  10.0 MB/s  ~1:25 min"
