"""What only DynamoDB in memory can do. The rest is in tests/targets/contracts."""

from typing import Any

import pytest

from tests.faults.dynamodb import DynamoDB, item_size
from tests.faults.expressions import UnknownExpression, change, condition


def due(dynamodb: DynamoDB) -> list[Any]:
    """What the sweeper's query finds."""
    answer = dynamodb.query(
        TableName="jobs",
        IndexName="wake",
        KeyConditionExpression="wakeShard = :shard AND wakeAt < :now",
        ExpressionAttributeValues={":shard": {"N": "1"}, ":now": {"N": "100"}},
    )
    return list(answer["Items"])


def test_an_index_shows_what_was_written_when_its_lag_is_over() -> None:
    clock = iter([0, 4, 5])
    at = [0]
    dynamodb = DynamoDB("jobs", lambda: at[0], lag=lambda: 5)
    item = {"jobId": {"S": "a"}, "wakeShard": {"N": "1"}, "wakeAt": {"N": "3"}}
    dynamodb.put_item(TableName="jobs", Item=item)

    seen = []
    for now in clock:
        at[0] = now
        seen.append(len(due(dynamodb)))

    assert seen == [0, 0, 1]


@pytest.mark.parametrize(
    "expression", ["size > :v", "NOT a = :v", "a = :v OR b = :v", "size(a) = :v"]
)
def test_a_condition_that_the_memory_cannot_evaluate_is_not_taken_for_true(expression: str) -> None:
    with pytest.raises(UnknownExpression):
        condition(expression)


@pytest.mark.parametrize("expression", ["SET a = b", "DELETE a :v", "SET a = a + :v"])
def test_a_change_that_the_memory_cannot_make_is_not_left_out(expression: str) -> None:
    with pytest.raises(UnknownExpression):
        change(expression)


def test_an_items_size_counts_names_and_values() -> None:
    assert item_size({"jobId": {"S": "ü"}, "n": {"N": "1234"}}) == 5 + 2 + 1 + 3
