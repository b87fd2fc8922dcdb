"""Repeated calls run at the same time, up to a limit."""

from threading import Barrier, Event

import pytest

from infra.localstack.plugin.parallel import in_parallel


def test_a_second_call_does_not_wait_for_the_first() -> None:
    together = Barrier(3, timeout=5)
    start = in_parallel(lambda _: together.wait(), limit=2)

    start("first")
    start("second")

    assert together.wait() >= 0


def test_a_call_beyond_the_limit_waits_for_a_free_slot() -> None:
    free = Event()
    done: list[str] = []

    def work(item: str) -> None:
        free.wait(5)
        done.append(item)

    start = in_parallel(work, limit=1)
    start("first")
    free.set()
    start("second")

    assert done[0] == "first"


def test_a_failed_call_frees_its_slot(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: str) -> None:
        raise ValueError("no such thing")

    start = in_parallel(fail, limit=1)
    start("first")
    start("second")

    assert "Parallel work failed." in caplog.text
