"""Progress without a terminal: a line every few seconds, or nothing."""

import time
from contextlib import suppress

import pytest

from longhaul.cli.rate import Rate
from longhaul.cli.screen import Screen
from longhaul.errors import Unreachable
from tests.clock import START, Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(START)
    monkeypatch.setattr(time, "monotonic", lambda: clock.seconds)
    return clock


def test_a_pipe_gets_a_line_every_few_seconds_and_none_twice(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Screen(quiet=False).task("Export") as task:
        for second, done in enumerate([0, 5, 9, 10, 10, 10, 10, 40]):
            clock.now = START + second * 1000
            task.show(done, 100, "words", "Assembling")
        task.result = "2 files"

    assert capsys.readouterr().err.splitlines() == [
        "Assembling  10 %  words",
        "Assembling  40 %  words",
        "Export     2 files  7.0 s",
    ]


def test_a_short_task_prints_only_its_result(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Screen(quiet=False).task("Export") as task:
        task.show(50, 100, "words")
        task.result = "2 files"

    assert capsys.readouterr().err == "Export     2 files  0 ms\n"


def test_a_task_that_fails_prints_no_result(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with suppress(Unreachable), Screen(quiet=False).task("Export") as task:
        task.result = "2 files"
        raise Unreachable("Lost.")

    assert capsys.readouterr().err == ""


def test_quiet_prints_nothing(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = Screen(quiet=True)

    with quiet.task("Export") as task:
        clock.advance(seconds=100)
        task.show(50, 100, "words")
        quiet.say("hello")
        quiet.notice(Unreachable("Lost."), 5)
        task.result = "2 files"

    assert capsys.readouterr().err == ""


def test_a_notice_is_repeated_only_after_some_time_or_with_another_text(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    screen = Screen(quiet=False)

    for second, text in [(0, "Lost."), (10, "Lost."), (11, "Cut."), (12, "Cut."), (45, "Cut.")]:
        clock.now = START + second * 1000
        screen.notice(Unreachable(text), 5)

    assert capsys.readouterr().err.splitlines() == [
        "Lost. Trying again.",
        "Cut. Trying again.",
        "Cut. Trying again.",
    ]


def test_a_rate_counts_only_the_last_seconds(clock: Clock) -> None:
    rate = Rate()
    first = rate.text(0, 10**9)
    for second in range(1, 31):
        clock.now = START + second * 1000
        words = rate.text(second * 1_000_000 if second < 16 else (second - 15) * 10**7, 10**9)

    assert first == "0.00/1.00 GB"
    assert words == "0.15/1.00 GB  10.0 MB/s  ~1:25 min"
