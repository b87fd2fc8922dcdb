"""The sweeper: no job stays open for ever."""

import json
from itertools import pairwise

import pytest

import app
from chalicelib.jobs.wake import DISCARD_AFTER_MS
from chalicelib.pipeline.sweeper import SWEEPS_MAX, sweep
from chalicelib.queue.messages import Message, Step
from tests.archives import check_archive, noise
from tests.integration.gateway import cancel, export, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import Wired, listening

SCHEDULED = {
    "detail-type": "",
    "version": "0",
    "account": "123456789012",
    "region": "eu-central-1",
    "detail": {},
    "source": "aws.events",
    "time": "2026-05-28T20:26:40Z",
    "id": "1",
    "resources": [],
}
"""The event that EventBridge sends each minute."""


def _lost_job(stack: Stack) -> str:
    """Returns the id of a job whose message was lost."""
    stack.put_file("downloads/10001", b"one")
    job_id = export(file_ids=[10001])
    stack.take_messages()
    return job_id


def _lengthen_queue(stack: Stack, messages: int) -> None:
    for number in range(messages):
        stack.send_body(f"another's {number}")


def _ended(stack: Stack, end: str) -> str:
    """Returns the id of a job that has ended in this status."""
    job_id = export(file_ids=[10001], on_missing="fail" if end == "failed" else "skip")
    if end == "cancelled":
        cancel(job_id)
    stack.run_queue()
    return job_id


def test_a_job_that_moves_is_left_alone(stack: Stack) -> None:
    _lost_job(stack)
    stack.clock.advance(seconds=59)

    woken = sweep(stack.services)

    assert woken == 0
    assert stack.take_messages() == []


def test_a_job_whose_message_was_lost_gets_one(stack: Stack) -> None:
    job_id = _lost_job(stack)
    stack.clock.advance(seconds=91)

    woken = sweep(stack.services)

    assert woken == 1
    assert stack.take_messages() == [Message(Step.PLAN, job_id)]


def test_the_message_that_the_sweeper_sends_completes_the_job(stack: Stack) -> None:
    job_id = _lost_job(stack)
    stack.clock.advance(seconds=91)

    app.sweeper(SCHEDULED, None)

    stack.run_queue()
    check_archive(stack.archive(job_id), {"10001": b"one"})


def test_a_second_sweeper_at_the_same_time_sends_nothing(stack: Stack) -> None:
    _lost_job(stack)
    stack.clock.advance(seconds=91)

    woken = [sweep(stack.services), sweep(stack.services)]

    assert woken == [1, 0]
    assert len(stack.take_messages()) == 1


def test_of_two_sweepers_that_saw_the_same_job_one_takes_it(stack: Stack) -> None:
    job_id = _lost_job(stack)
    stack.clock.advance(seconds=91)
    seen = stack.job(job_id)
    now = stack.clock()

    claimed = [stack.services.due_jobs.take(seen, now, now + 60_000) for _ in "12"]

    assert claimed == [True, False]


def test_a_stalled_job_gets_messages_for_its_missing_segments(
    stack: Stack, small_segments: None
) -> None:
    files = {name: noise(ord(name), 9 * UNIT) for name in "abcd"}
    stack.put_files(files)
    job_id = export(prefix="in/")
    _, second, _, _ = messages = stack.planned()
    stack.run(second)
    stack.clock.advance(seconds=91)

    sweep(stack.services)

    sent = stack.take_messages()
    assert sent == [message for message in messages if message != second]
    assert all(stack.run(message) for message in sent)
    check_archive(stack.archive(job_id), files)


def test_a_job_with_every_segment_done_gets_finalize(stack: Stack, small_segments: None) -> None:
    stack.put_files({name: noise(ord(name), 9 * UNIT) for name in "ab"})
    job_id = export(prefix="in/")
    messages = stack.planned()
    plan = stack.plan(job_id)
    for message in messages:
        stack.services.segments.add(stack.job(job_id), plan, message.which)
    stack.clock.advance(seconds=91)

    sweep(stack.services)

    assert stack.take_messages() == [Message(Step.FINALIZE, job_id, plan=plan.digest)]


def test_a_job_is_woken_after_longer_and_longer_waits_until_it_is_given_up(stack: Stack) -> None:
    job_id = _lost_job(stack)
    waited = []
    while status(job_id)["status"] == "queued":
        wake_at = stack.job(job_id).wake_at
        assert wake_at is not None
        waited.append(wake_at - stack.clock())
        stack.clock.now = wake_at + 1
        sweep(stack.services)

    body = status(job_id)
    assert len(waited) == SWEEPS_MAX + 1
    assert all(shorter <= longer for shorter, longer in pairwise(waited[1:]))
    assert 3 < sum(waited) / 3_600_000 < 5
    assert body["status"] == "failed"
    assert body["error"]["type"] == "urn:problem-type:longhaul:given-up"


