"""The process that ends a job, or the one that announces it, dies between any two requests. The end
is still told: at least once, with one id, and never before it can be read."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.announcing.announcer import HIDDEN_SECONDS
from chalicelib.announcing.events import event_id
from chalicelib.announcing.outcomes import CLAIM_MS
from chalicelib.jobs import places, wake
from chalicelib.jobs.notices import State
from chalicelib.outbound import Answer
from chalicelib.pipeline.sweeper import sweep
from tests.integration.effects import (
    ALL_TOLD,
    ANNOUNCE_SENT,
    BUS_TOLD,
    JOB_COMPLETED,
    JOB_READ,
    JOB_STARTED,
    MESSAGE_HIDDEN,
    NOTICES_CHANGED,
    NOTICES_CHANGED_AGAIN,
    NOTICES_READ,
    NOTICES_STORED,
    PLAN_SENT,
    Crash,
    Effect,
    before_and_after,
    crashing,
    unnamed,
)
from tests.integration.gateway import cancel, post_export
from tests.integration.listeners import URL, Hooks, moto_bus, notices
from tests.integration.stack import Stack
from tests.integration.wire import Requests, listening

REQUEST = {"file_ids": [10001], "notify": {"url": URL}}

OF_THE_END = (JOB_COMPLETED, ANNOUNCE_SENT)

OF_THE_ANNOUNCER = (
    MESSAGE_HIDDEN,
    JOB_READ,
    BUS_TOLD,
    NOTICES_READ,
    NOTICES_CHANGED,
    ALL_TOLD,
    ALL_TOLD.then(NOTICES_READ),
    NOTICES_CHANGED_AGAIN,
)
"""Everything that the announcer does, but for the webhook itself."""

Told = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def told(stack: Stack, hooks: Hooks) -> Iterator[Told]:
    """What the bus is told. Fails if it is told of an end that cannot be read yet."""
    stack.services = replace(stack.services, events=aws.events)
    stack.put_file("downloads/10001", b"one")
    told = moto_bus(stack)

    def check(operation: str, asked: dict[str, Any]) -> None:
        if operation == "PutEvents":
            for entry in asked["Entries"]:
                _check_readable(stack, entry)

    with listening(check):
        yield told


def _check_readable(stack: Stack, entry: dict[str, Any]) -> None:
    detail = json.loads(entry["Detail"])
    if entry["DetailType"] == "Longhaul Job Ended":
        assert stack.job(detail["jobId"]).status == detail["status"]


def _accepted(key: str = "k") -> str:
    answer = post_export(REQUEST, key=key)
    assert answer.status == 202
    return str(answer.body["jobId"])


def _recover(stack: Stack) -> None:
    """Messages come again, claims end, and the sweeper runs."""
    stack.wake()
    stack.run_queue()
    for _ in range(3):
        stack.clock.advance(seconds=(CLAIM_MS + wake.ANNOUNCE_AFTER_MS) / 1000 + 1)
        stack.wake()
        sweep(stack.services)
        stack.run_queue()


def _check_told(stack: Stack, job_id: str, told: Told, hooks: Hooks) -> None:
    """Fails unless the end was told to both, and nothing is left to tell."""
    events = [one["detail"] for one in told()]
    ends = [one for one in events if one["status"] == "completed"]
    assert ends
    assert {one["id"] for one in ends} == {event_id(job_id, "ended")}
    (notice,) = notices(stack, job_id)
    assert notice.state is State.SENT
    assert hooks.ids == {notice.id}
    assert all(body["data"]["status"] == "completed" for _, _, body in hooks.posts)
    for item in (stack.item(job_id), stack.item(places.notices(job_id))):
        assert not item.keys() & {"endedUntold", *wake.ANNOUNCEMENT}


@before_and_after
@pytest.mark.parametrize("effect", OF_THE_END, ids=str)
def test_an_end_is_told_though_its_worker_dies(
    stack: Stack,
    told: Told,
    hooks: Hooks,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    job_id = _accepted()
    with crashing(effect, after=after):
        stack.run_steps()

    _recover(stack)

    _check_told(stack, job_id, told, hooks)


@before_and_after
@pytest.mark.parametrize("effect", OF_THE_ANNOUNCER, ids=str)
def test_an_end_is_told_though_its_announcer_dies(
    stack: Stack,
    told: Told,
    hooks: Hooks,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    job_id = _accepted()
    stack.run_steps()
    with crashing(effect, after=after):
        stack.announce()

    _recover(stack)

    _check_told(stack, job_id, told, hooks)


@before_and_after
@pytest.mark.parametrize("effect", OF_THE_ANNOUNCER, ids=str)
def test_an_end_is_told_though_the_message_of_a_dead_announcer_is_lost(
    stack: Stack,
    told: Told,
    hooks: Hooks,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    job_id = _accepted()
    stack.run_steps()
    with crashing(effect, after=after):
        stack.announce()
    stack.wake()
    stack.take_announcements()

    _recover(stack)

    _check_told(stack, job_id, told, hooks)


def test_an_end_is_told_though_its_announcer_dies_while_it_sends(
    stack: Stack, told: Told, hooks: Hooks
) -> None:
    job_id = _accepted()
    stack.run_steps()
    hooks.answers = [Crash(), Crash()]
    for _ in hooks.answers.copy():
        with pytest.raises(Crash):
            stack.announce()
        stack.clock.advance(seconds=CLAIM_MS / 1000 + 1)
        stack.wake()

    _recover(stack)

    _check_told(stack, job_id, told, hooks)
    assert len(hooks.posts) == 3


def test_a_message_comes_back_when_its_dead_announcers_claim_has_ended(
    stack: Stack, told: Told, hooks: Hooks
) -> None:
    job_id = _accepted()
    stack.run_steps()
    hooks.answers = [Crash()]
    with pytest.raises(Crash):
        stack.announce()

    stack.clock.advance(seconds=HIDDEN_SECONDS)
    stack.wake()
    stack.announce()

    _check_told(stack, job_id, told, hooks)


@before_and_after
@pytest.mark.parametrize(
    "effect", [ALL_TOLD, NOTICES_CHANGED, NOTICES_CHANGED_AGAIN, ANNOUNCE_SENT], ids=str
)
def test_an_end_is_told_though_its_announcer_dies_after_a_try_in_vain(
    stack: Stack,
    told: Told,
    hooks: Hooks,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    job_id = _accepted()
    stack.run_steps()
    hooks.answers = [Answer(500)]
    with crashing(effect, after=after):
        stack.announce()

    _recover(stack)

    _check_told(stack, job_id, told, hooks)


@before_and_after
@pytest.mark.parametrize("effect", [NOTICES_STORED, PLAN_SENT, ANNOUNCE_SENT], ids=str)
def test_a_request_that_comes_again_after_a_crash_is_told(
    stack: Stack,
    told: Told,
    hooks: Hooks,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    stack.configure(events=("accepted", "ended"))
    with crashing(effect, after=after):
        _accepted()

    job_id = _accepted()
    _recover(stack)

    events = [one["detail"] for one in told()]
    assert {one["status"] for one in events} == {"queued", "completed"}
    assert {one["id"] for one in events} == {event_id(job_id, e) for e in ("accepted", "ended")}
    assert hooks.ids == {notices(stack, job_id)[0].id}


@before_and_after
@pytest.mark.parametrize("effect", [JOB_STARTED, ANNOUNCE_SENT], ids=str)
def test_a_beginning_is_told_though_its_worker_dies(
    stack: Stack,
    told: Told,
    hooks: Hooks,
    effect: Effect,
    after: bool,  # noqa: FBT001 - a parameter
) -> None:
    stack.configure(events=("started",))
    job_id = _accepted()
    with crashing(effect, after=after):
        stack.run_steps()

    _recover(stack)

    assert {one["detail"]["id"] for one in told()} == {event_id(job_id, "started")}


def test_a_cancel_is_told_though_the_api_dies(stack: Stack, told: Told, hooks: Hooks) -> None:
    job_id = _accepted()
    with crashing(ANNOUNCE_SENT):
        cancel(job_id)

    _recover(stack)

    assert {one["detail"]["status"] for one in told()} == {"cancelled"}
    assert {body["type"] for _, _, body in hooks.posts} == {"export.cancelled"}


def test_every_request_of_the_announcer_has_one_of_these_effects(
    stack: Stack, told: Told, hooks: Hooks, requests: Requests
) -> None:
    _accepted()
    stack.run_steps()
    requests.clear()

    stack.announce()

    assert len(hooks.posts) == 1
    assert unnamed(requests, OF_THE_ANNOUNCER) == []
