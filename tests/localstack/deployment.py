"""Deploys the small stack that host mode is tested with, and calls it."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import boto3
from botocore.config import Config

_HERE = Path(__file__).parent
_STACK = "host-mode"
_CODE_BUCKET = "host-mode-code"
_CODE_KEY = "functions.zip"
_DEPLOY_SECONDS = 120


class Eventually(Protocol):
    """Returns the first true value of `look`. Fails if there is none `within` seconds."""

    def __call__(self, look: Callable[[], Any], *, within: float) -> Any: ...


Family = Callable[[Path], list[str]]
"""Returns the commands that run for the LocalStack of a directory."""


@dataclass(frozen=True)
class Invoked:
    """What the caller of a function got."""

    payload: Any
    error: str | None
    logs: str


@dataclass(frozen=True)
class Stack:
    """A LocalStack with the stack deployed, and ways to reach it."""

    endpoint: str
    outputs: dict[str, str]

    def client(self, service: str) -> Any:
        return client(self.endpoint, service)

    def invoke(self, function: str, **event: object) -> Invoked:
        answer = self.client("lambda").invoke(
            FunctionName=self.outputs[function], Payload=json.dumps(event)
        )
        return Invoked(
            json.loads(answer["Payload"].read()), answer.get("FunctionError"), self.log(function)
        )

    def log(self, function: str) -> str:
        """Returns all that the function's log group has so far."""
        logs = self.client("logs")
        try:
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=f"/aws/lambda/{self.outputs[function]}"
            )
            return "".join(event["message"] for page in pages for event in page["events"])
        except logs.exceptions.ResourceNotFoundException:
            return ""

    def item(self, key: str) -> dict[str, Any] | None:
        """Returns the item of the table with this id."""
        table = self.outputs["Table"]
        got = self.client("dynamodb").get_item(
            TableName=table, Key={"id": {"S": key}}, ConsistentRead=True
        )
        found: dict[str, Any] | None = got.get("Item")
        return found


def deploy(endpoint: str, action: str, *, setting: str) -> dict[str, str]:
    s3, cloudformation = client(endpoint, "s3"), client(endpoint, "cloudformation")
    s3.create_bucket(Bucket=_CODE_BUCKET)
    s3.put_object(Bucket=_CODE_BUCKET, Key=_CODE_KEY, Body=package())
    parameters = {"CodeBucket": _CODE_BUCKET, "CodeKey": _CODE_KEY, "Setting": setting}
    getattr(cloudformation, f"{action}_stack")(
        StackName=_STACK,
        TemplateBody=(_HERE / "stack.yaml").read_text(),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    cloudformation.get_waiter(f"stack_{action}_complete").wait(
        StackName=_STACK, WaiterConfig={"Delay": 1, "MaxAttempts": _DEPLOY_SECONDS}
    )
    outputs = cloudformation.describe_stacks(StackName=_STACK)["Stacks"][0]["Outputs"]
    return {it["OutputKey"]: it["OutputValue"] for it in outputs}


def package() -> bytes:
    """Returns the functions as a deployment package."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in (_HERE / "functions").glob("*.py"):
            archive.write(file, file.name)
    return packed.getvalue()


def client(endpoint: str, service: str) -> Any:
    return boto3.client(  # type: ignore[call-overload]  # of any service
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        # A function may take long. And a test must see a call that fails, so none is repeated.
        config=Config(
            signature_version="s3v4" if service == "s3" else None,
            read_timeout=120,
            retries={"max_attempts": 0},
        ),
    )
