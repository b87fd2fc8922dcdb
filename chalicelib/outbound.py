"""The way to the hosts of webhooks: one POST, to an address that was checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from chalicelib.receivers import Place


class NotReached(Exception):
    """No answer came. The text says why, in a few words. `is_final`: no other try helps."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a host. `retry_after` are the seconds that it asks to wait, if it does."""

    status: int
    retry_after: int | None = None


class Outbound(Protocol):
    """Posts webhooks."""

    def post(self, place: Place, headers: Mapping[str, str], body: bytes, /) -> Answer:
        """Returns the answer. Raises NotReached."""


@dataclass(frozen=True, slots=True)
class Https:
    """Posts over the internet. `is_local`: a host that WEBHOOK_HOSTS names with its port may be on
    this machine."""

    is_local: bool = False

    def post(self, place: Place, headers: Mapping[str, str], body: bytes, /) -> Answer:
        raise NotImplementedError
