"""DynamoDB in memory answers as moto does, where moto answers as AWS does."""

from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.faults.dynamodb import DynamoDB, item_size
from tests.faults.expressions import UnknownExpression, change, condition


def put(dynamodb: Any, job_id: str, **numbers: int) -> dict[str, Any]:
    item: dict[str, Any] = {name: {"N": str(value)} for name, value in numbers.items()}
    item["jobId"] = {"S": job_id}
    dynamodb.put_item(TableName="jobs", Item=item)
    return item


def update(dynamodb: Any, job_id: str, expression: str, **more: Any) -> Any:
    return dynamodb.update_item(
        TableName="jobs",
        Key={"jobId": {"S": job_id}},
        UpdateExpression=expression,
        ReturnValues="ALL_NEW",
        **more,
    )


def get(dynamodb: Any, job_id: str) -> Any:
    return dynamodb.get_item(TableName="jobs", Key={"jobId": {"S": job_id}}, ConsistentRead=True)


def test_an_item_is_read_as_it_was_written(dynamodb: Any) -> None:
    item = put(dynamodb, "a", size=7)

    assert get(dynamodb, "a")["Item"] == item
    assert "Item" not in get(dynamodb, "b")


def test_a_new_item_is_not_written_over_another(dynamodb: Any) -> None:
    put(dynamodb, "a", size=1)

    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException) as error:
        dynamodb.put_item(
            TableName="jobs",
            Item={"jobId": {"S": "a"}, "size": {"N": "2"}},
            ConditionExpression="attribute_not_exists(jobId)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    assert error.value.response["Item"] == {"jobId": {"S": "a"}, "size": {"N": "1"}}
    assert get(dynamodb, "a")["Item"]["size"] == {"N": "1"}


def test_an_update_sets_adds_and_removes(dynamodb: Any) -> None:
    put(dynamodb, "a", past=1, tries=2)

    answer = update(
        dynamodb,
        "a",
        "SET #new = :new ADD tries :one REMOVE past",
        ExpressionAttributeNames={"#new": "new"},
        ExpressionAttributeValues={":new": {"S": "x"}, ":one": {"N": "1"}},
    )

    expected = {"jobId": {"S": "a"}, "new": {"S": "x"}, "tries": {"N": "3"}}
    assert answer["Attributes"] == expected
    assert get(dynamodb, "a")["Item"] == expected


def test_adding_to_a_set_makes_it_and_adds_each_number_once(dynamodb: Any) -> None:
    for number in ("3", "10", "3"):
        values = {":n": {"NS": [number]}}
        answer = update(dynamodb, "a/segments", "ADD done :n", ExpressionAttributeValues=values)

    assert sorted(answer["Attributes"]["done"]["NS"]) == ["10", "3"]


@pytest.mark.parametrize(
    ("term", "value", "holds"),
    [
        ("size = :v", 5, True),
        ("size = :v", 6, False),
        ("size < :v", 6, True),
        ("size < :v", 5, False),
        ("size <= :v", 5, True),
        ("size <= :v", 4, False),
        ("size IN (:v, :v)", 5, True),
        ("size IN (:v, :v)", 6, False),
        ("attribute_exists(size) AND size = :v", 5, True),
        ("attribute_not_exists(size) AND size <= :v", 5, False),
        ("absent <= :v", 5, False),
    ],
)
def test_an_update_is_done_if_its_condition_holds(
    dynamodb: Any,
    term: str,
    value: int,
    holds: bool,  # noqa: FBT001
) -> None:
    put(dynamodb, "a", size=5)
    names = {"#size": "size"}
    asked: dict[str, Any] = {
        "ConditionExpression": term.replace("size", "#size"),
        "ExpressionAttributeValues": {":v": {"N": str(value)}, ":done": {"N": "1"}},
    }
    if "size" in term:
        asked["ExpressionAttributeNames"] = names

    with suppress(dynamodb.exceptions.ConditionalCheckFailedException):
        update(dynamodb, "a", "SET done = :done", **asked)

    assert ("done" in get(dynamodb, "a")["Item"]) == holds


def test_a_condition_on_an_item_that_is_not_there_fails_and_makes_none(dynamodb: Any) -> None:
    with pytest.raises(ClientError) as error:
        update(
            dynamodb,
            "a",
            "SET done = :v",
            ConditionExpression="attribute_exists(wakeAt)",
            ExpressionAttributeValues={":v": {"N": "1"}},
        )

    assert error.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert "Item" not in get(dynamodb, "a")


def test_values_that_are_not_used_are_refused(dynamodb: Any) -> None:
    values = {":v": {"N": "1"}, ":w": {"N": "1"}}

    with pytest.raises(ClientError) as error:
        update(dynamodb, "a", "SET done = :v", ExpressionAttributeValues=values)

    assert error.value.response["Error"]["Code"] == "ValidationException"


def stalled(dynamodb: Any, **more: Any) -> Any:
    return dynamodb.query(
        TableName="jobs",
        IndexName="wake",
        KeyConditionExpression="wakeShard = :shard AND wakeAt < :now",
        ExpressionAttributeValues={":shard": {"N": "1"}, ":now": {"N": "100"}},
        **more,
    )


def test_an_index_holds_the_items_that_have_its_keys_in_order(dynamodb: Any) -> None:
    put(dynamodb, "late", wakeShard=1, wakeAt=100)
    put(dynamodb, "second", wakeShard=1, wakeAt=20)
    put(dynamodb, "first", wakeShard=1, wakeAt=3)
    put(dynamodb, "elsewhere", wakeShard=2, wakeAt=3)
    put(dynamodb, "neither", size=1)

    found = stalled(dynamodb)["Items"]

    assert [row["jobId"]["S"] for row in found] == ["first", "second"]
    assert found[0].keys() == {"jobId", "wakeShard", "wakeAt"}


def test_an_item_that_loses_a_key_leaves_the_index(dynamodb: Any) -> None:
    put(dynamodb, "a", wakeShard=1, wakeAt=3)

    update(dynamodb, "a", "REMOVE wakeShard, wakeAt")

    assert stalled(dynamodb)["Items"] == []


def test_a_query_goes_on_where_its_page_ended(dynamodb: Any) -> None:
    for at in (1, 2, 3):
        put(dynamodb, f"job-{at}", wakeShard=1, wakeAt=at)

    first = stalled(dynamodb, Limit=2)
    second = stalled(dynamodb, ExclusiveStartKey=first["LastEvaluatedKey"])

    assert [row["jobId"]["S"] for row in first["Items"]] == ["job-1", "job-2"]
    assert [row["jobId"]["S"] for row in second["Items"]] == ["job-3"]
    assert "LastEvaluatedKey" not in second


def test_a_query_can_go_backwards(dynamodb: Any) -> None:
    for at in (1, 2):
        put(dynamodb, f"job-{at}", wakeShard=1, wakeAt=at)

    found = stalled(dynamodb, ScanIndexForward=False)["Items"]

    assert [row["jobId"]["S"] for row in found] == ["job-2", "job-1"]


def test_a_batch_gives_those_that_are_there(dynamodb: Any) -> None:
    put(dynamodb, "a", size=1)
    keys = [{"jobId": {"S": "a"}}, {"jobId": {"S": "b"}}]

    answer = dynamodb.batch_get_item(RequestItems={"jobs": {"Keys": keys}})

    assert [item["jobId"]["S"] for item in answer["Responses"]["jobs"]] == ["a"]
    assert not answer["UnprocessedKeys"]


def test_an_index_shows_what_was_written_when_its_lag_is_over() -> None:
    clock = iter([0, 4, 5])
    at = [0]
    dynamodb = DynamoDB("jobs", lambda: at[0], lag=lambda: 5)
    put(dynamodb, "a", wakeShard=1, wakeAt=3)

    seen = []
    for now in clock:
        at[0] = now
        seen.append(len(stalled(dynamodb)["Items"]))

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
