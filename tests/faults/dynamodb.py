"""One table of DynamoDB in memory: the requests that Longhaul makes, with the semantics that AWS
documents.

GetItem always returns the latest item, with and without a consistent read. Indexes are eventually
consistent: a write shows in them after `lag()` ms. Each method takes and returns what the method of
the same name of a botocore client does.
"""

import re
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from tests.faults.expressions import Item, Value, change, condition, number
from tests.faults.refusals import Exceptions, refused

Answer = dict[str, Any]
Written = Callable[[str, Item | None, Item], None]

KEY: Final = "jobId"
INDEXES: Final[dict[str, tuple[str, ...]]] = {
    "byUser": ("userId", "createdAt"),
    "wake": ("wakeShard", "wakeAt"),
    "announce": ("announceShard", "announceAt"),
    "openOfUser": ("openUser",),
}
BATCH_MAX: Final = 100
WRITES_MAX: Final = 25
ITEM_MAX: Final = 400 * 1024
_TOKEN: Final = re.compile(r"[#:]\w+")


@dataclass(slots=True)
class Index:
    """A global secondary index with keys only. Sparse: an item without its keys is not in it."""

    keys: tuple[str, ...]
    """The partition key, and the sort key if there is one."""
    rows: dict[str, Item] = field(default_factory=dict)
    pending: list[tuple[int, str, Item | None]] = field(default_factory=list)

    def row(self, item: Item | None) -> Item | None:
        if item is None or not item.keys() >= set(self.keys):
            return None
        return {name: item[name] for name in (KEY, *self.keys)}

    def catch_up(self, now: int) -> None:
        while self.pending and self.pending[0][0] <= now:
            _, key, row = self.pending.pop(0)
            if row is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = row


