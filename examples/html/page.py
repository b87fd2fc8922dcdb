"""The shop's page: a file with two places, $longhaul and $content."""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template

from orders import USERS, Order

_PAGE = Template(Path(__file__).with_name("shop.html").read_text(encoding="utf-8"))


def page(longhaul: str, user: str | None, orders: Iterable[Order]) -> str:
    """Returns the page. `user` is None for those who have not signed in."""
    content = _sign_in() if user is None else _signed_in(longhaul, user, orders)
    return _PAGE.substitute(longhaul=escape(longhaul), content=content)


def _sign_in() -> str:
    buttons = (f'<button name="user" value="{user}">Sign in as {user}</button>' for user in USERS)
    return f'<form method="post" action="/login">{" ".join(buttons)}</form>'


def _signed_in(longhaul: str, user: str, orders: Iterable[Order]) -> str:
    form = f"""<form method="post" action="/logout">
You are {escape(user)}. <button>Sign out</button>
</form>"""
    return "\n".join([form, *(_section(longhaul, order) for order in orders)])


def _section(longhaul: str, order: Order) -> str:
    names = "".join(f"<li>{escape(str(file['name']))}</li>" for file in order.files)
    return f"""<h2>Order {order.number}</h2>
<ul>{names}</ul>
<longhaul-export api="{escape(longhaul)}" selection-url="/orders/{order.number}/selection">
  Download order {order.number}
</longhaul-export>"""
