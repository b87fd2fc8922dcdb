"""Messages that no request sends: invalid ones, unknown jobs, repeats, dead letters."""

import json
from uuid import uuid4

import pytest

from chalicelib.archive.plan import Entry
from chalicelib.queue.messages import Message, Step
from tests.archives import check_archive
from tests.e2e import handmade
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources

GARBAGE = (
    "garbage",
    "[]",
    "{}",
    "null",
    json.dumps({"v": 99, "step": "plan", "job": str(uuid4())}),
    json.dumps({"v": 1, "step": "dance", "job": str(uuid4())}),
    json.dumps({"v": 1, "step": "plan", "job": "../../etc/passwd"}),
    json.dumps({"v": 1, "step": "assemble", "job": str(uuid4())}),
    "x" * 100_000,
)

CHANGES_MAX = 3
"""The setting's default."""


def test_invalid_messages_do_not_stop_other_jobs(
    api: Api, sources: Sources, backstage: Backstage
) -> None:
    file = sources.put(b"through")
    for body in GARBAGE:
        backstage.send(body)

    job_id = api.export(file_ids=[file.file_id])
    api.completed(job_id)

    check_archive(api.archive(job_id), [file], job_id=job_id)


def test_invalid_messages_are_dropped_at_once(backstage: Backstage) -> None:
    for body in GARBAGE:
        backstage.send(body)

    backstage.wait_until_idle()


@pytest.mark.parametrize("step", [Step.PLAN, Step.FINALIZE])
def test_a_step_of_an_unknown_job_is_dropped(backstage: Backstage, step: Step) -> None:
    job_id = str(uuid4())

    backstage.send(Message(step, job_id).to_body())

    backstage.wait_until_idle()
    assert not backstage.record(job_id)


@pytest.mark.parametrize("step", [Step.PLAN, Step.FINALIZE])
def test_a_message_that_comes_again_changes_nothing(
    api: Api, sources: Sources, backstage: Backstage, step: Step
) -> None:
    job_id = api.export(file_ids=[sources.put(b"done").file_id])
    before = api.completed(job_id)

    backstage.send(Message(step, job_id).to_body())

    backstage.wait_until_idle()
    assert api.job(job_id) == before


def test_repeated_messages_for_one_step_build_one_archive(
    api: Api, sources: Sources, backstage: Backstage
) -> None:
    file = sources.put(b"once")

    job_id = api.export(file_ids=[file.file_id])
    for _ in range(3):
        backstage.send(Message(Step.PLAN, job_id).to_body())
    api.completed(job_id)

    backstage.wait_until_idle()
    check_archive(api.archive(job_id), [file], job_id=job_id)
    assert not backstage.uploads(job_id)


def test_a_job_whose_request_is_lost_fails_with_a_reason(api: Api, backstage: Backstage) -> None:
    job_id = handmade.waiting(backstage)

    backstage.send(Message(Step.PLAN, job_id).to_body())
    job = api.ended(job_id)

    assert job["status"] == "failed"
    assert "not stored any more" in job["error"]["detail"]


@pytest.mark.parametrize("content", [None, b"others"], ids=["deleted", "overwritten"])
def test_a_changed_source_file_fails_the_job_and_is_named(
    api: Api, sources: Sources, backstage: Backstage, content: bytes | None
) -> None:
    key = sources.put(content).key if content else f"downloads/{sources.new_id()}"
    job_id = handmade.planned(backstage, Entry("a", key, '"the former"', 6, None, 0))
    backstage.set_number(job_id, "changes", CHANGES_MAX)  # it was planned again before

    backstage.send(Message(Step.PLAN, job_id).to_body())
    job = api.ended(job_id)

    assert job["status"] == "failed"
    assert job["error"]["type"] == "urn:problem-type:longhaul:source-changed"
    assert key in job["error"]["detail"]
    assert backstage.uploads(job_id), "a retry could use it"


def test_a_dead_letter_fails_its_job_with_a_reason(api: Api, backstage: Backstage) -> None:
    job_id = handmade.waiting(backstage)

    backstage.send(Message(Step.PLAN, job_id).to_body(), backstage.outputs.dead_letter_queue_url)
    job = api.ended(job_id)

    assert job["status"] == "failed"
    assert job["error"]["type"] == "urn:problem-type:longhaul:given-up"
    assert "plan" in job["error"]["detail"]


def test_a_dead_letter_does_not_change_an_ended_job(
    api: Api, sources: Sources, backstage: Backstage
) -> None:
    job_id = api.export(file_ids=[sources.put(b"done").file_id])
    before = api.completed(job_id)

    backstage.send(Message(Step.PLAN, job_id).to_body(), backstage.outputs.dead_letter_queue_url)

    backstage.wait_until_idle()
    assert api.job(job_id) == before
