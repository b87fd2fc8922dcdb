"""What a client proves itself with: a fixed token, a caller's function, or a stored sign-in."""

import re
from collections.abc import Callable
from typing import Final, Literal, Protocol, runtime_checkable

from longhaul.http import Network

_TOKEN: Final = re.compile(r"[\x21-\x7e]+")
"""RFC 6750 allows less. But nothing more than visible ASCII can stand in a header."""

TICKET: Final = "lht_"
"""How the tickets of Longhaul begin."""


@runtime_checkable
class Credentials(Protocol):
    """Gives the bearer token of a request. Both methods raise errors of `longhaul.errors`."""

    def token(self, network: Network) -> str | None:
        """Returns the token for the next request. None: it is sent without one."""

    def renewed(self, refused: str, network: Network) -> str | None:
        """Returns a newer token than the one that the API has refused. None: there is none."""


Token = str | Callable[[], str | None] | Credentials | None
"""A bearer token, or what gives a fresh one."""


class Fixed:
    """One token for all requests, or none."""

    def __init__(self, token: str | None) -> None:
        self._token = checked(token) if token else None

    def token(self, network: Network) -> str | None:  # noqa: ARG002 - it needs no network
        return self._token

    def renewed(self, refused: str, network: Network) -> str | None:  # noqa: ARG002 - as above
        return None


class Called:
    """The tokens that a caller's function gives. It is asked before each request."""

    def __init__(self, give: Callable[[], str | None]) -> None:
        self._give = give

    def token(self, network: Network) -> str | None:  # noqa: ARG002 - it needs no network
        given = self._give()
        return checked(given) if given else None

    def renewed(self, refused: str, network: Network) -> str | None:
        again = self.token(network)
        return again if again != refused else None


def of(token: Token) -> Credentials:
    """Returns the credentials that a parameter `token` means. Raises ValueError like `checked`."""
    if token is None or isinstance(token, str):
        return Fixed(token)
    return token if isinstance(token, Credentials) else Called(token)


def checked(token: str) -> str:
    """Returns the token. Raises ValueError, which does not quote it, if no header can carry it."""
    if not _TOKEN.fullmatch(token):
        raise ValueError("The token has characters that no token has: blanks, or other than ASCII")
    return token


def kind(token: str | None) -> Literal["", "token", "ticket"]:
    """Returns what a token is, as far as one can see: a ticket is for one job alone."""
    if not token:
        return ""
    return "ticket" if token.startswith(TICKET) else "token"


def header(token: str | None) -> dict[str, str]:
    """Returns the header that carries the token (RFC 6750, section 2.1)."""
    return {"Authorization": f"Bearer {token}"} if token else {}
