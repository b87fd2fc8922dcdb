"""The jobs table, reached through one client: the requests that all its stores make.

It is no error if the condition of a write does not hold: the method returns None or False, and the
caller finds out what has happened meanwhile. If the answer to a write is lost, botocore sends the
write again, and its condition then fails because the first try has succeeded. So each write carries
an id of its own, and is known by it. Each method raises Unavailable if a retry may help, and
AccessDenied if not.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, Final

from chalicelib.aws import translated
from chalicelib.errors import Unavailable
from chalicelib.jobs.attributes import Item, key, of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

_WRITE: Final = "writeId"
"""The attribute with the id of the last write."""

_NEW: Final = "attribute_not_exists(jobId)"

_TRIES: Final = 5
"""How often a transaction is tried that another one has crossed. The other one ends in
milliseconds."""

GETS_MOST: Final = 100
"""The most items that one request reads.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""

PUTS_MOST: Final = 25
"""The most items that one request writes.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A change of one item, if `condition` holds. `values` are named without their colon."""

    item: str
    expression: str
    values: "Mapping[str, AttributeValueTypeDef]"
    condition: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """`random` makes the ids of writes, and spreads jobs over the shards of the index `wake`."""

    client: "DynamoDBClient"
    name: str
    random: Random = field(default_factory=Random)

    def get(self, item: str, action: str, *, only: str = "") -> Item | None:
        """Returns the item as it is now; None if there is none. With `only`, returns that attribute
        alone, perhaps as it was a moment ago."""
        more: Any = {"ProjectionExpression": only} if only else {"ConsistentRead": True}
        with translated(action):
            answer = self.client.get_item(TableName=self.name, Key=key(item), **more)
        return answer.get("Item")

    def get_many(self, items: Sequence[str], action: str) -> tuple[list[Item], list[str]]:
        """Returns those of the items that exist, perhaps as they were a moment ago, and the keys
        that DynamoDB has left for another request. Takes GETS_MOST keys at most, each once."""
        asked: Any = {self.name: {"Keys": [key(item) for item in items]}}
        with translated(action):
            answer = self.client.batch_get_item(RequestItems=asked)
        unprocessed: Any = answer.get("UnprocessedKeys", {}).get(self.name, {})
        left = [one["jobId"]["S"] for one in unprocessed.get("Keys", [])]
        return answer["Responses"].get(self.name, []), left

    def put_many(self, items: Sequence[Item], action: str) -> list[Item]:
        """Writes the items, and replaces those that exist. Returns those that DynamoDB has left for
        another request. Takes PUTS_MOST items at most, each key once."""
        asked: Any = {self.name: [{"PutRequest": {"Item": item}} for item in items]}
        with translated(action):
            answer = self.client.batch_write_item(RequestItems=asked)
        left: Any = answer.get("UnprocessedItems", {}).get(self.name, [])
        return [one["PutRequest"]["Item"] for one in left]

    def put(self, item: Item, action: str) -> None:
        """Writes the item. Replaces it if it exists."""
        with translated(action):
            self.client.put_item(TableName=self.name, Item=item)

    def put_new(self, item: Item, action: str) -> bool:
        """Writes the item if there is none with its key. Returns whether it did."""
        item = {**item, _WRITE: self._write_id()}
        try:
            with translated(action):
                self.client.put_item(
                    TableName=self.name,
                    Item=item,
                    ConditionExpression=_NEW,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except self.client.exceptions.ConditionalCheckFailedException as error:
            return _own(error, item) is not None
        return True

    def put_new_with(self, item: Item, action: str, update: Update) -> tuple[bool, bool]:
        """Writes the item if there is none with its key, and makes the change if its condition
        holds: both, or neither. Returns (whether the item is new, whether the condition holds).

        If the answer is lost, botocore sends the transaction again with the same token, and
        DynamoDB does it once.
        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
        """
        put: Any = {
            "TableName": self.name,
            "Item": {**item, _WRITE: self._write_id()},
            "ConditionExpression": _NEW,
        }
        change: Any = {
            "TableName": self.name,
            "Key": key(update.item),
            "UpdateExpression": update.expression,
            "ConditionExpression": update.condition,
            "ExpressionAttributeNames": update.names,
            "ExpressionAttributeValues": {f":{n}": value for n, value in update.values.items()},
        }
        for _ in range(_TRIES):
            try:
                with translated(action):
                    self.client.transact_write_items(
                        TransactItems=[{"Put": put}, {"Update": change}]
                    )
            except self.client.exceptions.TransactionCanceledException as error:
                is_new, holds = (code != "ConditionalCheckFailed" for code in _reasons(error))
                if not is_new or not holds:
                    return is_new, holds
            else:
                return True, True
        raise Unavailable(f"could not {action}: others do the same at this moment")

    def empty(self, item: str, action: str, forget_at: int) -> None:
        """Takes everything away from an item, if there is one. DynamoDB deletes it some time after
        `forget_at` (Unix time in seconds). So no function needs the permission to delete items."""
        nothing = {**key(item), "ttl": of(forget_at)}
        with suppress(self.client.exceptions.ConditionalCheckFailedException), translated(action):
            self.client.put_item(
                TableName=self.name,
                Item=nothing,
                ConditionExpression="attribute_exists(jobId)",
            )

    def change(  # noqa: PLR0913 - what one UpdateItem takes
        self,
        item: str,
        action: str,
        attributes: Item,
        *,
        condition: str,
        remove: tuple[str, ...] = (),
        values: "Mapping[str, AttributeValueTypeDef] | None" = None,
    ) -> Item | None:
        """Sets `attributes` and removes those in `remove`, if the condition holds. Returns the
        whole item as it is then; None if the condition does not hold.

        In the condition, `#status` stands for the status, and `:name` for each new attribute and
        for each of the further `values`.
        """
        written = {**attributes, _WRITE: self._write_id()}
        assignments = ", ".join(f"#{name} = :{name}" for name in written)
        removed = f" REMOVE {', '.join(f'#{name}' for name in remove)}" if remove else ""
        names = {f"#{name}": name for name in (*written, *remove)}
        if "#status" in condition:
            names["#status"] = "status"
        try:
            with translated(action):
                answer = self.client.update_item(
                    TableName=self.name,
                    Key=key(item),
                    UpdateExpression=f"SET {assignments}{removed}",
                    ConditionExpression=condition,
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues={
                        **{f":{name}": value for name, value in written.items()},
                        **{f":{name}": value for name, value in (values or {}).items()},
                    },
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except self.client.exceptions.ConditionalCheckFailedException as error:
            return _own(error, written)
        return answer["Attributes"]

    def update(  # noqa: PLR0913 - what one UpdateItem takes
        self,
        item: str,
        action: str,
        expression: str,
        values: "Mapping[str, AttributeValueTypeDef]",
        *,
        condition: str = "",
        names: Mapping[str, str] | None = None,
    ) -> Item | None:
        """Makes a change that may be made twice without harm. Returns the whole item as it is then;
        None if the condition does not hold. `values` are named without their colon."""
        made, found = self.attempt(
            item, action, expression, values, condition=condition, names=names
        )
        return found if made else None

    def attempt(  # noqa: PLR0913 - what one UpdateItem takes
        self,
        item: str,
        action: str,
        expression: str,
        values: "Mapping[str, AttributeValueTypeDef]",
        *,
        condition: str = "",
        names: Mapping[str, str] | None = None,
    ) -> tuple[bool, Item]:
        """Does what `update` does. Returns whether the condition held, and the whole item as it is
        then; an empty one if there is none."""
        more: Any = {}
        if condition:
            more["ConditionExpression"] = condition
            more["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if names:
            more["ExpressionAttributeNames"] = names
        if values:
            more["ExpressionAttributeValues"] = {f":{n}": value for n, value in values.items()}
        try:
            with translated(action):
                answer = self.client.update_item(
                    TableName=self.name,
                    Key=key(item),
                    UpdateExpression=expression,
                    ReturnValues="ALL_NEW",
                    **more,
                )
        except self.client.exceptions.ConditionalCheckFailedException as error:
            response: dict[str, Any] = getattr(error, "response", {})
            return False, response.get("Item", {})
        return True, answer["Attributes"]

    def query(
        self,
        index: str,
        action: str,
        condition: str,
        values: "Mapping[str, AttributeValueTypeDef]",
        **more: Any,
    ) -> Any:
        """Returns one page of an index, as botocore does. The index lags behind the table."""
        with translated(action):
            return self.client.query(
                TableName=self.name,
                IndexName=index,
                KeyConditionExpression=condition,
                ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
                **more,
            )

    def _write_id(self) -> "AttributeValueTypeDef":
        return of(self.random.getrandbits(48))


def _reasons(error: Exception) -> tuple[str, str]:
    """Returns why each of the two changes of a transaction was not made; "None": it was the other
    one's fault."""
    response: dict[str, Any] = getattr(error, "response", {})
    first, second = response["CancellationReasons"]
    return str(first.get("Code")), str(second.get("Code"))


def _own(error: Exception, written: Item) -> Item | None:
    """Returns the item as it is, if the last write to it was this very one; else None."""
    response: dict[str, Any] = getattr(error, "response", {})
    item: Item = response.get("Item", {})
    return item if item and item.get(_WRITE) == written[_WRITE] else None
