"""A DynamoDB table, as Longhaul relies on it."""

from contextlib import suppress
from typing import Any

import pytest

from tests.targets.contracts.bound import Bound
from tests.targets.rows import differs, row

INVALID = ("ValidationException", 400)


def put(table: Bound, job_id: str, **numbers: int) -> dict[str, Any]:
    item: dict[str, Any] = {name: {"N": str(value)} for name, value in numbers.items()}
    item["jobId"] = {"S": job_id}
    table.put_item(Item=item)
    return item


def update(job_id: str, expression: str, **more: Any) -> dict[str, Any]:
    """Returns the arguments of an update."""
    key = {"jobId": {"S": job_id}}
    return {"Key": key, "UpdateExpression": expression, "ReturnValues": "ALL_NEW", **more}


def get(table: Bound, job_id: str, **more: Any) -> Any:
    return table.get_item(Key={"jobId": {"S": job_id}}, ConsistentRead=True, **more)


def test_an_item_is_read_as_it_was_written(table: Bound) -> None:
    item = put(table, "a", size=1_767_225_600_000)

    assert get(table, "a")["Item"] == item
    assert "Item" not in get(table, "b")


def test_a_read_returns_only_the_requested_attributes(table: Bound) -> None:
    put(table, "a", size=1, count=2)

    assert get(table, "a", ProjectionExpression="jobId")["Item"] == {"jobId": {"S": "a"}}


