"""The rate of requests: who it is counted for, and what an answer says of it.

The headers are those of the IETF's draft up to its version 06: three fields, which most clients
know. https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-06
"""

import socket
from typing import Final

from chalicelib.errors import LonghaulError, RateLimited
from chalicelib.instants import iso, seconds
from chalicelib.jobs.rates import Level, Rate
from chalicelib.services import Services
from chalicelib.settings import Settings

HEADERS: Final = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")

_NETWORK_BYTES: Final = 8
_IPV4_MAPPED: Final = bytes(10) + b"\xff\xff"  # RFC 4291, section 2.5.5.2


def subject_of_user(user_id: str) -> str:
    """Returns the subject for a caller who has proved who they are."""
    return f"user/{user_id}"


def subject_of_address(address: str) -> str:
    """Returns the subject for a caller whom nobody knows: the address, or the /64 network of an
    IPv6 address. Each subscriber has such a network at least, and may use any address of it
    (RFC 6177)."""
    try:
        packed = socket.inet_pton(socket.AF_INET6, address)
    except (OSError, ValueError):
        return f"ip/{address}"
    if packed.startswith(_IPV4_MAPPED):
        return f"ip/{socket.inet_ntoa(packed[len(_IPV4_MAPPED) :])}"
    return f"ip/{packed[:_NETWORK_BYTES].hex()}"


def take(services: Services, subject: str) -> Level | None:
    """Counts a request. Returns what is left; None if there is no limit. Raises RateLimited, with
    all headers of the answer, and what the table raises."""
    rate = _rate(services.settings)
    if rate is None:
        return None
    now = services.now()
    accepted, level = services.rates.take(subject, rate, now * 1000)
    if accepted:
        return level
    raise RateLimited(
        f"you may make {rate.per_minute} requests a minute, and {rate.burst} at once; the next one "
        f"is possible in {seconds(level.retry_after)}, at {iso(now + level.retry_after * 1000)}",
        headers={"Retry-After": str(level.retry_after), **headers(level)},
    )


def look(services: Services, subject: str) -> Level | None:
    """Returns what is left, and counts nothing. None if there is no limit, or if it cannot be read:
    the answer to a request does not fail for that."""
    rate = _rate(services.settings)
    if rate is None:
        return None
    try:
        return services.rates.look(subject, rate, services.now() * 1000)
    except LonghaulError as error:
        services.log.warning("rate not read", reason=error.detail)
        return None


def headers(level: Level | None) -> dict[str, str]:
    """Returns the headers that say what is left; none for None."""
    if level is None:
        return {}
    return dict(zip(HEADERS, map(str, (level.limit, level.remaining, level.reset)), strict=True))


def _rate(settings: Settings) -> Rate | None:
    if not settings.rate_limit_per_minute:
        return None
    return Rate(settings.rate_limit_per_minute, settings.rate_limit_burst)
