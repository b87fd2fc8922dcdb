"""The places Longhaul can be deployed to, and how to talk to each."""

import os
import shlex
from dataclasses import dataclass, replace
from typing import Literal, Self, cast
from urllib.parse import urlsplit

import boto3
from localstack_client.session import Session as LocalSession

from infra import credentials
from infra.errors import InfraError

TargetName = Literal["ministack", "localstack", "aws"]
TARGET_NAMES: tuple[TargetName, ...] = ("ministack", "localstack", "aws")

LOCAL_REGION = "us-east-1"
LOCAL_KEY = "test"
"""Access key and secret of the emulators' root user."""


@dataclass(frozen=True)
class Target:
    """One place to deploy to. `endpoint_url` is None on AWS, and before an emulator is started."""

    name: TargetName
    stage: str
    region: str
    endpoint_url: str | None = None

    @property
    def is_local(self) -> bool:
        return self.name != "aws"

    @property
    def option(self) -> str:
        """What a command of make needs to work on this target. With a space before it, or empty."""
        return "" if self.name == "ministack" else f" TARGET={self.name}"

    @property
    def usual_stack(self) -> str:
        """The stack's name for a user who chooses none."""
        return f"longhaul-{self.stage}"

    def options(self, stack_name: str) -> str:
        """What a command of make needs to be about this stack. With a space before it, or empty."""
        named = "" if stack_name == self.usual_stack else f" STACK_NAME={shlex.quote(stack_name)}"
        return f"{self.option}{named}"

    @property
    def api_url_template(self) -> str:
        """The base URL of a local API, which is named in the path.

        With a host name of its own below localhost, it would need DNS that many machines lack.
        """
        return f"{self.endpoint_url}/_aws/execute-api/{{apiId}}/{{stage}}"

    def at(self, endpoint_url: str) -> Self:
        """Returns the same target, reached at `endpoint_url`."""
        return replace(self, endpoint_url=endpoint_url)

    def session(self) -> boto3.Session:
        """Returns a session whose clients talk to this target and, if it is local, to nothing else.

        Raises InfraError if the target is an emulator that is not running.
        """
        if not self.is_local:
            return boto3.Session(region_name=self.region)
        if self.endpoint_url is None:
            raise InfraError(f"{self.name} is not running. Start it with: make up{self.option}")
        ignore_user_settings()
        session = LocalSession(
            aws_access_key_id=LOCAL_KEY,
            aws_secret_access_key=LOCAL_KEY,
            region_name=self.region,
            localstack_host=urlsplit(self.endpoint_url).netloc,
        )
        return cast("boto3.Session", session)


def named(name: TargetName) -> Target:
    """Returns the target of that name. AWS is in the region that the user's own settings choose.

    Raises AccountError if they choose none, or one that there is not.
    """
    if name != "aws":
        return Target(name=name, stage="local", region=LOCAL_REGION)
    return Target(name="aws", stage="prod", region=credentials.region(os.environ))


def ignore_user_settings() -> None:
    """Removes the profile, endpoint and files of other AWS work from this process's environment.

    Each of them could send a local client elsewhere, or make it fail.
    """
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL", "USE_SSL"):
        os.environ.pop(name, None)
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    # A proxy could not reach this machine's own loopback address.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