@row("DynamoDB", "a write whose condition does not hold is refused, and the error has the item")
def test_a_conditional_put_does_not_overwrite_an_item(table: Bound) -> None:
    first = put(table, "a", size=1)

    with pytest.raises(table.exceptions.ConditionalCheckFailedException) as error:
        table.put_item(
            Item={"jobId": {"S": "a"}, "size": {"N": "2"}},
            ConditionExpression="attribute_not_exists(jobId)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    assert error.value.response["Item"] == first
    assert get(table, "a")["Item"] == first


def test_a_refused_update_returns_the_item_and_changes_nothing(table: Bound) -> None:
    item = put(table, "a", size=1)
    asked = update(
        "a",
        "SET done = :one",
        ConditionExpression="attribute_exists(nothing)",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )

    with pytest.raises(table.exceptions.ConditionalCheckFailedException) as error:
        table.update_item(**asked)

    assert error.value.response["Item"] == item
    assert get(table, "a")["Item"] == item


@pytest.mark.parametrize(
    ("job_id", "returned"), [("a", "NONE"), ("b", "ALL_OLD")], ids=["not asked for", "not there"]
)
def test_a_refusal_returns_no_item_if_not_requested_or_missing(
    table: Bound, job_id: str, returned: str
) -> None:
    put(table, "a", size=1)
    asked = update(
        job_id,
        "SET done = :one",
        ConditionExpression="attribute_exists(nothing)",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValuesOnConditionCheckFailure=returned,
    )

    with pytest.raises(table.exceptions.ConditionalCheckFailedException) as error:
        table.update_item(**asked)

    assert "Item" not in error.value.response
    assert "Item" not in get(table, "b")


def test_an_update_sets_adds_and_removes(table: Bound) -> None:
    put(table, "a", past=1, tries=2)

    answer = table.update_item(
        **update(
            "a",
            "SET #new = :new ADD tries :one REMOVE past",
            ExpressionAttributeNames={"#new": "new"},
            ExpressionAttributeValues={":new": {"S": "x"}, ":one": {"N": "1"}},
        )
    )

    expected = {"jobId": {"S": "a"}, "new": {"S": "x"}, "tries": {"N": "3"}}
    assert answer["Attributes"] == expected
    assert get(table, "a")["Item"] == expected


@row("DynamoDB", "`ADD` joins sets of numbers, and makes the item if there is none")
def test_adding_to_a_set_creates_it_and_adds_each_number_once(table: Bound) -> None:
    for number in ("3", "10", "3"):
        values = {":n": {"NS": [number]}}
        answer = table.update_item(
            **update("a/segments", "ADD done :n", ExpressionAttributeValues=values)
        )

    assert sorted(answer["Attributes"]["done"]["NS"]) == ["10", "3"]
    assert sorted(get(table, "a/segments")["Item"]["done"]["NS"]) == ["10", "3"]


@row("DynamoDB", "`DELETE` takes texts from a set, and the attribute goes with the last one")
def test_a_set_of_texts_grows_and_shrinks_to_nothing(table: Bound) -> None:
    seen = []
    for change, texts in (
        *(("ADD", ["a", "b"]), ("ADD", ["b"])),
        *(("DELETE", ["a", "x"]), ("DELETE", ["b"]), ("DELETE", ["b"])),
    ):
        answer = table.update_item(
            **update(
                "a/holders", f"{change} had :t", ExpressionAttributeValues={":t": {"SS": texts}}
            )
        )
        seen.append(sorted(answer["Attributes"].get("had", {"SS": []})["SS"]))

    assert seen == [["a", "b"], ["a", "b"], ["b"], [], []]
    assert "had" not in get(table, "a/holders")["Item"]


def test_an_item_is_replaced_by_an_empty_one_only_if_it_is_there(table: Bound) -> None:
    put(table, "a", size=1)
    empty = {"ConditionExpression": "attribute_exists(jobId)"}

    table.put_item(Item={"jobId": {"S": "a"}}, **empty)
    with pytest.raises(table.exceptions.ConditionalCheckFailedException):
        table.put_item(Item={"jobId": {"S": "b"}}, **empty)

    assert get(table, "a")["Item"] == {"jobId": {"S": "a"}}
    assert "Item" not in get(table, "b")


def test_an_update_moves_a_set_and_adds_to_a_number(table: Bound) -> None:
    numbers = {"NS": ["3", "10"]}
    table.put_item(Item={"jobId": {"S": "a"}, "size": {"N": "5"}, "now": numbers})

    answer = table.update_item(
        **update(
            "a",
            "SET former = now, length = length + :one REMOVE now".replace("length", "#size"),
            ExpressionAttributeNames={"#size": "size"},
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
    )

    assert answer["Attributes"].keys() == {"jobId", "size", "former"}
    assert answer["Attributes"]["size"] == {"N": "6"}
    assert sorted(answer["Attributes"]["former"]["NS"]) == ["10", "3"]


@pytest.mark.parametrize(
    ("term", "value", "holds"),
    [
        ("size = :v", 5, True),
        ("size = :v", 6, False),
        ("size < :v", 6, True),
        ("size < :v", 5, False),
        ("size < :v", 10, True),
        ("size <= :v", 5, True),
        ("size <= :v", 4, False),
        ("size IN (:v, :v)", 5, True),
        ("size IN (:v, :v)", 6, False),
        ("attribute_exists(size) AND size = :v", 5, True),
        ("attribute_not_exists(size) AND size <= :v", 5, False),
        ("absent <= :v", 5, False),
        ("size > :v", 4, True),
        ("size > :v", 5, False),
        ("(attribute_not_exists(absent) OR absent <= :v)", 5, True),
        ("(attribute_not_exists(size) OR size <= :v)", 5, True),
        ("(attribute_not_exists(size) OR size <= :v) AND size = :v", 4, False),
        ("contains(numbers, :v)", 10, True),
        ("contains(numbers, :v)", 1, False),
        ("contains(absent, :v)", 10, False),
        ("NOT contains(numbers, :v) AND size = :v", 5, True),
        ("NOT contains(numbers, :v)", 10, False),
        ("NOT contains(absent, :v)", 10, True),
    ],
)
def test_an_update_happens_only_if_its_condition_holds(
    table: Bound,
    term: str,
    value: int,
    holds: bool,  # noqa: FBT001 - a parameter
) -> None:
    key, numbers = {"S": "a"}, {"NS": ["3", "10"]}
    table.put_item(Item={"jobId": key, "size": {"N": "5"}, "numbers": numbers})
    asked: dict[str, Any] = {
        "ConditionExpression": term.replace("size", "#size"),
        "ExpressionAttributeValues": {":v": {"N": str(value)}, ":done": {"N": "1"}},
    }
    if "size" in term:
        asked["ExpressionAttributeNames"] = {"#size": "size"}

    with suppress(table.exceptions.ConditionalCheckFailedException):
        table.update_item(**update("a", "SET done = :done", **asked))

    assert ("done" in get(table, "a")["Item"]) == holds


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("SET done = :v", {":v": {"N": "1"}, ":unused": {"N": "1"}}),
        ("SET done = :v, more = :unknown", {":v": {"N": "1"}}),
        ("SET jobId = :v", {":v": {"S": "b"}}),
    ],
    ids=["unused value", "unknown value", "another key"],
)
def test_an_invalid_update_is_refused(
    table: Bound, expression: str, values: dict[str, Any]
) -> None:
    put(table, "a", size=1)

    refused = table.refuses(
        "update_item", **update("a", expression, ExpressionAttributeValues=values)
    )

    assert refused == INVALID