@pytest.mark.parametrize(
    ("messages", "seconds", "woken"), [(10, 91, 1), (11, 91, 0), (11, 1891, 1)]
)
def test_while_the_queue_is_long_a_job_is_not_woken_for_half_an_hour(
    stack: Stack, messages: int, seconds: int, woken: int
) -> None:
    _lost_job(stack)
    _lengthen_queue(stack, messages)
    stack.clock.advance(seconds=seconds)

    assert sweep(stack.services) == woken


def test_a_job_is_not_given_up_however_long_the_queue_is(stack: Stack) -> None:
    job_id = _lost_job(stack)
    _lengthen_queue(stack, 11)

    for _ in range(3 * SWEEPS_MAX):
        stack.clock.advance(seconds=3 * 3600)
        assert sweep(stack.services) == 1

    assert status(job_id)["status"] == "queued"
    assert stack.job(job_id).sweeps == 0


def test_a_job_that_moves_again_has_all_its_tries_again(stack: Stack) -> None:
    job_id = _lost_job(stack)
    stack.clock.advance(seconds=91)
    sweep(stack.services)

    stack.services.jobs.start(job_id, stack.clock())

    assert stack.job(job_id).sweeps == 0


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_a_job_that_has_ended_is_discarded_when_no_worker_can_be_at_work(
    stack: Stack, end: str
) -> None:
    job_id = _ended(stack, end)
    stack.clock.advance(seconds=DISCARD_AFTER_MS // 1000 - 1)

    early = sweep(stack.services)
    stack.clock.advance(seconds=2)
    late = sweep(stack.services)

    assert (early, late) == (0, 1)
    assert stack.take_messages() == [Message(Step.DISCARD, job_id)]


@pytest.mark.parametrize(
    ("end", "days"), [("completed", 7.01), ("failed", 0.05), ("cancelled", 0.05)]
)
def test_a_job_that_was_discarded_is_never_changed_again(
    stack: Stack, end: str, days: float
) -> None:
    job_id = _ended(stack, end)
    before = stack.item(job_id)
    stack.clock.advance(days=days)
    sweep(stack.services)
    stack.run_queue()
    after = stack.item(job_id)
    stack.clock.advance(days=1)

    woken = sweep(stack.services)

    assert woken == 0
    assert stack.item(job_id) == after
    kept = before.keys() - {"wakeAt", "wakeShard", "sweeps"}
    assert {name: after.get(name) for name in kept} == {name: before[name] for name in kept}
    assert not {"wakeAt", "wakeShard"} & after.keys()


def test_a_discard_that_was_lost_is_sent_again(stack: Stack) -> None:
    job_id = _ended(stack, "cancelled")
    stack.clock.advance(seconds=DISCARD_AFTER_MS // 1000 + 1)
    sweep(stack.services)
    stack.take_messages()
    stack.clock.advance(seconds=DISCARD_AFTER_MS // 1000 + 120)

    sweep(stack.services)

    assert stack.take_messages() == [Message(Step.DISCARD, job_id)]


def test_after_a_discard_that_came_too_early_there_is_another_one(stack: Stack) -> None:
    job_id = _ended(stack, "cancelled")

    stack.run(Message(Step.DISCARD, job_id))

    assert stack.item(job_id).keys() >= {"wakeAt", "wakeShard"}


def test_jobs_of_every_shard_are_found(stack: Stack) -> None:
    made = {_lost_job(stack) for _ in range(20)}
    stack.clock.advance(seconds=91)

    sweep(stack.services)

    assert {message.job_id for message in stack.take_messages()} == made


def test_a_job_that_cannot_be_woken_does_not_hold_up_the_others(stack: Stack) -> None:
    made = [_lost_job(stack) for _ in range(4)]
    stack.clock.advance(seconds=91)
    denied = json.dumps({"__type": "AccessDeniedException"})
    first: list[str] = []

    def deny_the_first(name: str, parameters: dict[str, object]) -> Wired | None:
        key = json.dumps(parameters.get("Key"))
        if name == "UpdateItem" and first in ([], [key]):
            first[:] = [key]
            return 400, {}, denied
        return None

    with listening(deny_the_first):
        sweep(stack.services)

    assert len(stack.take_messages()) == len(made) - 1
