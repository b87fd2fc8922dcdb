"""Creates, updates and deletes the stack, by the same calls on MiniStack, LocalStack and AWS."""

import contextlib
import itertools
import time
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from infra.announcements import MASK
from infra.console import Note
from infra.errors import DeployError, NotDeployedError
from infra.targets import Target

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.literals import ChangeSetTypeType
    from mypy_boto3_cloudformation.type_defs import (
        ParameterTypeDef,
        StackEventTypeDef,
        StackTypeDef,
    )

# Seconds between two looks at how far CloudFormation is. An emulator is done at once.
_LOCAL_POLL_SECONDS = 0.1
_AWS_POLL_SECONDS = 2.0

# A change set without changes fails. Its reason has one of these.
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")

# A stack with one of these was never complete. It can only be deleted.
_STILLBORN = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "REVIEW_IN_PROGRESS")

# A failure whose reason has one of these only follows from another failure.
_FOLLOWED = ("cancelled", "The following resource(s) failed")

_WELL_ENDED = ("CREATE_COMPLETE", "UPDATE_COMPLETE")

# Until the first event of an update comes, the stack has the status of the update before.
_LOOKS_UNTIL_BEGUN = 10
_STACK = "AWS::CloudFormation::Stack"


class Stack:
    """One CloudFormation stack of a target. It need not exist."""

    def __init__(self, target: Target, name: str) -> None:
        self.name = name
        self._target = target
        self._cloudformation: CloudFormationClient = target.session().client("cloudformation")
        self._poll_seconds = _LOCAL_POLL_SECONDS if target.is_local else _AWS_POLL_SECONDS

    def outputs(self) -> dict[str, str]:
        """Returns the stack's outputs by name. Raises NotDeployedError if no stack is complete."""
        stack = self._describe()
        if stack is None or stack["StackStatus"] in _STILLBORN:
            raise NotDeployedError(
                f"There is no stack {self.name} yet. Deploy it with: "
                f"make up{self._target.options(self.name)}"
            )
        return {out["OutputKey"]: out["OutputValue"] for out in stack.get("Outputs", [])}

    def parameters(self) -> dict[str, str]:
        """Returns the values that the stack's parameters have. Empty if there is no stack."""
        stack = self._describe()
        if stack is None or stack["StackStatus"] in _STILLBORN:
            return {}
        return {it["ParameterKey"]: it["ParameterValue"] for it in stack.get("Parameters", [])}

    def template(self) -> dict[str, Any]:
        """Returns the template that the stack was deployed with. Empty if there is no stack."""
        stack = self._describe()
        if stack is None or stack["StackStatus"] in _STILLBORN:
            return {}
        found: Any = self._cloudformation.get_template(StackName=self.name)["TemplateBody"]
        return dict(found)

    @property
    def is_protected(self) -> bool:
        """Whether CloudFormation refuses to delete the stack."""
        stack = self._describe()
        return stack is not None and stack.get("EnableTerminationProtection", False)

    def protect(self, *, on: bool) -> None:
        """Lets CloudFormation refuse to delete the stack, or no longer."""
        if on != self.is_protected:
            self._cloudformation.update_termination_protection(
                StackName=self.name, EnableTerminationProtection=on
            )

    def has(self, resource: str) -> bool:
        """Whether the stack made the resource of that name in the template."""
        found = self._cloudformation.describe_stack_resources(StackName=self.name)
        return any(it["LogicalResourceId"] == resource for it in found["StackResources"])

    def deploy(self, template_url: str, parameters: Mapping[str, str], note: Note) -> bool:
        """Makes the stack what the template says. Returns False if there was nothing to change.

        Raises DeployError with the reason of the first resource that failed.
        """
        kind = self._prepare(note)
        change_set = self._change_set(kind, template_url, parameters)
        if change_set is None:
            return False
        described = self._cloudformation.describe_change_set(ChangeSetName=change_set)
        seen = {event["EventId"] for event in self._latest_events(described["StackId"], set())}
        self._cloudformation.execute_change_set(ChangeSetName=change_set)
        # LocalStack also carries out a change set that changes nothing.
        return self._follow(described["StackId"], seen, note) > 0

    def delete(self, note: Note) -> None:
        """Deletes the stack and waits until it is gone."""
        stack = self._describe()
        if stack is None:
            return
        note("deleting the old stack")
        self._cloudformation.delete_stack(StackName=stack["StackId"])
        while (status := self._status_of(stack["StackId"])) not in (None, "DELETE_COMPLETE"):
            if status == "DELETE_FAILED":
                reason = self._first_failure(stack["StackId"], set())
                raise DeployError(f"The stack {self.name} could not be deleted. {reason}")
            time.sleep(self._poll_seconds)

    def _prepare(self, note: Note) -> "ChangeSetTypeType":
        stack = self._describe()
        status = stack["StackStatus"] if stack else None
        if status in _STILLBORN:
            # It has never taken a job. But its table is protected, and would make this fail.
            self._unprotect_tables()
            self.delete(note)
            return "CREATE"
        if status is not None and status.endswith("_IN_PROGRESS"):
            raise DeployError(f"The stack {self.name} is busy ({status}). Try again later.")
        return "CREATE" if status is None else "UPDATE"

    def _unprotect_tables(self) -> None:
        dynamodb = self._target.session().client("dynamodb")
        found = self._cloudformation.describe_stack_resources(StackName=self.name)
        for resource in found["StackResources"]:
            name = resource.get("PhysicalResourceId")
            if resource["ResourceType"] != "AWS::DynamoDB::Table" or not name:
                continue
            with contextlib.suppress(dynamodb.exceptions.ResourceNotFoundException):
                dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)

    def _change_set(
        self, kind: "ChangeSetTypeType", template_url: str, parameters: Mapping[str, str]
    ) -> str | None:
        """Returns the ARN of a change set to execute. None if there is nothing to change."""
        made = self._cloudformation.create_change_set(
            StackName=self.name,
            ChangeSetName=f"longhaul-{time.time_ns()}",
            ChangeSetType=kind,
            TemplateURL=template_url,
            Parameters=[_parameter(name, value) for name, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        change_set = made["Id"]
        while True:
            found = self._cloudformation.describe_change_set(ChangeSetName=change_set)
            if found["Status"] == "CREATE_COMPLETE":
                return change_set
            if found["Status"] == "FAILED":
                reason = found.get("StatusReason", "no reason given")
                self._cloudformation.delete_change_set(ChangeSetName=change_set)
                if any(phrase in reason for phrase in _NO_CHANGES):
                    return None
                raise DeployError(f"CloudFormation refused the template. {reason}")
            time.sleep(self._poll_seconds)

    def _follow(self, stack_id: str, seen: set[str], note: Note) -> int:
        """Notes each resource that is done, until the stack is. Returns how many there were.

        Raises DeployError if the stack does not end well.
        """
        done: set[str] = set()
        before = frozenset(seen)
        for look in itertools.count():
            for event in self._latest_events(stack_id, seen):
                seen.add(event["EventId"])
                name, status = event["LogicalResourceId"], event.get("ResourceStatus", "")
                if status.endswith("_FAILED"):
                    note(f"{name} failed, rolling back")
                elif status.endswith("_COMPLETE") and event.get("ResourceType") != _STACK:
                    done.add(name)
                    note(f"{len(done)} resources, {name}")
            status = self._status_of(stack_id) or "DELETE_COMPLETE"
            has_begun = len(seen) > len(before) or look >= _LOOKS_UNTIL_BEGUN
            if has_begun and not status.endswith("_IN_PROGRESS"):
                if status not in _WELL_ENDED:
                    raise DeployError(self._first_failure(stack_id, before))
                note(f"{len(done)} resources")
                break
            time.sleep(self._poll_seconds)
        return len(done)

    def _latest_events(self, stack_id: str, seen: Collection[str]) -> list["StackEventTypeDef"]:
        """Returns the events that are not in `seen`, the oldest first."""
        fresh: list[StackEventTypeDef] = []
        pages = self._cloudformation.get_paginator("describe_stack_events")
        for page in pages.paginate(StackName=stack_id):
            unseen = [event for event in page["StackEvents"] if event["EventId"] not in seen]
            fresh += unseen
            if not seen or len(unseen) < len(page["StackEvents"]):
                break
        return fresh[::-1]

    def _first_failure(self, stack_id: str, before: Collection[str]) -> str:
        for event in self._latest_events(stack_id, before):
            reason = event.get("ResourceStatusReason", "")
            failed = event.get("ResourceStatus", "").endswith("_FAILED")
            if failed and not any(phrase in reason for phrase in _FOLLOWED):
                return f"{event['LogicalResourceId']} ({event['ResourceType']}) failed: {reason}"
        return f"The stack ended as {self._status_of(stack_id)} without a reason."

    def _describe(self) -> "StackTypeDef | None":
        try:
            return self._cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise

    def _status_of(self, stack_id: str) -> str | None:
        try:
            return self._cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0][
                "StackStatus"
            ]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise


def _parameter(name: str, value: str) -> "ParameterTypeDef":
    if value == MASK:
        # What CloudFormation does not show, it can still keep.
        return {"ParameterKey": name, "UsePreviousValue": True}
    return {"ParameterKey": name, "ParameterValue": value}
