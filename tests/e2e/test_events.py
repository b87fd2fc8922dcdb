"""What happens to a job is told on the stack's event bus."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator

from infra.paths import REPOSITORY
from tests.e2e import handmade
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.contract import JSON
from tests.e2e.sources import Sources
from tests.waiting import wait_for

WITHIN = 60
"""Seconds. A cold announcer on a busy machine takes some of them."""

SCHEMA = json.loads((REPOSITORY / "docs" / "events" / "job-v1.json").read_text())


@dataclass
class Listener:
    """A queue that a rule on the bus sends all of our events to."""

    backstage: Backstage
    url: str
    _events: list[JSON] = field(default_factory=list)

    def of_job(self, job_id: str) -> list[JSON]:
        """Returns the events of the job that have come until now."""
        while found := self.backstage.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10
        ).get("Messages"):
            for message in found:
                self._events.append(json.loads(message["Body"]))
                self.backstage.sqs.delete_message(
                    QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"]
                )
        return [event for event in self._events if event["detail"]["jobId"] == job_id]

    def told(self, job_id: str) -> JSON:
        """Waits for an event of the job, and returns it. Fails if there are different ones, or if
        it is not as docs/events.md says."""
        events = wait_for(lambda: self.of_job(job_id), WITHIN, f"an event of {job_id}")
        assert len({event["detail"]["id"] for event in events}) == 1
        assert {event["source"] for event in events} == {"longhaul"}
        assert {event["detail-type"] for event in events} == {"Longhaul Job Ended"}
        Draft202012Validator(SCHEMA).validate(events[0]["detail"])
        return events[0]


@pytest.fixture(scope="module")
def listener(backstage: Backstage) -> Iterator[Listener]:
    name, bus = f"e2e-{uuid4()}", backstage.outputs.event_bus
    url = backstage.sqs.create_queue(QueueName=name)["QueueUrl"]
    queue = backstage.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = queue["Attributes"]["QueueArn"]
    events = backstage.session.client("events")
    pattern = json.dumps({"source": ["longhaul"]})
    rule = events.put_rule(Name=name, EventBusName=bus, EventPattern=pattern)["RuleArn"]
    may_send = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [may_send]})
    backstage.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
    try:
        yield Listener(backstage, url)
    finally:
        events.remove_targets(Rule=name, EventBusName=bus, Ids=["queue"])
        events.delete_rule(Name=name, EventBusName=bus)
        backstage.sqs.delete_queue(QueueUrl=url)


def test_a_completed_job_is_told(api: Api, sources: Sources, listener: Listener) -> None:
    file = sources.put(b"1" * 1000)
    job_id = api.export(file_ids=[file.file_id, sources.new_id()], user_id="ada")
    job = api.completed(job_id)

    event = listener.told(job_id)

    assert event["detail"] | {"id": "", "reused": False} == {
        "version": "1",
        "id": "",
        "jobId": job_id,
        "userId": "ada",
        "status": "completed",
        "time": job["updatedAt"],
        "createdAt": job["createdAt"],
        "retryOf": None,
        "deleted": False,
        "reason": None,
        "files": 1,
        "filesSkipped": 1,
        "bytes": job["result"]["fileSize"],
        "reused": False,
        "expiresAt": job["expiresAt"],
    }


def test_a_failed_job_is_told(
    api: Api, sources: Sources, backstage: Backstage, listener: Listener
) -> None:
    job_id = api.export(file_ids=[sources.new_id()])
    job = api.ended(job_id)

    detail = listener.told(job_id)["detail"]

    assert job["status"] == "failed"
    assert (detail["status"], detail["files"], detail["bytes"]) == ("failed", 0, 0)
    assert job["error"]["type"].endswith(f":{detail['reason']}")
    assert detail["expiresAt"] is None


def test_a_cancelled_job_is_told(api: Api, backstage: Backstage, listener: Listener) -> None:
    job_id = handmade.waiting(backstage)

    assert api.cancel(job_id).status_code == 202

    detail = listener.told(job_id)["detail"]
    assert (detail["status"], detail["reason"]) == ("cancelled", None)


def test_what_is_told_has_no_name_and_no_link(
    api: Api, sources: Sources, listener: Listener
) -> None:
    file = sources.put(b"secret")
    job_id = api.export(file_ids=[file.file_id], filename="merger-plans.zip")
    api.completed(job_id)

    told = json.dumps(listener.told(job_id))

    for word in ("merger", file.name, "http"):
        assert word not in told
