"""The global secondary indexes of a table, as Longhaul relies on them.

An index may lag behind its table. So the tests read it until it shows what was written.
"""

from collections.abc import Sequence
from typing import Any

from tests.targets.contracts.bound import Bound
from tests.targets.contracts.test_table import INVALID, put, update
from tests.targets.rows import differs, row
from tests.waiting import wait_for

LAG_SECONDS = 10


def due(**more: Any) -> dict[str, Any]:
    """Returns the arguments of the sweeper's query."""
    return {
        "IndexName": "wake",
        "KeyConditionExpression": "wakeShard = :shard AND wakeAt < :now",
        "ExpressionAttributeValues": {":shard": {"N": "1"}, ":now": {"N": "100"}},
        **more,
    }


def of_user(user: str, **more: Any) -> dict[str, Any]:
    """Returns the arguments of the query for a user's jobs."""
    return {
        "IndexName": "byUser",
        "KeyConditionExpression": "userId = :user",
        "ExpressionAttributeValues": {":user": {"S": user}},
        **more,
    }


def ids(answer: Any) -> list[str]:
    return [row["jobId"]["S"] for row in answer["Items"]]


def wait_until_due(table: Bound, *job_ids: str) -> None:
    """Returns when the sweeper's query finds these jobs, in this order."""
    wait_for(
        lambda: ids(table.query(**due())) == list(job_ids), LAG_SECONDS, f"{job_ids} in the index"
    )


@row("DynamoDB", "an index holds the items that have both its keys, and no others, in order")
def test_an_index_holds_the_items_that_have_its_keys_in_order(table: Bound) -> None:
    put(table, "late", wakeShard=1, wakeAt=100)
    put(table, "second", wakeShard=1, wakeAt=20)
    put(table, "first", wakeShard=1, wakeAt=3, size=7)
    put(table, "elsewhere", wakeShard=2, wakeAt=3)
    put(table, "without a shard", wakeAt=3)

    wait_until_due(table, "first", "second")
    assert table.query(**due())["Items"][0].keys() == {"jobId", "wakeShard", "wakeAt"}


def test_an_item_that_loses_a_key_leaves_the_index(table: Bound) -> None:
    put(table, "a", wakeShard=1, wakeAt=3)
    put(table, "b", wakeShard=1, wakeAt=4)
    wait_until_due(table, "a", "b")

    table.update_item(**update("a", "REMOVE wakeShard, wakeAt"))

    wait_until_due(table, "b")


def test_an_item_whose_key_changes_moves_in_the_index(table: Bound) -> None:
    put(table, "a", wakeShard=1, wakeAt=3)
    put(table, "b", wakeShard=1, wakeAt=4)
    wait_until_due(table, "a", "b")

    table.update_item(
        **update("a", "SET wakeAt = :v", ExpressionAttributeValues={":v": {"N": "5"}})
    )

    wait_until_due(table, "b", "a")


def pages(table: Bound, limit: int) -> Sequence[Sequence[str]]:
    """Returns the job ids of each page of the sweeper's query."""
    found = []
    more: dict[str, Any] = {}
    while True:
        answer = table.query(**due(Limit=limit, **more))
        found.append(ids(answer))
        if "LastEvaluatedKey" not in answer:
            return found
        more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def test_a_query_continues_after_a_page(table: Bound) -> None:
    for at in (1, 2, 3, 3):
        put(table, f"job-{at}", wakeShard=1, wakeAt=at)
    put(table, "job-3, too", wakeShard=1, wakeAt=3)
    wait_for(lambda: len(ids(table.query(**due()))) == 4, LAG_SECONDS, "four due jobs")

    found = pages(table, 2)

    assert found[0] == ["job-1", "job-2"]
    assert sorted(found[1]) == ["job-3", "job-3, too"]
    assert [page for page in found[2:] if page] == []


def listed(table: Bound) -> None:
    """Puts jobs of two users, and waits until they are in the index."""
    for at, (job_id, user) in enumerate([("a", "me"), ("b", "you"), ("c", "me"), ("d", "me")]):
        item = {
            "jobId": {"S": job_id},
            "userId": {"S": user},
            "createdAt": {"N": str(at)},
        }
        table.put_item(Item=item)
    wait_for(lambda: len(ids(table.query(**of_user("me")))) == 3, LAG_SECONDS, "three jobs")


def test_a_query_can_run_backwards_and_start_after_any_item(table: Bound) -> None:
    listed(table)
    start = {"jobId": {"S": "d"}, "userId": {"S": "me"}, "createdAt": {"N": "3"}}

    newest = table.query(**of_user("me", ScanIndexForward=False, Limit=1))
    rest = table.query(**of_user("me", ScanIndexForward=False, ExclusiveStartKey=start))

    assert ids(newest) == ["d"]
    assert newest["LastEvaluatedKey"] == start
    assert ids(rest) == ["c", "a"]


@row("DynamoDB", "a query cannot go on from an item that it would not find")
@differs(moto="does")
def test_a_query_cannot_start_after_an_item_of_another_user(table: Bound) -> None:
    listed(table)
    start = {"jobId": {"S": "b"}, "userId": {"S": "you"}, "createdAt": {"N": "1"}}

    assert table.refuses("query", **of_user("me", ExclusiveStartKey=start)) == INVALID


def test_the_items_of_an_index_are_counted_up_to_a_limit(table: Bound) -> None:
    for job_id, user in (("a", "me"), ("b", "me"), ("c", "me"), ("d", "you")):
        table.put_item(Item={"jobId": {"S": job_id}, "openUser": {"S": user}})
    table.update_item(**update("a", "REMOVE openUser"))
    asked = {
        "IndexName": "openOfUser",
        "KeyConditionExpression": "openUser = :user",
        "ExpressionAttributeValues": {":user": {"S": "me"}},
        "Select": "COUNT",
    }

    wait_for(lambda: table.query(**asked)["Count"] == 2, LAG_SECONDS, "a count of two")
    assert table.query(**asked, Limit=1)["Count"] == 1
    assert "Items" not in table.query(**asked)
