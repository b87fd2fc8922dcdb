"""Where the bench runs: a deployed stack, and one more queue, which no function of it listens to.

So a process of the bench can take the messages, run the worker and measure it, with the stack's
real table and buckets.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from botocore.config import Config

from infra import stack, targets
from infra.outputs import Outputs
from infra.paths import CHALICE_CONFIG, STATE
from infra.targets import LOCAL_KEY, Target, TargetName

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

CONNECTIONS: Final = 32
"""How many connections to S3 the bench itself may have."""

_HIDDEN_SECONDS: Final = 5400
"""Visibility timeout, the same as that of the stack's own queue (infra/resources.yaml)."""

_PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
"""The variables that a contender's process gets from the environment of the bench."""


@dataclass(frozen=True)
class Place:
    """A stack on an emulator, named by its outputs, and the bench's own queue."""

    name: TargetName
    outputs: Outputs
    queue_url: str = ""

    @cached_property
    def s3(self) -> "S3Client":
        # An emulator may need long for a large copy, and a second request does not help it.
        config = Config(
            max_pool_connections=CONNECTIONS,
            read_timeout=600,
            # Else botocore would send a CRC-32 with each file.
            request_checksum_calculation="when_required",
        )
        return self._target.session().client("s3", config=config)

    @cached_property
    def sqs(self) -> "SQSClient":
        return self._target.session().client("sqs")

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a contender's process: the same as that of a Lambda function."""
        outputs = self.outputs
        variables: dict[str, str] = json.loads(CHALICE_CONFIG.read_text())["environment_variables"]
        return {
            **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            **variables,
            # As infra/resources.yaml has it for the worker.
            "MALLOC_ARENA_MAX": "2",
            "JOBS_TABLE": outputs.jobs_table,
            "QUEUE_URL": self.queue_url,
            "ANNOUNCEMENT_QUEUE_URL": outputs.announcement_queue_url,
            "SOURCE_BUCKET": outputs.source_bucket,
            "ARCHIVE_BUCKET": outputs.archive_bucket,
            "API_URL_TEMPLATE": outputs.api_url,
            # Nobody is told of these jobs, whatever the stack was deployed with.
            "WEBHOOK_HOSTS": "",
            "WEBHOOK_URL": "",
            "AWS_ENDPOINT_URL": outputs.endpoint_url or "",
            "AWS_ACCESS_KEY_ID": LOCAL_KEY,
            "AWS_SECRET_ACCESS_KEY": LOCAL_KEY,
            "AWS_DEFAULT_REGION": outputs.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1,localhost",
        }

    @property
    def _target(self) -> Target:
        return Target(self.name, "local", self.outputs.region, self.outputs.endpoint_url)


@contextmanager
def opened(name: TargetName, outputs: Outputs) -> Iterator[Place]:
    """Yields a place on this stack, whose queue is deleted when the `with` block ends."""
    sqs = Place(name, outputs).sqs
    url = sqs.create_queue(
        QueueName=f"longhaul-bench-{uuid4()}",
        Attributes={"VisibilityTimeout": str(_HIDDEN_SECONDS)},
    )["QueueUrl"]
    try:
        yield Place(name, outputs, url)
    finally:
        sqs.delete_queue(QueueUrl=url)


@contextmanager
def stack_of_its_own(name: TargetName) -> Iterator[Place]:
    """Deploys a stack for the bench alone, and yields a place on it.

    So no other stack is disturbed. It is deleted when the `with` block ends.
    """
    target, state, stack_name = targets.named(name), STATE / "bench" / name, "longhaul-bench"
    try:
        with opened(name, stack.up(target, state, stack_name)) as place:
            yield place
    finally:
        stack.down(target, state, stack_name)
