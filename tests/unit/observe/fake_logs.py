"""A target that has one stack with two functions, in memory. It answers as MiniStack does, or as
AWS: that gives each event an id, and tells when there are more."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from botocore.exceptions import ClientError, EndpointConnectionError

from infra.targets import Target

GROUPS = {"APIHandler": "/aws/lambda/real-a", "Worker": "/aws/lambda/real-w"}
_PLATFORM = "START RequestId: 5f2dd97f Version: $LATEST"


@dataclass
class FakeLogs:
    """The log groups, by name. `page` is how many events an answer has at most."""

    is_aws: bool = False
    page: int = 10_000
    groups: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    down: bool = False
    throttles: int = 0

    def write(self, group: str, at: int, *texts: str) -> None:
        """Writes what one invocation has written, as Lambda does."""
        events = self.groups.setdefault(group, [])
        stream = f"stream-{len(events)}"
        for text in (_PLATFORM, *texts):
            event = {"logStreamName": stream, "timestamp": at, "message": text + "\n"}
            if self.is_aws:
                event["eventId"] = f"id-{group}-{len(events)}"
            events.append(event)
        events.sort(key=lambda one: int(one["timestamp"]))

    def filter_log_events(self, **asked: Any) -> dict[str, Any]:
        """FilterLogEvents."""
        if self.down:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
        if self.throttles:
            self.throttles -= 1
            raise error("ThrottlingException")
        if asked["logGroupName"] not in self.groups:
            raise error("ResourceNotFoundException")
        self.asked.append(asked["startTime"])
        events = [
            event
            for event in self.groups[asked["logGroupName"]]
            if event["timestamp"] >= asked["startTime"]
        ]
        first = int(asked.get("nextToken", "0"))
        limit = min(self.page, asked["limit"])
        answer: dict[str, Any] = {"events": events[first : first + limit]}
        if self.is_aws and first + limit < len(events):
            answer["nextToken"] = str(first + limit)
        return answer

    def describe_stack_resources(self, **_: Any) -> dict[str, Any]:
        """DescribeStackResources."""
        if self.down:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
        named = [("APIHandler", "real-a"), ("Worker", "real-w")]
        return {
            "StackResources": [
                {
                    "LogicalResourceId": function,
                    "PhysicalResourceId": real_name,
                    "ResourceType": "AWS::Lambda::Function",
                }
                for function, real_name in named
            ]
        }

    @property
    def target(self) -> Target:
        """The target, whose clients are all this."""
        session = SimpleNamespace(client=lambda *_, **__: self)
        return cast(
            "Target",
            SimpleNamespace(session=lambda: session, is_local=not self.is_aws, name="fake"),
        )


def error(code: str) -> ClientError:
    """Returns the error of that code."""
    return ClientError({"Error": {"Code": code, "Message": code}}, "FilterLogEvents")


def accepted(jobs: Iterable[int]) -> list[str]:
    """Returns a line `job accepted` for each of the jobs."""
    return [
        json.dumps({"message": "job accepted", "job": f"{job:032x}", "at": 1_000}) for job in jobs
    ]
