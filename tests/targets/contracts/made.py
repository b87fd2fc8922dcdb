"""Makes the bucket, the queues and the table of a contract test, on each kind of service."""

import json
import time
from typing import Any

from botocore.config import Config
from botocore.session import Session

from tests.faults.dynamodb import DynamoDB
from tests.faults.s3 import S3
from tests.faults.sqs import SQS, QueueState
from tests.targets.cloud import Cloud, new_name
from tests.targets.contracts.bound import Bound

REGION = "us-east-1"

VISIBILITY_SECONDS = 30
MAX_RECEIVES = 2


def memory(service: str) -> Any:
    """Returns the simulation's service, with real time."""

    def now() -> int:
        return time.time_ns() // 1_000_000

    if service == "s3":
        return S3(["bucket"], now)
    if service == "dynamodb":
        return DynamoDB("jobs", now)
    queues = {"queue": QueueState(VISIBILITY_SECONDS, MAX_RECEIVES), "dead": QueueState(30)}
    return SQS(queues, now, dead_letters="dead")


def moto(service: str) -> Any:
    """Returns a client whose requests moto answers, if it is active."""
    config = Config(
        request_checksum_calculation="when_required", response_checksum_validation="when_required"
    )
    return Session().create_client(service, region_name=REGION, config=config)


def emulator(service: str, cloud: Cloud) -> Any:
    return getattr(cloud, service)


def bucket(client: Any) -> Bound:
    """Makes an empty bucket."""
    if isinstance(client, S3):
        return Bound(client, Bucket="bucket")
    name = new_name()
    client.create_bucket(Bucket=name)
    return Bound(client, Bucket=name)


def queue(client: Any) -> tuple[Bound, Bound]:
    """Makes a queue, and the queue for its dead letters."""
    if isinstance(client, SQS):
        return Bound(client, QueueUrl="queue"), Bound(client, QueueUrl="dead")
    dead = client.create_queue(QueueName=new_name())["QueueUrl"]
    about = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
    redrive = {
        "deadLetterTargetArn": about["Attributes"]["QueueArn"],
        "maxReceiveCount": MAX_RECEIVES,
    }
    attributes = {
        "VisibilityTimeout": str(VISIBILITY_SECONDS),
        "RedrivePolicy": json.dumps(redrive),
    }
    url = client.create_queue(QueueName=new_name(), Attributes=attributes)["QueueUrl"]
    return Bound(client, QueueUrl=url), Bound(client, QueueUrl=dead)


def table(client: Any) -> Bound:
    """Makes an empty table, like that in infra/resources.yaml."""
    if isinstance(client, DynamoDB):
        return Bound(client, TableName="jobs")
    name = new_name()
    names = {
        "jobId": "S",
        "userId": "S",
        "createdAt": "N",
        "wakeShard": "N",
        "wakeAt": "N",
        "openUser": "S",
    }
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind} for name, kind in names.items()
        ],
        KeySchema=[{"AttributeName": "jobId", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            _index("byUser", "userId", "createdAt"),
            _index("wake", "wakeShard", "wakeAt"),
            _index("openOfUser", "openUser"),
        ],
    )
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    return Bound(client, TableName=name)


def _index(name: str, *keys: str) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": [
            {"AttributeName": key, "KeyType": kind}
            for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
        ],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
