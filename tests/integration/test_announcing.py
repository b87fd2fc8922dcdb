"""A job's end is told to all who want to know."""

import json
from dataclasses import replace
from typing import Any

import pytest

import app
from chalicelib.errors import Unavailable
from chalicelib.jobs import places, wake
from chalicelib.jobs.notices import State
from chalicelib.outbound import Answer
from chalicelib.pipeline import accepting
from chalicelib.queue.messages import Message, Step
from tests.integration.gateway import cancel, export, post_export, status
from tests.integration.listeners import (
    BOTH,
    OWN_URL,
    URL,
    Bus,
    Hooks,
    is_all_told,
    moto_bus,
    notices,
    pass_time,
)
from tests.integration.stack import Stack, record_of

# -- all is well -----------------------------------------------------------------------------------


def test_the_end_is_told_once_to_the_bus_and_to_the_webhook(
    stack: Stack, untold: str, bus: Bus, hooks: Hooks
) -> None:
    assert stack.announce() == []

    (told,) = bus.told
    ((path, _, body),) = hooks.posts
    assert (told["jobId"], told["status"], told["files"]) == (untold, "completed", 1)
    assert (path, body["type"], body["data"]) == ("/in", "export.completed", told)
    assert body["timestamp"] == told["time"]
    assert is_all_told(stack, untold)
    assert status(untold)["notifications"][0]["status"] == "sent"


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
    assert is_all_told(stack, job_id)


def test_events_that_were_late_are_told_together_in_their_order(stack: Stack, bus: Bus) -> None:
    stack.configure(events=("accepted", "started", "ended"))
    stack.put_file("downloads/10001", b"one")
    job_id = export(**BOTH)
    stack.run_steps()

    stack.announce()

    assert bus.statuses == ["queued", "processing", "completed"]
    assert is_all_told(stack, job_id)


def test_only_those_events_are_told_that_the_setting_names(stack: Stack, bus: Bus) -> None:
    stack.configure(events=("started",))
    job_id = export(**BOTH)

    stack.run_queue()

    assert bus.statuses == ["processing"]
    assert is_all_told(stack, job_id)


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
    assert is_all_told(stack, job_id)


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


# -- the job goes ----------------------------------------------------------------------------------


def test_of_a_job_that_was_deleted_before_the_bus_knew_nothing_is_told_of_its_user(
    stack: Stack, untold: str, bus: Bus, hooks: Hooks
) -> None:
    assert cancel(untold).status == 204

    assert stack.run_queue() == []

    (told,) = bus.told
    assert (told["deleted"], told["userId"], told["status"]) == (True, None, "completed")
    assert hooks.posts == []
    assert not stack.item(untold).keys() & {"endedUntold", *wake.ANNOUNCEMENT}


def test_the_notices_of_a_deleted_job_are_forgotten(stack: Stack, untold: str) -> None:
    cancel(untold)
    stack.run_queue()

    assert stack.item(places.notices(untold)).keys() == {"jobId", "ttl"}
    assert URL not in json.dumps(stack.item(places.notices(untold)))


def test_a_job_that_is_deleted_while_its_webhook_is_sent_has_no_notices_after(
    stack: Stack, untold: str, hooks: Hooks
) -> None:
    post = hooks.post

    class Deleting:
        def post(self, *asked: Any) -> Answer:
            cancel(untold)
            stack.run_steps()
            return post(*asked)

    hooks.answers = [500]
    stack.services = replace(stack.services, outbound=Deleting())

    stack.announce()
    pass_time(stack, 3600)

    assert len(hooks.posts) == 1
    assert stack.item(places.notices(untold)).keys() == {"jobId", "ttl"}


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


# -- asked twice -----------------------------------------------------------------------------------


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

    again = accepting.retry(stack.services, stack.job(job_id)).job
    stack.run_queue()

    told = [(body["data"]["jobId"], body["data"]["retryOf"]) for _, _, body in hooks.posts]
    assert told == [(job_id, None), (again.job_id, job_id)]
    assert len(hooks.ids) == 2
