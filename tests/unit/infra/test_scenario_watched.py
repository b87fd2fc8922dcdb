"""The scenario's stack stays until `make observe` has read its last lines."""

from pathlib import Path

import pytest

from infra.observe import runs
from infra.scenario import watched


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which goes on while the scenario waits."""
    now = [1_000.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr("infra.scenario.watched.time.time", lambda: now[0])
    monkeypatch.setattr("infra.scenario.watched.time.monotonic", lambda: now[0])
    monkeypatch.setattr("infra.scenario.watched.time.sleep", sleep)
    return now


def test_nobody_waits_if_nobody_observes(clock: list[float], tmp_path: Path) -> None:
    watched.wait_until_read(tmp_path)

    assert clock == [1_000]


def test_nobody_waits_for_a_run_that_was_killed(clock: list[float], tmp_path: Path) -> None:
    with runs.alone(tmp_path):
        runs.remember(tmp_path, "http://127.0.0.1:9/metrics")
        watched.wait_until_read(tmp_path)

    assert clock == [1_000]


def test_it_waits_until_the_last_lines_are_read(
    monkeypatch: pytest.MonkeyPatch, clock: list[float], tmp_path: Path
) -> None:
    asked = []

    def lag(address: str) -> float:
        asked.append(address)
        # Up to 1004 nothing is read after 998; then all.
        return clock[0] - 998 if clock[0] < 1_004 else 0

    monkeypatch.setattr(watched, "_lag", lag)
    with runs.alone(tmp_path):
        runs.remember(tmp_path, "http://127.0.0.1:9464/metrics")
        watched.wait_until_read(tmp_path)

    assert clock[0] == pytest.approx(1_004, abs=0.3)
    assert set(asked) == {"http://127.0.0.1:9464/metrics"}


def test_it_does_not_wait_for_ever(
    monkeypatch: pytest.MonkeyPatch, clock: list[float], tmp_path: Path
) -> None:
    monkeypatch.setattr(watched, "_lag", lambda _: 1e6)
    with runs.alone(tmp_path):
        runs.remember(tmp_path, "http://127.0.0.1:9464/metrics")
        watched.wait_until_read(tmp_path)

    assert clock[0] == pytest.approx(1_020, abs=0.3)
