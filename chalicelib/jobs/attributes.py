"""Attribute values of DynamoDB, as in its low-level API. Pure."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Item = dict[str, "AttributeValueTypeDef"]


def key(item: str) -> Item:
    """Returns the primary key of an item. The attribute is called jobId in all of them."""
    return {"jobId": {"S": item}}


def of(value: str | int) -> "AttributeValueTypeDef":
    """Returns the text or the number as an attribute value."""
    return {"S": str(value)} if isinstance(value, str) else {"N": str(value)}


def all_of(values: dict[str, str | int]) -> Item:
    """Returns an item with each of these values."""
    return {name: of(value) for name, value in values.items()}


def text(item: Item, name: str) -> str | None:
    """Returns the text of that name; None if the item has none."""
    return item[name]["S"] if name in item else None


def number(item: Item, name: str) -> int | None:
    """Returns the number of that name; None if the item has none."""
    return int(item[name]["N"]) if name in item else None


def cut(text: str, size: int) -> str:
    """Returns the text, cut so that it has at most `size` bytes in UTF-8."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= size:
        return encoded.decode()
    return encoded[: size - len("…".encode())].decode(errors="ignore") + "…"