@row("DynamoDB", "an item may have 400 KB")
def test_a_large_item_is_refused(table: Bound) -> None:
    fits = {"jobId": {"S": "a"}, "text": {"S": "x" * 400_000}}
    too_large = {"jobId": {"S": "b"}, "text": {"S": "x" * 400 * 1024}}

    assert table.refuses("put_item", Item=fits) is None
    assert table.refuses("put_item", Item=too_large) == INVALID


def batch(table: Bound, *job_ids: str) -> dict[str, Any]:
    """Returns the RequestItems of a BatchGetItem, which contain the table's name."""
    return {table.name: {"Keys": [{"jobId": {"S": job_id}} for job_id in job_ids]}}


def test_a_batch_returns_the_items_that_exist(table: Bound) -> None:
    put(table, "a", size=1)

    answer = table.client.batch_get_item(RequestItems=batch(table, "a", "b"))

    assert [item["jobId"]["S"] for item in answer["Responses"][table.name]] == ["a"]
    assert not answer["UnprocessedKeys"]


def writes(table: Bound, *job_ids: str) -> dict[str, Any]:
    """Returns the RequestItems of a BatchWriteItem."""
    items = [{"jobId": {"S": job_id}, "size": {"N": "2"}} for job_id in job_ids]
    return {table.name: [{"PutRequest": {"Item": item}} for item in items]}


def test_a_batch_of_writes_replaces_what_is_there(table: Bound) -> None:
    put(table, "a", size=1, count=1)

    answer = table.client.batch_write_item(RequestItems=writes(table, "a", "b"))

    assert not answer["UnprocessedItems"]
    for job_id in "ab":
        assert get(table, job_id)["Item"] == {"jobId": {"S": job_id}, "size": {"N": "2"}}


def test_a_batch_that_writes_an_item_twice_is_refused(table: Bound) -> None:
    asked = Bound(table.client, RequestItems=writes(table, "a", "a"))  # type: ignore[arg-type]  # plain dicts

    assert asked.refuses("batch_write_item") == INVALID


@differs(moto="does more than 25 writes")
def test_a_batch_of_more_than_25_writes_is_refused(table: Bound) -> None:
    many = writes(table, *(f"job-{i}" for i in range(26)))
    asked = Bound(table.client, RequestItems=many)  # type: ignore[arg-type]  # plain dicts

    assert asked.refuses("batch_write_item") == INVALID


@pytest.mark.parametrize(
    "job_ids", [[f"job-{i}" for i in range(101)], ["a", "a"]], ids=["101 keys", "a key twice"]
)
def test_an_invalid_batch_of_keys_is_refused(table: Bound, job_ids: list[str]) -> None:
    asked = Bound(table.client, RequestItems=batch(table, *job_ids))  # type: ignore[arg-type]  # plain dicts

    assert asked.refuses("batch_get_item") == INVALID
