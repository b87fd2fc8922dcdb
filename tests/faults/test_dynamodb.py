"""What only DynamoDB in memory does. tests/targets/contracts has the rest."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clock import Clock
from tests.faults.dynamodb import DynamoDB, item_size
from tests.faults.expressions import UnknownExpression, change, condition


def due(dynamodb: DynamoDB) -> list[Any]:
    """Returns what the sweeper's query finds."""
    answer = dynamodb.query(
        TableName="jobs",
        IndexName="wake",
        KeyConditionExpression="wakeShard = :shard AND wakeAt < :now",
        ExpressionAttributeValues={":shard": {"N": "1"}, ":now": {"N": "100"}},
    )
    return list(answer["Items"])


def test_an_index_shows_a_write_when_its_lag_is_over() -> None:
    clock = Clock()
    dynamodb = DynamoDB("jobs", clock, lag=lambda: 5)
    item = {"jobId": {"S": "a"}, "wakeShard": {"N": "1"}, "wakeAt": {"N": "3"}}
    dynamodb.put_item(TableName="jobs", Item=item)

    seen = []
    for clock.now in (0, 4, 5):
        seen.append(len(due(dynamodb)))

    assert seen == [0, 0, 1]


@pytest.mark.parametrize(
    "expression", ["size BETWEEN :v AND :w", "NOT a = :v", "a = :v OR b = :v", "size(a) = :v"]
)
def test_a_condition_that_cannot_be_evaluated_raises(expression: str) -> None:
    with pytest.raises(UnknownExpression):
        condition(expression)


@pytest.mark.parametrize("expression", ["SET a = b + :v", "DELETE a", "SET a = a - :v"])
def test_a_change_that_cannot_be_made_raises(expression: str) -> None:
    with pytest.raises(UnknownExpression):
        change(expression)


def test_an_items_size_counts_names_and_values() -> None:
    assert item_size({"jobId": {"S": "ü"}, "n": {"N": "1234"}}) == 5 + 2 + 1 + 3


def test_a_batch_of_writes_leaves_some_for_another_call() -> None:
    dynamodb = DynamoDB("jobs", Clock(), leaves=lambda _: 1)
    puts = [{"PutRequest": {"Item": {"jobId": {"S": key}}}} for key in "ab"]

    answer = dynamodb.batch_write_item(RequestItems={"jobs": puts})

    assert list(dynamodb.items) == ["a"]
    assert answer == {"UnprocessedItems": {"jobs": puts[1:]}}


def test_a_batch_of_writes_may_not_name_an_item_twice() -> None:
    dynamodb = DynamoDB("jobs", Clock())
    puts = [{"PutRequest": {"Item": {"jobId": {"S": "a"}}}}] * 2

    with pytest.raises(ClientError, match="ValidationException"):
        dynamodb.batch_write_item(RequestItems={"jobs": puts})
