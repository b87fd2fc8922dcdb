"""A deployment follows what CloudFormation answers. Here, a script has the answers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra import deploy
from infra.announcements import MASK
from infra.deploy import Stack
from infra.errors import DeployError, NotDeployedError
from infra.targets import Target

STACK_ID = "arn:stack"
NO_CHANGES = "The submitted information didn't contain changes."


def _event(number: int, name: str, status: str, reason: str = "") -> dict[str, str]:
    kind = "AWS::CloudFormation::Stack" if name == "longhaul" else "AWS::SQS::Queue"
    return {
        "EventId": str(number),
        "LogicalResourceId": name,
        "ResourceType": kind,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


@dataclass
class CloudFormation:
    """Answers like the real one. `after` are the statuses and events after `execute`."""

    status: str | None = None
    refusal: str | None = None
    after: list[tuple[str, list[dict[str, str]]]] = field(default_factory=list)
    events: list[dict[str, str]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    resources: dict[str, str] = field(default_factory=dict)
    protected: bool = False
    asked: list[dict[str, Any]] = field(default_factory=list)

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        if self.status is None:
            error = {"Code": "ValidationError", "Message": "Stack longhaul does not exist"}
            raise ClientError({"Error": error}, "DescribeStacks")  # type: ignore[typeddict-item]  # what boto3 reads of it
        stack = {
            "StackName": "longhaul",
            "StackId": STACK_ID,
            "StackStatus": self.status,
            "EnableTerminationProtection": self.protected,
            "Parameters": [
                {"ParameterKey": name, "ParameterValue": value}
                for name, value in self.parameters.items()
            ],
        }
        return {"Stacks": [stack]}

    def describe_stack_resources(self, **_: str) -> dict[str, Any]:
        found = [
            {"ResourceType": kind, "PhysicalResourceId": name}
            for name, kind in self.resources.items()
        ]
        return {"StackResources": found}

    def update_termination_protection(self, **request: Any) -> None:
        self.protected = request["EnableTerminationProtection"]
        self.calls.append(f"protect {self.protected}")

    def create_change_set(self, **request: Any) -> dict[str, str]:
        self.calls.append(request["ChangeSetType"])
        self.asked = request["Parameters"]
        return {"Id": "arn:change-set"}

    def describe_change_set(self, **_: str) -> dict[str, str]:
        if self.refusal is not None:
            return {"Status": "FAILED", "StatusReason": self.refusal, "StackId": STACK_ID}
        return {"Status": "CREATE_COMPLETE", "StackId": STACK_ID}

    def execute_change_set(self, **_: str) -> None:
        self.calls.append("execute")

    def delete_change_set(self, **_: str) -> None:
        self.calls.append("discard")

    def delete_stack(self, **_: str) -> None:
        self.calls.append("delete")
        self.status = None

    def get_paginator(self, _: str) -> "CloudFormation":
        return self

    def paginate(self, **_: str) -> Iterator[dict[str, Any]]:
        if "execute" in self.calls and self.after:
            self.status, happened = self.after.pop(0)
            self.events += happened
        yield {"StackEvents": self.events[::-1]}


class DynamoDB:
    """Notes in `calls` which tables are no longer protected from deletion."""

    exceptions = SimpleNamespace(ResourceNotFoundException=ClientError)

    def __init__(self, calls: list[str]) -> None:
        self._calls = calls

    def update_table(self, **request: Any) -> None:
        assert request["DeletionProtectionEnabled"] is False
        if request["TableName"] == "gone":
            error = {"Code": "ResourceNotFoundException"}
            raise ClientError({"Error": error}, "UpdateTable")  # type: ignore[typeddict-item]  # what boto3 reads of it
        self._calls.append(f"unprotect {request['TableName']}")


@pytest.fixture
def cloudformation() -> CloudFormation:
    return CloudFormation()


@pytest.fixture
def stack(cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch) -> Stack:
    class Session:
        def client(self, service: str) -> CloudFormation | DynamoDB:
            return cloudformation if service == "cloudformation" else DynamoDB(cloudformation.calls)

    monkeypatch.setattr(Target, "session", lambda _: Session())
    monkeypatch.setattr(deploy, "_LOCAL_POLL_SECONDS", 0)
    return Stack(Target("ministack", "local", "us-east-1", "http://127.0.0.1:1"), "longhaul")


@pytest.fixture
def notes() -> list[str]:
    return []


def test_a_stack_that_is_not_there_is_created(
    stack: Stack, cloudformation: CloudFormation, notes: list[str]
) -> None:
    cloudformation.after = [
        ("CREATE_IN_PROGRESS", [_event(1, "Queue", "CREATE_IN_PROGRESS")]),
        ("CREATE_COMPLETE", [_event(2, "Queue", "CREATE_COMPLETE")]),
    ]

    changed = stack.deploy("url", {}, notes.append)

    assert changed
    assert cloudformation.calls == ["CREATE", "execute"]
    assert notes == ["1 resources, Queue", "1 resources"]


def test_a_stack_that_is_there_is_updated(stack: Stack, cloudformation: CloudFormation) -> None:
    cloudformation.status = "CREATE_COMPLETE"
    cloudformation.after = [("UPDATE_COMPLETE", [_event(1, "Queue", "UPDATE_COMPLETE")])]

    stack.deploy("url", {}, print)

    assert cloudformation.calls == ["UPDATE", "execute"]


def test_a_value_that_is_not_shown_stays_as_it_is(
    stack: Stack, cloudformation: CloudFormation
) -> None:
    cloudformation.status = "CREATE_COMPLETE"
    cloudformation.after = [("UPDATE_COMPLETE", [_event(1, "Queue", "UPDATE_COMPLETE")])]

    stack.deploy("url", {"Events": "ended", "WebhookUrl": MASK}, print)

    assert cloudformation.asked == [
        {"ParameterKey": "Events", "ParameterValue": "ended"},
        {"ParameterKey": "WebhookUrl", "UsePreviousValue": True},
    ]


def test_an_update_that_has_not_begun_does_not_count_as_done(
    stack: Stack, cloudformation: CloudFormation
) -> None:
    cloudformation.status = "UPDATE_COMPLETE"
    cloudformation.after = [
        ("UPDATE_COMPLETE", []),
        ("UPDATE_COMPLETE", []),
        ("UPDATE_ROLLBACK_COMPLETE", [_event(1, "Queue", "UPDATE_FAILED", "too long")]),
    ]

    with pytest.raises(DeployError, match="too long"):
        stack.deploy("url", {}, print)


def test_a_deployment_without_changes_succeeds(
    stack: Stack, cloudformation: CloudFormation
) -> None:
    cloudformation.status = "CREATE_COMPLETE"
    cloudformation.refusal = NO_CHANGES

    changed = stack.deploy("url", {}, print)

    assert not changed
    assert cloudformation.calls == ["UPDATE", "discard"]


def test_a_refused_template_is_an_error_with_the_reason(
    stack: Stack, cloudformation: CloudFormation
) -> None:
    cloudformation.refusal = "Transform failed: no Handler"

    with pytest.raises(DeployError, match="no Handler"):
        stack.deploy("url", {}, print)


def test_of_many_failures_the_first_is_shown(stack: Stack, cloudformation: CloudFormation) -> None:
    failures = [
        _event(1, "Table", "CREATE_FAILED", "Resource creation cancelled"),
        _event(2, "Queue", "CREATE_FAILED", "VisibilityTimeout is too long"),
        _event(3, "Worker", "CREATE_FAILED", "no such queue"),
        _event(4, "longhaul", "CREATE_FAILED", "The following resource(s) failed: [Queue]"),
    ]
    cloudformation.after = [("ROLLBACK_COMPLETE", failures)]

    with pytest.raises(DeployError) as raised:
        stack.deploy("url", {}, print)

    assert str(raised.value) == "Queue (AWS::SQS::Queue) failed: VisibilityTimeout is too long"


def test_a_failure_of_an_earlier_deployment_is_not_shown_again(
    stack: Stack, cloudformation: CloudFormation
) -> None:
    cloudformation.status = "UPDATE_ROLLBACK_COMPLETE"
    cloudformation.events = [_event(1, "Table", "UPDATE_FAILED", "an old reason")]
    cloudformation.after = [
        ("UPDATE_ROLLBACK_COMPLETE", [_event(2, "Queue", "UPDATE_FAILED", "a new reason")])
    ]

    with pytest.raises(DeployError, match="a new reason"):
        stack.deploy("url", {}, print)


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS", "CREATE_FAILED"])
def test_a_stack_that_was_never_complete_is_deleted_and_created(
    stack: Stack, cloudformation: CloudFormation, status: str
) -> None:
    cloudformation.status = status
    cloudformation.after = [("CREATE_COMPLETE", [_event(1, "Queue", "CREATE_COMPLETE")])]

    stack.deploy("url", {}, print)

    assert cloudformation.calls == ["delete", "CREATE", "execute"]


def test_a_stack_that_is_being_changed_is_left_alone(
    stack: Stack, cloudformation: CloudFormation
) -> None:
    cloudformation.status = "UPDATE_IN_PROGRESS"

    with pytest.raises(DeployError, match="busy"):
        stack.deploy("url", {}, print)

    assert cloudformation.calls == []


def test_a_stack_that_is_not_there_has_no_outputs(stack: Stack) -> None:
    with pytest.raises(NotDeployedError, match="make up"):
        stack.outputs()


def test_the_table_of_a_stack_that_was_never_complete_does_not_keep_it(
    stack: Stack, cloudformation: CloudFormation
) -> None:
    cloudformation.status = "ROLLBACK_FAILED"
    table = "AWS::DynamoDB::Table"
    cloudformation.resources = {"jobs": table, "gone": table, "queue": "AWS::SQS::Queue"}
    cloudformation.after = [("CREATE_COMPLETE", [_event(1, "Queue", "CREATE_COMPLETE")])]

    stack.deploy("url", {}, print)

    assert cloudformation.calls == ["unprotect jobs", "delete", "CREATE", "execute"]


def test_a_stack_that_was_never_complete_has_no_parameters(
    stack: Stack, cloudformation: CloudFormation
) -> None:
    cloudformation.parameters = {"Auth": "jwt"}

    found = []
    for status in (None, "ROLLBACK_COMPLETE", "UPDATE_COMPLETE"):
        cloudformation.status = status
        found.append(stack.parameters())

    assert found == [{}, {}, {"Auth": "jwt"}]


def test_a_stack_is_protected_once_and_no_longer_if_that_is_asked_for(
    stack: Stack, cloudformation: CloudFormation
) -> None:
    cloudformation.status = "CREATE_COMPLETE"

    for on in (False, True, True, False):
        stack.protect(on=on)

    assert cloudformation.calls == ["protect True", "protect False"]
