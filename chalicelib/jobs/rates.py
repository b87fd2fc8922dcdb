"""How many requests somebody may make: a token bucket for each, and the store of all buckets.

A full bucket holds `burst` tokens. Each request takes one, and one comes back every `interval`. The
bucket's state is one number: when it is full again. A token taken moves that moment on by one
interval. This is the generic cell rate algorithm (ITU-T I.371, annex A), which calls the moment
the theoretical arrival time. Times here are Unix time in microseconds.

Each write is conditional on that moment, and DynamoDB does one write of an item at a time. So
requests at the same moment never take more tokens than there are. Two things are not exact:

- The clocks of Lambda's machines differ a little. If they differ by s seconds, a window of t
  seconds lets `burst` requests pass, and as many as the rate allows in t + s seconds.
- If the answer of a write is lost, botocore sends the write again. Then one request may take two
  tokens.
"""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chalicelib.errors import Unavailable
from chalicelib.jobs import places
from chalicelib.jobs.attributes import Item, number, of
from chalicelib.jobs.table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND

_TAKE: Final = "count the request"
_TRIES: Final = 4
"""A try is in vain only if the bucket has changed since it was looked at. It does so twice at most:
it was idle and is not, then it is empty."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_minute` tokens come back in a minute, 1 at least. A full bucket holds `burst`."""

    per_minute: int
    burst: int

    @property
    def interval(self) -> int:
        """Microseconds until one token comes back, rounded up."""
        return -(-MINUTE // self.per_minute)

    @property
    def span(self) -> int:
        """Microseconds until an empty bucket is full."""
        return self.burst * self.interval


@dataclass(frozen=True, slots=True)
class Level:
    """How full a bucket is. `limit` is how many tokens a full one holds, `remaining` how many whole
    ones there are. `reset` is the seconds until it is full, `retry_after` those until there is a
    token, both rounded up."""

    limit: int
    remaining: int
    reset: int
    retry_after: int


def level(rate: Rate, full_at: int, now: int) -> Level:
    """Returns how full the bucket is that is full again at `full_at`."""
    until_full = max(full_at - now, 0)
    until_token = max(until_full + rate.interval - rate.span, 0)
    return Level(
        limit=rate.burst,
        # Another machine's clock may be ahead, so the bucket may seem to be less than empty.
        remaining=max((rate.span - until_full) // rate.interval, 0),
        reset=-(-until_full // SECOND),
        retry_after=-(-until_token // SECOND),
    )


@dataclass(frozen=True, slots=True)
class RateStore:
    """The buckets of all who make requests. A `subject` is any text that stands for one of them.

    A bucket belongs to its rate too: when an operator changes the rate, all begin with full
    buckets.
    """

    table: Table

    def look(self, subject: str, rate: Rate, now: int) -> Level:
        """Returns how full the bucket is. Takes nothing."""
        item = self.table.get(_place(subject, rate), "read the rate")
        return level(rate, _full_at(item), now)

    def take(self, subject: str, rate: Rate, now: int) -> tuple[bool, Level]:
        """Takes a token. Returns whether there was one, and how full the bucket is then."""
        place = _place(subject, rate)
        latest = now + rate.span - rate.interval
        full_at = 0  # most buckets are full, so most requests are one write
        for _ in range(_TRIES):
            if full_at > latest:
                return False, level(rate, full_at, now)
            taken, item = self._try(place, rate, now, is_full=full_at <= now)
            full_at = _full_at(item)
            if taken:
                return True, level(rate, full_at, now)
        raise Unavailable("could not count the request: its bucket changed all the time")

    def _try(self, place: str, rate: Rate, now: int, *, is_full: bool) -> tuple[bool, Item]:
        """Takes a token if the bucket is full, or if it is not full and not empty. Returns whether
        it did, and the bucket as it is then."""
        values: dict[str, AttributeValueTypeDef] = {
            "now": of(now),
            # Then the bucket is full for sure, and need not be kept.
            "ttl": of((now + rate.span + MINUTE) // SECOND),
        }
        if is_full:
            change = "SET fullAt = :next, #ttl = :ttl"
            condition = "(attribute_not_exists(fullAt) OR fullAt <= :now)"
            values["next"] = of(now + rate.interval)
        else:
            change = "SET fullAt = fullAt + :interval, #ttl = :ttl"
            condition = "fullAt > :now AND fullAt <= :latest"
            values |= {"interval": of(rate.interval), "latest": of(now + rate.span - rate.interval)}
        return self.table.attempt(
            place, _TAKE, change, values, condition=condition, names={"#ttl": "ttl"}
        )


def _place(subject: str, rate: Rate) -> str:
    named = f"{rate.per_minute}/{rate.burst}/{subject}"
    return places.rate(hashlib.sha256(named.encode(errors="replace")).hexdigest()[:32])


def _full_at(item: Item | None) -> int:
    return number(item or {}, "fullAt") or 0
