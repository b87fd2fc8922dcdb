"""Those who are told of jobs, as tests need them: a bus and a host of webhooks, which may fail."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
from botocore.exceptions import ClientError

from chalicelib import aws
from chalicelib.jobs import places, wake
from chalicelib.jobs.notices import Notice
from chalicelib.outbound import Answer
from chalicelib.pipeline.sweeper import sweep
from chalicelib.receivers import Place
from chalicelib.secret_keys import SecretKeys
from tests.integration.cloud import ACCOUNT, REGION
from tests.integration.stack import Stack

HOST = "hooks.example.com"
URL = f"https://{HOST}/in"
OWN_URL = f"https://{HOST}/own"
BUS = "longhaul"
BOTH = {"file_ids": [10001], "notify": {"url": URL}}
"""An export whose end is told to the bus and to a webhook."""

MINUTES = wake.ANNOUNCE_AFTER_MS / 1000 + 1
"""Seconds, until the sweeper looks at what was not told."""

GONE = ClientError(
    {"Error": {"Code": "ResourceNotFoundException", "Message": "no bus"}}, "PutEvents"
)


@dataclass(slots=True)
class Bus:
    """An event bus. `told` are the details of the events that it has taken, in their order.

    While `error` is set, it raises that. `refused` is the code by which it refuses each last entry.
    `meanwhile` is called once, before it takes anything.
    """

    told: list[dict[str, Any]] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    error: BaseException | None = None
    refused: str = ""
    meanwhile: Callable[[], object] | None = None

    def put_events(self, **asked: Any) -> dict[str, Any]:
        if action := self.meanwhile:
            self.meanwhile = None
            action()
        if self.error:
            raise self.error
        entries = asked["Entries"]
        taken = entries[:-1] if self.refused else entries
        self.told += [json.loads(entry["Detail"]) for entry in taken]
        self.types += [entry["DetailType"] for entry in taken]
        answers: list[dict[str, str]] = [{"EventId": "1"} for _ in taken]
        if self.refused:
            answers.append({"ErrorCode": self.refused, "ErrorMessage": "…"})
        return {"FailedEntryCount": len(entries) - len(taken), "Entries": answers}

    @property
    def statuses(self) -> list[str]:
        return [one["status"] for one in self.told]

    @property
    def ids(self) -> set[str]:
        return {one["id"] for one in self.told}


@dataclass(slots=True)
class Hooks:
    """The host of webhooks. `posts` are (path, webhook-id, content) of what it was sent. It gives
    the `answers` in their order, then 204; an exception among them is raised."""

    posts: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    answers: list[int | BaseException | Answer] = field(default_factory=list)

    def post(self, place: Place, headers: Mapping[str, str], body: bytes, /) -> Answer:
        self.posts.append((place.target, headers["webhook-id"], json.loads(body)))
        answer = self.answers.pop(0) if self.answers else 204
        if isinstance(answer, BaseException):
            raise answer
        return Answer(answer) if isinstance(answer, int) else answer

    @property
    def ids(self) -> set[str]:
        return {webhook_id for _, webhook_id, _ in self.posts}

    @property
    def paths(self) -> list[str]:
        return [path for path, _, _ in self.posts]


class _Secrets:
    def get_secret_value(self, **_: str) -> dict[str, Any]:
        return {"SecretString": json.dumps({"1": "k" * 64})}


def listen(stack: Stack) -> tuple[Bus, Hooks]:
    """The stack tells these. Returns them."""
    bus, hooks = Bus(), Hooks()
    stack.configure(event_bus=BUS, webhook_hosts=(HOST,), webhook_secret="arn")
    stack.services = replace(
        stack.services,
        events=lambda: bus,
        outbound=hooks,
        webhook_keys=SecretKeys("arn", _Secrets, of="webhooks"),
    )
    return bus, hooks


def moto_bus(stack: Stack) -> Callable[[], list[dict[str, Any]]]:
    """The stack tells a bus that moto has. Returns the function that takes what the bus has handed
    on since the last call."""
    events: Any = boto3.client("events", region_name=REGION)
    queue = aws.sqs().create_queue(QueueName="told")["QueueUrl"]
    events.create_event_bus(Name=BUS)
    pattern = json.dumps({"source": ["longhaul"]})
    events.put_rule(Name="all", EventBusName=BUS, EventPattern=pattern)
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:told"
    events.put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": "1", "Arn": arn}])
    stack.configure(event_bus=BUS)

    def told() -> list[dict[str, Any]]:
        taken = []
        while messages := aws.sqs().receive_message(QueueUrl=queue).get("Messages"):
            for one in messages:
                aws.sqs().delete_message(QueueUrl=queue, ReceiptHandle=one["ReceiptHandle"])
                taken.append(json.loads(one["Body"]))
        return taken

    return told


def notices(stack: Stack, job_id: str) -> tuple[Notice, ...]:
    known = stack.services.notices.get(job_id)
    assert known is not None
    return known.notices


def is_all_told(stack: Stack, job_id: str) -> bool:
    """Whether nothing is left to tell of the job, nor in the index."""
    items = [stack.item(job_id), stack.item(places.notices(job_id))]
    left = {"endedUntold", "startedUntold", "acceptedUntold", *wake.ANNOUNCEMENT}
    return not any(item.keys() & left for item in items)


def pass_time(stack: Stack, seconds: float) -> None:
    """Time passes, for the messages too; then the sweeper runs, and what it has sent is done."""
    stack.clock.advance(seconds=seconds)
    stack.wake()
    sweep(stack.services)
    stack.announce()
