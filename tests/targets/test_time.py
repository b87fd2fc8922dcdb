"""What a target does by itself after some time. conftest prepares it before the other tests."""

from tests.localstack.deployment import Stack
from tests.targets.ageing import Aged
from tests.targets.cloud import Cloud
from tests.targets.rows import row
from tests.waiting import wait_for


@row("S3 lifecycle", "HEAD says when an object will expire", ministack="no")
def test_head_returns_when_an_object_expires(cloud: Cloud, aged: Aged) -> None:
    cloud.s3.put_object(Bucket=cloud.bucket, Key="kept/object", Body=b"")

    head = cloud.s3.head_object(Bucket=cloud.bucket, Key="kept/object")

    assert 'rule-id="later"' in head.get("Expiration", "")


@row("EventBridge", "a schedule calls its function")
def test_a_schedule_calls_the_function(stack: Stack, aged: Aged) -> None:
    tick = wait_for(lambda: stack.item("tick"), 150, "the schedule to call its function")

    assert tick
    assert tick["source"] == {"S": "aws.events"}


@row(
    "DynamoDB",
    "an item is deleted once its TTL is over (within days)",
    localstack="kept",
)
def test_an_expired_item_is_deleted(cloud: Cloud, aged: Aged) -> None:
    place = {"TableName": cloud.table, "Key": {"id": {"S": aged.item}}}

    wait_for(
        lambda: "Item" not in cloud.dynamodb.get_item(**place),  # type: ignore[arg-type]  # a plain dict
        aged.patience,
        "the item to be deleted",
    )


@row(
    "S3 lifecycle",
    "an object is deleted once its time is over (within days)",
    ministack="kept",
    localstack="kept",
)
def test_an_expired_object_is_deleted(cloud: Cloud, aged: Aged) -> None:
    place = {"Bucket": cloud.bucket, "Prefix": aged.key}

    wait_for(
        lambda: "Contents" not in cloud.s3.list_objects_v2(**place),  # type: ignore[arg-type]  # a plain dict
        aged.patience,
        "the object to be deleted",
    )
