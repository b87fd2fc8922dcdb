"""A webhook that is not taken is sent again, until it is taken or given up."""

from collections.abc import Mapping
from dataclasses import replace
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest

import app
from chalicelib.announcing import announcer
from chalicelib.announcing.outcomes import CLAIM_MS, PAUSES_MS
from chalicelib.errors import Unavailable
from chalicelib.jobs import wake
from chalicelib.jobs.notices import NoticeStore, State
from chalicelib.outbound import Answer, NotReached
from chalicelib.pipeline.sweeper import sweep
from chalicelib.queue.messages import Message, Step
from chalicelib.queue.queue import DELAY_MAX, Queue
from chalicelib.receivers import Place
from tests.integration.gateway import export, status
from tests.integration.listeners import (
    BOTH,
    GONE,
    MINUTES,
    OWN_URL,
    Bus,
    Hooks,
    is_all_told,
    notices,
    pass_time,
)
from tests.integration.stack import Stack, record_of


def test_a_webhook_that_is_not_taken_is_sent_again_after_a_pause(
    stack: Stack, untold: str, hooks: Hooks
) -> None:
    hooks.answers = [500, NotReached("it did not answer within 10 s")]
    stack.announce()
    seen = notices(stack, untold)[0]
    assert (seen.state, seen.last_error) == ("retrying", "it answered 500 Internal Server Error")
    assert (stack.announce(), len(hooks.posts)) == ([], 1)

    stack.clock.advance(seconds=7)
    stack.wake()
    stack.announce()
    assert notices(stack, untold)[0].last_error == "it did not answer within 10 s"
    stack.clock.advance(seconds=40)
    stack.wake()
    stack.announce()

    (notice,) = notices(stack, untold)
    assert (notice.state, notice.attempts, len(hooks.posts)) == (State.SENT, 3, 3)
    assert len(hooks.ids) == 1
    assert is_all_told(stack, untold)


