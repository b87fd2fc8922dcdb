"""The shop's users and orders. They stand for your database."""

from dataclasses import dataclass

USERS = ("alice", "bob")


@dataclass(frozen=True)
class Order:
    """An order, and its files in Longhaul's words: by id or prefix, with their names in the ZIP."""

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


def orders_of(user: str | None) -> list[Order]:
    """Returns the orders of a user."""
    return [order for order in ORDERS if order.owner == user]


def order_of(number: int) -> Order | None:
    """Returns the order with this number; None if there is none."""
    return next((order for order in ORDERS if order.number == number), None)
