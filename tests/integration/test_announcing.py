"""A job's end is told to all who want to know, whatever fails on the way."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import app
from chalicelib.announcing.outcomes import CLAIM_MS, PAUSES_MS
from chalicelib.errors import Unavailable
from chalicelib.jobs import places, wake
from chalicelib.jobs.notices import NoticeStore, State
from chalicelib.jobs.store import JobStore
from chalicelib.outbound import Answer, NotReached
from chalicelib.pipeline import accepting, sweeper
from chalicelib.pipeline.dead_letters import bury
from chalicelib.pipeline.sweeper import JOBS_A_RUN, sweep
from chalicelib.queue.messages import Message, Step
from chalicelib.queue.queue import DELAY_MAX, Queue
from tests.integration.gateway import cancel, export, post_export, status
from tests.integration.listeners import GONE, OWN_URL, URL, Bus, Hooks, listen, moto_bus, notices
from tests.integration.stack import Stack, record_of

BOTH = {"file_ids": [10001], "notify": {"url": URL}}
MINUTES = wake.ANNOUNCE_AFTER_MS / 1000 + 1
"""Seconds, until the sweeper looks at what was not told."""


@pytest.fixture
def listeners(stack: Stack) -> tuple[Bus, Hooks]:
    return listen(stack)


@pytest.fixture
def bus(listeners: tuple[Bus, Hooks]) -> Bus:
    return listeners[0]


@pytest.fixture
def hooks(listeners: tuple[Bus, Hooks]) -> Hooks:
    return listeners[1]


@pytest.fixture
def ended(stack: Stack, bus: Bus) -> str:
    """A job that has completed. Nobody was told yet."""
    stack.put_file("downloads/10001", b"one")
    job_id = export(**BOTH)
    assert stack.run_steps() == []
    assert stack.job(job_id).status == "completed"
    return job_id


def _is_all_told(stack: Stack, job_id: str) -> bool:
    """Whether nothing is left to tell of the job, nor in the index."""
    items = [stack.item(job_id), stack.item(places.notices(job_id))]
    left = {"endedUntold", "startedUntold", "acceptedUntold", *wake.ANNOUNCEMENT}
    return not any(item.keys() & left for item in items)


def _pass_time(stack: Stack, seconds: float) -> None:
    """Time passes, for the messages too; then the sweeper runs, and what it has sent is done."""
    stack.clock.advance(seconds=seconds)
    stack.wake()
    sweep(stack.services)
    stack.announce()


# -- all is well ----------------------------------------------------------------------------------


def test_the_end_is_told_once_to_the_bus_and_to_the_webhook(
    stack: Stack, ended: str, bus: Bus, hooks: Hooks
) -> None:
    assert stack.announce() == []

    (told,) = bus.told
    ((path, _, body),) = hooks.posts
    assert (told["jobId"], told["status"], told["files"]) == (ended, "completed", 1)
    assert (path, body["type"], body["data"]) == ("/in", "export.completed", told)
    assert body["timestamp"] == told["time"]
    assert _is_all_told(stack, ended)
    assert status(ended)["notifications"][0]["status"] == "sent"


def test_nothing_is_told_of_a_job_that_has_not_ended(stack: Stack, bus: Bus, hooks: Hooks) -> None:
    job_id = export(**BOTH)
    body = Message(Step.ANNOUNCE, job_id).to_body()

    assert app.announcer({"Records": [record_of(body)]}, None) == {"batchItemFailures": []}

    assert (bus.told, hooks.posts) == ([], [])
    assert notices(stack, job_id)[0].attempts == 0


def test_all_three_events_are_told_in_their_order(stack: Stack, bus: Bus) -> None:
    stack.configure(events=("accepted", "started", "ended"))
    stack.put_file("downloads/10001", b"one")
    job_id = export(**BOTH)
    stack.announce()
    stack.run_steps()
    stack.announce()

    assert bus.types == [f"Longhaul Job {what}" for what in ("Accepted", "Started", "Ended")]
    assert bus.statuses == ["queued", "processing", "completed"]
    assert len(bus.ids) == 3
    assert _is_all_told(stack, job_id)


def test_events_that_were_late_are_told_together_in_their_order(stack: Stack, bus: Bus) -> None:
    stack.configure(events=("accepted", "started", "ended"))
    stack.put_file("downloads/10001", b"one")
    job_id = export(**BOTH)
    stack.run_steps()

    stack.announce()

    assert bus.statuses == ["queued", "processing", "completed"]
    assert _is_all_told(stack, job_id)


def test_only_those_events_are_told_that_the_setting_names(stack: Stack, bus: Bus) -> None:
    stack.configure(events=("started",))
    job_id = export(**BOTH)

    stack.run_queue()

    assert bus.statuses == ["processing"]
    assert _is_all_told(stack, job_id)


def test_an_end_that_comes_while_the_beginning_is_told_is_told_too(
    stack: Stack, bus: Bus, hooks: Hooks
) -> None:
    stack.configure(events=("accepted", "ended"))
    job_id = export(**BOTH)
    bus.meanwhile = lambda: cancel(job_id)
    (message, *_) = stack.take_announcements()

    app.announcer({"Records": [record_of(message.to_body())]}, None)

    assert bus.statuses[0] == "queued"
    assert bus.statuses[-1] == "cancelled"
    assert len(bus.ids) == 2
    assert len(hooks.posts) == 1
    assert _is_all_told(stack, job_id)


def test_names_and_a_link_are_told_if_the_setting_says_so(stack: Stack, bus: Bus) -> None:
    stack.configure(event_includes=("detail", "filename", "link"), api_url="https://x/api")
    job_id = export(file_ids=[10001], on_missing="fail", filename="April")

    stack.run_queue()

    (told,) = bus.told
    assert told["filename"] == "April.zip"
    assert told["link"] == f"https://x/api/#/jobs/{job_id}"
    assert told["detail"] == status(job_id)["error"]["detail"]


def test_the_stacks_own_webhook_is_told_of_each_job(stack: Stack, hooks: Hooks) -> None:
    stack.configure(webhook_url=OWN_URL)
    plain, named = export(file_ids=[10001]), export(**BOTH)

    stack.run_queue()

    assert sorted(hooks.paths) == ["/in", "/own", "/own"]
    assert {body["data"]["jobId"] for _, _, body in hooks.posts} == {plain, named}


def test_the_bus_takes_it_and_hands_it_to_a_queue(stack: Stack) -> None:
    told = moto_bus(stack)

    job_id = export(file_ids=[10001])
    stack.run_queue()

    (event,) = told()
    assert (event["source"], event["detail-type"]) == ("longhaul", "Longhaul Job Ended")
    assert event["detail"]["jobId"] == job_id
    assert event["time"] == "2026-05-28T20:26:40Z"


# -- the bus fails --------------------------------------------------------------------------------


def test_while_the_bus_is_gone_notices_are_sent_and_the_bus_is_told_later(
    stack: Stack, ended: str, bus: Bus, hooks: Hooks
) -> None:
    bus.error = GONE
    assert len(stack.announce()) == 1
    assert (len(hooks.posts), notices(stack, ended)[0].state) == (1, State.SENT)
    assert not _is_all_told(stack, ended)

    bus.error = None
    stack.wake()

    assert stack.announce() == []
    assert bus.statuses == ["completed"]
    assert len(hooks.posts) == 1
    assert _is_all_told(stack, ended)


def test_a_bug_on_the_way_to_the_bus_keeps_no_notice(
    stack: Stack, ended: str, bus: Bus, hooks: Hooks
) -> None:
    bus.error = KeyError("a bug")

    assert len(stack.announce()) == 1

    assert len(hooks.posts) == 1
    assert not _is_all_told(stack, ended)


def test_if_the_record_cannot_say_that_all_is_told_no_notice_waits_for_that(
    stack: Stack, ended: str, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Unavailable("the table does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(JobStore, "told", refuse)
        assert len(stack.announce()) == 1
    assert (len(hooks.posts), notices(stack, ended)[0].state) == (1, State.SENT)

    stack.wake()

    assert stack.announce() == []
    assert len(hooks.posts) == 1
    assert _is_all_told(stack, ended)


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
    assert _is_all_told(stack, job_id)


def test_after_a_long_outage_the_sweeper_has_all_told(stack: Stack, bus: Bus) -> None:
    made = {export(**BOTH) for _ in range(5)}
    stack.run_steps()
    stack.take_announcements()
    bus.error = GONE
    for _ in range(20):
        _pass_time(stack, 3600)
        stack.take_announcements()  # the queue has given them up
    assert bus.told == []

    bus.error = None
    _pass_time(stack, wake.ANNOUNCE_AGAIN_MS / 1000 + 1)

    assert {one["jobId"] for one in bus.told} == made
    assert all(_is_all_told(stack, job_id) for job_id in made)


def test_a_message_that_the_queue_has_given_up_leaves_the_job_as_it_is(
    stack: Stack, ended: str, bus: Bus
) -> None:
    stack.take_announcements()
    before = stack.item(ended)

    assert bury([record_of(Message(Step.ANNOUNCE, ended).to_body())], stack.services) == {
        "batchItemFailures": []
    }
    assert stack.item(ended) == before
    _pass_time(stack, MINUTES)

    assert bus.statuses == ["completed"]


# -- the sweeper ----------------------------------------------------------------------------------


def test_what_was_not_told_within_a_minute_is_sent_again_once(stack: Stack, ended: str) -> None:
    stack.take_announcements()
    stack.clock.advance(seconds=59)
    assert (sweep(stack.services), stack.take_announcements()) == (0, [])
    stack.clock.advance(seconds=2)

    swept = [sweep(stack.services), sweep(stack.services)]

    assert swept == [1, 0]
    assert stack.take_announcements() == [Message(Step.ANNOUNCE, ended)]


def test_while_many_announcements_wait_no_more_are_sent_for_half_an_hour(
    stack: Stack, ended: str
) -> None:
    for _ in range(11):
        stack.services.announcements.send([Message(Step.ANNOUNCE, ended)], "a")
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
    stack: Stack, ended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.take_announcements()
    stack.clock.advance(seconds=MINUTES)
    monkeypatch.setattr(Queue, "waiting", _failing_for("Export", Unavailable("no queue")))

    with pytest.raises(Unavailable):
        sweep(stack.services)

    assert stack.take_announcements() == [Message(Step.ANNOUNCE, ended)]


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


# -- webhooks fail --------------------------------------------------------------------------------


def test_a_webhook_that_is_not_taken_is_sent_again_after_a_pause(
    stack: Stack, ended: str, hooks: Hooks
) -> None:
    hooks.answers = [500, NotReached("it did not answer within 10 s")]
    stack.announce()
    seen = notices(stack, ended)[0]
    assert (seen.state, seen.last_error) == ("retrying", "it answered 500 Internal Server Error")
    assert (stack.announce(), len(hooks.posts)) == ([], 1)

    stack.clock.advance(seconds=7)
    stack.wake()
    stack.announce()
    assert notices(stack, ended)[0].last_error == "it did not answer within 10 s"
    stack.clock.advance(seconds=40)
    stack.wake()
    stack.announce()

    (notice,) = notices(stack, ended)
    assert (notice.state, notice.attempts, len(hooks.posts)) == (State.SENT, 3, 3)
    assert len(hooks.ids) == 1
    assert _is_all_told(stack, ended)


def test_the_queue_holds_a_message_back_until_the_next_try(
    stack: Stack, ended: str, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
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
        due = notices(stack, ended)[0].next_at
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
    stack: Stack, ended: str, bus: Bus, hooks: Hooks
) -> None:
    hooks.answers = [503] * 100
    tries = []
    while notices(stack, ended)[0].is_unsent:
        stack.wake()
        sweep(stack.services)
        stack.announce()
        tries.append(len(hooks.posts))
        stack.clock.advance(seconds=300)

    shown = status(ended)["notifications"][0]
    assert len(hooks.posts) == len(PAUSES_MS) + 1
    assert (shown["status"], shown["attempts"]) == ("given-up", len(PAUSES_MS) + 1)
    assert shown["lastError"] == "it answered 503 Service Unavailable"
    assert len(hooks.ids) == 1
    assert bus.statuses == ["completed"]
    assert _is_all_told(stack, ended)


def test_a_receiver_that_wants_no_more_gets_no_more(stack: Stack, ended: str, hooks: Hooks) -> None:
    hooks.answers = [410]
    stack.announce()
    _pass_time(stack, 86_400)

    assert len(hooks.posts) == 1
    assert notices(stack, ended)[0].state is State.GIVEN_UP
    assert _is_all_told(stack, ended)


def test_the_pause_that_a_receiver_asks_for_is_heeded(
    stack: Stack, ended: str, hooks: Hooks
) -> None:
    hooks.answers = [Answer(429, retry_after=3600)]
    stack.announce()
    for _ in range(59):
        _pass_time(stack, 60)
    assert len(hooks.posts) == 1
    for _ in range(10):
        _pass_time(stack, 60)

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
    stack: Stack, ended: str, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, calls = NoticeStore.change, []

    def fail_the_second(*asked: Any) -> Any:
        calls.append(asked)
        if len(calls) == 2:
            raise Unavailable("no table")
        return change(*asked)

    monkeypatch.setattr(NoticeStore, "change", fail_the_second)
    assert stack.announce() == []
    _pass_time(stack, CLAIM_MS / 1000 + MINUTES)

    assert (len(hooks.posts), len(hooks.ids)) == (2, 1)
    assert notices(stack, ended)[0].state is State.SENT
    assert _is_all_told(stack, ended)


def test_two_announcers_at_the_same_time_send_one_webhook(
    stack: Stack, ended: str, bus: Bus, hooks: Hooks
) -> None:
    body = Message(Step.ANNOUNCE, ended).to_body()
    bus.meanwhile = lambda: app.announcer({"Records": [record_of(body)]}, None)

    stack.announce()

    assert len(hooks.posts) == 1
    assert (len(bus.told), len(bus.ids)) == (2, 1)
    assert _is_all_told(stack, ended)


# -- the job goes ---------------------------------------------------------------------------------


def test_of_a_job_that_was_deleted_before_the_bus_knew_nothing_is_told_of_its_user(
    stack: Stack, ended: str, bus: Bus, hooks: Hooks
) -> None:
    assert cancel(ended).status == 204

    assert stack.run_queue() == []

    (told,) = bus.told
    assert (told["deleted"], told["userId"], told["status"]) == (True, None, "completed")
    assert hooks.posts == []
    assert not stack.item(ended).keys() & {"endedUntold", *wake.ANNOUNCEMENT}


def test_the_notices_of_a_deleted_job_are_forgotten(stack: Stack, ended: str) -> None:
    cancel(ended)
    stack.run_queue()

    assert stack.item(places.notices(ended)).keys() == {"jobId", "ttl"}
    assert URL not in json.dumps(stack.item(places.notices(ended)))


def test_a_job_that_is_deleted_while_its_webhook_is_sent_has_no_notices_after(
    stack: Stack, ended: str, hooks: Hooks
) -> None:
    post = hooks.post

    class Deleting:
        def post(self, *asked: Any) -> Answer:
            cancel(ended)
            stack.run_steps()
            return post(*asked)

    hooks.answers = [500]
    stack.services = replace(stack.services, outbound=Deleting())

    stack.announce()
    _pass_time(stack, 3600)

    assert len(hooks.posts) == 1
    assert stack.item(places.notices(ended)).keys() == {"jobId", "ttl"}


def test_a_message_of_no_job_is_dropped(stack: Stack, bus: Bus) -> None:
    lost = Message(Step.ANNOUNCE, "8f0bb5b4-9c2c-4f3e-8d3b-2d9d6a1f0c11").to_body()
    other = Message(Step.PLAN, "8f0bb5b4-9c2c-4f3e-8d3b-2d9d6a1f0c11").to_body()

    for body in (lost, other, "garbage"):
        answer = app.announcer({"Records": [record_of(body)]}, None)
        assert answer == {"batchItemFailures": []}

    assert bus.told == []


def test_a_job_of_the_version_before_is_told_too(stack: Stack, bus: Bus) -> None:
    job_id = export(file_ids=[10001])
    assert not stack.item(job_id).keys() & {"notices", "endedUntold", *wake.ANNOUNCEMENT}

    stack.run_queue()

    assert bus.statuses == ["failed"]


# -- asked twice ----------------------------------------------------------------------------------


def test_a_request_that_comes_again_makes_no_second_notice(
    stack: Stack, bus: Bus, hooks: Hooks
) -> None:
    first, second = (post_export(BOTH, key="k").body["jobId"] for _ in "12")
    stack.run_queue()
    third = post_export(BOTH, key="k").body["jobId"]
    stack.run_queue()

    assert first == second == third
    assert len(hooks.posts) == 1
    assert notices(stack, first)[0].state is State.SENT


def test_a_job_that_is_asked_for_again_after_a_crash_has_its_notices(
    stack: Stack, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = type(stack.services.jobs).create

    def crash(*_: Any, **__: Any) -> bool:
        raise Unavailable("no table")

    monkeypatch.setattr(type(stack.services.jobs), "create", crash)
    assert post_export(BOTH, key="k").status == 503
    monkeypatch.setattr(type(stack.services.jobs), "create", create)

    assert post_export(BOTH, key="k").status == 202
    stack.run_queue()

    assert len(hooks.posts) == 1


def test_a_retry_tells_the_same_receivers(stack: Stack, hooks: Hooks) -> None:
    job_id = export(**BOTH)
    cancel(job_id)
    stack.run_queue()

    again = accepting.retry(stack.services, stack.job(job_id))
    stack.run_queue()

    told = [(body["data"]["jobId"], body["data"]["retryOf"]) for _, _, body in hooks.posts]
    assert told == [(job_id, None), (again.job_id, job_id)]
    assert len(hooks.ids) == 2
