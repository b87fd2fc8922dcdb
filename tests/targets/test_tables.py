"""DynamoDB."""

import pytest
from botocore.exceptions import ClientError

from tests.targets.cloud import Cloud, new_name, refusal
from tests.targets.rows import row


@row("DynamoDB", "a write whose condition does not hold is refused, and tells the item")
def test_a_condition_is_held(cloud: Cloud) -> None:
    item = {"id": {"S": new_name()}, "count": {"N": "1"}}
    cloud.dynamodb.put_item(TableName=cloud.table, Item=item)

    with pytest.raises(ClientError) as refused:
        cloud.dynamodb.put_item(
            TableName=cloud.table,
            Item=item,
            ConditionExpression="attribute_not_exists(id)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    assert refused.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert refused.value.response.get("Item") == item


@row("DynamoDB", "`ADD` joins sets of numbers, and conditions know their `size()`")
def test_a_set_grows_by_what_is_new(cloud: Cloud) -> None:
    place = {"TableName": cloud.table, "Key": {"id": {"S": new_name()}}}
    for numbers in (["1", "2"], ["2", "3"]):
        cloud.dynamodb.update_item(
            **place,  # type: ignore[arg-type]
            UpdateExpression="ADD done :numbers",
            ExpressionAttributeValues={":numbers": {"NS": numbers}},
        )

    refused = refusal(
        cloud.dynamodb.update_item,
        **place,
        UpdateExpression="SET complete = :yes",
        ConditionExpression="size(done) = :three",
        ExpressionAttributeValues={":yes": {"BOOL": True}, ":three": {"N": "3"}},
    )

    assert refused is None


@row("DynamoDB", "an item may have 400 KB")
def test_a_large_item_is_refused(cloud: Cloud) -> None:
    item = {"id": {"S": new_name()}, "text": {"S": "x" * 400 * 1024}}

    refused = refusal(cloud.dynamodb.put_item, TableName=cloud.table, Item=item)

    assert refused == "ValidationException"
