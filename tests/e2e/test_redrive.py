"""Redrive: the operator retries jobs that were given up, after the cause is fixed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.queue.messages import Message, Step
from infra.outputs import Outputs
from infra.redrive import Redriven, redrive
from tests.archives import check_archive
from tests.e2e import handmade
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources, noise
from tests.waiting import wait_for

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

SWITCHED_SECONDS = 90
"""AWS takes a while to stop an event source."""


def redriven(backstage: Backstage, outputs: Outputs) -> Redriven:
    return redrive(backstage.session, outputs, timedelta(hours=1), lambda _: None)


@contextmanager
def dead_letters_unhandled(backstage: Backstage) -> Iterator[None]:
    """During the body, dead letters stay in their queue."""
    client: LambdaClient = backstage.session.client("lambda")
    function = backstage.functions()["DeadLetters"]
    [source] = client.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]

    def switch(*, on: bool) -> None:
        client.update_event_source_mapping(UUID=source["UUID"], Enabled=on)
        state = "Enabled" if on else "Disabled"
        wait_for(
            lambda: client.get_event_source_mapping(UUID=source["UUID"])["State"] == state,
            SWITCHED_SECONDS,
            f"the dead letters' event source to be {state}",
        )

    switch(on=False)
    try:
        yield
    finally:
        switch(on=True)


def given_up(api: Api, backstage: Backstage, file_id: int) -> str:
    """Makes a job for a file, and lets its first step be given up. Returns its id."""
    job_id = handmade.queued(backstage, file_id)
    backstage.send(Message(Step.PLAN, job_id).to_body(), backstage.outputs.dead_letter_queue_url)
    assert api.ended(job_id)["status"] == "failed"
    return job_id


def test_a_job_that_was_given_up_is_retried(
    api: Api, sources: Sources, backstage: Backstage, outputs: Outputs
) -> None:
    file = sources.put(noise(2000))
    job_id = given_up(api, backstage, file.file_id)

    retried = dict(redriven(backstage, outputs).retried)[job_id]

    assert api.completed(retried)["retryOf"] == job_id
    check_archive(api.archive(retried), [file], job_id=retried)


def test_a_second_redrive_does_not_retry_the_job_again(
    api: Api, sources: Sources, backstage: Backstage, outputs: Outputs
) -> None:
    job_id = given_up(api, backstage, sources.put(noise(2000)).file_id)
    redriven(backstage, outputs)

    again = redriven(backstage, outputs)

    assert job_id not in dict(again.retried)


def test_a_job_whose_request_is_lost_is_reported_as_refused(
    api: Api, backstage: Backstage, outputs: Outputs
) -> None:
    job_id = handmade.waiting(backstage)
    backstage.send(Message(Step.PLAN, job_id).to_body(), outputs.dead_letter_queue_url)
    api.ended(job_id)

    refused = dict(redriven(backstage, outputs).refused)

    assert "not kept any more" in refused[job_id]


def test_an_unhandled_dead_letter_is_redriven_and_its_job_completes(
    api: Api, sources: Sources, backstage: Backstage, outputs: Outputs
) -> None:
    file = sources.put(noise(2000))
    job_id = handmade.queued(backstage, file.file_id)

    with dead_letters_unhandled(backstage):
        backstage.send(Message(Step.PLAN, job_id).to_body(), outputs.dead_letter_queue_url)
        moved = redriven(backstage, outputs).letters

    assert moved == 1
    api.completed(job_id)
    check_archive(api.archive(job_id), [file], job_id=job_id)
