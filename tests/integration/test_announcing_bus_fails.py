"""While the bus is gone or refuses an event, webhooks are sent; and later the bus is told."""

import pytest

from chalicelib.errors import Unavailable
from chalicelib.jobs import wake
from chalicelib.jobs.notices import State
from chalicelib.jobs.store import JobStore
from chalicelib.pipeline.dead_letters import bury
from chalicelib.queue.messages import Message, Step
from tests.integration.gateway import export
from tests.integration.listeners import (
    BOTH,
    GONE,
    MINUTES,
    Bus,
    Hooks,
    is_all_told,
    notices,
    pass_time,
)
from tests.integration.stack import Stack, record_of


def test_while_the_bus_is_gone_notices_are_sent_and_the_bus_is_told_later(
    stack: Stack, untold: str, bus: Bus, hooks: Hooks
) -> None:
    bus.error = GONE
    assert len(stack.announce()) == 1
    assert (len(hooks.posts), notices(stack, untold)[0].state) == (1, State.SENT)
    assert not is_all_told(stack, untold)

    bus.error = None
    stack.wake()

    assert stack.announce() == []
    assert bus.statuses == ["completed"]
    assert len(hooks.posts) == 1
    assert is_all_told(stack, untold)


def test_a_bug_on_the_way_to_the_bus_keeps_no_notice(
    stack: Stack, untold: str, bus: Bus, hooks: Hooks
) -> None:
    bus.error = KeyError("a bug")

    assert len(stack.announce()) == 1

    assert len(hooks.posts) == 1
    assert not is_all_told(stack, untold)


def test_if_the_record_cannot_say_that_all_is_told_no_notice_waits_for_that(
    stack: Stack, untold: str, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Unavailable("the table does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(JobStore, "told", refuse)
        assert len(stack.announce()) == 1
    assert (len(hooks.posts), notices(stack, untold)[0].state) == (1, State.SENT)

    stack.wake()

    assert stack.announce() == []
    assert len(hooks.posts) == 1
    assert is_all_told(stack, untold)


def test_if_the_bus_refuses_one_event_all_are_told_again_with_the_same_ids(
    stack: Stack, bus: Bus
) -> None:
    stack.configure(events=("accepted", "ended"))
    job_id = export(**BOTH)
    stack.run_steps()
    _, message = stack.take_announcements()
    stack.services.announcements.send([message], "anonymous")
    bus.refused = "InternalFailure"
    assert len(stack.announce()) == 1
    assert bus.statuses == ["queued"]

    bus.refused = ""
    stack.wake()

    assert stack.announce() == []
    assert bus.statuses == ["queued", "queued", "failed"]
    assert len(bus.ids) == 2
    assert is_all_told(stack, job_id)


def test_after_a_long_outage_the_sweeper_has_all_told(stack: Stack, bus: Bus) -> None:
    made = {export(**BOTH) for _ in range(5)}
    stack.run_steps()
    stack.take_announcements()
    bus.error = GONE
    for _ in range(20):
        pass_time(stack, 3600)
        stack.take_announcements()  # the queue has given them up
    assert bus.told == []

    bus.error = None
    pass_time(stack, wake.ANNOUNCE_AGAIN_MS / 1000 + 1)

    assert {one["jobId"] for one in bus.told} == made
    assert all(is_all_told(stack, job_id) for job_id in made)


def test_a_message_that_the_queue_has_given_up_leaves_the_job_as_it_is(
    stack: Stack, untold: str, bus: Bus
) -> None:
    stack.take_announcements()
    before = stack.item(untold)

    assert bury([record_of(Message(Step.ANNOUNCE, untold).to_body())], stack.services) == {
        "batchItemFailures": []
    }
    assert stack.item(untold) == before
    pass_time(stack, MINUTES)

    assert bus.statuses == ["completed"]