class DynamoDB:
    """`now` returns Unix time in ms. `lag` returns the ms until a write shows in the indexes.
    `leaves` returns how many of so many items a batch leaves for another call. `written` is called
    for each change."""

    exceptions = Exceptions

    def __init__(
        self,
        table: str,
        now: Callable[[], int],
        *,
        lag: Callable[[], int] = lambda: 0,
        page: int = 1000,
        leaves: Callable[[int], int] = lambda _: 0,
        written: Written = lambda *_: None,
        items: dict[str, Item] | None = None,
    ) -> None:
        self.items: dict[str, Item] = {} if items is None else items
        self.indexes = {name: Index(keys) for name, keys in INDEXES.items()}
        self._table = table
        self._now = now
        self._lag = lag
        self._page = page
        self._leaves = leaves
        self._written = written

    def get_item(
        self,
        *,
        TableName: str,
        Key: Item,
        ConsistentRead: bool = False,
        ProjectionExpression: str = "",
    ) -> Answer:
        self._check("GetItem", TableName)
        item = self.items.get(Key[KEY]["S"])
        if item is None:
            return {}
        wanted = ProjectionExpression.split(", ") if ProjectionExpression else list(item)
        return {"Item": deepcopy({name: item[name] for name in wanted if name in item})}

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> Answer:
        [(table, asked)] = RequestItems.items()
        self._check("BatchGetItem", table)
        keys = asked["Keys"]
        if not 1 <= len(keys) <= BATCH_MAX or len({key[KEY]["S"] for key in keys}) < len(keys):
            raise refused("BatchGetItem", "ValidationException", 400)
        now = len(keys) - self._leaves(len(keys))
        found = [self.items[key[KEY]["S"]] for key in keys[:now] if key[KEY]["S"] in self.items]
        left = {table: {"Keys": keys[now:]}} if now < len(keys) else {}
        return {"Responses": {table: deepcopy(found)}, "UnprocessedKeys": left}

    def batch_write_item(self, *, RequestItems: dict[str, Any]) -> Answer:
        """Writes without conditions. What is left over is for another call.
        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html"""
        name = "BatchWriteItem"
        [(table, asked)] = RequestItems.items()
        self._check(name, table)
        items = [row["PutRequest"]["Item"] for row in asked]
        if not 1 <= len(items) <= WRITES_MAX or len({_key(item) for item in items}) < len(items):
            raise refused(name, "ValidationException", 400)
        now = len(items) - self._leaves(len(items))
        for item in items[:now]:
            self._write(name, deepcopy(item))
        return {"UnprocessedItems": {table: asked[now:]} if now < len(items) else {}}

    def put_item(
        self,
        *,
        TableName: str,
        Item: Item,
        ConditionExpression: str = "",
        ReturnValuesOnConditionCheckFailure: str = "NONE",
    ) -> Answer:
        name = "PutItem"
        self._check(name, TableName)
        before = self.items.get(Item[KEY]["S"])
        if ConditionExpression and not condition(ConditionExpression)(before or {}, {}, {}):
            raise _condition_failed(name, before, ReturnValuesOnConditionCheckFailure)
        self._write(name, deepcopy(Item))
        return {}

    def update_item(
        self,
        *,
        TableName: str,
        Key: Item,
        UpdateExpression: str,
        ConditionExpression: str = "",
        ExpressionAttributeNames: dict[str, str] | None = None,
        ExpressionAttributeValues: dict[str, Value] | None = None,
        ReturnValues: str = "NONE",
        ReturnValuesOnConditionCheckFailure: str = "NONE",
    ) -> Answer:
        name = "UpdateItem"
        self._check(name, TableName)
        names, values = ExpressionAttributeNames or {}, ExpressionAttributeValues or {}
        used = set(_TOKEN.findall(f"{UpdateExpression} {ConditionExpression}"))
        if used != names.keys() | values.keys():
            raise refused(name, "ValidationException", 400, "names or values unused or undefined")
        before = self.items.get(Key[KEY]["S"])
        if ConditionExpression and not condition(ConditionExpression)(before or {}, names, values):
            raise _condition_failed(name, before, ReturnValuesOnConditionCheckFailure)
        item = deepcopy(before or Key)
        change(UpdateExpression)(item, names, values)
        if item[KEY] != Key[KEY]:
            raise refused(name, "ValidationException", 400, "Cannot update a key")
        self._write(name, deepcopy(item))
        return {"Attributes": item} if ReturnValues == "ALL_NEW" else {}

    def query(
        self,
        *,
        TableName: str,
        IndexName: str,
        KeyConditionExpression: str,
        ExpressionAttributeValues: dict[str, Value],
        ScanIndexForward: bool = True,
        Limit: int = 1000,
        ExclusiveStartKey: Item | None = None,
        Select: str = "",
    ) -> Answer:
        self._check("Query", TableName)
        index = self.indexes[IndexName]
        index.catch_up(self._now())
        holds = condition(KeyConditionExpression)

        def place(row: Item) -> tuple[int, str]:
            return number(row[index.keys[1]]) if len(index.keys) > 1 else 0, row[KEY]["S"]

        rows = sorted(
            (row for row in index.rows.values() if holds(row, {}, ExpressionAttributeValues)),
            key=place,
            reverse=not ScanIndexForward,
        )
        if ExclusiveStartKey:
            if not holds(ExclusiveStartKey, {}, ExpressionAttributeValues):
                raise refused(
                    "Query", "ValidationException", 400, "The starting key is outside the query"
                )
            start = place(ExclusiveStartKey)
            rows = [
                row
                for row in rows
                if (place(row) > start if ScanIndexForward else place(row) < start)
            ]
        page = list(islice(rows, min(Limit, self._page)))
        answer: Answer = {"Items": deepcopy(page), "Count": len(page)}
        if Select == "COUNT":
            del answer["Items"]
        if page and len(page) == min(Limit, self._page):
            # DynamoDB does not look past the end of a full page, and so does not know if more
            # follows.
            answer["LastEvaluatedKey"] = deepcopy(page[-1])
        return answer

    def _check(self, operation: str, table: str) -> None:
        if table != self._table:
            raise refused(operation, "ResourceNotFoundException", 400)

    def _write(self, operation: str, item: Item) -> None:
        if item_size(item) > ITEM_MAX:
            raise refused(operation, "ValidationException", 400, "Item size has exceeded 400 KB")
        key = item[KEY]["S"]
        before = self.items.get(key)
        self.items[key] = item
        for index in self.indexes.values():
            row = index.row(item)
            if row == index.row(before):
                continue
            # Writes reach an index in the order in which they were made.
            due = self._now() + self._lag()
            if index.pending:
                due = max(due, index.pending[-1][0])
            index.pending.append((due, key, row))
        self._written(key, before, item)


def _key(item: Item) -> str:
    return str(item[KEY]["S"])


def _condition_failed(operation: str, before: Item | None, returns: str) -> Exception:
    more: Answer = {"Item": deepcopy(before)} if before and returns == "ALL_OLD" else {}
    return refused(operation, "ConditionalCheckFailedException", 400, **more)


def item_size(item: Item) -> int:
    """Returns the item's size in bytes, as DynamoDB counts it.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Value) -> int:
    if "S" in value:
        return len(value["S"].encode())
    if "SS" in value:
        return sum(len(one.encode()) for one in value["SS"])
    return sum(_number_size(one) for one in _numbers(value))


def _numbers(value: Value) -> Iterable[str]:
    return value["NS"] if "NS" in value else [value["N"]]


def _number_size(digits: str) -> int:
    """About one byte for two significant digits, and one more."""
    return (len(digits.strip("-0") or "0") + 1) // 2 + 1
