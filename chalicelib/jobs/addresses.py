"""Mail addresses that want no mail. Of each address, the table holds a digest and not the address.

Each address has a secret of its own, which its mail holds in the link to opt out: who has the link
proves to have had the mail. Times are Unix time in ms.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final

from chalicelib.errors import Unavailable
from chalicelib.jobs import places
from chalicelib.jobs.attributes import all_of, key, of
from chalicelib.jobs.table import Table

KEPT_DAYS: Final = 400
"""How long a link to opt out works after the last mail. Who has opted out is kept for good."""

_TOKEN: Final = re.compile(r"[0-9a-f]{32}\.[A-Za-z0-9_-]{1,128}", re.ASCII)
"""Also what comes from anybody: a key of the table may have 2,048 bytes only."""

_LOOK: Final = "look up an address"

_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Address:
    """What is known of a mail address. `token` is for the link to opt out."""

    token: str
    is_opted_out: bool


@dataclass(frozen=True, slots=True)
class AddressStore:
    """What is known of every mail address."""

    table: Table

    def known(self, address: str, secret: str, now: int) -> Address:
        """Returns what is known of the address, which somebody wants to send mail to. `secret` are
        random characters: those of an address that was not known before. Raises Unavailable."""
        digest = _digest(address)
        place = places.address(digest)
        until = _until(now)
        for _ in range(_TRIES):
            item = self.table.get(place, _LOOK)
            if item and "optedOut" not in item:
                item = self.table.update(
                    place,
                    "keep an address",
                    "SET #ttl = :until",
                    {"until": of(until)},
                    condition="attribute_exists(secret) AND attribute_not_exists(optedOut)",
                    names={"#ttl": "ttl"},
                )
            if item:
                return Address(f"{digest}.{item['secret']['S']}", "optedOut" in item)
            self.table.put_new(
                {**key(place), **all_of({"secret": secret, "ttl": until})}, "keep an address"
            )
        raise Unavailable("could not look up an address: others do the same at this moment")

    def is_known(self, token: str) -> bool | None:
        """Returns whether the address of this token has opted out; None if the token is of no
        address."""
        if not _TOKEN.fullmatch(token):
            return None
        digest, _, secret = token.partition(".")
        item = self.table.get(places.address(digest), _LOOK)
        if item is None or not hmac.compare_digest(item["secret"]["S"].encode(), secret.encode()):
            return None
        return "optedOut" in item

    def choose(self, token: str, now: int, *, opts_out: bool) -> bool:
        """Keeps whether this token's address wants no mail. Returns False if the token is of no
        address."""
        if self.is_known(token) is None:
            return False
        digest, _, secret = token.partition(".")
        expression = "SET optedOut = :now REMOVE #ttl"
        if not opts_out:
            expression = "REMOVE optedOut SET #ttl = :until"
        changed = self.table.update(
            places.address(digest),
            "keep a choice",
            expression,
            {
                "secret": of(secret),
                **({"now": of(now)} if opts_out else {"until": of(_until(now))}),
            },
            condition="secret = :secret",
            names={"#ttl": "ttl"},
        )
        return changed is not None


def _until(now: int) -> int:
    """Returns when an address is forgotten, in Unix time in seconds."""
    return now // 1000 + KEPT_DAYS * 24 * 3600


def _digest(address: str) -> str:
    """Returns 32 characters that stand for the address, however it is written."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()[:32]
