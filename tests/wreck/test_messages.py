"""Messages that come several times, or that Longhaul has not sent."""

import json
from collections.abc import Collection
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.archives import check_archive
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources
from tests.waiting import wait_for
from tests.wreck import failures
from tests.wreck.deployment import Rigged
from tests.wreck.jobs import Jobs

pytestmark = pytest.mark.usefixtures("orphans")

_STRANGER = "7f0bb5b4-9c2c-4f3e-8d3b-2d9d6a1f0c11"


def message(**changed: object) -> str:
    """Returns a message for an unknown job, with these changes."""
    return json.dumps({"v": 1, "step": "plan", "job": _STRANGER, **changed})


GARBAGE = {
    "garbage": "it is not JSON",
    "{": "it is not JSON",
    "[" * 1000: "it is not JSON",
    "[]": "it is no JSON object",
    "null": "it is no JSON object",
    '"plan"': "it is no JSON object",
    "{}": "version None is not 1",
    message(v=0): "version 0 is not 1",
    message(v=2): "version 2 is not 1",
    message(v="1"): "version '1' is not 1",
    message(v=True): "version True is not 1",
    message(v=float("nan")): "version nan is not 1",
    message(step="dance"): "step 'dance' is unknown",
    message(step=None): "step None is unknown",
    message(step=["plan"]): "step ['plan'] is unknown",
    message(job=7): "it names no job",
    message(job=None): "it names no job",
    message(job="../../etc/passwd"): "it names no job",
    message(job=f"{_STRANGER}\0"): "it names no job",
    message(job=_STRANGER.upper()): "it names no job",
    message(segment=1): "segment 1 does not go with step plan",
    message(step="assemble"): "segment None does not go with step assemble",
    message(step="assemble", segment=-1): "segment -1 does not go with step assemble",
    message(step="assemble", segment=1e99): "segment 1e+99 does not go with step assemble",
    message(step="assemble", segment="1"): "segment '1' does not go with step assemble",
    message(step="read", segment=1): "reading None does not go with step read",
    "x" * 256 * 1024: "262144 characters are too many",
    message(padding="x" * 256 * 1024): "262230 characters are too many",
    message(): "there is no such job",
    message(step="finalize"): "there is no such job",
    message(step="assemble", segment=0): "there is no such job",
}
"""Invalid messages, and the reasons in the logs."""


LOGGED_SECONDS = 30
"""A line reaches the logs some time after its function has ended."""


def logged(
    backstage: Backstage, function: str, message_ids: Collection[str]
) -> dict[str, dict[str, Any]]:
    """Returns the function's log lines with a reason, by message id.

    Returns nothing until there is a line for each of these messages.
    """
    lines = {line["id"]: line for line in backstage.logged(function, '"reason"') if "id" in line}
    return lines if lines.keys() >= set(message_ids) else {}


def test_invalid_messages_are_dropped_with_a_reason_and_stop_no_job(
    api: Api, sources: Sources, backstage: Backstage
) -> None:
    file = sources.put(b"through")

    reasons = {backstage.send(body): reason for body, reason in GARBAGE.items()}
    job_id = api.export(file_ids=[file.file_id], fresh=True)
    api.completed(job_id)

    check_archive(api.archive(job_id), [file], job_id=job_id)
    backstage.wait_until_idle()
    lines = wait_for(lambda: logged(backstage, "Worker", reasons), LOGGED_SECONDS, "their lines")
    assert {message_id: lines[message_id]["reason"] for message_id in reasons} == reasons


def test_an_invalid_dead_letter_is_logged_with_a_reason(backstage: Backstage) -> None:
    message_id = backstage.send("garbage", backstage.outputs.dead_letter_queue_url)

    lines = wait_for(
        lambda: logged(backstage, "DeadLetters", [message_id]), LOGGED_SECONDS, "its line"
    )
    line = lines[message_id]
    assert (line["message"], line["reason"]) == ("dead letter dropped", "it is not JSON")


def test_sqs_refuses_a_message_with_a_null_character(backstage: Backstage) -> None:
    with pytest.raises(ClientError, match="InvalidMessageContents"):
        backstage.send("nul\0")


def test_jobs_complete_if_each_message_comes_three_times(rigged: Rigged, jobs: Jobs) -> None:
    several = [jobs.planned(), jobs.read(), jobs.assembled(), jobs.discarded()]

    with rigged.proxies["sqs"].failing(failures.repeated):
        for job in several:
            job.begin()
        for job in several:
            job.seconds(within=60)

    for job in several:
        jobs.check(job)
