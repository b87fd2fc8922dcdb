"""The sweeper has told what was not told in time, whatever fails on the way."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.errors import Unavailable
from chalicelib.jobs import wake
from chalicelib.pipeline import sweeper
from chalicelib.pipeline.sweeper import JOBS_A_RUN, sweep
from chalicelib.queue.messages import Message, Step
from chalicelib.queue.queue import Queue
from tests.integration.gateway import cancel, export
from tests.integration.listeners import BOTH, MINUTES, Bus
from tests.integration.stack import Stack


def test_what_was_not_told_within_a_minute_is_sent_again_once(stack: Stack, untold: str) -> None:
    stack.take_announcements()
    stack.clock.advance(seconds=59)
    assert (sweep(stack.services), stack.take_announcements()) == (0, [])
    stack.clock.advance(seconds=2)

    swept = [sweep(stack.services), sweep(stack.services)]

    assert swept == [1, 0]
    assert stack.take_announcements() == [Message(Step.ANNOUNCE, untold)]


def test_while_many_announcements_wait_no_more_are_sent_for_half_an_hour(
    stack: Stack, untold: str
) -> None:
    for _ in range(11):
        stack.services.announcements.send([Message(Step.ANNOUNCE, untold)], "a")
    stack.clock.advance(seconds=MINUTES)
    assert sweep(stack.services) == 0
    stack.clock.advance(seconds=1800)

    assert sweep(stack.services) == 1


@pytest.mark.parametrize("error", [Unavailable("no queue"), KeyError("a bug")], ids=repr)
def test_if_the_queue_of_announcements_is_gone_the_sweeper_still_wakes_jobs(
    stack: Stack, bus: Bus, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])
    stack.take_messages()
    stack.clock.advance(seconds=91)
    monkeypatch.setattr(Queue, "waiting", _failing_for("Announcement", error))

    assert sweep(stack.services) == 1

    assert stack.take_messages() == [Message(Step.PLAN, job_id)]


def test_if_the_queue_of_steps_is_gone_the_sweeper_still_announces(
    stack: Stack, untold: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.take_announcements()
    stack.clock.advance(seconds=MINUTES)
    monkeypatch.setattr(Queue, "waiting", _failing_for("Export", Unavailable("no queue")))

    with pytest.raises(Unavailable):
        sweep(stack.services)

    assert stack.take_announcements() == [Message(Step.ANNOUNCE, untold)]


@pytest.mark.parametrize("error", [Unavailable("no table"), KeyError("a bug")], ids=repr)
def test_an_announcement_that_cannot_be_sent_does_not_keep_the_others(
    stack: Stack, bus: Bus, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    for _ in range(4):
        cancel(export(**BOTH))
    stack.take_announcements()
    stack.clock.advance(seconds=MINUTES)
    take = type(stack.services.due_announcements).take
    refused: list[str] = []

    def refuse_the_first(store: Any, item: str, now: int) -> bool:
        if not refused:
            refused.append(item)
            raise error
        return take(store, item, now)

    monkeypatch.setattr(type(stack.services.due_announcements), "take", refuse_the_first)

    assert sweep(stack.services) == 3
    assert refused[0] not in {message.job_id for message in stack.take_announcements()}


def test_of_a_backlog_each_shard_gets_its_turn(
    stack: Stack, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeper, "JOBS_A_RUN", 1)
    for _ in range(12):
        cancel(export(**BOTH))
    stack.take_announcements()
    shards = {item: _shard(stack, item) for item in _in_the_index(stack)}
    seen = set()

    for _ in range(60):
        stack.clock.advance(seconds=wake.ANNOUNCE_AGAIN_MS / 1000 + 1)
        sweep(stack.services)
        seen |= {shards[message.job_id] for message in stack.take_announcements()}

    assert JOBS_A_RUN == 500
    assert seen == set(shards.values())


def _in_the_index(stack: Stack) -> list[str]:
    return list(stack.services.due_announcements.due(stack.clock() + 10**9))


def _shard(stack: Stack, item: str) -> int:
    return int(stack.item(item)["announceShard"]["N"])


def _failing_for(name: str, error: Exception) -> Callable[[Queue], int]:
    def waiting(queue: Queue) -> int:
        if name in queue.url:
            raise error
        return 0

    return waiting
