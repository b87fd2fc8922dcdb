"""The orders of the shop. They stand for your models: an order has a user, and files."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Order:
    """An order of a user, by name. `files` are as Longhaul knows them: by id or by prefix, each
    with its name in the ZIP."""

    number: int
    owner: str
    files: tuple[dict[str, object], ...]


ORDERS = (
    Order(
        4711,
        "alice",
        (
            {"id": 10001, "name": "Order 4711/Type checker.tar"},
            {"id": 10002, "name": "Order 4711/Linter.tar"},
            {"prefix": "licences/", "name": "Order 4711/Licences"},
        ),
    ),
    Order(4712, "alice", ({"id": 10007, "name": "Order 4712/Highlighter.tar"},)),
    Order(
        4713,
        "bob",
        (
            {"id": 10012, "name": "Order 4713/Parser.tar"},
            {"id": 10017, "name": "Order 4713/Flag.gif"},
        ),
    ),
)


def orders_of(user: str) -> list[Order]:
    """Returns the orders of a user."""
    return [order for order in ORDERS if order.owner == user]


def order_of(number: int) -> Order | None:
    """Returns the order with this number; None if there is none."""
    return next((order for order in ORDERS if order.number == number), None)