def test_the_queue_holds_a_message_back_until_the_next_try(
    stack: Stack, untold: str, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    delays: list[int] = []
    send = Queue.send

    def watched(queue: Queue, messages: Any, user_id: str, seconds: int = 0) -> None:
        delays.append(seconds)
        send(queue, messages, user_id, seconds)

    monkeypatch.setattr(Queue, "send", watched)
    hooks.answers = [500] * len(PAUSES_MS)
    while hooks.answers:
        stack.wake()
        stack.announce()
        due = notices(stack, untold)[0].next_at
        assert due is not None
        # The last ones are made by the sweeper alone.
        stack.clock.now = due + wake.ANNOUNCE_AFTER_MS + 1
        if len(hooks.answers) < len(PAUSES_MS) - 4:
            sweep(stack.services)

    held = [seconds for seconds in delays if seconds]
    assert len(held) == sum(pause < DELAY_MAX * 1000 for pause in PAUSES_MS)
    assert all(
        pause / 1000 < seconds <= 1.1 * pause / 1000 + 1
        for pause, seconds in zip(PAUSES_MS, held, strict=False)
    )
    assert max(held) <= DELAY_MAX


def test_a_receiver_that_is_down_for_good_is_given_up_and_it_shows(
    stack: Stack, untold: str, bus: Bus, hooks: Hooks
) -> None:
    hooks.answers = [503] * 100
    tries = []
    while notices(stack, untold)[0].is_unsent:
        stack.wake()
        sweep(stack.services)
        stack.announce()
        tries.append(len(hooks.posts))
        stack.clock.advance(seconds=300)

    shown = status(untold)["notifications"][0]
    assert len(hooks.posts) == len(PAUSES_MS) + 1
    assert (shown["status"], shown["attempts"]) == ("given-up", len(PAUSES_MS) + 1)
    assert shown["lastError"] == "it answered 503 Service Unavailable"
    assert len(hooks.ids) == 1
    assert bus.statuses == ["completed"]
    assert is_all_told(stack, untold)


def test_a_receiver_that_wants_no_more_gets_no_more(
    stack: Stack, untold: str, hooks: Hooks
) -> None:
    hooks.answers = [410]
    stack.announce()
    pass_time(stack, 86_400)

    assert len(hooks.posts) == 1
    assert notices(stack, untold)[0].state is State.GIVEN_UP
    assert is_all_told(stack, untold)


def test_the_pause_that_a_receiver_asks_for_is_heeded(
    stack: Stack, untold: str, hooks: Hooks
) -> None:
    hooks.answers = [Answer(429, retry_after=3600)]
    stack.announce()
    for _ in range(59):
        pass_time(stack, 60)
    assert len(hooks.posts) == 1
    for _ in range(10):
        pass_time(stack, 60)

    assert len(hooks.posts) == 2


@pytest.mark.parametrize("error", [KeyError("a bug"), Unavailable("no keys")], ids=repr)
def test_a_notice_that_breaks_does_not_keep_the_others(
    stack: Stack, bus: Bus, hooks: Hooks, error: Exception
) -> None:
    stack.configure(webhook_url=OWN_URL)
    job_id = export(**BOTH)
    stack.run_steps()
    hooks.answers = [error]

    assert stack.announce() == []

    assert [one.state for one in notices(stack, job_id)] == [State.RETRYING, State.SENT]
    assert bus.statuses == ["failed"]


def test_if_what_came_of_a_try_is_not_kept_it_is_sent_once_more_with_the_same_id(
    stack: Stack, untold: str, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, calls = NoticeStore.change, []

    def fail_the_second(*asked: Any) -> Any:
        calls.append(asked)
        if len(calls) == 2:
            raise Unavailable("no table")
        return change(*asked)

    monkeypatch.setattr(NoticeStore, "change", fail_the_second)
    assert stack.announce() == []
    pass_time(stack, CLAIM_MS / 1000 + MINUTES)

    assert (len(hooks.posts), len(hooks.ids)) == (2, 1)
    assert notices(stack, untold)[0].state is State.SENT
    assert is_all_told(stack, untold)


def test_two_announcers_at_the_same_time_send_one_webhook(
    stack: Stack, untold: str, bus: Bus, hooks: Hooks
) -> None:
    body = Message(Step.ANNOUNCE, untold).to_body()
    bus.meanwhile = lambda: app.announcer({"Records": [record_of(body)]}, None)

    stack.announce()

    assert len(hooks.posts) == 1
    assert (len(bus.told), len(bus.ids)) == (2, 1)
    assert is_all_told(stack, untold)


def test_a_receiver_that_hangs_holds_up_no_other_one(
    stack: Stack, hooks: Hooks, untold: str
) -> None:
    """Each POST ends only when the POSTs of the other two jobs have begun."""
    jobs = [untold, *(export(**BOTH, fresh=True) for _ in range(2))]
    assert stack.run_steps() == []
    all_wait = Barrier(len(jobs), timeout=10)

    class Hanging(Hooks):
        def post(self, place: Place, headers: Mapping[str, str], body: bytes, /) -> Answer:
            all_wait.wait()
            return Hooks.post(self, place, headers, body)

    stack.services = replace(stack.services, outbound=Hanging())
    records = [record_of(Message(Step.ANNOUNCE, job_id).to_body()) for job_id in jobs]

    assert announcer.handle(records, stack.services) == {"batchItemFailures": []}
    assert {notices(stack, job_id)[0].state for job_id in jobs} == {State.SENT}


def test_of_several_messages_only_those_that_failed_come_again(
    stack: Stack, bus: Bus, untold: str
) -> None:
    garbage = record_of("garbage") | {"messageId": "garbage"}
    gone = record_of(Message(Step.ANNOUNCE, str(UUID(int=1))).to_body()) | {"messageId": "gone"}
    job = record_of(Message(Step.ANNOUNCE, untold).to_body()) | {"messageId": "job"}
    bus.error = GONE

    failed = announcer.handle([garbage, job, gone], stack.services)

    assert failed == {"batchItemFailures": [{"itemIdentifier": "job"}]}
