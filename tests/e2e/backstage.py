"""What is behind the API: the stack's records, queues, objects, logs and settings."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from chalicelib.jobs.attributes import of
from chalicelib.jobs.by_user import UserJobs
from chalicelib.jobs.table import Table
from infra.outputs import Outputs
from infra.targets import Target
from tests.waiting import wait_for

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

    Item = dict[str, AttributeValueTypeDef]

CONNECTIONS = 32


@dataclass(frozen=True)
class Backstage:
    """The AWS clients of a deployed stack, and what tests do with them."""

    outputs: Outputs

    @cached_property
    def session(self) -> boto3.Session:
        """A boto3 session for the stack's account or emulator."""
        if self.outputs.endpoint_url is None:
            return boto3.Session(region_name=self.outputs.region)
        # Any target name works here: only the endpoint matters.
        return Target(
            "ministack", "local", self.outputs.region, self.outputs.endpoint_url
        ).session()

    @cached_property
    def s3(self) -> "S3Client":
        config = Config(signature_version="s3v4", max_pool_connections=CONNECTIONS)
        return self.session.client("s3", config=config)

    @cached_property
    def s3_without_checksums(self) -> "S3Client":
        """Puts objects without a checksum, as old tools do: S3 then has no CRC-32 of them."""
        config = Config(request_checksum_calculation="when_required")
        return self.session.client("s3", config=config)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        return self.session.client("dynamodb")

    @cached_property
    def sqs(self) -> "SQSClient":
        return self.session.client("sqs")

    def functions(self) -> dict[str, str]:
        """Returns the names of the functions, by their names in the template."""
        found = self.session.client("cloudformation").describe_stack_resources(
            StackName=self.outputs.stack_name
        )
        return {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for resource in found["StackResources"]
            if resource["ResourceType"] == "AWS::Lambda::Function"
        }

    def output(self, name: str) -> str:
        """Returns an output of the stack, by its name in the template."""
        described = self.session.client("cloudformation").describe_stacks(
            StackName=self.outputs.stack_name
        )
        found = {it["OutputKey"]: it["OutputValue"] for it in described["Stacks"][0]["Outputs"]}
        return found[name]

    def logged(self, function: str, text: str) -> list[dict[str, Any]]:
        """Returns a function's log lines that contain the text. `function` is its template name."""
        client = self.session.client("logs")
        pages = client.get_paginator("filter_log_events")
        group = f"/aws/lambda/{self.functions()[function]}"
        try:
            events = [
                event for page in pages.paginate(logGroupName=group) for event in page["events"]
            ]
        except client.exceptions.ResourceNotFoundException:
            return []  # The function has never run.
        lines = (line for event in events for line in event["message"].splitlines())
        return [json.loads(line) for line in lines if line.startswith("{") and text in line]

    @contextmanager
    def api_setting(self, name: str, value: str) -> Iterator[None]:
        """Sets a setting of the API's function during the body."""
        client, function = self.session.client("lambda"), self.outputs.api_function
        facts = client.get_function_configuration(FunctionName=function)
        before = facts["Environment"]["Variables"]

        def configure(variables: dict[str, str]) -> None:
            client.update_function_configuration(
                FunctionName=function, Environment={"Variables": variables}
            )
            client.get_waiter("function_updated_v2").wait(FunctionName=function)

        configure({**before, name: value})
        try:
            yield
        finally:
            configure(before)

    # -- records --------------------------------------------------------------------------------

    def record(self, job_id: str) -> "Item":
        """Returns the job's item; empty if there is none."""
        answer = self.dynamodb.get_item(
            TableName=self.outputs.jobs_table, Key={"jobId": {"S": job_id}}, ConsistentRead=True
        )
        return dict(answer.get("Item", {}))

    def put_record(self, item: "Item") -> None:
        self.dynamodb.put_item(TableName=self.outputs.jobs_table, Item=item)

    def set_number(self, job_id: str, attribute: str, value: int) -> None:
        """Changes one number in a job's item."""
        self.dynamodb.update_item(
            TableName=self.outputs.jobs_table,
            Key={"jobId": {"S": job_id}},
            UpdateExpression="SET #attribute = :value",
            ExpressionAttributeNames={"#attribute": attribute},
            ExpressionAttributeValues={":value": {"N": str(value)}},
        )

    def move(self, job_id: str, **facts: str | int) -> None:
        """Changes these attributes of a job, and its `updatedAt`, as a worker does."""
        item: Item = {name: of(value) for name, value in facts.items()}
        item["updatedAt"] = of(time.time_ns() // 1_000_000)
        self.dynamodb.update_item(
            TableName=self.outputs.jobs_table,
            Key={"jobId": {"S": job_id}},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in item),
            ExpressionAttributeNames={f"#{name}": name for name in item},
            ExpressionAttributeValues={f":{name}": value for name, value in item.items()},
        )

    def wait_until_counted(self, user_id: str, number: int, within: float) -> None:
        """Returns when the index counts this number of open jobs of the user."""
        jobs = UserJobs(Table(self.dynamodb, self.outputs.jobs_table))
        counted = partial(jobs.count_open, user_id, number + 1)
        wait_for(lambda: counted() == number, within, f"{number} open jobs of {user_id}")

    # -- queues ---------------------------------------------------------------------------------

    def send(self, body: str, queue_url: str | None = None) -> str:
        """Sends a message to the export queue, or to another one. Returns its id."""
        return self.sqs.send_message(
            QueueUrl=queue_url or self.outputs.queue_url, MessageBody=body, MessageGroupId="e2e"
        )["MessageId"]

    def messages_in(self, queue_url: str) -> int:
        """Returns how many messages of a queue are waiting or in flight."""
        found = self.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])
        waiting = found["Attributes"]["ApproximateNumberOfMessages"]
        in_flight = found["Attributes"]["ApproximateNumberOfMessagesNotVisible"]
        return int(waiting) + int(in_flight)

    def held_back(self) -> int:
        """Returns how many messages of the export queue are held back: they come later."""
        found = self.sqs.get_queue_attributes(
            QueueUrl=self.outputs.queue_url, AttributeNames=["All"]
        )
        return int(found["Attributes"]["ApproximateNumberOfMessagesDelayed"])

    def wait_until_idle(self) -> None:
        """Returns when no message of the two queues is waiting or in flight."""
        outputs = self.outputs
        wait_for(lambda: not self.messages_in(outputs.queue_url), 30, "an empty export queue")
        wait_for(
            lambda: not self.messages_in(outputs.dead_letter_queue_url),
            30,
            "an empty dead-letter queue",
        )

    # -- objects --------------------------------------------------------------------------------

    def archive_objects(self, prefix: str) -> list[str]:
        """Returns the keys in the archive bucket that begin with the prefix."""
        answer = self.s3.list_objects_v2(Bucket=self.outputs.archive_bucket, Prefix=prefix)
        return [found["Key"] for found in answer.get("Contents", [])]

    def uploads(self, job_id: str) -> list[str]:
        """Returns the ids of the job's open multipart uploads."""
        answer = self.s3.list_multipart_uploads(Bucket=self.outputs.archive_bucket)
        key = f"archives/{job_id}.zip"
        return [found["UploadId"] for found in answer.get("Uploads", []) if found["Key"] == key]

    def wait_until_discarded(self, job_id: str) -> None:
        """Returns when the job has no open upload. The step `discard` aborts it."""
        wait_for(lambda: not self.uploads(job_id), 30, f"the upload of {job_id} to be discarded")

    def wait_until_gone(self, job_id: str) -> None:
        """Returns when the archive bucket has nothing of the job."""
        prefixes = f"archives/{job_id}", f"jobs/{job_id}"
        wait_for(
            lambda: not any(self.archive_objects(prefix) for prefix in prefixes),
            30,
            f"all that is stored of {job_id} to be deleted",
        )
