"""The services of the contract tests: the ones in memory, and moto's."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.session import Session
from moto import mock_aws

from tests.faults.dynamodb import DynamoDB
from tests.faults.s3 import S3

REGION = "eu-central-1"


@pytest.fixture(params=["memory", "moto"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if request.param == "memory":
        yield "memory"
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield "moto"


def client(service: str) -> Any:
    from botocore.config import Config

    config = Config(
        request_checksum_calculation="when_required", response_checksum_validation="when_required"
    )
    return Session().create_client(service, region_name=REGION, config=config)


@pytest.fixture
def s3(kind: str) -> Any:
    if kind == "memory":
        return S3(["bucket"], lambda: 1_767_225_600_000)
    made = client("s3")
    made.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    return made


@pytest.fixture
def dynamodb(kind: str) -> Any:
    if kind == "memory":
        return DynamoDB("jobs", lambda: 0)
    made = client("dynamodb")
    numbers = {"createdAt", "wakeShard", "wakeAt"}
    names = ("jobId", "userId", "createdAt", "wakeShard", "wakeAt")

    def index(name: str, partition: str, sort: str) -> dict[str, Any]:
        return {
            "IndexName": name,
            "KeySchema": [
                {"AttributeName": partition, "KeyType": "HASH"},
                {"AttributeName": sort, "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }

    made.create_table(
        TableName="jobs",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "N" if name in numbers else "S"}
            for name in names
        ],
        KeySchema=[{"AttributeName": "jobId", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            index("byUser", "userId", "createdAt"),
            index("wake", "wakeShard", "wakeAt"),
        ],
    )
    return made
